"""Options of connections made of nonsense: each is answered, none is passed on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from podfactory import create

from kregistry.core.pod import KubeletConnector, PodStorage
from kregistry.core.pod.kubelet import (
    ConnectionInfo,
    KubeletError,
    Location,
    ProxyRequest,
    ProxyResponse,
)
from kregistry.core.pod.streams import ByteStream, DuplexStream, FixedBytes, StreamSession
from kregistry.core.v1 import (
    PodAttachOptions,
    PodExecOptions,
    PodLogOptions,
    PodPortForwardOptions,
    PodProxyOptions,
)
from kregistry.meta.context import Context
from kregistry.meta.errors import (
    BadRequest,
    Invalid,
    MethodNotSupported,
    NotFound,
    ServiceUnavailable,
    StatusError,
)
from kregistry.meta.object import Object
from kregistry.meta.time import Time
from kregistry.storage import Interface


class Recorder(KubeletConnector):
    """Notes what reaches it; answers with *error* if there is one."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.calls: list[str] = []

    def connection_info(self, ctx: Context, node: str) -> ConnectionInfo:
        return ConnectionInfo(hostname=node)

    def logs(self, ctx: Context, location: Location, options: PodLogOptions) -> ByteStream:
        self._note(location.url)
        return FixedBytes(b"logged")

    def exec(self, ctx: Context, location: Location, options: PodExecOptions) -> StreamSession:
        self._note(location.url)
        raise KubeletError(418, "no sessions here")

    def attach(self, ctx: Context, location: Location, options: PodAttachOptions) -> StreamSession:
        self._note(location.url)
        raise KubeletError(418, "no sessions here")

    def port_forward(
        self, ctx: Context, location: Location, ports: Sequence[int]
    ) -> Mapping[int, DuplexStream]:
        self._note(location.url)
        return {}

    def proxy(self, ctx: Context, request: ProxyRequest) -> ProxyResponse:
        self._note(request.path)
        return ProxyResponse(code=200, headers=(), body=FixedBytes())

    def _note(self, call: str) -> None:
        self.calls.append(call)
        if self.error is not None:
            raise self.error


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def served(storage: Interface[Object], recorder: Recorder, ctx: Context) -> PodStorage:
    pods = PodStorage(storage, connector=recorder)
    ports = [{"name": "c", "image": "i", "ports": [{"containerPort": 80}]}]
    address = {"phase": "Running", "podIPs": [{"ip": "10.0.0.9"}]}
    create(pods, ctx, nodeName="n1", containers=ports, status=address)
    return pods


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"tail_lines": -1}, "tailLines: Invalid value: -1: must be greater than or equal to 0"),
        ({"limit_bytes": 0}, "limitBytes: Invalid value: 0: must be greater than 0"),
        ({"since_seconds": 0}, "sinceSeconds: Invalid value: 0: must be greater than 0"),
        (
            {"since_seconds": 1, "since_time": Time("2024-01-01T00:00:00Z")},
            "[]: Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified",
        ),
        ({"stream": "All"}, "stream: Forbidden: may not be specified"),
        ({"tail_lines": "5"}, 'tailLines: Invalid value: "5": must be an integer'),
        ({"tail_lines": True}, "tailLines: Invalid value: true: must be an integer"),
        ({"tail_lines": 1.5}, "tailLines: Invalid value: 1.5: must be an integer"),
        ({"follow": "yes"}, 'follow: Invalid value: "yes": must be true or false'),
        ({"container": None}, "container: Invalid value: null: must be a string in valid UTF-8"),
        ({"since_time": "now"}, 'sinceTime: Invalid value: "now": must be a time'),
    ],
)
def test_a_log_is_asked_for_in_a_way_that_makes_sense(
    served: PodStorage, recorder: Recorder, ctx: Context, options: dict[str, Any], expected: str
) -> None:
    with pytest.raises(Invalid) as caught:
        served.log.get(ctx, "foo", PodLogOptions(**options))
    assert str(caught.value) == f'PodLogOptions "foo" is invalid: {expected}'
    assert recorder.calls == []


@pytest.mark.parametrize("nonsense", [7, "x", {}, PodProxyOptions(path="/"), object()])
def test_options_of_another_kind_are_refused(
    served: PodStorage, recorder: Recorder, ctx: Context, nonsense: Any
) -> None:
    doors: list[Callable[..., object]] = [
        served.log.get,
        served.exec.connect,
        served.attach.connect,
        served.port_forward.connect,
    ]
    for door in doors:
        with pytest.raises(BadRequest, match=r"(?i)invalid options object"):
            door(ctx, "foo", nonsense)
    with pytest.raises(BadRequest, match="Invalid options object: PodLogOptions"):
        served.proxy.connect(ctx, "foo", PodLogOptions())  # type: ignore[arg-type]
    assert recorder.calls == []


@pytest.mark.parametrize(
    "options",
    [
        PodExecOptions(command="ls"),  # type: ignore[arg-type]
        PodExecOptions(command=(1,)),  # type: ignore[arg-type]
        PodExecOptions(command=None),  # type: ignore[arg-type]
        PodExecOptions(stdin=1),  # type: ignore[arg-type]
        PodExecOptions(container=b"c"),  # type: ignore[arg-type]
    ],
)
def test_a_command_is_made_of_words(
    served: PodStorage, recorder: Recorder, ctx: Context, options: PodExecOptions
) -> None:
    with pytest.raises(Invalid):
        served.exec.connect(ctx, "foo", options)
    assert recorder.calls == []


@pytest.mark.parametrize("ports", [(0,), (65536,), (-1,), (80, 1 << 70)])
def test_a_port_is_a_port(
    served: PodStorage, recorder: Recorder, ctx: Context, ports: tuple[int, ...]
) -> None:
    with pytest.raises(BadRequest, match="as a port"):
        served.port_forward.connect(ctx, "foo", PodPortForwardOptions(ports=ports))
    assert recorder.calls == []


@pytest.mark.parametrize(
    "request_", ["ftp:foo:80", "a:b:c:d", ":", "", "http::80", "https:", "http:foo:80:"]
)
def test_a_pod_to_pass_a_request_to_is_named_properly(
    served: PodStorage, recorder: Recorder, ctx: Context, request_: str
) -> None:
    with pytest.raises((BadRequest, NotFound)):
        served.proxy.connect(ctx, request_, PodProxyOptions())
    assert recorder.calls == []


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "::1",
        "169.254.169.254",
        "fe80::1",
        "224.0.0.1",
        "0.0.0.0",
        "::",
        "255.255.255.255",
    ],
)
def test_a_status_cannot_point_a_request_at_the_server(
    served: PodStorage, recorder: Recorder, ctx: Context, address: str
) -> None:
    from podfactory import report

    report(served, ctx, "foo", {"podIPs": [{"ip": address}]})
    with pytest.raises(BadRequest, match="address not allowed"):
        served.proxy.connect(ctx, "foo", PodProxyOptions())
    assert recorder.calls == []


@pytest.mark.parametrize(
    ("path", "passed"),
    [
        ("", "/"),
        ("/", "/"),
        ("a/b", "/a/b"),
        ("a/b/", "/a/b/"),
        ("../../etc", "/etc"),
        ("//evil.example/x", "/evil.example/x"),
        ("a/./b/../c?x=/../y", "/a/c?x=/../y"),
    ],
)
def test_a_path_leads_down_from_the_root(
    served: PodStorage, recorder: Recorder, ctx: Context, path: str, passed: str
) -> None:
    served.proxy.connect(ctx, "foo", PodProxyOptions(path=path))
    assert recorder.calls == [passed]


@pytest.mark.parametrize("method", ["CONNECT", "TRACE", "get", "", "GET /\r\nX: y", None])
def test_a_method_is_one_of_those_that_are_passed_on(
    served: PodStorage, recorder: Recorder, ctx: Context, method: Any
) -> None:
    with pytest.raises(MethodNotSupported):
        served.proxy.connect(ctx, "foo", PodProxyOptions(), method=method)
    assert recorder.calls == []


def test_a_command_is_quoted_on_its_way(
    served: PodStorage, recorder: Recorder, ctx: Context
) -> None:
    with pytest.raises(StatusError):
        served.exec.connect(ctx, "foo", PodExecOptions(command=("a b", "&x=1", "é"), stdin=True))
    assert recorder.calls == [
        "https://n1:10250/exec/ns/foo/c?command=a+b&command=%26x%3D1&command=%C3%A9&input=1"
    ]


@pytest.mark.parametrize(
    ("error", "code", "reason", "text"),
    [
        (KubeletError(500, "it broke"), 500, "InternalError", "Internal error occurred: it broke"),
        (KubeletError(400, "what?"), 400, "BadRequest", "what?"),
        (
            KubeletError(418, "teapot"),
            418,
            "",
            "the server responded with the status code 418 (pods/log foo)",
        ),
    ],
)
def test_what_a_kubelet_says_becomes_an_answer_of_the_api(
    served: PodStorage,
    recorder: Recorder,
    ctx: Context,
    error: KubeletError,
    code: int,
    reason: str,
    text: str,
) -> None:
    recorder.error = error
    with pytest.raises(StatusError) as caught:
        served.log.get(ctx, "foo")
    status = caught.value.status
    assert (status.code, status.reason, status.message) == (code, reason, text)


def test_without_a_connector_nothing_is_served(pods: PodStorage, ctx: Context) -> None:
    create(pods, ctx, nodeName="n1", status={"podIPs": [{"ip": "10.0.0.9"}]})
    doors: list[Callable[[], object]] = [
        lambda: pods.log.get(ctx, "foo"),
        lambda: pods.exec.connect(ctx, "foo", PodExecOptions(command=("ls",))),
        lambda: pods.attach.connect(ctx, "foo", PodAttachOptions()),
        lambda: pods.port_forward.connect(ctx, "foo", PodPortForwardOptions()),
        lambda: pods.proxy.connect(ctx, "foo", PodProxyOptions()),
    ]
    for door in doors:
        with pytest.raises(ServiceUnavailable, match="no kubelet connector is configured"):
            door()


def test_the_map_names_every_door(pods: PodStorage) -> None:
    found = pods.rest_storage_map()
    assert set(found) == {
        "bindings",
        "pods",
        "pods/attach",
        "pods/binding",
        "pods/ephemeralcontainers",
        "pods/eviction",
        "pods/exec",
        "pods/log",
        "pods/portforward",
        "pods/proxy",
        "pods/resize",
        "pods/status",
    }
    found.clear()
    assert pods.rest_storage_map()
