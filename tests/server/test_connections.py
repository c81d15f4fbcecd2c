"""Requests that are passed on to what runs: logs, commands, ports and servers in Pods."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from asking import PODS, Client, pod

from kregistry.core.pod.kubelet import (
    ConnectionInfo,
    KubeletConnector,
    KubeletError,
    Location,
    ProxyRequest,
    ProxyResponse,
)
from kregistry.core.pod.streams import ByteStream, DuplexStream, StreamSession
from kregistry.core.v1 import PodAttachOptions, PodExecOptions, PodLogOptions
from kregistry.meta.context import Context
from kregistry.meta.object import Object
from kregistry.server import (
    APIServer,
    Attributes,
    Authorizer,
    Decision,
    EventStream,
    Request,
    Settings,
    TokenAuthenticator,
    UserInfo,
    Verdict,
)
from kregistry.storage import Interface


class Pieces(ByteStream):
    """Bytes in pieces; remembers whether it was closed."""

    def __init__(self, *pieces: bytes) -> None:
        self._pieces = list(pieces)
        self.closed = False

    def read(self, timeout: float | None = None) -> bytes:
        return self._pieces.pop(0) if self._pieces and not self.closed else b""

    def close(self) -> None:
        self.closed = True


class Node(KubeletConnector):
    """A node on which everything answers at once."""

    def __init__(self) -> None:
        self.log = Pieces(b"one\n", b"two\n")
        self.asked: list[Any] = []

    def connection_info(self, ctx: Context, node: str) -> ConnectionInfo:
        return ConnectionInfo(hostname=node)

    def logs(self, ctx: Context, location: Location, options: PodLogOptions) -> ByteStream:
        self.asked.append(options)
        if options.previous:
            raise KubeletError(400, "previous terminated container not found")
        return self.log

    def exec(self, ctx: Context, location: Location, options: PodExecOptions) -> StreamSession:
        raise AssertionError("nobody can read what this writes")

    def attach(self, ctx: Context, location: Location, options: PodAttachOptions) -> StreamSession:
        raise AssertionError("nobody can read what this writes")

    def port_forward(
        self, ctx: Context, location: Location, ports: Sequence[int]
    ) -> Mapping[int, DuplexStream]:
        raise AssertionError("nobody can read what this writes")

    def proxy(self, ctx: Context, request: ProxyRequest) -> ProxyResponse:
        self.asked.append(request)
        headers = (("content-type", "text/x"), ("connection", "close"), ("x-a", "b"))
        return ProxyResponse(code=418, headers=headers, body=Pieces(b"tea", b"pot"))


@pytest.fixture
def node() -> Node:
    return Node()


@pytest.fixture
def running(memory: Interface[Object], node: Node) -> Client:
    server = APIServer(memory, Settings(connector=node))
    server.create_namespaces()
    client = Client(server)
    client.post(PODS, pod("web", nodeName="n1"))
    client.patch(f"{PODS}/web/status", {"status": {"podIP": "10.1.1.1", "phase": "Running",
                 "podIPs": [{"ip": "10.1.1.1"}]}})  # fmt: skip
    return client


def test_a_log_comes_as_it_is_written(running: Client, node: Node) -> None:
    query = {"tailLines": "5", "timestamps": "true", "sinceTime": "2026-01-02T03:04:05Z"}
    with running.stream(f"{PODS}/web/log", query=query) as stream:
        assert stream.headers.get("content-type") == "text/plain"
        assert list(stream.frames) == [b"one\n", b"two\n"]
    assert node.log.closed
    (options,) = node.asked
    assert (options.tail_lines, options.timestamps) == (5, True)
    assert str(options.since_time) == "2026-01-02T03:04:05Z"


def test_a_coroutine_reads_a_log_too(running: Client, node: Node) -> None:
    async def main() -> list[bytes]:
        with running.stream(f"{PODS}/web/log") as stream:
            return [piece async for piece in stream.frames]

    assert asyncio.run(main()) == [b"one\n", b"two\n"]
    assert node.log.closed


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"tailLines": "x"}, 400),
        ({"sinceTime": "yesterday"}, 400),
        ({"tailLines": "-1"}, 422),
        ({"container": "other"}, 400),
        ({"stream": "Both"}, 422),
        ({"previous": "1"}, 400),
    ],
)
def test_what_is_wrong_with_a_log_is_told(
    running: Client, query: dict[str, str], status: int
) -> None:
    told = running.get(f"{PODS}/web/log", query=query)
    assert (told.status, told.body["kind"]) == (status, "Status")


def test_without_a_node_to_ask_a_log_is_not_available(client: Client) -> None:
    client.post(PODS, pod("web"))
    assert client.get(f"{PODS}/web/log").status == 204
    client.post(PODS, pod("far", nodeName="n1"))
    assert client.get(f"{PODS}/far/log").status == 503


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    ("part", "query"),
    [
        ("exec", {"command": ["ls", "-l"], "stdout": "1"}),
        ("attach", {"stdout": "1"}),
        ("portforward", {"ports": "80"}),
    ],
)
def test_a_connection_needs_a_socket_and_opens_nothing_without(
    running: Client, method: str, part: str, query: Any
) -> None:
    told = running.ask(method, f"{PODS}/web/{part}", query=query)
    assert (told.status, told.message) == (400, "Upgrade request required")
    upgrade = {"connection": "Upgrade", "upgrade": "SPDY/3.1"}
    told = running.ask(method, f"{PODS}/web/{part}", query=query, headers=upgrade)
    assert (told.status, "not over HTTP" in told.message) == (501, True)


def test_ports_are_numbers(running: Client) -> None:
    assert running.get(f"{PODS}/web/portforward", query={"ports": "http"}).status == 400


def test_a_right_to_read_is_no_right_to_run_commands(memory: Interface[Object], node: Node) -> None:
    class Reading(Authorizer):
        def authorize(self, attributes: Attributes) -> Decision:
            reads = attributes.verb == "get"
            return Decision(Verdict.ALLOW if reads else Verdict.NO_OPINION)

    admin = APIServer(memory)
    admin.create_namespaces()
    Client(admin).post(PODS, pod("web", nodeName="n1"))
    tokens = TokenAuthenticator({"t": UserInfo(name="bob")})
    settings = Settings(authenticator=tokens, authorizer=Reading(), connector=node)
    client = Client(APIServer(memory, settings), {"authorization": "Bearer t"})
    told = client.get(f"{PODS}/web/exec", query={"command": "ls", "stdout": "1"})
    assert told.status == 403
    assert 'cannot create resource "pods/exec"' in told.message


def test_a_request_is_passed_on_to_a_pod(running: Client, node: Node) -> None:
    request = Request.of_target(
        "PUT",
        f"{PODS}/http:web:8080/proxy/a/b?c=d&timeout=mine",
        headers={"x-mine": "1", "host": "h", "authorization": "Bearer t"},
        body=b"body",
    )
    answer = running.server.handle(request)
    assert isinstance(answer, EventStream)
    assert (answer.status, list(answer.frames)) == (418, [b"tea", b"pot"])
    assert answer.headers.get("x-a") == "b"
    assert "connection" not in answer.headers
    (passed,) = node.asked
    assert (passed.method, passed.body) == ("PUT", b"body")
    assert passed.path == "/a/b?c=d&timeout=mine"
    assert (passed.host, passed.port) == ("10.1.1.1", "8080")
    assert dict(passed.headers) == {"x-mine": "1"}
