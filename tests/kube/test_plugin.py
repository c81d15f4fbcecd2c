"""The pytest plugin, by the test files of people who use it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

# Imported here once, so that the small runs below need not do it each for itself.
import hypothesis  # noqa: F401
import pytest
from kubernetes import client, config  # noqa: F401

from kregistry.kube import Kube

#: Before each of the small test files.
HEAD = """
import json, os, stat, sys, urllib.request
import pytest

CM = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"k": "v"}}

def get(kube, path):
    request = urllib.request.Request(kube.url + path)
    request.add_header("Authorization", "Bearer " + kube.token)
    request.add_header("User-Agent", "controller/1")
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.load(answer)
"""


def run(pytester: pytest.Pytester, code: str, *arguments: str) -> pytest.RunResult:
    """What pytest says to a test file."""
    pytester.makepyfile(HEAD + code)
    return pytester.runpytest_inprocess("-W", "error", "-p", "no:randomly", *arguments)


def test_a_test_gets_a_server_that_a_client_finds(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
def test_it(kube):
    assert os.environ["KUBECONFIG"] == kube.kubeconfig
    assert stat.S_IMODE(os.stat(kube.kubeconfig).st_mode) == 0o600
    assert kube.url.startswith("http://127.0.0.1:")
    assert get(kube, "/api/v1/namespaces/default")["metadata"]["name"] == "default"
""",
    )

    result.assert_outcomes(passed=1)


def test_each_test_has_a_fresh_server_of_its_own(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
seen = set()

@pytest.mark.parametrize("time", range(5))
def test_it(kube, time):
    assert kube.list("configmaps") == []
    kube.apply(CM)
    assert kube.url not in seen
    seen.add(kube.url)
""",
    )

    result.assert_outcomes(passed=5)


def test_the_environment_is_as_before_afterwards(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kubernetes.config import kube_config

    monkeypatch.setenv("KUBECONFIG", "/elsewhere/config")
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    location = kube_config.KUBE_CONFIG_DEFAULT_LOCATION

    result = run(
        pytester,
        """
from kubernetes.config import kube_config

def test_it(kube):
    assert "KUBERNETES_SERVICE_HOST" not in os.environ
    assert kube_config.KUBE_CONFIG_DEFAULT_LOCATION == kube.kubeconfig

def test_after():
    assert os.environ["KUBECONFIG"] == "/elsewhere/config"
    assert os.environ["KUBERNETES_SERVICE_HOST"] == "10.0.0.1"
    assert "KUBECACHEDIR" not in os.environ
""",
    )

    result.assert_outcomes(passed=2)
    assert location == kube_config.KUBE_CONFIG_DEFAULT_LOCATION


def test_a_test_that_fails_leaves_nothing_behind(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBECONFIG", "/elsewhere/config")

    result = run(
        pytester,
        """
import threading

def counted():
    return set(threading.enumerate()), len(os.listdir("/dev/fd")), dict(os.environ)

def test_before(kube):
    assert kube.get("namespaces", "default")

def test_between():
    os.environ.pop("PYTEST_CURRENT_TEST")
    seen.append(counted())

seen = []

@pytest.mark.parametrize("storage", ["memory", "sqlite"])
def test_fails(kube, kube_factory, storage):
    other = kube_factory(storage=storage)
    for each in (kube, other):
        each.inject(500, delay=600, resource="secrets")
        for what in ("secrets", "pods?watch=1"):
            request = urllib.request.Request(f"{each.url}/api/v1/{what}")
            request.add_header("Authorization", "Bearer " + each.token)
            threading.Thread(target=asked, args=(request,)).start()
        each.wait_for(lambda: len(each.requests) == 2)
    raise RuntimeError

asking = []

def asked(request):
    asking.append(threading.current_thread())
    try:
        urllib.request.urlopen(request, timeout=60).read()
    except OSError:
        pass

def test_after():
    for each in asking:
        each.join(30)
    os.environ.pop("PYTEST_CURRENT_TEST")
    assert counted() == seen[0]
""",
    )

    result.assert_outcomes(passed=3, failed=2)


def test_a_client_that_was_imported_meanwhile_forgets_the_server(
    kube_factory: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kubernetes.config import kube_config

    from kregistry.kube.environment import pointing_to

    monkeypatch.setenv("KUBECONFIG", "/elsewhere/config")
    monkeypatch.setattr(kube_config, "KUBE_CONFIG_DEFAULT_LOCATION", "before")
    monkeypatch.delitem(sys.modules, "kubernetes.config.kube_config")
    with pointing_to("/tmp/of-this-test"):
        monkeypatch.setitem(sys.modules, "kubernetes.config.kube_config", kube_config)
        kube_config.KUBE_CONFIG_DEFAULT_LOCATION = os.environ["KUBECONFIG"]

    assert kube_config.KUBE_CONFIG_DEFAULT_LOCATION == "/elsewhere/config"


def test_a_test_may_have_several_servers(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
def test_it(kube, kube_factory):
    other = kube_factory(storage="sqlite")
    other.apply(CM)
    assert kube.list("configmaps") == []
    assert kube.url != other.url
    assert os.environ["KUBECONFIG"] == kube.kubeconfig != other.kubeconfig
    assert os.path.exists(os.path.join(os.path.dirname(other.kubeconfig), "kube.db"))
""",
    )

    result.assert_outcomes(passed=1)


def test_options_come_from_the_nearest_marker_then_from_the_configuration(
    pytester: pytest.Pytester,
) -> None:
    pytester.makeini("[pytest]\nkube_storage = sqlite\n")
    result = run(
        pytester,
        """
pytestmark = pytest.mark.kube(collect="auto", start="2026-01-01T00:00:00Z")

def test_module(kube):
    assert (kube.options.storage, kube.options.collect) == ("sqlite", "auto")

@pytest.mark.kube(storage="memory", collect="manual")
def test_function(kube, kube_factory):
    assert (kube.options.storage, kube.options.collect) == ("memory", "manual")
    assert kube.options.start.year == 2026
    assert kube_factory(collect="auto").options.collect == "auto"
""",
        "--strict-markers",
    )

    result.assert_outcomes(passed=2)


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ("storage='etcd'", "storage must be 'memory' or 'sqlite', not 'etcd'"),
        ("colour='red'", "there is no option 'colour'"),
        ("'sqlite'", "options have names, such as storage='sqlite'"),
    ],
)
def test_a_marker_that_makes_no_sense_is_an_error(
    pytester: pytest.Pytester, arguments: str, problem: str
) -> None:
    result = run(
        pytester, f"@pytest.mark.kube({arguments})\ndef test_it(kube):\n    raise SystemExit\n"
    )

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"E*ValueError: kube: {problem}*".replace("[", "[[]")])


def test_a_failure_tells_every_injected_fault_and_the_last_requests(
    pytester: pytest.Pytester,
) -> None:
    result = run(
        pytester,
        """
def test_it(kube):
    kube.inject(503, verb="get", resource="configmaps", times=1)
    kube.inject(409, verb="update", resource="pods")
    get(kube, "/api/v1/namespaces/default/configmaps/a")
""",
    )

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "E*HTTP Error 503*",
            "*- injected faults, http://127.0.0.1:* -*",
            "  status 503 on get configmaps: hit 1 of 1 times",
            "    #1 get configmaps default/a",
            "  status 409 on update pods: never hit",
            "*- requests, http://127.0.0.1:* -*",
            "  #1 get configmaps default/a -> 503  <- injected: status 503  [[]controller/1[]]",
        ]
    )


def test_a_failure_shows_only_the_last_of_many_requests(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
def test_it(kube):
    for _ in range(23):
        get(kube, "/api/v1/namespaces")
    assert False
""",
    )

    result.stdout.fnmatch_lines(["  ... 3 before these", "  #4 list namespaces*"])
    result.stdout.no_fnmatch_line("  #3 list*")


def test_a_test_that_passes_or_uses_no_server_shows_nothing(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
def test_passes(kube):
    get(kube, "/api/v1/namespaces")

def test_fails():
    assert False
""",
        "-rA",
    )

    result.assert_outcomes(passed=1, failed=1)
    result.stdout.no_fnmatch_line("*127.0.0.1*")


def test_objects_that_differ_are_told_field_by_field(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
def test_it(kube):
    kube.apply(CM)
    labels = {"app.io/x": "1"}
    expected = {**CM, "metadata": {"name": "a", "namespace": "default", "labels": labels}}
    assert kube.get("configmaps", "a") == {**expected, "data": {"k": "w", "z": "1"}}
""",
    )

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "E*assert ConfigMap default/a == ConfigMap default/a",
            "E * data.k: 'v' != 'w'",
            "E * data.z: only on the right: '1'",
            "E * metadata.labels: only on the right: {'app.io/x': '1'}",
            "E*(not told, as every server writes its own: metadata.*uid*",
        ]
    )


def test_what_servers_write_is_told_if_nothing_else_differs(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
def test_it(kube):
    (before,) = kube.apply(CM)
    after = {**before, "metadata": {**before["metadata"], "resourceVersion": "1"}}
    assert before == after
""",
    )

    result.stdout.fnmatch_lines(["E * metadata.resourceVersion: '*' != '1'"])
    result.stdout.no_fnmatch_line("*not told*")


def test_requests_that_differ_are_told_line_by_line(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
def test_it(kube):
    get(kube, "/api/v1/namespaces/default")
    get(kube, "/api/v1/pods")
    assert kube.requests == ["get namespaces default", "list nodes"]
""",
    )

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "E * assert requests == requests",
            "E * - only on the right, + only on the left:",
            "E *   get namespaces default",
            "E * - list nodes",
            "E * + list pods",
        ]
    )


def test_comparisons_of_anything_else_are_left_to_pytest(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
def test_dicts():
    assert {"a": 1} == {"a": 2}

def test_objects_and_others(kube):
    assert CM == 7
""",
    )

    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(["E * Differing items:"])
    result.stdout.no_fnmatch_line("*INTERNALERROR*")


def test_teardown_ends_a_watch_that_a_controller_still_reads(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
import threading
threads = []

def test_it(kube):
    def controller():
        request = urllib.request.Request(kube.url + "/api/v1/pods?watch=true")
        request.add_header("Authorization", "Bearer " + kube.token)
        with urllib.request.urlopen(request, timeout=60) as answer:
            answer.read()
    threads.append(threading.Thread(target=controller))
    threads[0].start()
    kube.wait_for(lambda: kube.requests.select(verb="watch") and kube.requests[0].status)

def test_after():
    threads[0].join(30)
    assert not threads[0].is_alive()
""",
    )

    result.assert_outcomes(passed=2)


def test_a_coroutine_uses_it_in_a_loop_of_its_own(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
import asyncio

def test_it(kube):
    async def controller():
        await asyncio.sleep(0)
        await asyncio.to_thread(get, kube, "/api/v1/namespaces")

    async def main():
        task = asyncio.create_task(controller())
        found = await asyncio.to_thread(kube.wait_for, lambda: kube.requests.select(verb="list"))
        await task
        return found

    assert asyncio.run(main()) == ["list namespaces"]
""",
    )

    result.assert_outcomes(passed=1)


def test_it_works_in_several_processes_at_once(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        HEAD
        + """
@pytest.mark.parametrize("number", range(8))
def test_it(kube, number):
    assert kube.list("configmaps") == []
    kube.apply(CM)
    assert get(kube, "/api/v1/namespaces/default/configmaps/a")["data"] == {"k": "v"}

def test_fails(kube):
    kube.inject(500)
    assert False
"""
    )

    result = pytester.runpytest_subprocess("-n", "2", "-W", "error", timeout=100)

    result.assert_outcomes(passed=8, failed=1)
    result.stdout.fnmatch_lines(["  status 500 on everything: never hit"])


def test_a_run_without_servers_imports_none_of_it(tmp_path: Path) -> None:
    code = """
import sys

def test_it():
    ours = sorted(name for name in sys.modules if name.startswith("kregistry"))
    assert ours == ["kregistry", "kregistry.kube", "kregistry.kube.plugin"]
"""
    (tmp_path / "test_nothing.py").write_text(code, encoding="utf-8")

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=100,
    )

    assert done.returncode == 0, done.stdout + done.stderr


def test_the_fixtures_are_listed_with_what_they_are_for(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_inprocess("--fixtures", "--markers")

    result.stdout.fnmatch_lines(["@pytest.mark.kube(storage='memory' or 'sqlite'*"])


def test_the_door_opens_for_every_name() -> None:
    from kregistry import kube

    for name in kube.__all__:
        assert getattr(kube, name).__name__ == name
        assert name in dir(kube)
    with pytest.raises(AttributeError, match="Kueb"):
        _ = kube.Kueb


def test_the_fixture_is_what_the_door_says(kube: Kube) -> None:
    assert type(kube) is Kube
