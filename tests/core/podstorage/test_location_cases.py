"""Where requests about Pods go, and who may send them there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from podfactory import create, pod

from kregistry.core.pod import PODS, PodStorage
from kregistry.core.pod.authorization import Attributes, Authorizer, Decision
from kregistry.core.pod.kubelet import (
    ConnectionInfo,
    KubeletConnector,
    Location,
    ProxyRequest,
    ProxyResponse,
)
from kregistry.core.pod.locations import Locator
from kregistry.core.pod.streams import ByteStream, DuplexStream, FixedBytes, StreamSession
from kregistry.core.v1 import (
    Pod,
    PodAttachOptions,
    PodExecOptions,
    PodLogOptions,
    PodPortForwardOptions,
)
from kregistry.meta.context import Context
from kregistry.meta.errors import (
    BadRequest,
    Forbidden,
    InternalError,
    Invalid,
    NotFound,
    ServiceUnavailable,
)
from kregistry.meta.object import Object
from kregistry.storage import Interface
from kregistry.testing.clock import FakeClock

CHOICE = "a container name must be specified for pod foo"
TWO = [{"name": "a", "image": "i"}, {"name": "b", "image": "i"}]


class Reached(Exception):
    """A request came as far as the node."""

    def __init__(self, location: Location) -> None:
        super().__init__(location.url)
        self.location = location


class Nodes(KubeletConnector):
    """Says of every request how far it came."""

    error: Exception | None = None

    def connection_info(self, ctx: Context, node: str) -> ConnectionInfo:
        if self.error is not None:
            raise self.error
        return ConnectionInfo(hostname=f"{node}.local", port="1234")

    def logs(self, ctx: Context, location: Location, options: PodLogOptions) -> ByteStream:
        return FixedBytes(location.url.encode())

    def exec(self, ctx: Context, location: Location, options: PodExecOptions) -> StreamSession:
        raise Reached(location)

    def attach(self, ctx: Context, location: Location, options: PodAttachOptions) -> StreamSession:
        raise Reached(location)

    def port_forward(
        self, ctx: Context, location: Location, ports: Sequence[int]
    ) -> Mapping[int, DuplexStream]:
        raise Reached(location)

    def proxy(self, ctx: Context, request: ProxyRequest) -> ProxyResponse:
        raise AssertionError("not asked here")


class Guard(Authorizer):
    """Answers as it is told to, and remembers what it was asked."""

    def __init__(self, answer: Decision | Exception) -> None:
        self.answer = answer
        self.asked: list[Attributes] = []

    def authorize(self, ctx: Context, attributes: Attributes) -> Decision:
        self.asked.append(attributes)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def nodes() -> Nodes:
    return Nodes()


@pytest.fixture
def pods(storage: Interface[Object], clock: FakeClock, nodes: Nodes) -> PodStorage:
    return PodStorage(storage, clock=clock, connector=nodes)


@pytest.fixture
def locator(pods: PodStorage, nodes: Nodes) -> Locator:
    return Locator(pods.pod, nodes)


def container(name: str, *ports: int) -> dict[str, Any]:
    return {"name": name, "image": "i", "ports": [{"containerPort": port} for port in ports]}


V4, V6 = "1.2.3.4", "fd00:10:244:0:2::6b"


@pytest.mark.case("RP06")
@pytest.mark.parametrize(
    ("containers", "ips", "request_", "expected"),
    [
        ([container("c")], [V4], "foo", V4),
        ([container("c")], [V4], "foo:12345", f"{V4}:12345"),
        ([{"name": "c", "image": "i"}], [V4], "foo", V4),
        ([container("c")], [V6], "foo", f"[{V6}]"),
        ([container("c", 9376)], [V6], "foo", f"[{V6}]:9376"),
        ([container("c", 9376)], [V4], "foo", f"{V4}:9376"),
        ([container("c", 9376)], [V4], "foo:12345", f"{V4}:12345"),
        ([container("a"), container("b", 9376)], [V4], "foo", f"{V4}:9376"),
        ([container("a", 9376, 1234)], [V4], "foo", f"{V4}:9376"),
        ([container("c", 9376)], [V4, V6], "foo", f"{V4}:9376"),
    ],
)
def test_a_pod_is_reached_at_its_first_address_and_port(
    pods: PodStorage,
    locator: Locator,
    ctx: Context,
    containers: list[dict[str, Any]],
    ips: list[str],
    request_: str,
    expected: str,
) -> None:
    status = {"podIP": ips[0], "podIPs": [{"ip": ip} for ip in ips]}
    create(pods, ctx, status=status, containers=containers)

    address = locator.resource(ctx, request_)

    assert (address.scheme, str(address)) == ("", expected)


def stored(pods: PodStorage, ctx: Context, made: Pod) -> None:
    """Store a Pod behind the back of all rules."""
    pods.pod.storage.create(ctx, pods.pod.keys.key(ctx, made.metadata.name), made)


@pytest.mark.case("RP35")
@pytest.mark.parametrize(
    ("containers", "wanted", "outcome"),
    [
        ([], "", CHOICE),
        (["a"], "", None),
        (["a"], "a", None),
        (["a", "b"], "", f"{CHOICE}, choose one of: [a b]"),
        (["a", "b"], "a", None),
        (["a", "b"], "c", "container c is not valid for pod foo"),
    ],
)
@pytest.mark.parametrize("more", [[], ["init"]], ids=["alone", "after init"])
def test_the_log_is_of_one_container(
    pods: PodStorage,
    locator: Locator,
    ctx: Context,
    containers: list[str],
    more: list[str],
    wanted: str,
    outcome: str | None,
) -> None:
    made = pod(
        nodeName="n",
        containers=[container(name) for name in containers],
        initContainers=[container(name) for name in more],
    )
    stored(pods, ctx, made)

    if outcome is None:
        location = locator.log(ctx, "foo", PodLogOptions(container=wanted))
        assert location is not None
        assert location.url == "https://n.local:1234/containerLogs/ns/foo/a"
    else:
        if more:
            outcome = outcome.replace("[a b]", "[init a b]")
        with pytest.raises(BadRequest) as caught:
            locator.log(ctx, "foo", PodLogOptions(container=wanted))
        assert str(caught.value) == outcome


@pytest.mark.case("RP35")
def test_a_log_is_asked_for_with_its_options(
    pods: PodStorage, locator: Locator, ctx: Context
) -> None:
    create(pods, ctx, nodeName="n")
    options = PodLogOptions(follow=True, previous=True, timestamps=True, tail_lines=5)

    location = locator.log(ctx, "foo", options)

    assert location is not None
    assert location.url.partition("?")[2] == (
        "follow=true&previous=true&tailLines=5&timestamps=true"
    )


@pytest.mark.case("RP36")
@pytest.mark.parametrize(
    ("node", "ports", "expected"),
    [
        ("", (), None),
        ("n", (), "https://n.local:1234/portForward/ns/foo"),
        ("n", (80,), "https://n.local:1234/portForward/ns/foo?port=80"),
        ("n", (80, 81), "https://n.local:1234/portForward/ns/foo?port=80%2C81"),
    ],
)
def test_ports_are_forwarded_on_the_node_of_the_pod(
    pods: PodStorage,
    locator: Locator,
    ctx: Context,
    node: str,
    ports: tuple[int, ...],
    expected: str | None,
) -> None:
    create(pods, ctx, nodeName=node)
    options = PodPortForwardOptions(ports=ports)

    if expected is None:
        with pytest.raises(BadRequest, match="pod foo does not have a host assigned"):
            locator.port_forward(ctx, "foo", options)
    else:
        assert locator.port_forward(ctx, "foo", options).url == expected


STREAMS = [
    pytest.param(PodExecOptions, "exec", id="exec"),
    pytest.param(PodAttachOptions, "attach", id="attach"),
]


@pytest.mark.case("RP37", "RP38")
@pytest.mark.parametrize(("options", "path"), STREAMS)
def test_streams_go_to_the_only_container_or_the_one_that_is_named(
    pods: PodStorage, locator: Locator, ctx: Context, options: type[Any], path: str
) -> None:
    create(pods, ctx, nodeName="n")
    create(pods, ctx, "two", nodeName="n", containers=TWO)
    find = getattr(locator, path)

    streams = {"stdin": True, "stdout": True, "stderr": True, "tty": True}
    assert find(ctx, "foo", options(**streams)).url == (
        f"https://n.local:1234/{path}/ns/foo/c?error=1&input=1&output=1&tty=1"
    )
    assert find(ctx, "two", options(container="b")).container == "b"
    with pytest.raises(BadRequest, match="choose one of"):
        find(ctx, "two", options())
    with pytest.raises(BadRequest, match="container x is not valid for pod foo"):
        find(ctx, "foo", options(container="x"))


@pytest.mark.case("RP37", "RP38")
@pytest.mark.parametrize(("options", "path"), STREAMS)
def test_streams_need_a_node(
    pods: PodStorage, locator: Locator, ctx: Context, options: type[Any], path: str
) -> None:
    create(pods, ctx)

    with pytest.raises(BadRequest, match="pod foo does not have a host assigned"):
        getattr(locator, path)(ctx, "foo", options())


CONNECTS = [
    pytest.param("exec", PodExecOptions(command=("ls",)), id="exec"),
    pytest.param("attach", PodAttachOptions(), id="attach"),
    pytest.param("port_forward", PodPortForwardOptions(ports=(80,)), id="port forward"),
]


@pytest.mark.case("RP59", "RP60", "RP61")
@pytest.mark.parametrize(("door", "options"), CONNECTS)
def test_a_connection_reaches_the_node_of_the_pod(
    pods: PodStorage, ctx: Context, nodes: Nodes, door: str, options: Any
) -> None:
    connect = getattr(pods, door).connect
    with pytest.raises(NotFound):
        connect(ctx, "foo", options)

    create(pods, ctx, nodeName="n")
    nodes.error = ServiceUnavailable("the node is gone")
    with pytest.raises(ServiceUnavailable, match="the node is gone"):
        connect(ctx, "foo", options)

    nodes.error = None
    with pytest.raises(Reached) as reached:
        connect(ctx, "foo", options)
    assert (reached.value.location.node, reached.value.location.pod) == ("n", "foo")


@pytest.mark.case("RP56")
@pytest.mark.parametrize(("door", "options"), CONNECTS)
@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (Decision(allowed=True), Reached),
        (Decision(allowed=False, reason="not you"), Forbidden),
        (KeyError("the list is gone"), KeyError),
    ],
)
def test_who_was_let_in_to_read_must_be_allowed_to_create(
    storage: Interface[Object],
    ctx: Context,
    nodes: Nodes,
    door: str,
    options: Any,
    answer: Decision | Exception,
    outcome: type[Exception],
) -> None:
    guard = Guard(answer)
    pods = PodStorage(storage, connector=nodes, authorizer=guard)
    create(pods, ctx, nodeName="n")

    with pytest.raises(outcome) as caught:
        getattr(pods, door).connect(ctx, "foo", options, verb="get")

    (asked,) = guard.asked
    assert (asked.verb, asked.resource, asked.namespace) == ("create", "pods", "ns")
    assert (asked.subresource, asked.name) == (door.replace("_", ""), "foo")
    if isinstance(answer, Exception):
        assert caught.value is answer


@pytest.mark.case("RP56")
@pytest.mark.parametrize(("door", "options"), CONNECTS)
def test_who_was_let_in_to_create_is_not_asked_again(
    storage: Interface[Object], ctx: Context, nodes: Nodes, door: str, options: Any
) -> None:
    guard = Guard(Decision(allowed=False))
    pods = PodStorage(storage, connector=nodes, authorizer=guard)
    create(pods, ctx, nodeName="n")

    with pytest.raises(Reached):
        getattr(pods, door).connect(ctx, "foo", options, verb="create")

    assert guard.asked == []


@pytest.mark.case("RP56")
@pytest.mark.parametrize(
    ("verb", "message"), [("get", "no authorizer available"), (None, "no request info in context")]
)
def test_without_anybody_to_decide_nobody_is_let_in(
    pods: PodStorage, ctx: Context, verb: str | None, message: str
) -> None:
    create(pods, ctx, nodeName="n")

    with pytest.raises(InternalError, match=message):
        pods.exec.connect(ctx, "foo", PodExecOptions(command=("ls",)), verb=verb)


@pytest.mark.case("RP57")
@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (PodLogOptions(), None),
        (PodLogOptions(since_seconds=0), "sinceSeconds: Invalid value: 0: must be greater than 0"),
        (PodLogOptions(since_seconds=-1), "sinceSeconds: Invalid value: -1: must be greater than"),
        (PodLogOptions(since_seconds=1), None),
        (PodLogOptions(tail_lines=-1), "tailLines: Invalid value: -1: must be greater than or"),
        (PodLogOptions(tail_lines=0), None),
        (PodLogOptions(limit_bytes=0), "limitBytes: Invalid value: 0: must be greater than 0"),
        (PodLogOptions(stream="Stdout"), "stream: Forbidden: may not be specified"),
    ],
)
def test_options_of_a_log_are_checked(
    pods: PodStorage, ctx: Context, options: PodLogOptions, complaint: str | None
) -> None:
    create(pods, ctx, nodeName="n")

    if complaint is None:
        with pods.log.get(ctx, "foo", options) as stream:
            assert stream.read_all(timeout=10)
    else:
        with pytest.raises(Invalid) as caught:
            pods.log.get(ctx, "foo", options)
        assert complaint in str(caught.value)
        assert str(caught.value).startswith('PodLogOptions "foo" is invalid: ')


@pytest.mark.case("RP24", "RP25")
def test_pods_have_names_for_impatient_people_and_belong_to_all() -> None:
    assert PODS.short_names == ("po",)
    assert PODS.singular == "pod"
    assert PODS.categories == ("all",)
