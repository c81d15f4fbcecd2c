"""What a path means is read from it alone, exactly as the API server reads it."""

from __future__ import annotations

import pytest
from asking import Client
from hypothesis import given
from hypothesis import strategies as st

from kregistry.server import Request
from kregistry.server.requestinfo import RequestInfo, UnreadablePath, request_info


def info(method: str, target: str) -> RequestInfo:
    return request_info(Request.of_target(method, target))


@pytest.mark.parametrize(
    ("method", "target", "verb", "namespace", "resource", "name", "subresource"),
    [
        ("GET", "/api/v1/pods", "list", "", "pods", "", ""),
        ("GET", "/api/v1/pods/", "list", "", "pods", "", ""),
        ("GET", "/api/v1/namespaces/ns/pods", "list", "ns", "pods", "", ""),
        ("GET", "/api/v1/namespaces/ns/pods/web", "get", "ns", "pods", "web", ""),
        ("HEAD", "/api/v1/namespaces/ns/pods/web", "get", "ns", "pods", "web", ""),
        ("POST", "/api/v1/namespaces/ns/pods", "create", "ns", "pods", "", ""),
        ("PUT", "/api/v1/namespaces/ns/pods/web/status", "update", "ns", "pods", "web", "status"),
        ("PATCH", "/api/v1/nodes/n", "patch", "", "nodes", "n", ""),
        ("DELETE", "/api/v1/namespaces/ns/pods", "deletecollection", "ns", "pods", "", ""),
        ("DELETE", "/api/v1/namespaces/ns/pods/web", "delete", "ns", "pods", "web", ""),
        ("OPTIONS", "/api/v1/pods/web", "", "", "pods", "web", ""),
        ("GET", "/api/v1/namespaces", "list", "", "namespaces", "", ""),
        ("GET", "/api/v1/namespaces/ns", "get", "ns", "namespaces", "ns", ""),
        ("PUT", "/api/v1/namespaces/ns/finalize", "update", "ns", "namespaces", "ns", "finalize"),
        ("GET", "/api/v1/namespaces/ns/status", "get", "ns", "namespaces", "ns", "status"),
        ("GET", "/apis/apps/v1/deployments", "list", "", "deployments", "", ""),
        ("GET", "/apis/apps/v1/namespaces/ns/deployments/d/scale", "get", "ns", "deployments", "d",
         "scale"),
        ("GET", "/api/v1/watch/pods", "watch", "", "pods", "", ""),
        ("GET", "/api/v1/watch/namespaces/ns/pods/web", "watch", "ns", "pods", "web", ""),
        ("GET", "/api/v1/proxy/nodes/n/a/b", "proxy", "", "nodes", "n", ""),
        ("GET", "/api/v1/pods?watch=true", "watch", "", "pods", "", ""),
        ("GET", "/api/v1/pods?watch", "watch", "", "pods", "", ""),
        ("GET", "/api/v1/pods?watch=false", "list", "", "pods", "", ""),
        ("GET", "/api/v1/pods?watch=0", "list", "", "pods", "", ""),
        ("GET", "/api/v1/pods?watch=FALSE", "list", "", "pods", "", ""),
        ("GET", "/api/v1/pods?limit=x&watch=1", "watch", "", "pods", "", ""),
        ("GET", "/api/v1/pods?limit=x&watch=false", "list", "", "pods", "", ""),
        ("GET", "/api/v1/pods?fieldSelector=metadata.name%3Dweb", "list", "", "pods", "web", ""),
        ("GET", "/api/v1/pods?fieldSelector=metadata.name!%3Dweb", "list", "", "pods", "", ""),
        ("GET", "/api/v1/pods?fieldSelector=metadata.name%3Da%2Fb", "list", "", "pods", "", ""),
        ("GET", "/api/v1/namespaces//pods", "list", "", "pods", "", ""),
    ],
)  # fmt: skip
def test_a_path_below_a_version_is_about_a_resource(
    method: str,
    target: str,
    verb: str,
    namespace: str,
    resource: str,
    name: str,
    subresource: str,
) -> None:
    found = info(method, target)
    assert found.is_resource_request
    told = (found.verb, found.namespace, found.resource, found.name, found.subresource)
    assert told == (verb, namespace, resource, name, subresource)


@pytest.mark.parametrize(
    "path", ["/", "/api", "/api/v1", "/apis", "/apis/apps", "/apis/apps/v1", "/healthz", "/x/y/z"]
)
def test_everything_else_is_about_no_resource(path: str) -> None:
    found = info("GET", path)
    assert (found.is_resource_request, found.verb, found.path) == (False, "get", path)


def test_group_and_version_are_told_apart() -> None:
    found = info("GET", "/apis/batch/v1/jobs")
    assert (found.api_prefix, found.group, found.version) == ("apis", "batch", "v1")
    found = info("GET", "/api/v1/pods")
    assert (found.api_prefix, found.group, found.version) == ("api", "", "v1")


def test_selectors_are_known_to_who_authorizes() -> None:
    found = info("DELETE", "/api/v1/namespaces/ns/pods?labelSelector=a%3Db&fieldSelector=c%3Dd")
    assert (found.label_selector, found.field_selector) == ("a=b", "c=d")
    found = info("GET", "/api/v1/namespaces/ns/pods/web?labelSelector=a%3Db")
    assert found.label_selector == ""


@pytest.mark.parametrize("path", ["/api/v1/watch", "/apis/apps/v1/proxy"])
def test_a_verb_with_nothing_behind_it_cannot_be_read(path: str) -> None:
    with pytest.raises(UnreadablePath, match="unable to determine kind and namespace"):
        info("GET", path)


SEGMENTS = st.lists(
    st.sampled_from(
        [
            "api",
            "apis",
            "v1",
            "apps",
            "namespaces",
            "watch",
            "proxy",
            "pods",
            "status",
            "",
            "x",
            "..",
        ]
    ),
    max_size=9,
)


@given(SEGMENTS, st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "TRACE"]))
def test_no_path_is_too_odd_to_be_read(segments: list[str], method: str) -> None:
    request = Request(method=method, path="/" + "/".join(segments))
    try:
        found = request_info(request)
    except UnreadablePath:
        return
    if found.is_resource_request:
        assert found.parts[0] == found.resource
        assert found.name in ("", *found.parts[1:2])


@given(st.text(max_size=60))
def test_no_query_is_too_odd_to_be_read(query: str) -> None:
    assert request_info(Request(path="/api/v1/pods", query=query)).verb in ("list", "watch")


@pytest.mark.parametrize("method", ["get", "Delete", "post"])
def test_a_method_in_small_letters_is_another(method: str, client: Client) -> None:
    """A proxy that lets some methods through may not know what this one would mean to us."""
    assert info(method, "/api/v1/namespaces/default/pods/web").verb == ""
    assert client.ask(method, "/api/v1/namespaces/default").status == 405
    assert client.ask(method, "/version").status == 405
