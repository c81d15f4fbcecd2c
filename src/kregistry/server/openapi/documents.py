"""OpenAPI: every OpenAPI document about one set of resources, each made when first asked for.

Source: ``k8s.io/kube-openapi/pkg/handler3`` handler.go.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cached_property, lru_cache
from typing import Final

import attrs

from kregistry.server.discovery.document import Document, kept_document
from kregistry.server.discovery.groups import ServedGroup, ServedVersion, served_groups
from kregistry.server.openapi.build import group_tree, root_tree, version_tree
from kregistry.server.openapi.paths import root_path
from kregistry.server.openapi.schemas import Schemas, builtin_schemas
from kregistry.server.served import ServedResource

_PREFIX: Final = "/openapi/v3/"
_VARY: Final = (("Vary", "Accept"),)
_ROOTS: Final = ("api", "apis", "version")
#: How long a client may keep a document that it asked for by its hash.
_KEEP: Final = timedelta(days=365)
#: Documents of versions that are kept in memory, for all servers of a process together.
_KEPT: Final = 128


@attrs.frozen
class Redirect:
    """The answer 301: a client asked for another state of a document than there is.

    Attributes:
        location: Path and query of the document as it is now.
    """

    location: str


class OpenAPI:
    """The OpenAPI documents about a set of resources.

    ::

        openapi = OpenAPI(builtin_resources(by_default=True))
        openapi.index()                         # /openapi/v3
        openapi.document("apis/apps/v1")        # /openapi/v3/apis/apps/v1

    It never changes: when a resource comes or goes, a new one takes its place. Versions in which
    nothing changed are not made anew. Safe for any number of threads.

    Args:
        resources: Everything that is served.
        schemas: Types of the kinds; those of the built-in kinds when not given.
        release: What the documents say the server is, such as ``v1.36.0``.

    Raises:
        ValueError: Two of them have the same group, version and plural.
    """

    def __init__(
        self,
        resources: Iterable[ServedResource],
        *,
        schemas: Schemas | None = None,
        release: str = "v1.36.0",
    ) -> None:
        self._schemas = builtin_schemas() if schemas is None else schemas
        self._release = release
        self._places: dict[str, ServedGroup | ServedVersion | None] = dict.fromkeys(_ROOTS)
        for group in served_groups(resources):
            if group.name:
                self._places[f"apis/{group.name}"] = group
            for version in group.versions:
                self._places[root_path(version.group_version)[1:]] = version

    def index(self) -> Document:
        """The answer of ``/openapi/v3``: where each document is, and its hash.

        It takes all documents to make it, and is made when first asked for.
        """
        return self._index

    @cached_property
    def _index(self) -> Document:
        paths = {place: {"serverRelativeURL": self._url(place)} for place in sorted(self._places)}
        return kept_document({"paths": paths})

    def document(self, place: str) -> Document | None:
        """The document of ``api``, ``apis/apps`` or ``apis/apps/v1``; None if there is none."""
        if place not in self._places:
            return None
        match self._places[place]:
            case ServedVersion() as version:
                return _version_document(version, self._schemas, self._release)
            case ServedGroup(name=name):
                return _group_document(name, self._schemas, self._release)
        return _root_document(place, self._schemas, self._release)

    def answer(self, place: str, *, asked_hash: str, now: datetime) -> Document | Redirect | None:
        """The answer to a GET of one document; None if there is none.

        Args:
            place: What stands behind ``/openapi/v3/`` in the path.
            asked_hash: The query parameter ``hash``, "" if there was none.
            now: The time, from which the time to keep the document is counted.
        """
        document = self.document(place)
        if document is None or not asked_hash:
            return document
        if asked_hash != hash_of(document):
            return Redirect(self._url(place))
        keep = (("Cache-Control", "public, immutable"), ("Expires", _http_date(now + _KEEP)))
        return attrs.evolve(document, headers=document.headers + keep)

    def _url(self, place: str) -> str:
        document = self.document(place)
        assert document is not None
        return f"{_PREFIX}{place}?hash={hash_of(document)}"


def hash_of(document: Document) -> str:
    """What the index says a document is; its ETag without the quotes."""
    return document.etag.strip('"')


@lru_cache(maxsize=_KEPT)
def _version_document(version: ServedVersion, schemas: Schemas, release: str) -> Document:
    return kept_document(version_tree(version, schemas, release=release), headers=_VARY)


@lru_cache(maxsize=_KEPT)
def _group_document(group: str, schemas: Schemas, release: str) -> Document:
    return kept_document(group_tree(group, schemas, release=release), headers=_VARY)


@lru_cache(maxsize=_KEPT)
def _root_document(place: str, schemas: Schemas, release: str) -> Document:
    return kept_document(root_tree(place, schemas, release=release), headers=_VARY)


def _http_date(time: datetime) -> str:
    from email.utils import format_datetime  # where it is used: it loads a great deal

    return format_datetime(time, usegmt=True)
