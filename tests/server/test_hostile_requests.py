"""Whatever is sent, the answer is a Status that blames whom it should, and nothing is lost."""

from __future__ import annotations

import json
import threading
from typing import Any
from urllib.parse import urlencode

import pytest
from asking import CONFIGMAPS, PODS, Client, config_map, pod
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kregistry.meta.errors import BadRequest, MethodNotSupported, NotFound
from kregistry.server import APIServer, EventStream, Request, Response
from kregistry.server.requestinfo import UnreadablePath, request_info
from kregistry.server.routes import MethodNotAllowed, find_route
from kregistry.storage import Config, factory

SHARED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda each: (
        st.lists(each, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["metadata", "name", "spec", "data", "kind", "apiVersion", "labels", "x"]
            ),
            each,
            max_size=4,
        )
    ),
    max_leaves=12,
)

BODIES = [
    b"",
    b"null",
    b"[]",
    b"{",
    b"\xff\xfe",
    b"{}" * 2,
    b"[" * 100_000,
    b'{"a":' * 100_000,
    b'{"metadata":' + b'{"x":' * 150 + b"1" + b"}" * 151,
    b'{"metadata":{"name":"a"},"data":{"x":' + b"9" * 5000 + b"}}",
    b'{"metadata":{"name":"a"},"x":NaN}',
    b'{"metadata":{"name":"a"},"x":1e999}',
    b'{"metadata":{"name":"\\ud800"}}',
    b'{"metadata":{"name":"a\\u0000b"}}',
    b'{"metadata":{"name":"../../etc"}}',
    b'{"metadata":{"name":"a\\n"}}',
    b'{"metadata":{"name":5}}',
    b'{"metadata":[]}',
    b'{"metadata":null}',
    b'{"kind":{},"apiVersion":[]}',
    b'{"kind":"ConfigMap","apiVersion":"a/b/c"}',
    '{"metadata":{"name":"a"}}'.encode("utf-16"),
]


def is_blameless(told: Any) -> bool:
    """Whether the server answered, and did not break."""
    return bool(told.status < 500) and (told.status < 300 or told.body["kind"] == "Status")


@pytest.mark.parametrize("body", BODIES, ids=lambda body: repr(body[:24]))
@pytest.mark.parametrize("verb", ["post", "put", "patch", "delete"])
@pytest.mark.parametrize(
    "path", [CONFIGMAPS, PODS, "/apis/apps/v1/namespaces/default/statefulsets"]
)
def test_no_body_breaks_the_server(client: Client, path: str, verb: str, body: bytes) -> None:
    target = path if verb == "post" else f"{path}/a"
    assert is_blameless(getattr(client, verb)(target, body))
    assert client.get("/readyz").status == 200


@pytest.mark.parametrize("kind", ["json", "merge", "strategic-merge"])
@pytest.mark.parametrize("body", BODIES, ids=lambda body: repr(body[:24]))
def test_no_patch_breaks_the_server_or_the_object(client: Client, kind: str, body: bytes) -> None:
    made = client.post(CONFIGMAPS, config_map("a")).body
    told = client.patch(f"{CONFIGMAPS}/a", body, kind)
    assert told.status < 500 or told.body["code"] == told.status
    found = client.get(f"{CONFIGMAPS}/a").body
    assert found["metadata"]["uid"] == made["metadata"]["uid"]


@pytest.fixture(scope="module")
def lasting() -> Any:
    with factory.create(Config()) as storage:
        server = APIServer(storage)
        server.create_namespaces()
        client = Client(server)
        client.post(CONFIGMAPS, config_map("a"))
        client.post(PODS, pod("web"))
        yield client


@SHARED
@given(body=JSON)
def test_no_document_breaks_a_create(lasting: Client, body: Any) -> None:
    for path in (CONFIGMAPS, "/apis/apps/v1/namespaces/default/statefulsets"):
        assert is_blameless(lasting.post(path, json.dumps(body).encode(), query={"dryRun": "All"}))


@SHARED
@given(body=JSON)
def test_no_document_breaks_a_patch(lasting: Client, body: Any) -> None:
    query = {"dryRun": "All"}
    for path in (f"{CONFIGMAPS}/a", f"{PODS}/web", f"{PODS}/web/status"):
        told = lasting.patch(path, json.dumps(body).encode(), query=query)
        assert is_blameless(told), told.body


TEXT = st.text(max_size=30)


@SHARED
@given(
    query=st.dictionaries(
        st.sampled_from(
            [
                "limit",
                "continue",
                "watch",
                "labelSelector",
                "fieldSelector",
                "resourceVersion",
                "resourceVersionMatch",
                "timeoutSeconds",
                "sendInitialEvents",
                "pretty",
                "timeout",
                "allowWatchBookmarks",
                "includeObject",
            ]
        ),
        TEXT,
        max_size=5,
    ),
    accept=TEXT,
)
def test_no_parameter_breaks_a_list_or_a_watch(
    lasting: Client, query: dict[str, str], accept: str
) -> None:
    target = f"{CONFIGMAPS}?{urlencode(query)}"
    answer = lasting.server.handle(Request.of_target("GET", target, headers={"accept": accept}))
    if isinstance(answer, EventStream):
        answer.close()
        return
    assert isinstance(answer, Response)
    if answer.status >= 500:  # a version that no watch can start at, or one that is yet to come
        assert "resourceVersion" in query


PIECES = st.lists(
    st.sampled_from(
        [
            "api",
            "apis",
            "v1",
            "apps",
            "namespaces",
            "default",
            "pods",
            "web",
            "status",
            "log",
            "watch",
            "proxy",
            "",
            ".",
            "..",
            "%2e%2e",
            "%2f",
            ";",
            "%00",
            "PODS",
            "pods%20",
            "*",
            "configmaps",
            "nodes",
            "scale",
            "finalize",
        ]
    ),
    max_size=9,
)
METHODS = st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "get", "X"])


@SHARED
@given(pieces=PIECES, method=METHODS)
def test_what_is_authorized_is_what_is_routed(
    lasting: Client, pieces: list[str], method: str
) -> None:
    """However a path is written: the door that answers is the one that was asked about."""
    try:
        request = Request.of_target(method, "/" + "/".join(pieces))
        info = request_info(request)
    except (BadRequest, UnreadablePath):
        return
    if not info.is_resource_request:
        return
    try:
        route = find_route(lasting.server.resources, request.method, info)
    except (MethodNotAllowed, NotFound, MethodNotSupported):
        return
    if route is None:
        return
    assert route.served.resource.group_resource == (info.group, info.resource)
    assert route.subresource == info.subresource
    if not route.served.resource.namespaced and info.namespace:
        assert (info.resource, info.namespace) == ("namespaces", info.name)
    assert (
        bool(info.namespace)
        or not route.served.resource.namespaced
        or route.verb
        in (
            "list",
            "watch",
        )
    )


@SHARED
@given(pieces=PIECES, method=METHODS)
def test_no_path_breaks_the_server(lasting: Client, pieces: list[str], method: str) -> None:
    try:
        request = Request.of_target(method, "/" + "/".join(pieces))
    except BadRequest:
        return
    answer = lasting.server.handle(request)
    if isinstance(answer, EventStream):
        answer.close()
    elif answer.status >= 500:  # a verb in the path with nothing behind it; no node for a log
        assert "watch" in pieces or "proxy" in pieces


def test_values_of_a_log_never_come_from_a_header(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    client.get(CONFIGMAPS, headers={"authorization": "Bearer canary", "x": "canary"})
    assert "canary" not in caplog.text


def test_many_writers_at_once_lose_nothing(client: Client) -> None:
    client.post(CONFIGMAPS, config_map("a", n="0"))
    failures: list[Any] = []

    def count() -> None:
        for _ in range(20):
            while True:
                found = client.get(f"{CONFIGMAPS}/a").body
                found["data"]["n"] = str(int(found["data"]["n"]) + 1)
                told = client.put(f"{CONFIGMAPS}/a", found)
                if told.status == 200:
                    break
                if told.status != 409:
                    failures.append(told.body)
                    return

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert failures == []
    assert client.get(f"{CONFIGMAPS}/a").body["data"]["n"] == "80"


def test_patches_at_once_are_no_conflict(client: Client) -> None:
    client.post(CONFIGMAPS, config_map("a"))
    told: list[int] = []

    def write(worker: int) -> None:
        for number in range(10):
            patch = {"data": {f"k{worker}-{number}": "x"}}
            told.append(client.patch(f"{CONFIGMAPS}/a", patch).status)

    threads = [threading.Thread(target=write, args=(worker,)) for worker in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert told == [200] * 40
    assert len(client.get(f"{CONFIGMAPS}/a").body["data"]) == 41
