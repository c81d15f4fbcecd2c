"""Requests that are passed on to what stands behind a Service, and to nodes."""

from __future__ import annotations

from typing import Any

import pytest
from asking import PODS, Client, pod

from kregistry.core.pod.kubelet import ConnectionInfo, KubeletConnector, ProxyRequest, ProxyResponse
from kregistry.core.pod.process import ProcessKubelet
from kregistry.core.pod.streams import FixedBytes
from kregistry.meta.context import Context
from kregistry.meta.object import Object
from kregistry.server import APIServer, EventStream, Request, Settings
from kregistry.storage import Interface

SERVICES = "/api/v1/namespaces/default/services"
ENDPOINTS = "/api/v1/namespaces/default/endpoints"
NODES = "/api/v1/nodes"


class Echo(KubeletConnector):
    """Answers every request, and remembers where it went. Its nodes listen where it is told."""

    def __init__(self) -> None:
        self.asked: list[ProxyRequest] = []
        self.hostname = "10.9.9.9"

    def connection_info(self, ctx: Context, node: str) -> ConnectionInfo:
        return ConnectionInfo(hostname=self.hostname)

    def proxy(self, ctx: Context, request: ProxyRequest) -> ProxyResponse:
        self.asked.append(request)
        return ProxyResponse(code=200, headers=(), body=FixedBytes(b"hello"))

    def logs(self, *arguments: Any) -> Any:
        raise AssertionError("nobody asks for it")

    exec = attach = port_forward = logs


@pytest.fixture
def echo() -> Echo:
    return Echo()


@pytest.fixture
def client(memory: Interface[Object], echo: Echo) -> Client:
    server = APIServer(memory, Settings(connector=echo))
    server.create_namespaces()
    client = Client(server)
    for name, ip in (("web-1", "10.1.1.1"), ("web-2", "10.1.1.2")):
        client.post(PODS, pod(name, nodeName="n1"))
        status = {"podIP": ip, "podIPs": [{"ip": ip}], "phase": "Running"}
        client.patch(f"{PODS}/{name}/status", {"status": status})
    ports = [{"name": "http", "port": 80}, {"name": "admin", "port": 81}]
    client.post(SERVICES, {"metadata": {"name": "web"}, "spec": {"ports": ports}})
    client.post(NODES, {"metadata": {"name": "n1"}})
    return client


def target(name: str, ip: str, **more: str) -> dict[str, Any]:
    return {"ip": ip, "targetRef": {"kind": "Pod", "namespace": "default", "name": name, **more}}


def endpoints(client: Client, *addresses: Any, **subset: Any) -> None:
    made = {
        "addresses": list(addresses),
        "ports": [{"name": "http", "port": 8080}, {"name": "admin", "port": 8081}],
        **subset,
    }
    told = client.post(ENDPOINTS, {"metadata": {"name": "web"}, "subsets": [made]})
    assert told.status == 201


def passed(client: Client, path: str, method: str = "GET") -> bytes:
    answer = client.server.handle(Request.of_target(method, path))
    assert isinstance(answer, EventStream), answer
    return b"".join(answer.frames)


# Services.


@pytest.mark.parametrize(
    ("request_", "scheme", "port"),
    [
        ("web:http", "http", "8080"),
        ("web:80", "http", "8080"),
        ("web:81", "http", "8081"),
        ("https:web:admin", "https", "8081"),
    ],
)
def test_a_request_to_a_service_goes_to_a_pod_behind_it(
    client: Client, echo: Echo, request_: str, scheme: str, port: str
) -> None:
    endpoints(client, target("web-1", "10.1.1.1"), target("web-2", "10.1.1.2"))
    assert passed(client, f"{SERVICES}/{request_}/proxy/a?b=c", "POST") == b"hello"
    (asked,) = echo.asked
    assert (asked.pod, asked.host, asked.node) == ("web-1", "10.1.1.1", "")
    assert (asked.scheme, asked.port) == (scheme, port)
    assert (asked.method, asked.path) == ("POST", "/a?b=c")


def test_a_port_without_a_name_is_asked_for_without_one(client: Client, echo: Echo) -> None:
    endpoints(client, target("web-1", "10.1.1.1"), ports=[{"port": 9000}])
    assert passed(client, f"{SERVICES}/web/proxy/") == b"hello"
    assert echo.asked[0].port == "9000"


@pytest.mark.parametrize(
    "address",
    [
        {"ip": "10.1.1.1"},
        target("web-1", "10.1.1.9"),
        target("none", "10.1.1.1"),
        target("web-1", "10.1.1.1", namespace="other"),
        target("", "10.1.1.1"),
        target("web-1", "127.0.0.1"),
        target("web-1", "169.254.169.254"),
        target("web-1", "nowhere"),
        {"ip": None, "targetRef": {"name": "web-1", "namespace": "default"}},
        {"ip": "10.1.1.1", "targetRef": "web-1"},
        "10.1.1.1",
        None,
    ],
    ids=str,
)
def test_an_address_that_belongs_to_no_pod_is_passed_over(
    client: Client, echo: Echo, address: Any
) -> None:
    """Whoever may write Endpoints must not be able to point anywhere with them."""
    endpoints(client, address)
    told = client.get(f"{SERVICES}/web:http/proxy/")
    assert (told.status, told.message) == (503, 'no endpoints available for service "web"')
    assert echo.asked == []


def test_the_next_address_is_taken_when_one_is_passed_over(client: Client, echo: Echo) -> None:
    endpoints(client, target("none", "10.1.1.1"), target("web-2", "10.1.1.2"))
    assert passed(client, f"{SERVICES}/web:http/proxy/") == b"hello"
    assert echo.asked[0].pod == "web-2"


@pytest.mark.parametrize(
    ("request_", "status", "message"),
    [
        ("web:other", 503, 'no endpoints available for service "web"'),
        ("web:82", 503, 'no service port 82 found for service "web"'),
        ("none:80", 404, 'services "none" not found'),
        ("none:http", 404, 'endpoints "none" not found'),
        ("ftp:web:80", 400, 'invalid service request "ftp:web:80"'),
        ("a:b:c:d", 400, 'invalid service request "a:b:c:d"'),
    ],
)
def test_a_request_that_leads_to_no_service_is_told_why(
    client: Client, request_: str, status: int, message: str
) -> None:
    endpoints(client, target("web-1", "10.1.1.1"))
    told = client.get(f"{SERVICES}/{request_}/proxy/")
    assert (told.status, told.message) == (status, message)


@pytest.mark.parametrize("subsets", [None, "x", 5, [], [None], [{"ports": 7}], {"a": []}])
def test_no_content_of_endpoints_is_too_odd(client: Client, subsets: Any) -> None:
    assert client.post(ENDPOINTS, {"metadata": {"name": "web"}, "subsets": subsets}).status == 201
    assert client.get(f"{SERVICES}/web:http/proxy/").status == 503


def test_without_a_node_to_ask_nothing_is_passed_on(memory: Interface[Object]) -> None:
    server = APIServer(memory)
    server.create_namespaces()
    client = Client(server)
    client.post(NODES, {"metadata": {"name": "n1"}})
    told = client.get(f"{NODES}/n1/proxy/healthz")
    assert (told.status, told.message) == (503, "no kubelet connector is configured")


# Nodes.


def test_a_request_to_a_node_goes_to_its_kubelet(client: Client, echo: Echo) -> None:
    for name in ("n1", "n1:10250"):
        assert passed(client, f"{NODES}/{name}/proxy/stats/summary") == b"hello"
        asked = echo.asked.pop()
        assert (asked.node, asked.pod, asked.namespace) == ("n1", "", "")
        assert (asked.scheme, asked.host, asked.port) == ("https", "10.9.9.9", "10250")
        assert asked.path == "/stats/summary"


def test_another_port_of_a_node_can_be_asked(client: Client, echo: Echo) -> None:
    assert passed(client, f"{NODES}/http:n1:9100/proxy/metrics") == b"hello"
    (asked,) = echo.asked
    assert (asked.scheme, asked.host, asked.port) == ("http", "10.9.9.9", "9100")


@pytest.mark.parametrize("hostname", ["127.0.0.1", "localhost", "169.254.1.1", "::1", "0.0.0.0"])
def test_no_other_port_of_the_server_itself_can_be_asked(
    client: Client, echo: Echo, hostname: str
) -> None:
    echo.hostname = hostname
    told = client.get(f"{NODES}/n1:9100/proxy/")
    assert (told.status, told.message) == (400, "address not allowed")
    assert echo.asked == []


def test_a_request_that_leads_to_no_node_is_told_why(client: Client) -> None:
    told = client.get(f"{NODES}/n2/proxy/")
    assert (told.status, told.message) == (404, 'nodes "n2" not found')
    told = client.get(f"{NODES}/ftp:n1:1/proxy/")
    assert (told.status, told.message) == (400, 'invalid node request "ftp:n1:1"')


def test_a_node_of_processes_tells_that_it_is_well_and_nothing_else(
    memory: Interface[Object],
) -> None:
    with ProcessKubelet() as kubelet:
        server = APIServer(memory, Settings(connector=kubelet))
        client = Client(server)
        client.post(NODES, {"metadata": {"name": "n1"}})
        assert passed(client, f"{NODES}/n1/proxy/healthz") == b"ok"
        assert passed(client, f"{NODES}/n1/proxy/pods") == b"404 page not found\n"
        assert client.get(f"{NODES}/n1:9100/proxy/").status == 503
