"""Discovering: serves discovery, OpenAPI and the version for whatever is served just now.

:mod:`~kregistry.server.discovery` and :mod:`~kregistry.server.openapi` make the documents, as
functions of a set of resources; here they are told which set that is, and asked over HTTP.

Source: ``k8s.io/apiserver/pkg/endpoints/discovery``, ``pkg/server/routes`` openapi.go, version.go.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import attrs

from kregistry.meta.errors import NotAcceptable
from kregistry.server.call import Call
from kregistry.server.discovery.builtin import builtin_resources
from kregistry.server.discovery.document import Document
from kregistry.server.discovery.documents import Discovery
from kregistry.server.discovery.version import VersionInfo
from kregistry.server.documents import written
from kregistry.server.negotiation import JSON, Negotiated, negotiate, parse_accept
from kregistry.server.openapi_v2 import older_document
from kregistry.server.paths import Paths, not_found, only_get
from kregistry.server.resources import APIResource, APIResources, Endpoint
from kregistry.server.response import Answer, Response
from kregistry.server.served import ServedResource, ServedSubresource

if TYPE_CHECKING:
    from kregistry.server.openapi.documents import OpenAPI

#: Told as it is, whatever is asked for.
_INDEX: Final = ("/", "/index.html")
_OLDER_OPENAPI: Final = "/openapi/v2"
_OPENAPI: Final = "/openapi/v3"


class Discoverable:
    """Tells clients what there is. Made anew, when asked, after the resources have changed.

    Args:
        resources: What is served.
        paths: What is served beside them.
        version: Which release the server says it is.
    """

    def __init__(self, resources: APIResources, paths: Paths, version: VersionInfo) -> None:
        self._resources = resources
        self._paths = paths
        self._version = version
        self._discovery: tuple[object, Discovery] | None = None
        self._openapi: tuple[object, OpenAPI] | None = None

    def install(self) -> None:
        """Serve all of it."""
        paths = self._paths
        for path in (*_INDEX, "/api", "/apis"):
            paths.add(path, only_get(self._discover))
        for prefix in ("/api/", "/apis/"):
            paths.add_prefix(prefix, only_get(self._discover))
        paths.add("/version", only_get(self._tell_version))
        paths.add(_OLDER_OPENAPI, only_get(self._describe_for_older))
        paths.add(_OPENAPI, only_get(self._describe))
        paths.add_prefix(f"{_OPENAPI}/", only_get(self._describe))

    def _discover(self, call: Call) -> Answer:
        path = call.request.path
        document = self._documents().document(path, accept=_accept(call))
        if document is not None and path not in _INDEX and document.media_type == JSON.name:
            document = _in_form(document, negotiate(call.request))
        return _answer(call, document)

    def _tell_version(self, call: Call) -> Answer:
        return _answer(call, self._version.document())

    def _describe(self, call: Call) -> Answer:
        _require_json(call)
        place = call.request.path.removeprefix(_OPENAPI).strip("/")
        if not place:
            return _answer(call, self._descriptions().index())
        now, asked = datetime.now(UTC), call.query.text("hash")
        found = self._descriptions().answer(place, asked_hash=asked, now=now)
        if found is None or isinstance(found, Document):
            return _answer(call, found)
        return Response(status=301, headers={"location": found.location})

    def _describe_for_older(self, call: Call) -> Answer:
        return _answer(call, older_document(self._version.git_version, accept=_accept(call)))

    def _documents(self) -> Discovery:
        made, state = self._discovery, self._resources.state
        if made is None or made[0] is not state:
            served, more = served_now(self._resources), self._paths.paths()
            self._discovery = made = state, Discovery(served, more_paths=more)
        return made[1]

    def _descriptions(self) -> OpenAPI:
        # Imported here: it reads the types of all kinds, and many a server is never asked.
        from kregistry.server.openapi.documents import OpenAPI

        made, state = self._openapi, self._resources.state
        if made is None or made[0] is not state:
            release = self._version.git_version
            self._openapi = made = state, OpenAPI(served_now(self._resources), release=release)
        return made[1]


def served_now(resources: APIResources) -> Iterator[ServedResource]:
    """What clients are told about each resource that is served."""
    known = {(each.gvr): each for each in builtin_resources(by_default=True)}
    for served in resources:
        facts = known.get(served.resource.gvr)
        if facts is None or served.custom:
            yield _described(served)
            continue
        parts = [part for part in facts.subresources if part.name in served.subresources]
        yield attrs.evolve(facts, subresources=tuple(parts))


def _described(served: APIResource) -> ServedResource:
    """A resource that came at run time: what it is says itself."""
    return ServedResource.of(
        served.resource,
        verbs=served.endpoint.verbs,
        subresources=[_part(name, part) for name, part in served.subresources.items()],
        custom=served.custom,
    )


def _part(name: str, endpoint: Endpoint) -> ServedSubresource:
    return ServedSubresource(
        name=name,
        kind=endpoint.gvk.kind,
        verbs=endpoint.verbs,
        group=endpoint.gvk.group,
        version=endpoint.gvk.version,
        connects=bool(endpoint.methods),
    )


def _accept(call: Call) -> str:
    return ",".join(call.request.headers.all("accept"))


def _in_form(document: Document, form: Negotiated) -> Document:
    """A document of the old discovery as who asks would like to have it."""
    if form == Negotiated():
        return document
    body = written(json.loads(document.body), form)
    return attrs.evolve(document, body=body, media_type=form.media_type.name)


def _require_json(call: Call) -> None:
    """Raises NotAcceptable: who asks reads no JSON, and there is nothing else (406)."""
    accept = _accept(call)
    wanted = [clause for clause in parse_accept(accept) if clause.quality > 0]
    if accept.strip() and not any(clause.admits(JSON) for clause in wanted):
        raise NotAcceptable(f"only the following media types are accepted: {JSON.name}")


def _answer(call: Call, document: Document | None) -> Answer:
    if document is None:
        return not_found(call)
    tag = (("etag", document.etag),) if document.etag else ()
    if document.is_known_to(call.request.headers.get("if-none-match")):
        return Response(status=304, headers=(*tag, *document.headers))
    headers = [("content-type", document.media_type), *tag, *document.headers]
    return Response(headers=headers, body=document.body)
