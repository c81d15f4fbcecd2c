"""kubectl, as people type it. Run as a program of its own; skipped where there is none."""

from __future__ import annotations

import json
import os
import shutil
import ssl
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import trustme
from clientcluster import Cluster
from kubectlprogram import KUBECTL, SECONDS, Run

from kregistry.cli.kubeconfig import kubeconfig
from kregistry.server import APIServer, Settings, TokenAuthenticator
from kregistry.server.threaded import ThreadedServer
from kregistry.server.user import ADMIN
from kregistry.storage import Config, factory

pytestmark = pytest.mark.skipif(KUBECTL is None, reason="there is no kubectl on PATH")

CONFIG_MAP: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "settings"},
    "data": {"colour": "red"},
}
POD: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "web", "labels": {"app": "web"}},
    "spec": {"containers": [{"name": "main", "image": "nginx:1"}]},
}
DEPLOYMENT: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web"},
    "spec": {
        "replicas": 1,
        "selector": {"matchLabels": {"app": "web"}},
        "template": {"metadata": {"labels": {"app": "web"}}, "spec": POD["spec"]},
    },
}


@pytest.fixture
def follow(cluster: Cluster) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts a kubectl that goes on, and ends it after the test."""
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: str) -> subprocess.Popen[str]:
        assert KUBECTL is not None
        made = subprocess.Popen(
            [KUBECTL, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "KUBECONFIG": str(cluster.kubeconfig)},
        )
        started.append(made)
        return made

    yield start
    for each in started:
        each.kill()
        each.communicate(timeout=SECONDS)


def read(text: str) -> dict[str, Any]:
    tree: dict[str, Any] = json.loads(text)
    return tree


@pytest.fixture
def tokens(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """Makes a kubeconfig with a token for a server that wants it; over http or https."""
    authority = trustme.CA()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    asking = Settings(authenticator=TokenAuthenticator({"secret": ADMIN}))
    with ExitStack() as stack:

        def start(scheme: str) -> Path:
            storage = stack.enter_context(factory.create(Config()))
            server = APIServer(storage, asking)
            server.create_namespaces()
            secure = scheme == "https"
            running = ThreadedServer(server, tls=tls if secure else None)
            url = stack.enter_context(running).url
            pem = authority.cert_pem.bytes() if secure else b""
            path = tmp_path / scheme
            document = kubeconfig(url, token="secret", authority=pem)
            path.write_text(json.dumps(document), encoding="utf-8")
            return path

        yield start


# Reading.


def test_get_prints_the_columns_of_the_server(kubectl: Callable[..., str]) -> None:
    kubectl("create", "-f", "-", given=POD)
    head, row = kubectl("get", "pods").splitlines()
    assert head.split() == ["NAME", "READY", "STATUS", "RESTARTS", "AGE"]
    assert row.split()[:4] == ["web", "0/1", "Pending", "0"]


def test_get_wide_prints_more_of_them(kubectl: Callable[..., str]) -> None:
    kubectl("create", "-f", "-", given=DEPLOYMENT)
    head, row = kubectl("get", "deployments", "-o", "wide").splitlines()
    assert head.split()[-3:] == ["CONTAINERS", "IMAGES", "SELECTOR"]
    assert row.split()[-3:] == ["main", "nginx:1", "app=web"]


def test_get_knows_short_names_and_groups(kubectl: Callable[..., str]) -> None:
    kubectl("create", "-f", "-", given=DEPLOYMENT)
    for spelling in ("deploy", "deployment/web", "deployments.apps", "deployments.v1.apps"):
        assert "web" in kubectl("get", spelling)


def test_get_all_gathers_what_is_of_the_category(kubectl: Callable[..., str]) -> None:
    kubectl("create", "-f", "-", given=DEPLOYMENT)
    kubectl("create", "-f", "-", given=POD)
    kubectl("create", "-f", "-", given=CONFIG_MAP)
    kubectl("expose", "pod", "web", "--port=80")
    printed = kubectl("get", "all", "-o", "name").split()
    assert printed == ["pod/web", "service/web", "deployment.apps/web"]


def test_get_prints_yaml_that_can_be_applied_again(
    kubectl: Callable[..., str], tmp_path: Path
) -> None:
    kubectl("apply", "-f", "-", given=CONFIG_MAP)
    printed = kubectl("get", "configmap", "settings", "-o", "yaml")
    assert "apiVersion: v1" in printed
    assert "  colour: red" in printed
    file = tmp_path / "settings.yaml"
    file.write_text(printed, encoding="utf-8")
    # Not "unchanged": the note of what was applied now holds the uid and the version, too.
    assert kubectl("apply", "-f", str(file)) == "configmap/settings configured\n"


def test_get_selects_by_labels_and_by_fields(kubectl: Callable[..., str]) -> None:
    kubectl("create", "-f", "-", given=POD)
    assert kubectl("get", "pods", "-l", "app=web", "-o", "name") == "pod/web\n"
    assert kubectl("get", "pods", "-l", "app!=web", "-o", "name") == ""
    assert kubectl("get", "pods", "--field-selector=metadata.name=web", "-o", "name")
    assert not kubectl("get", "pods", "--field-selector=status.phase=Running", "-o", "name")


def test_get_reads_a_list_in_pages(kubectl: Callable[..., str]) -> None:
    names = [f"cm-{number:02}" for number in range(7)]
    items = [{**CONFIG_MAP, "metadata": {"name": name}} for name in names]
    kubectl("create", "-f", "-", given={"apiVersion": "v1", "kind": "List", "items": items})
    printed = kubectl("get", "configmaps", "--chunk-size=3", "-o", "name").split()
    assert printed == [f"configmap/{name}" for name in names]


def test_get_says_what_is_not_there(run: Run) -> None:
    said = run("get", "configmap", "nothing", status=1).stderr
    assert said == 'Error from server (NotFound): configmaps "nothing" not found\n'
    said = run("get", "nothings", status=1).stderr
    assert said == 'error: the server doesn\'t have a resource type "nothings"\n'


def test_get_watches(
    kubectl: Callable[..., str], follow: Callable[..., subprocess.Popen[str]]
) -> None:
    kubectl("create", "-f", "-", given=CONFIG_MAP)
    watching = follow("get", "configmaps", "--watch", "-o", "name")
    assert watching.stdout is not None
    assert watching.stdout.readline() == "configmap/settings\n"
    kubectl("create", "-f", "-", given={**CONFIG_MAP, "metadata": {"name": "later"}})
    assert watching.stdout.readline() == "configmap/later\n"


def test_api_resources_and_versions_are_listed(kubectl: Callable[..., str]) -> None:
    printed = kubectl("api-resources", "--no-headers", "-o", "name").split()
    assert {"pods", "configmaps", "deployments.apps", "leases.coordination.k8s.io"} <= set(printed)
    assert ["configmaps", "cm", "v1", "true", "ConfigMap"] in [
        line.split() for line in kubectl("api-resources").splitlines()
    ]
    assert {"v1", "apps/v1", "batch/v1"} <= set(kubectl("api-versions").split())


def test_version_is_that_of_the_server(kubectl: Callable[..., str]) -> None:
    assert read(kubectl("version", "-o", "json"))["serverVersion"]["major"] == "1"


def test_explain_shows_fields_and_their_types(kubectl: Callable[..., str]) -> None:
    printed = kubectl("explain", "deployment.spec.replicas")
    assert "GROUP:      apps" in printed
    assert "FIELD: replicas <integer>" in printed
    assert "ephemeralContainers" in kubectl("explain", "pods", "--recursive")


def test_explain_says_what_things_are_for(kubectl: Callable[..., str]) -> None:
    for kind in ("pod", "job", "hpa", "crd"):
        _, _, described = kubectl("explain", kind).partition("DESCRIPTION:\n")
        assert described.split("FIELDS:")[0].strip().endswith("."), described
        assert "<no description>" not in described
    printed = kubectl("explain", "pod.spec.containers.image")
    assert "DESCRIPTION:\n    What is run." in printed


def test_describe_shows_an_object(kubectl: Callable[..., str]) -> None:
    kubectl("create", "-f", "-", given=CONFIG_MAP)
    printed = kubectl("describe", "configmap", "settings")
    assert "Name:         settings" in printed
    assert "colour:\n----\nred" in printed


# Writing.


def test_create_is_refused_the_second_time(run: Run) -> None:
    assert run("create", "-f", "-", given=CONFIG_MAP).stdout == "configmap/settings created\n"
    said = run("create", "-f", "-", given=CONFIG_MAP, status=1).stderr
    assert "Error from server (AlreadyExists)" in said
    assert 'configmaps "settings" already exists' in said


def test_create_is_refused_for_a_field_that_does_not_exist(run: Run) -> None:
    wrong = {**CONFIG_MAP, "datum": {"colour": "red"}}
    said = run("create", "-f", "-", given=wrong, status=1).stderr
    assert "Error from server (BadRequest)" in said
    assert 'strict decoding error: unknown field "datum"' in said


def test_create_says_what_is_invalid(run: Run) -> None:
    said = run("create", "-f", "-", given={**POD, "spec": {"containers": []}}, status=1).stderr
    assert 'The Pod "web" is invalid: spec.containers: Required value' in said


def test_create_can_be_tried(kubectl: Callable[..., str]) -> None:
    printed = kubectl("create", "-f", "-", "--dry-run=server", given=CONFIG_MAP)
    assert printed == "configmap/settings created (server dry run)\n"
    assert "settings" not in kubectl("get", "configmaps", "-o", "name")


def test_namespaces_are_made_and_used(run: Run) -> None:
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}
    said = run("create", "-n", "shop", "-f", "-", given=CONFIG_MAP, status=1).stderr
    assert 'namespaces "shop" not found' in said
    run("create", "-f", "-", given=namespace)
    run("create", "-n", "shop", "-f", "-", given=CONFIG_MAP)
    printed = run("get", "configmaps", "-A", "-o", "name").stdout
    assert printed == "configmap/settings\n"


def test_apply_creates_then_changes_then_leaves_alone(kubectl: Callable[..., str]) -> None:
    changed = {**CONFIG_MAP, "data": {"size": "xl"}}
    assert kubectl("apply", "-f", "-", given=CONFIG_MAP) == "configmap/settings created\n"
    assert kubectl("apply", "-f", "-", given=changed) == "configmap/settings configured\n"
    assert kubectl("apply", "-f", "-", given=changed) == "configmap/settings unchanged\n"
    stored = read(kubectl("get", "configmap", "settings", "-o", "json"))
    assert stored["data"] == {"size": "xl"}


def test_what_get_printed_of_many_is_applied_as_one_list(kubectl: Callable[..., str]) -> None:
    """Nobody described the list as a whole, so kubectl leaves its items to the server."""
    kubectl("apply", "-f", "-", given=CONFIG_MAP)
    kubectl("apply", "-f", "-", given={**CONFIG_MAP, "metadata": {"name": "other"}})
    printed = read(kubectl("get", "configmaps", "-o", "json"))
    assert printed["kind"] == "List"
    for item in printed["items"]:
        del item["metadata"]["resourceVersion"]
        item["data"] = {"colour": "blue"}
    assert len(kubectl("apply", "-f", "-", given=printed).splitlines()) == 2
    colours = kubectl("get", "cm", "-o", "jsonpath={.items[*].data.colour}")
    assert colours == "blue blue"


def test_an_item_of_a_list_is_refused_for_a_field_that_does_not_exist(run: Run) -> None:
    wrong = {**CONFIG_MAP, "datum": {}}
    listed = {"apiVersion": "v1", "kind": "List", "items": [wrong]}
    said = run("create", "-f", "-", given=listed, status=1).stderr
    assert 'unknown field "datum"' in said


def test_apply_merges_lists_by_their_keys(kubectl: Callable[..., str]) -> None:
    """What others added to a list stays: kubectl sends a strategic merge patch."""
    kubectl("apply", "-f", "-", given=DEPLOYMENT)
    added = {"spec": {"template": {"spec": {"containers": [{"name": "side", "image": "side:1"}]}}}}
    kubectl("patch", "deployment", "web", "-p", json.dumps(added))
    newer = json.loads(json.dumps(DEPLOYMENT).replace("nginx:1", "nginx:2"))
    assert kubectl("apply", "-f", "-", given=newer) == "deployment.apps/web configured\n"
    stored = read(kubectl("get", "deployment", "web", "-o", "json"))
    images = {each["image"] for each in stored["spec"]["template"]["spec"]["containers"]}
    assert images == {"nginx:2", "side:1"}


@pytest.mark.skipif(shutil.which("diff") is None, reason="there is no diff on PATH")
def test_diff_shows_what_apply_would_change(run: Run) -> None:
    run("apply", "-f", "-", given=CONFIG_MAP)
    assert run("diff", "-f", "-", given=CONFIG_MAP).stdout == ""
    changed = {**CONFIG_MAP, "data": {"colour": "blue"}}
    lines = run("diff", "-f", "-", given=changed, status=1).stdout.splitlines()
    assert "-  colour: red" in lines
    assert "+  colour: blue" in lines
    assert read(run("get", "cm", "settings", "-o", "json").stdout)["data"] == {"colour": "red"}


def test_replace_takes_the_place_of_what_was(kubectl: Callable[..., str]) -> None:
    kubectl("create", "-f", "-", given=CONFIG_MAP)
    replaced = kubectl("replace", "-f", "-", given={**CONFIG_MAP, "data": {"size": "s"}})
    assert replaced == "configmap/settings replaced\n"
    assert read(kubectl("get", "cm", "settings", "-o", "json"))["data"] == {"size": "s"}


def test_replace_is_refused_for_a_stale_version(run: Run) -> None:
    run("create", "-f", "-", given=CONFIG_MAP)
    stale = read(run("get", "cm", "settings", "-o", "json").stdout)
    run("label", "cm", "settings", "tier=front")
    said = run("replace", "-f", "-", given={**stale, "data": {}}, status=1).stderr
    assert "Error from server (Conflict)" in said
    assert "the object has been modified" in said


def test_label_and_annotate_set_and_remove(kubectl: Callable[..., str]) -> None:
    kubectl("create", "-f", "-", given=CONFIG_MAP)
    assert kubectl("label", "cm", "settings", "tier=front") == "configmap/settings labeled\n"
    kubectl("annotate", "cm", "settings", "note=by hand")
    metadata = read(kubectl("get", "cm", "settings", "-o", "json"))["metadata"]
    assert metadata["labels"] == {"tier": "front"}
    assert metadata["annotations"]["note"] == "by hand"
    assert kubectl("label", "cm", "settings", "tier-") == "configmap/settings unlabeled\n"
    assert "labels" not in read(kubectl("get", "cm", "settings", "-o", "json"))["metadata"]


@pytest.mark.parametrize(
    ("kind", "patch"),
    [
        ("strategic", '{"data": {"size": "xl"}}'),
        ("merge", '{"data": {"size": "xl"}}'),
        ("json", '[{"op": "add", "path": "/data/size", "value": "xl"}]'),
    ],
)
def test_patch_knows_three_types(kubectl: Callable[..., str], kind: str, patch: str) -> None:
    kubectl("create", "-f", "-", given=CONFIG_MAP)
    printed = kubectl("patch", "cm", "settings", "--type", kind, "-p", patch)
    assert printed == "configmap/settings patched\n"
    printed = kubectl("patch", "cm", "settings", "--type", kind, "-p", patch)
    assert printed == "configmap/settings patched (no change)\n"
    stored = read(kubectl("get", "cm", "settings", "-o", "json"))
    assert stored["data"] == {"colour": "red", "size": "xl"}


def test_patch_merges_lists_of_kinds_without_a_published_type(kubectl: Callable[..., str]) -> None:
    """kubectl sends a strategic merge patch to whatever is built in."""
    autoscaler = {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "web"},
        "spec": {"scaleTargetRef": {"kind": "Deployment", "name": "web"}, "maxReplicas": 5},
    }
    kubectl("apply", "-f", "-", given=autoscaler)
    assert kubectl("label", "hpa", "web", "tier=front") == (
        "horizontalpodautoscaler.autoscaling/web labeled\n"
    )
    for name in ("AbleToScale", "ScalingActive"):
        status = {"status": {"conditions": [{"type": name, "status": "True"}]}}
        kubectl("patch", "hpa", "web", "--subresource=status", "-p", json.dumps(status))
    kubectl("patch", "hpa", "web", "-p", '{"spec": {"minReplicas": 2}}')
    stored = read(kubectl("get", "hpa", "web", "-o", "json"))
    assert (stored["spec"]["minReplicas"], stored["spec"]["maxReplicas"]) == (2, 5)
    kinds = sorted(each["type"] for each in stored["status"]["conditions"])
    assert kinds == ["AbleToScale", "ScalingActive"]


def test_patch_writes_a_subresource(kubectl: Callable[..., str]) -> None:
    kubectl("create", "-f", "-", given=POD)
    status = json.dumps({"status": {"phase": "Running"}})
    kubectl("patch", "pod", "web", "--subresource=status", "--type=merge", "-p", status)
    assert kubectl("get", "pod", "web", "--no-headers").split()[2] == "Running"


def test_scale_changes_the_replicas_of_a_deployment(run: Run) -> None:
    run("create", "-f", "-", given=DEPLOYMENT)
    assert run("scale", "deployment/web", "--replicas=3").stdout == "deployment.apps/web scaled\n"
    stored = read(run("get", "deployment", "web", "-o", "json").stdout)
    assert stored["spec"]["replicas"] == 3
    assert stored["metadata"]["generation"] == 2
    said = run("scale", "deployment/web", "--current-replicas=1", "--replicas=5", status=1).stderr
    assert "Expected replicas to be 1, was 3" in said


def test_set_image_changes_a_container(kubectl: Callable[..., str]) -> None:
    kubectl("create", "-f", "-", given=DEPLOYMENT)
    assert kubectl("set", "image", "deploy/web", "main=nginx:9")
    printed = kubectl("get", "deploy", "web", "-o", "jsonpath={..image}")
    assert printed == "nginx:9"


def test_edit_sends_what_the_editor_left(
    kubectl: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    kubectl("create", "-f", "-", given=CONFIG_MAP)
    monkeypatch.setenv("KUBE_EDITOR", "sed -i s/red/blue/")
    assert kubectl("edit", "configmap", "settings") == "configmap/settings edited\n"
    assert read(kubectl("get", "cm", "settings", "-o", "json"))["data"] == {"colour": "blue"}


def test_run_and_expose_make_what_they_are_named_after(kubectl: Callable[..., str]) -> None:
    assert kubectl("run", "shop", "--image=shop:1", "--port=80") == "pod/shop created\n"
    assert kubectl("expose", "pod", "shop") == "service/shop exposed\n"
    service = read(kubectl("get", "service", "shop", "-o", "json"))
    assert service["spec"]["selector"] == {"run": "shop"}
    assert service["spec"]["ports"][0]["targetPort"] == 80


def test_a_restart_of_a_deployment_is_a_new_generation(kubectl: Callable[..., str]) -> None:
    kubectl("create", "-f", "-", given=DEPLOYMENT)
    assert kubectl("rollout", "restart", "deploy/web") == "deployment.apps/web restarted\n"
    assert kubectl("get", "deploy", "web", "-o", "jsonpath={.metadata.generation}") == "2"


def test_a_node_is_drained_of_its_pods(kubectl: Callable[..., str]) -> None:
    """There is no kubelet to end a Pod, so it is given no time: the last word is the server's."""
    kubectl(
        "create", "-f", "-", given={"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1"}}
    )
    spec = {**POD["spec"], "nodeName": "n1"}
    kubectl("create", "-f", "-", given={**POD, "spec": spec})
    printed = kubectl("drain", "n1", "--force", "--grace-period=0", f"--timeout={SECONDS}s")
    assert "pod/web evicted" in printed
    assert "SchedulingDisabled" in kubectl("get", "nodes")
    assert kubectl("get", "pods", "-o", "name") == ""


def test_debug_adds_an_ephemeral_container(kubectl: Callable[..., str]) -> None:
    kubectl("create", "-f", "-", given=POD)
    kubectl("debug", "web", "--image=busybox", "--container=look", "--attach=false")
    printed = kubectl("get", "pod", "web", "-o", "jsonpath={.spec.ephemeralContainers[*].name}")
    assert printed == "look"


# Waiting, and the end of things.


def test_wait_ends_when_a_condition_holds(
    kubectl: Callable[..., str], follow: Callable[..., subprocess.Popen[str]]
) -> None:
    kubectl("create", "-f", "-", given=POD)
    waiting = follow("wait", "--for=condition=Ready", "pod/web", f"--timeout={SECONDS}s")
    ready = {"status": {"conditions": [{"type": "Ready", "status": "True"}]}}
    kubectl("patch", "pod", "web", "--subresource=status", "-p", json.dumps(ready))
    printed, _ = waiting.communicate(timeout=SECONDS)
    assert printed == "pod/web condition met\n"
    assert waiting.returncode == 0


def test_wait_gives_up(run: Run) -> None:
    run("create", "-f", "-", given=POD)
    said = run("wait", "--for=condition=Ready", "pod/web", "--timeout=0.2s", status=1).stderr
    assert said == "error: timed out waiting for the condition on pods/web\n"


def test_delete_waits_for_the_finalizers(
    kubectl: Callable[..., str], follow: Callable[..., subprocess.Popen[str]]
) -> None:
    held = {**CONFIG_MAP, "metadata": {"name": "settings", "finalizers": ["example.com/hold"]}}
    kubectl("create", "-f", "-", given=held)
    deleting = follow("delete", "configmap", "settings", f"--timeout={SECONDS}s")
    assert deleting.stdout is not None
    assert deleting.stdout.readline().startswith('configmap "settings" deleted')
    assert deleting.poll() is None
    kubectl("patch", "cm", "settings", "--type=merge", "-p", '{"metadata":{"finalizers":null}}')
    deleting.communicate(timeout=SECONDS)
    assert deleting.returncode == 0
    assert kubectl("get", "cm", "--ignore-not-found", "-o", "name") == ""


def test_delete_takes_all_that_a_selector_matches(kubectl: Callable[..., str]) -> None:
    for name, tier in (("a", "front"), ("b", "front"), ("c", "back")):
        metadata = {"name": name, "labels": {"tier": tier}}
        kubectl("create", "-f", "-", given={**CONFIG_MAP, "metadata": metadata})
    printed = kubectl("delete", "cm", "-l", "tier=front")
    assert [line.split()[1] for line in printed.splitlines()] == ['"a"', '"b"']
    assert kubectl("get", "cm", "-o", "name") == "configmap/c\n"


def test_delete_of_a_pod_without_a_node_is_immediate(kubectl: Callable[..., str]) -> None:
    kubectl("create", "-f", "-", given=POD)
    assert kubectl("delete", "pod", "web").startswith('pod "web" deleted')
    assert kubectl("get", "pods", "-o", "name") == ""


def test_logs_need_a_pod_that_runs_somewhere(run: Run) -> None:
    """There is no kubelet here to ask; the answer is that of a Pod that waits for its node."""
    said = run("logs", "web", status=1).stderr
    assert 'pods "web" not found' in said
    run("create", "-f", "-", given=POD)
    assert run("logs", "web").stdout == ""


def test_commands_cannot_be_run_over_http(run: Run) -> None:
    spec = {**POD["spec"], "nodeName": "n1"}
    run("create", "-f", "-", given=POD)
    said = run("exec", "web", "--", "ls", status=1).stderr
    assert "pod web does not have a host assigned" in said
    run("create", "-f", "-", given={**POD, "metadata": {"name": "far"}, "spec": spec})
    said = run("exec", "far", "--", "ls", status=1).stderr
    assert "no kubelet connector is configured" in said


# Tokens.


def test_a_token_is_shown_over_tls(run: Run, tokens: Callable[[str], Path]) -> None:
    printed = run("--kubeconfig", str(tokens("https")), "get", "namespaces", "-o", "name").stdout
    assert "namespace/default" in printed


def test_a_token_is_never_shown_without_tls(run: Run, tokens: Callable[[str], Path]) -> None:
    """Not even to 127.0.0.1: client-go leaves out who the user is where nothing is encrypted."""
    said = run("--kubeconfig", str(tokens("http")), "get", "namespaces", status=1).stderr
    assert "the server has asked for the client to provide credentials" in said
