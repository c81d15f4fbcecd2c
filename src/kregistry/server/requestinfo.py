"""RequestInfo: what a request is about, read from its path, method and query alone.

Routing is another matter: it decides which handler runs. This is what authentication,
authorization, admission and the handlers believe, and nothing else tells them namespace and
name. The body never changes it.

Source: ``k8s.io/apiserver/pkg/endpoints/request`` RequestInfoFactory.NewRequestInfo.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import attrs

from kregistry.meta import names
from kregistry.meta.errors import BadRequest
from kregistry.runtime import fields
from kregistry.server.query import NO_QUERY, Query
from kregistry.server.request import Request

_PREFIXES: Final = ("api", "apis")
_VERBS_IN_PATH: Final = ("watch", "proxy")

#: These follow the name of a namespace without being resources in it.
_NAMESPACE_SUBRESOURCES: Final = ("status", "finalize")

_VERBS: Final = {
    "POST": "create",
    "GET": "get",
    "HEAD": "get",
    "PUT": "update",
    "PATCH": "patch",
    "DELETE": "delete",
}

_SELECTING: Final = ("list", "watch", "deletecollection")

#: Longer paths are read anew each time, as a client may think of any number of them.
_MAX_REMEMBERED: Final = 256


class UnreadablePath(ValueError):
    """The path begins like that of a resource and ends too early."""


@attrs.frozen(kw_only=True)
class RequestInfo:
    """What a request is about.

    Attributes:
        is_resource_request: Whether it is about a resource; if not, only *path* and *verb*
            mean anything.
        path: Path of the request.
        verb: ``get``, ``list``, ``watch``, ``create``, ``update``, ``patch``, ``delete``,
            ``deletecollection`` or ``proxy``; for other paths the method in lower case.
        api_prefix: ``api`` or ``apis``.
        group: API group, "" for the core group.
        version: API version.
        namespace: Namespace; also of the namespace that is asked for itself.
        resource: Plural.
        subresource: Such as ``status``.
        name: Name of the object, "" if there is none.
        parts: Everything after group, version and namespace.
        field_selector: As it was asked for, for lists, watches and deletions of collections.
        label_selector: Likewise.
    """

    is_resource_request: bool = False
    path: str = ""
    verb: str = ""
    api_prefix: str = ""
    group: str = ""
    version: str = ""
    namespace: str = ""
    resource: str = ""
    subresource: str = ""
    name: str = ""
    parts: tuple[str, ...] = ()
    field_selector: str = ""
    label_selector: str = ""


#: Of a request that nobody has looked at.
UNKNOWN: Final = RequestInfo()


def segments_of(path: str) -> list[str]:
    """The segments between slashes; those at both ends do not count, doubled ones do.

    Source: ``splitPath``.
    """
    path = path.strip("/")
    return path.split("/") if path else []


def request_info(request: Request, query: Query | None = None) -> RequestInfo:
    """What *request* is about.

    Args:
        request: The request.
        query: Its parameters, if somebody has read them already.

    Raises:
        UnreadablePath: There is a verb in the path and nothing behind it.
    """
    method, path = request.method, request.path
    if request.query or len(path) > _MAX_REMEMBERED:
        return _read(method, path, Query(request.query) if query is None else query)
    return _remembered(method, path)


@lru_cache(maxsize=1024)
def _remembered(method: str, path: str) -> RequestInfo:
    """What a path alone says. Clients ask for the same again and again: 0.2 us, not 2."""
    return _read(method, path, NO_QUERY)


def _read(method: str, path: str, query: Query) -> RequestInfo:
    parts = segments_of(path)
    if len(parts) < 3 or parts[0] not in _PREFIXES:
        return _of_path(method, path)
    prefix, group, rest = parts[0], "", parts[1:]
    if prefix == "apis":
        if len(rest) < 3:
            return _of_path(method, path)
        group, rest = rest[0], rest[1:]
    version, rest = rest[0], rest[1:]
    verb = _VERBS.get(method, "")
    in_path = rest[0] in _VERBS_IN_PATH
    if in_path:
        if len(rest) < 2:
            raise UnreadablePath(
                f"unable to determine kind and namespace from url, [{' '.join(parts)}]"
            )
        verb, rest = rest[0], rest[1:]
    namespace, rest = _namespace(rest)
    name, field_selector, label_selector = rest[1] if len(rest) > 1 else "", "", ""
    if not name:
        verb, name = _of_collection(verb, query)
        if verb in _SELECTING and not in_path:
            field_selector = query.text("fieldSelector")
            label_selector = query.text("labelSelector")
    return RequestInfo(
        is_resource_request=True,
        path=path,
        verb=verb,
        api_prefix=prefix,
        group=group,
        version=version,
        namespace=namespace,
        resource=rest[0],
        name=name,
        subresource=rest[2] if len(rest) > 2 and verb != "proxy" else "",
        parts=tuple(rest),
        field_selector=field_selector,
        label_selector=label_selector,
    )


def _of_path(method: str, path: str) -> RequestInfo:
    """What is about no resource."""
    return RequestInfo(path=path, verb=method.lower())


def _namespace(rest: list[str]) -> tuple[str, list[str]]:
    """The namespace, and what is asked for in it."""
    if rest[0] != "namespaces" or len(rest) < 2:
        return "", rest
    inside = len(rest) > 2 and rest[2] not in _NAMESPACE_SUBRESOURCES
    return rest[1], rest[2:] if inside else rest


def _of_collection(verb: str, query: Query) -> tuple[str, str]:
    """The verb that means many objects, and the name if they can only be one."""
    if verb == "delete":
        return "deletecollection", ""
    if verb != "get":
        return verb, ""
    if not query:
        return "list", ""
    return "watch" if _wants_watch(query) else "list", _selected_name(query)


def _wants_watch(query: Query) -> bool:
    """Whether a list is to be a watch.

    If the options cannot be read, the word ``watch`` itself decides, so that a request that
    will fail anyway is at least authorized as what it wants to be.
    """
    try:
        query.list_options()
    except BadRequest:
        return "watch" in query and query.text("watch") not in ("false", "0")
    return query.flag("watch")


def _selected_name(query: Query) -> str:
    """The one name that the field selector admits, so that it can be authorized by name."""
    if not query.text("fieldSelector"):
        return ""
    try:
        query.list_options()
        name = fields.parse(query.text("fieldSelector")).requires_exact_match("metadata.name")
    except ValueError:
        return ""
    except BadRequest:
        return ""
    return name if name and not names.path_segment_name(name) else ""
