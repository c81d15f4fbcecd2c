"""``python -m kregistry serve`` says where it listens, keeps what it is told, ends in order."""

from __future__ import annotations

import base64
import json
import os
import selectors
import shutil
import signal
import ssl
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPSConnection
from pathlib import Path
from typing import Any

import pytest
import trustme
from rawclient import RawClient, message

from kregistry.__main__ import main
from kregistry.testing.etcd import EtcdServer

COMMAND = [sys.executable, "-m", "kregistry", "serve"]
CONFIGMAPS = "/api/v1/namespaces/default/configmaps"
TIMEOUT = 60.0
HTTPS = ("threaded", "uvicorn")
ENVIRONMENT = {
    name: value for name, value in os.environ.items() if not name.startswith("KREGISTRY_")
}

Serve = Callable[..., "Served"]


class Served:
    """A process, and what it said."""

    def __init__(self, *arguments: str, **environment: str) -> None:
        self.process = subprocess.Popen(
            [*COMMAND, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            env={**ENVIRONMENT, "PYTHONWARNINGS": "error", **environment},
        )
        first = self.line()
        assert first.startswith("listening on http"), first + self.complaint()
        self.url = first.removeprefix("listening on ").strip()
        self.port = int(self.url.rpartition(":")[2])

    def line(self) -> str:
        assert self.process.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            assert selector.select(TIMEOUT / 2), "nothing is said"
        return self.process.stdout.readline().decode()

    def complaint(self) -> str:
        assert self.process.stderr is not None
        return self.process.stderr.read().decode() if self.process.poll() is not None else ""

    def kubeconfig(self) -> Path:
        """Where the second line says it is."""
        return Path(self.line().removeprefix("export KUBECONFIG=").strip())

    def stop(self, how: int = signal.SIGTERM) -> tuple[int, str]:
        """Exit status, and what was complained about."""
        self.process.send_signal(how)
        _, err = self.process.communicate(timeout=TIMEOUT)
        return self.process.returncode, err.decode()


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts processes; those that are left over after a test are killed."""
    started: list[Served] = []

    def start(*arguments: str, **environment: str) -> Served:
        started.append(Served(*arguments, **environment))
        return started[-1]

    yield start
    for each in started:
        if each.process.poll() is None:
            each.process.kill()
        each.process.communicate(timeout=TIMEOUT)


@contextmanager
def client(served: Served) -> Iterator[RawClient]:
    with RawClient(served.port) as raw:
        yield raw


def create(served: Served, name: str) -> dict[str, Any]:
    document = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}}
    with client(served) as raw:
        heard = raw.ask(message("POST", CONFIGMAPS, json.dumps(document).encode()))
        assert heard.status == 201, heard.body
        made: dict[str, Any] = heard.document
        return made


@pytest.mark.parametrize("http", HTTPS)
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_watches_in_order(serve: Serve, http: str, how: int) -> None:
    served = serve("--storage", "memory", "--insecure-no-auth", "--http", http)
    with client(served) as watching, client(served) as idle:
        assert idle.get("/readyz").status == 200
        watching.say(message("GET", f"{CONFIGMAPS}?watch=1"))
        assert watching.hear_head()[0] == 200
        assert served.stop(how) == (0, "")
        assert watching.hear_chunk() == b""
        assert watching.hears_the_end()


@pytest.mark.parametrize("http", HTTPS)
def test_without_a_word_about_access_a_token_is_made(serve: Serve, http: str) -> None:
    served = serve("--storage", "memory", "--http", http)
    path = served.kubeconfig()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    document = json.loads(path.read_text())
    assert document["clusters"][0]["cluster"] == {"server": served.url}
    token = document["users"][0]["user"]["token"]
    assert len(token) >= 43
    with client(served) as raw:
        assert raw.get("/api/v1/namespaces").status == 401
        assert raw.get("/api/v1/namespaces", authorization=f"Bearer {token[:-1]}").status == 401
        assert raw.get("/api/v1/namespaces", authorization=f"Bearer {token}").status == 200
        assert raw.get("/readyz").status == 200
    assert served.stop() == (0, "")
    assert not path.parent.exists()


def test_two_tokens_are_never_the_same(serve: Serve) -> None:
    paths = [serve("--storage", "memory").kubeconfig() for _ in range(2)]
    first, second = (json.loads(path.read_text())["users"] for path in paths)
    assert first != second


@pytest.mark.parametrize("said", ["argument", "environment"])
def test_a_token_may_be_given(serve: Serve, said: str, tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_text("old")
    arguments = ["--storage", "memory", "--kubeconfig", str(path)]
    if said == "argument":
        served = serve(*arguments, "--token", "sesame")
    else:
        served = serve(*arguments, KREGISTRY_TOKEN="sesame")
    assert served.kubeconfig() == path
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert json.loads(path.read_text())["users"][0]["user"] == {"token": "sesame"}
    with client(served) as raw:
        assert raw.get("/api/v1/namespaces", authorization="Bearer sesame").status == 200
        assert raw.get("/api/v1/namespaces").status == 401
    assert served.stop() == (0, "")
    assert path.exists()


@pytest.mark.parametrize("http", HTTPS)
def test_a_store_on_disk_survives_and_watches_resume(
    serve: Serve, tmp_path: Path, http: str
) -> None:
    arguments = ("--path", str(tmp_path / "store.db"), "--insecure-no-auth", "--http", http)
    survives(serve, arguments, how=signal.SIGTERM)


def test_a_store_on_disk_survives_a_killed_server(serve: Serve, tmp_path: Path) -> None:
    arguments = ("--path", str(tmp_path / "store.db"), "--insecure-no-auth")
    survives(serve, arguments, how=signal.SIGKILL)


def test_a_store_in_etcd_survives_and_watches_resume(serve: Serve, fresh_etcd: EtcdServer) -> None:
    arguments = (
        "--storage",
        "etcd3",
        "--endpoints",
        ",".join(fresh_etcd.endpoints),
        "--insecure-no-auth",
    )
    survives(serve, arguments, how=signal.SIGTERM)


def survives(serve: Serve, arguments: tuple[str, ...], *, how: int) -> None:
    first = serve(*arguments)
    before, missed = create(first, "before"), create(first, "missed")
    first.stop(how)
    second = serve(*arguments)
    after = create(second, "after")
    since = before["metadata"]["resourceVersion"]
    with client(second) as raw:
        assert raw.get(f"{CONFIGMAPS}/before").document == before
        raw.say(message("GET", f"{CONFIGMAPS}?watch=1&resourceVersion={since}"))
        assert raw.hear_head()[0] == 200
        events = [json.loads(raw.hear_chunk() or b"") for _ in range(2)]
    assert [event["object"] for event in events] == [missed, after]
    assert second.stop()[0] == 0


@pytest.mark.parametrize("http", HTTPS)
def test_a_certificate_makes_it_https(serve: Serve, tmp_path: Path, http: str) -> None:
    issued = trustme.CA().issue_cert("127.0.0.1")
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    issued.cert_chain_pems[0].write_to_path(certificate)
    issued.private_key_pem.write_to_path(key)
    files = ("--tls-cert", str(certificate), "--tls-key", str(key))
    served = serve("--storage", "memory", *files, "--http", http)
    assert served.url == f"https://127.0.0.1:{served.port}"
    document = json.loads(served.kubeconfig().read_text())
    told = document["clusters"][0]["cluster"]["certificate-authority-data"]
    context = ssl.create_default_context(cadata=base64.b64decode(told).decode())
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    token = document["users"][0]["user"]["token"]
    client = HTTPSConnection("127.0.0.1", served.port, timeout=TIMEOUT / 2, context=context)
    client.request("GET", CONFIGMAPS, headers={"Authorization": f"Bearer {token}"})
    answer = client.getresponse()
    assert (answer.status, json.loads(answer.read())["items"]) == (200, [])
    client.close()
    assert served.stop() == (0, "")


@pytest.mark.skipif(shutil.which("openssl") is None, reason="there is no openssl on PATH")
@pytest.mark.parametrize(
    ("host", "access"),
    [
        ("127.0.0.1", ()),
        ("127.0.0.1", ("--token", "sesame")),
        ("localhost", ("--insecure-no-auth",)),
    ],
)
def test_a_self_signed_certificate_satisfies_a_strict_client(
    serve: Serve, host: str, access: tuple[str, ...]
) -> None:
    served = serve("--storage", "memory", "--tls-self-signed", "--host", host, *access)
    path = served.kubeconfig()
    document = json.loads(path.read_text())
    told = document["clusters"][0]["cluster"]["certificate-authority-data"]
    context = ssl.create_default_context(cadata=base64.b64decode(told).decode())
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    client = HTTPSConnection(host, served.port, timeout=TIMEOUT / 2, context=context)
    token = document["users"][0]["user"].get("token", "")
    client.request("GET", CONFIGMAPS, headers={"Authorization": f"Bearer {token}"})
    assert client.getresponse().status == 200
    client.close()
    distrusting = HTTPSConnection(host, served.port, timeout=TIMEOUT / 2)
    with pytest.raises(ssl.SSLCertVerificationError):
        distrusting.request("GET", CONFIGMAPS)
    distrusting.close()
    assert served.stop() == (0, "")
    assert not path.parent.exists()


def test_without_openssl_no_certificate_is_made(
    capsys: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    refused("--tls-self-signed", tells="needs the program openssl", capsys=capsys)
    openssl = tmp_path / "openssl"
    openssl.write_text("#!/bin/sh\necho out of luck >&2\nexit 3\n")
    openssl.chmod(0o755)
    refused("--tls-self-signed", tells="made no certificate: out of luck", capsys=capsys)


def test_who_uses_kubectl_is_told_what_it_wants(serve: Serve) -> None:
    """As a comment, so that the lines can be run by a shell."""
    served = serve("--storage", "memory")
    served.kubeconfig()
    hint = served.line()
    assert hint.startswith("# ")
    assert "--tls-self-signed" in hint


def test_a_server_that_others_reach_needs_tls_and_a_token(capsys: Any) -> None:
    refused("--host", "0.0.0.0", tells="without TLS everybody", capsys=capsys)
    more = ("--host", "192.0.2.1", "--insecure-no-auth")
    refused(*more, tells="without TLS and authentication everybody", capsys=capsys)


@pytest.mark.parametrize(
    ("arguments", "tells"),
    [
        (("--tls-cert", "a.pem"), "go together"),
        (("--tls-cert", "/nowhere/a.pem", "--tls-key", "/nowhere/b.pem"), "No such file"),
        (("--tls-self-signed", "--tls-cert", "a.pem", "--tls-key", "b.pem"), "brings one"),
        (("--tls-self-signed", "--host", "a\nb"), "no certificate can be made for"),
        (("--token", ""), "a token is made of"),
        (("--token", "a b"), "a token is made of"),
        (("--token", "naïve"), "a token is made of"),
        (("--path", "a.db"), "--path belongs to --storage sqlite"),
        (("--kubeconfig", "/nowhere/config"), "No such file"),
    ],
)
@pytest.mark.parametrize("http", HTTPS)
def test_what_cannot_be_is_told_in_one_line(
    arguments: tuple[str, ...], tells: str, http: str, capsys: Any
) -> None:
    refused(*arguments, "--http", http, tells=tells, capsys=capsys)


def test_a_port_that_is_taken_is_told(serve: Serve, capsys: Any) -> None:
    port = str(serve("--storage", "memory").port)
    for http in HTTPS:
        refused("--port", port, "--http", http, tells="ddress already in use", capsys=capsys)


@pytest.mark.parametrize("port", ["-1", "65536", "http", "٣"])
def test_a_port_is_a_number(port: str, capsys: Any) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["serve", "--port", port])
    assert ended.value.code == 2
    assert "is no number from 0 to 65535" in capsys.readouterr().err


def refused(*arguments: str, tells: str, capsys: Any) -> None:
    assert main(["serve", "--storage", "memory", *arguments]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert tells in told.err
    assert told.err.startswith("kregistry: ")
    assert told.err.count("\n") == 1
