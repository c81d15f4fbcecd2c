"""Routes: which door a request is for, and what it asks of it.

A route is found from the very :class:`~kregistry.server.requestinfo.RequestInfo` that was
authorized, so that no way of writing a path can mean one thing to one and another to the other.

Source: ``k8s.io/apiserver/pkg/endpoints/installer.go``; the errors are go-restful's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any, Final

import attrs

from kregistry.meta.errors import MethodNotSupported
from kregistry.meta.gvk import GroupResource, GroupVersion
from kregistry.server.requestinfo import RequestInfo, segments_of
from kregistry.server.resources import APIResource, APIResources, Endpoint
from kregistry.server.splicing import has_bytes
from kregistry.server.statuses import no_route

#: The verb of a request that is passed on to something that runs.
CONNECT: Final = "connect"

#: The only subresource with paths of its own below it.
_PROXY: Final = "proxy"


class Place(Enum):
    """Where in the tree of a resource a path leads."""

    COLLECTION = "collection"
    EVERY_NAMESPACE = "every namespace"
    OBJECT = "object"
    PART = "part"


_VERBS: Final[Mapping[Place, Mapping[str, str]]] = {
    Place.COLLECTION: {"GET": "list", "POST": "create", "DELETE": "deletecollection"},
    Place.EVERY_NAMESPACE: {"GET": "list"},
    Place.OBJECT: {"GET": "get", "PUT": "update", "PATCH": "patch", "DELETE": "delete"},
    Place.PART: {
        "GET": "get",
        "POST": "create",
        "PUT": "update",
        "PATCH": "patch",
        "DELETE": "delete",
    },
}


class MethodNotAllowed(Exception):
    """There is something at the path, but it does not know the method.

    Attributes:
        status_error: What the client is told.
        allowed: The methods that it knows.
    """

    def __init__(self, allowed: Iterable[str]) -> None:
        super().__init__("method not allowed")
        self.status_error = no_route(405)
        self.allowed = tuple(allowed)


def _table_maker(route: Route) -> Any:
    for door in (route.endpoint.door, route.served.endpoint.door):
        if hasattr(door, "convert_to_table"):
            return door
    return None


def _passes_bytes(route: Route) -> bool:
    return route.endpoint.conversion is None and has_bytes(route.endpoint.door, route.verb)


@attrs.frozen(kw_only=True)
class Route:
    """What a request asks, and of whom.

    Attributes:
        served: The resource.
        endpoint: Who answers.
        verb: What is asked; ``connect`` if the request is to be passed on.
        subresource: Such as ``status``; "" for the object itself.
        subpath: What follows the subresource in the path of a connection.
        table_maker: Who makes tables of what the endpoint speaks of; None if nobody does.
        passes_bytes: Whether the door gives the bytes of what the verb gives, as they are sent.
    """

    served: APIResource
    endpoint: Endpoint
    verb: str
    subresource: str = ""
    subpath: str = ""
    table_maker: Any = attrs.field(
        init=False, eq=False, default=attrs.Factory(_table_maker, takes_self=True)
    )
    passes_bytes: bool = attrs.field(
        init=False, eq=False, default=attrs.Factory(_passes_bytes, takes_self=True)
    )


class Router:
    """Finds routes, and remembers those that it found.

    Which route it is does not depend on the names in a path, only on its form; so there are no
    more to remember than are served, whatever clients think of. Finding one takes 8 us,
    remembering it 1.

    Args:
        resources: What is served.
    """

    def __init__(self, resources: APIResources) -> None:
        self._resources = resources
        self._known: tuple[object, dict[_RouteForm, Route]] = (None, {})

    def find(self, method: str, info: RequestInfo) -> Route | None:
        """The route of a request about a resource, as by :func:`find_route`."""
        state, known = self._known
        if state is not self._resources.state:
            state, known = self._known = (self._resources.state, {})
        form = _form_of(method, info)
        route = known.get(form) if form is not None else None
        if route is None:
            route = find_route(self._resources, method, info)
            if form is not None and route is not None and not route.subpath:
                known[form] = route
        return route


#: All of a request that decides about its route.
_RouteForm = tuple[str, str, str, str, str, str, str, bool, int, int]


def _form_of(method: str, info: RequestInfo) -> _RouteForm | None:
    """The form of a path; None for one that is written in an unusual way.

    How often there is a slash tells whether a namespace and a verb stand in the path.
    """
    path = info.path
    if path[-1] == "/" or "//" in path:
        return None
    return (
        method,
        info.verb,
        info.api_prefix,
        info.group,
        info.version,
        info.resource,
        info.subresource,
        bool(info.namespace),
        len(info.parts),
        path.count("/"),
    )


def find_route(resources: APIResources, method: str, info: RequestInfo) -> Route | None:
    """The route of a request about a resource; None outside every version that is served.

    Raises:
        StatusError: Nothing is served at the path (404).
        MethodNotAllowed: Something is, but not by this method (405).
    """
    version = GroupVersion(info.group, info.version)
    if (info.api_prefix == "api") != (info.group == "") or resources.version(version) is None:
        return None
    served = resources.find(version, info.parts[0])
    place = _place(served, info)
    if served is None or place is None or "//" in info.path:
        raise no_route(404)
    endpoint, subresource, subpath = served.endpoint, "", ""
    if place is Place.PART:
        subresource, subpath = info.parts[2], "/".join(info.parts[3:])
        found = served.subresources.get(subresource)
        if found is None or (subpath and subresource != _PROXY):
            raise no_route(404)
        endpoint = found
    verb = _verb(endpoint, place, method, info)
    return Route(
        served=served, endpoint=endpoint, verb=verb, subresource=subresource, subpath=subpath
    )


def _place(served: APIResource | None, info: RequestInfo) -> Place | None:
    """Where the path leads; None if it leads nowhere."""
    if served is None or info.verb == "proxy":
        return None
    namespaced = served.resource.namespaced
    if _below_version(info) != _canonical(info, namespaced=namespaced):
        return None
    missing = namespaced and not info.namespace
    match len(info.parts):
        case 1:
            return Place.EVERY_NAMESPACE if missing else Place.COLLECTION
        case 2:
            return None if missing else Place.OBJECT
    return None if missing else Place.PART


def _canonical(info: RequestInfo, *, namespaced: bool) -> list[str]:
    """How the path of such a request is written below its version.

    What is in no namespace must not be found in one, where others may do more: the namespace
    ``b`` is not below ``namespaces/a/namespaces``.
    """
    prefix = ["namespaces", info.namespace] if namespaced and info.namespace else []
    return prefix + list(info.parts)


def _below_version(info: RequestInfo) -> list[str]:
    segments = segments_of(info.path)[2 if info.api_prefix == "api" else 3 :]
    return segments[1:] if _is_in_path(info) else segments


def _verb(endpoint: Endpoint, place: Place, method: str, info: RequestInfo) -> str:
    if endpoint.methods:
        if method not in endpoint.methods:
            raise MethodNotAllowed(endpoint.methods)
        return CONNECT
    by_method = {known: verb for known, verb in _VERBS[place].items() if verb in endpoint.verbs}
    in_path = info.verb == "watch" and place is not Place.PART and _is_in_path(info)
    if in_path:
        by_method = {"GET": "watch"} if "watch" in endpoint.verbs else {}
    if method not in by_method:
        raise MethodNotAllowed(by_method)
    verb = by_method[method]
    if verb == "list" and info.verb == "watch":
        verb = "watch"
        if verb not in endpoint.verbs:
            resource = GroupResource(info.group, info.resource)
            raise MethodNotSupported(resource, verb)
    return verb


def _is_in_path(info: RequestInfo) -> bool:
    """Whether the verb stands in the path, as in ``/api/v1/watch/pods``."""
    prefix = f"/api/{info.version}/watch/"
    if info.group:
        prefix = f"/apis/{info.group}/{info.version}/watch/"
    return f"/{info.path.strip('/')}/".startswith(prefix)
