"""kubectl beside ``kregistry serve``, each a process of its own, as people use them."""

from __future__ import annotations

import json
import os
import selectors
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

KUBECTL = shutil.which("kubectl")

pytestmark = pytest.mark.skipif(KUBECTL is None, reason="there is no kubectl on PATH")

#: Seconds after which an invocation has failed.
SECONDS = 60
ENVIRONMENT = {
    name: value for name, value in os.environ.items() if not name.startswith("KREGISTRY_")
}


def owner(name: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}}


def dependent(name: str, uid: str) -> dict[str, Any]:
    reference = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "name": "owner",
        "uid": uid,
        "blockOwnerDeletion": True,
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "ownerReferences": [reference]},
        "spec": {"containers": [{"name": "main", "image": "nginx:1"}]},
    }


class Server:
    """A server, and kubectl as somebody who knows its kubeconfig."""

    def __init__(self, directory: Path, *arguments: str) -> None:
        directory.mkdir()
        self._directory = directory
        self.kubeconfig = directory / "kubeconfig"
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "kregistry",
                "serve",
                "--kubeconfig",
                self.kubeconfig,
                *arguments,
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=ENVIRONMENT,
            cwd=directory,
        )
        assert self.process.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            assert selector.select(SECONDS), "nothing is said"
        self.first = self.process.stdout.readline().decode()
        assert self.first.startswith("listening on http"), self.process.communicate()[1]

    def kubectl(self, *arguments: str, given: Any = None, status: int = 0) -> str:
        assert KUBECTL is not None
        done = subprocess.run(
            [KUBECTL, *arguments],
            input="" if given is None else json.dumps(given),
            capture_output=True,
            text=True,
            timeout=SECONDS,
            env={
                **ENVIRONMENT,
                "KUBECONFIG": str(self.kubeconfig),
                "HOME": str(self._directory),
            },
        )
        assert done.returncode == status, f"{arguments}: {done.stdout}{done.stderr}"
        return done.stdout if status == 0 else done.stderr

    def stop(self) -> tuple[int, str]:
        """Exit status, and what was complained about."""
        self.process.send_signal(signal.SIGTERM)
        _, err = self.process.communicate(timeout=SECONDS)
        return self.process.returncode, err.decode()


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Starts servers; those that are left over after a test are killed."""
    started: list[Server] = []

    def start(*arguments: str) -> Server:
        directory = tmp_path / f"server-{len(started)}"
        started.append(Server(directory, *arguments))
        return started[-1]

    yield start
    for each in started:
        if each.process.poll() is None:
            each.process.kill()
        each.process.communicate(timeout=SECONDS)


@pytest.fixture
def server(serve: Callable[..., Server]) -> Server:
    return serve("--storage", "memory", "--insecure-no-auth")


def family(server: Server, *names: str) -> None:
    """A ConfigMap called ``owner`` and Pods that it owns."""
    server.kubectl("create", "-f", "-", given=owner("owner"))
    uid = server.kubectl("get", "configmap", "owner", "-o", "jsonpath={.metadata.uid}")
    for name in names:
        server.kubectl("create", "-f", "-", given=dependent(name, uid))


# The controllers beside the server.


def test_foreground_deletion_ends_after_the_dependents(server: Server) -> None:
    family(server, "a", "b")
    server.kubectl("delete", "configmap", "owner", "--cascade=foreground", f"--timeout={SECONDS}s")
    assert server.kubectl("get", "configmaps,pods", "-o", "name") == ""
    assert server.stop() == (0, "")


def test_orphans_stay_without_their_owner(server: Server) -> None:
    family(server, "a")
    server.kubectl("delete", "configmap", "owner", "--cascade=orphan", f"--timeout={SECONDS}s")
    assert server.kubectl("get", "configmaps,pods", "-o", "name") == "pod/a\n"
    assert server.kubectl("get", "pod", "a", "-o", "jsonpath={..ownerReferences}") == ""


def test_dependents_go_after_their_owner(server: Server) -> None:
    family(server, "a", "b")
    server.kubectl("delete", "configmap", "owner")
    server.kubectl("wait", "--for=delete", "pod/a", "pod/b", f"--timeout={SECONDS}s")


def test_a_namespace_goes_with_its_content(server: Server) -> None:
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}
    server.kubectl("create", "-f", "-", given=namespace)
    server.kubectl("create", "-n", "shop", "-f", "-", given=owner("owner"))
    server.kubectl("delete", "namespace", "shop", f"--timeout={SECONDS}s")
    assert "shop" not in server.kubectl("get", "namespaces", "-o", "name")
    assert server.kubectl("get", "configmaps", "-A", "-o", "name") == ""


def test_controllers_can_be_left_out(serve: Callable[..., Server]) -> None:
    server = serve("--storage", "memory", "--insecure-no-auth", "--no-controllers")
    family(server, "a")
    delete = ("delete", "configmap", "owner", "--cascade=foreground")
    server.kubectl(*delete, "--wait=false")
    said = server.kubectl(*delete, "--timeout=0.5s", status=1)
    assert "timed out waiting" in said
    finalizers = ("-o", "jsonpath={.metadata.finalizers}")
    assert "foregroundDeletion" in server.kubectl("get", "configmap", "owner", *finalizers)
    assert server.kubectl("get", "pods", "-o", "name") == "pod/a\n"


def test_two_servers_of_one_store_both_tidy_up(
    serve: Callable[..., Server], tmp_path: Path
) -> None:
    options = ("--path", str(tmp_path / "store.db"), "--insecure-no-auth")
    servers = [serve(*options), serve(*options)]
    for number, policy in enumerate(["foreground", "orphan", "background", "foreground"]):
        writer, reader = servers[number % 2], servers[1 - number % 2]
        family(writer, "a", "b", "c")
        reader.kubectl(
            "delete", "configmap", "owner", f"--cascade={policy}", f"--timeout={SECONDS}s"
        )
        if policy == "orphan":
            assert len(writer.kubectl("get", "pods", "-o", "name").split()) == 3
            writer.kubectl("delete", "pods", "--all")
        reader.kubectl("wait", "--for=delete", "pod", "--all", f"--timeout={SECONDS}s")
    assert [each.stop() for each in servers] == [(0, "")] * 2


# The way of somebody who has nothing but kubectl.


@pytest.mark.skipif(shutil.which("openssl") is None, reason="there is no openssl on PATH")
@pytest.mark.parametrize("http", ["threaded", "uvicorn"])
def test_a_certificate_of_its_own_makes_a_server_for_kubectl(
    serve: Callable[..., Server], http: str
) -> None:
    server = serve("--storage", "memory", "--tls-self-signed", "--http", http)
    assert server.first.startswith("listening on https://127.0.0.1:")
    assert "namespace/default" in server.kubectl("get", "namespaces", "-o", "name")
    server.kubectl("create", "-f", "-", given=owner("owner"))
    said = server.kubectl("--token=wrong", "get", "configmaps", status=1)
    assert "You must be logged in" in said or "Unauthorized" in said
    assert server.stop() == (0, "")
