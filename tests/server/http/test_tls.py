"""TLS: the threaded server and the command, with certificates made for the test."""

from __future__ import annotations

import base64
import http.client
import json
import ssl
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import trustme
from asking import CONFIGMAPS, Client, config_map
from rawclient import PATIENCE, RawClient, message

from kregistry.cli.kubeconfig import kubeconfig
from kregistry.cli.listening import Place
from kregistry.server.http.limits import Limits
from kregistry.server.threaded import ThreadedServer

Serve = Callable[..., ThreadedServer]


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def tls(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


@pytest.fixture
def trusting(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


def connected(running: ThreadedServer, trusting: ssl.SSLContext) -> http.client.HTTPSConnection:
    return http.client.HTTPSConnection(
        "127.0.0.1", running.port, timeout=PATIENCE, context=trusting
    )


def test_requests_and_watches_are_encrypted(
    serve: Serve, tls: ssl.SSLContext, trusting: ssl.SSLContext, client: Client
) -> None:
    running = serve(tls=tls)
    assert running.url == f"https://127.0.0.1:{running.port}"
    asking, watching = connected(running, trusting), connected(running, trusting)
    for _ in range(2):
        asking.request("GET", "/readyz")
        assert asking.getresponse().read() == b"ok"
    watching.request("GET", f"{CONFIGMAPS}?watch=1")
    heard = watching.getresponse()
    client.post(CONFIGMAPS, config_map())
    assert json.loads(heard.readline())["type"] == "ADDED"
    running.stop()
    assert heard.read() == b""
    asking.close()
    watching.close()


def test_a_client_that_leaves_a_watch_is_noticed(
    serve: Serve, tls: ssl.SSLContext, trusting: ssl.SSLContext
) -> None:
    running = serve(tls=tls)
    before = set(threading.enumerate())
    watching = connected(running, trusting)
    watching.request("GET", f"{CONFIGMAPS}?watch=1")
    heard = watching.getresponse()
    (serving,) = set(threading.enumerate()) - before
    heard.close()
    watching.close()
    serving.join(PATIENCE)
    assert not serving.is_alive()


def test_a_client_that_does_not_encrypt_learns_nothing(serve: Serve, tls: ssl.SSLContext) -> None:
    running = serve(tls=tls)
    with RawClient(running.port) as plain:
        plain.say(message("GET", "/readyz"))
        try:
            heard = plain.socket.recv(100)
        except ConnectionResetError:
            heard = b""
    assert not heard.startswith(b"HTTP")


def test_a_handshake_that_does_not_come_is_not_waited_for(
    serve: Serve, tls: ssl.SSLContext, trusting: ssl.SSLContext
) -> None:
    running = serve(tls=tls, limits=Limits(head_seconds=0.2))
    with RawClient(running.port) as silent:
        honest = connected(running, trusting)
        honest.request("GET", "/readyz")
        assert honest.getresponse().read() == b"ok"
        honest.close()
        assert silent.hears_the_end()


def test_the_command_refuses_old_versions_of_tls(authority: trustme.CA, tmp_path: Path) -> None:
    issued = authority.issue_cert("127.0.0.1")
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    issued.cert_chain_pems[0].write_to_path(certificate)
    issued.private_key_pem.write_to_path(key)
    place = Place(host="127.0.0.1", port=0, certificate=str(certificate), key=str(key))
    made = place.tls()
    assert made is not None
    assert made.minimum_version >= ssl.TLSVersion.TLSv1_2


def test_a_kubeconfig_says_whom_to_trust(authority: trustme.CA) -> None:
    pem = authority.cert_pem.bytes()
    document = kubeconfig("https://127.0.0.1:1", token="t", authority=pem)
    (cluster,) = document["clusters"]
    trusted = ssl.create_default_context()
    before = trusted.cert_store_stats()["x509"]
    told = base64.b64decode(cluster["cluster"]["certificate-authority-data"]).decode()
    trusted.load_verify_locations(cadata=told)
    assert trusted.cert_store_stats()["x509"] == before + 1
