"""kubectl where it makes the object itself, as in ``create namespace``: newer ones send protobuf.

Run as a program of its own; skipped where there is none.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from kubectlprogram import KUBECTL, Run

pytestmark = pytest.mark.skipif(KUBECTL is None, reason="there is no kubectl on PATH")

Kubectl = Callable[..., str]


def read(kubectl: Kubectl, *what: str) -> dict[str, Any]:
    tree: dict[str, Any] = json.loads(kubectl("get", *what, "-o", "json"))
    return tree


def test_a_namespace_is_created_and_lived_in(kubectl: Kubectl) -> None:
    assert kubectl("create", "namespace", "shop") == "namespace/shop created\n"
    kubectl("create", "configmap", "settings", "--from-literal=colour=red", "-n", "shop")
    assert read(kubectl, "cm", "settings", "-n", "shop")["data"] == {"colour": "red"}
    assert read(kubectl, "ns", "shop")["status"] == {"phase": "Active"}


def test_what_is_there_already_is_not_created_again(run: Run) -> None:
    run("create", "namespace", "shop")
    said = run("create", "namespace", "shop", status=1).stderr
    assert "(AlreadyExists)" in said
    assert 'namespaces "shop" already exists' in said


def test_what_is_invalid_is_refused(run: Run) -> None:
    said = run("create", "configmap", "Not_A_Name", status=1).stderr
    assert 'ConfigMap "Not_A_Name" is invalid' in said
    assert "a lowercase RFC 1123 subdomain must consist of" in said


def test_a_creation_can_be_tried(kubectl: Kubectl) -> None:
    printed = kubectl("create", "namespace", "shop", "--dry-run=server")
    assert printed == "namespace/shop created (server dry run)\n"
    assert "namespace/shop" not in kubectl("get", "namespaces", "-o", "name")


def test_a_config_map_holds_text_and_files(kubectl: Kubectl, tmp_path: Path) -> None:
    directory = tmp_path / "files"
    directory.mkdir()
    (directory / "text").write_text("grün\n", encoding="utf-8")
    (directory / "blob").write_bytes(b"\x00\xff")
    kubectl("create", "configmap", "c", "--from-literal=a=", f"--from-file={directory}")
    found = read(kubectl, "configmap", "c")
    assert found["data"] == {"a": "", "text": "grün\n"}
    assert found["binaryData"] == {"blob": base64.b64encode(b"\x00\xff").decode()}


def test_secrets_are_of_their_types(kubectl: Kubectl) -> None:
    kubectl("create", "secret", "generic", "plain", "--from-literal=a=1")
    server = ("--docker-server=s", "--docker-username=u", "--docker-password=p")
    kubectl("create", "secret", "docker-registry", "registry", *server)
    plain, registry = read(kubectl, "secret", "plain"), read(kubectl, "secret", "registry")
    assert (plain["type"], plain["data"]) == ("Opaque", {"a": "MQ=="})
    assert registry["type"] == "kubernetes.io/dockerconfigjson"
    config = json.loads(base64.b64decode(registry["data"][".dockerconfigjson"]))
    assert config["auths"]["s"]["username"] == "u"


def test_a_deployment_is_created_exposed_and_scaled(kubectl: Kubectl) -> None:
    made = kubectl("create", "deployment", "web", "--image=nginx:1", "--replicas=2", "--port=80")
    assert made == "deployment.apps/web created\n"
    assert kubectl("expose", "deployment", "web", "--target-port=http") == "service/web exposed\n"
    kubectl("autoscale", "deployment", "web", "--min=1", "--max=3", "--cpu-percent=50")
    kubectl("scale", "deployment", "web", "--replicas=5")
    spec = read(kubectl, "deployment", "web")["spec"]
    assert (spec["replicas"], spec["strategy"]["type"]) == (5, "RollingUpdate")
    (container,) = spec["template"]["spec"]["containers"]
    assert container["ports"] == [{"containerPort": 80, "protocol": "TCP"}]
    (port,) = read(kubectl, "service", "web")["spec"]["ports"]
    assert (port["port"], port["targetPort"]) == (80, "http")
    assert read(kubectl, "hpa", "web")["spec"]["maxReplicas"] == 3


@pytest.mark.parametrize(
    ("arguments", "spec"),
    [
        (
            ("clusterip", "web", "--tcp=80:8080"),
            {
                "type": "ClusterIP",
                "ports": [
                    {"name": "80-8080", "port": 80, "protocol": "TCP", "targetPort": 8080},
                ],
            },
        ),
        (("clusterip", "web", "--clusterip=None"), {"clusterIP": "None"}),
        (("nodeport", "web", "--tcp=80", "--node-port=30080"), {"type": "NodePort"}),
        (("loadbalancer", "web", "--tcp=80:http"), {"type": "LoadBalancer"}),
        (
            ("externalname", "web", "--external-name=example.com"),
            {"type": "ExternalName", "externalName": "example.com"},
        ),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_services_are_of_their_types(
    kubectl: Kubectl, arguments: tuple[str, ...], spec: dict[str, Any]
) -> None:
    assert kubectl("create", "service", *arguments) == "service/web created\n"
    found = read(kubectl, "service", "web")["spec"]
    assert {key: found[key] for key in spec} == spec


def test_jobs_are_created_and_made_from_cron_jobs(kubectl: Kubectl) -> None:
    kubectl("create", "job", "once", "--image=busybox", "--", "sleep", "1")
    spec = read(kubectl, "job", "once")["spec"]["template"]["spec"]
    assert spec["containers"][0]["command"] == ["sleep", "1"]
    assert spec["restartPolicy"] == "Never"
    schedule = "--schedule=*/5 * * * *"
    kubectl("create", "cronjob", "often", "--image=busybox", schedule, "--", "date")
    assert kubectl("create", "job", "now", "--from=cronjob/often") == "job.batch/now created\n"
    (owner,) = read(kubectl, "job", "now")["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["name"]) == ("CronJob", "often")


def test_roles_are_created_and_bound(kubectl: Kubectl) -> None:
    kubectl("create", "serviceaccount", "robot")
    kubectl("create", "role", "reader", "--verb=get,list", "--resource=pods,deployments.apps")
    kubectl("create", "clusterrole", "healthy", "--verb=get", "--non-resource-url=/healthz")
    kubectl("create", "rolebinding", "r", "--role=reader", "--serviceaccount=default:robot")
    kubectl("create", "clusterrolebinding", "h", "--clusterrole=healthy", "--group=g")
    assert read(kubectl, "role", "reader")["rules"] == [
        {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]},
        {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["get", "list"]},
    ]
    assert read(kubectl, "rolebinding", "r")["subjects"] == [
        {"kind": "ServiceAccount", "name": "robot", "namespace": "default"}
    ]
    assert read(kubectl, "clusterrolebinding", "h")["roleRef"]["name"] == "healthy"


def test_quotas_budgets_and_priorities_are_created(kubectl: Kubectl) -> None:
    kubectl("create", "quota", "small", "--hard=cpu=1500m,pods=2")
    assert read(kubectl, "quota", "small")["spec"]["hard"] == {"cpu": "1500m", "pods": "2"}
    kubectl("create", "pdb", "half", "--selector=app=web", "--min-available=50%")
    kubectl("create", "pdb", "one", "--selector=app=web", "--max-unavailable=1")
    assert read(kubectl, "pdb", "half")["spec"]["minAvailable"] == "50%"
    assert read(kubectl, "pdb", "one")["spec"]["maxUnavailable"] == 1
    kubectl("create", "priorityclass", "low", "--value=-5", "--preemption-policy=Never")
    assert read(kubectl, "priorityclass", "low")["value"] == -5


def test_an_ingress_is_created(kubectl: Kubectl) -> None:
    kubectl("create", "ingress", "front", "--rule=a.example.com/shop*=web:80,tls=cert")
    spec = read(kubectl, "ingress", "front")["spec"]
    assert spec["tls"] == [{"hosts": ["a.example.com"], "secretName": "cert"}]
    (path,) = spec["rules"][0]["http"]["paths"]
    assert (path["path"], path["pathType"]) == ("/shop", "Prefix")
    assert path["backend"]["service"] == {"name": "web", "port": {"number": 80}}


def test_a_pod_is_run_and_exposed(kubectl: Kubectl) -> None:
    printed = kubectl("run", "web", "--image=nginx:1", "--port=80", "--expose", "--env=A=b")
    assert sorted(printed.splitlines()) == ["pod/web created", "service/web created"]
    (container,) = read(kubectl, "pod", "web")["spec"]["containers"]
    assert container["env"] == [{"name": "A", "value": "b"}]


def test_questions_are_answered(kubectl: Kubectl) -> None:
    assert kubectl("auth", "can-i", "get", "pods") == "yes\n"
    assert kubectl("auth", "can-i", "get", "/healthz") == "yes\n"
    assert "*.*" in kubectl("auth", "can-i", "--list")


def test_who_asks_is_told(kubectl: Kubectl) -> None:
    client = json.loads(kubectl("version", "--client", "-o", "json"))["clientVersion"]
    if int(client["minor"].rstrip("+")) < 28:
        pytest.skip("this kubectl does not ask for it in a version that is served")
    assert "system:" in kubectl("auth", "whoami")


def test_a_certificate_is_approved(kubectl: Kubectl) -> None:
    """The object that came from the server goes back to it."""
    spec = {"request": "aGFsbG8=", "signerName": "example.com/x", "usages": ["client auth"]}
    asked = {
        "apiVersion": "certificates.k8s.io/v1",
        "kind": "CertificateSigningRequest",
        "metadata": {"name": "csr"},
        "spec": spec,
    }
    kubectl("create", "-f", "-", given=asked)
    assert "csr approved" in kubectl("certificate", "approve", "csr")
    found = read(kubectl, "csr", "csr")
    assert found["status"]["conditions"][0]["type"] == "Approved"
    assert found["spec"] == spec
