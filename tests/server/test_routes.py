"""A route that is remembered is the one that would be found."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from kregistry.meta.errors import NotFound, StatusError
from kregistry.meta.gvk import GroupVersion
from kregistry.server import APIServer, Request
from kregistry.server.requestinfo import UnreadablePath, request_info
from kregistry.server.routes import MethodNotAllowed, Router, find_route

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD")
BELOW = [
    "pods",
    "pods/",
    "/pods",
    "pods/a",
    "pods/a/status",
    "pods/a/log",
    "pods/a/proxy",
    "pods/a/proxy/x/y",
    "pods/a/nothing",
    "nodes",
    "nodes/a",
    "namespaces",
    "namespaces/a",
    "namespaces/a/status",
    "namespaces/a/pods",
    "namespaces/a/pods/b",
    "namespaces/a/pods/b/status",
    "namespaces/a/pods//status",
    "namespaces//pods",
    "namespaces/a/nodes",
    "namespaces/a/namespaces",
    "namespaces/a/namespaces/b",
    "watch/pods",
    "watch/pods/a",
    "watch/namespaces/a/pods",
    "watch/namespaces/a/pods/b",
    "watch/nodes",
    "proxy/pods/a",
    "nothing",
]
PATHS = [f"{root}/{below}" for root in ("/api/v1", "/apis/apps/v1", "/apis/v1") for below in BELOW]


def outcome(find: Any, method: str, target: str) -> object:
    """The route, or how it was refused."""
    request = Request.of_target(method, target)
    try:
        return find(method, request_info(request))
    except (StatusError, MethodNotAllowed, UnreadablePath) as refused:
        return type(refused), str(refused), getattr(refused, "allowed", ())


def test_whatever_was_asked_before_the_route_is_the_one_that_would_be_found(
    server: APIServer,
) -> None:
    router = Router(server.resources)
    asked = [
        (method, f"{path}{query}")
        for method in METHODS
        for path in PATHS
        for query in ("", "?watch=1", "?fieldSelector=metadata.name%3Da")
    ]
    for method, target in [*asked, *reversed(asked)]:
        expected = outcome(
            lambda method, info: find_route(server.resources, method, info), method, target
        )
        assert outcome(router.find, method, target) == expected, (method, target)


def test_names_of_clients_are_not_remembered(server: APIServer) -> None:
    router = Router(server.resources)
    for number in range(100):
        for path in (f"pods/p{number}", f"namespaces/n{number}/pods/p", f"pods/p/part{number}"):
            outcome(router.find, "GET", f"/api/v1/{path}")
    assert len(router._known[1]) == 1


def test_what_is_served_no_longer_is_not_remembered(server: APIServer) -> None:
    router = Router(server.resources)
    found = server.resources.find(GroupVersion("", "v1"), "configmaps")
    assert found is not None
    target = "/api/v1/namespaces/a/configmaps/b"
    assert getattr(outcome(router.find, "GET", target), "served", None) is found
    other = attrs.evolve(found, custom=True)
    server.resources.add(other)
    assert getattr(outcome(router.find, "GET", target), "served", None) is other
    server.resources.remove(other)
    with pytest.raises(NotFound):
        router.find("GET", request_info(Request.of_target("GET", target)))
