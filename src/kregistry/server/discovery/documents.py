"""Discovery: every answer about one set of resources, each made when first asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from threading import Lock
from typing import Any

from kregistry.server.discovery.accept import aggregated_version
from kregistry.server.discovery.aggregated import aggregated_document
from kregistry.server.discovery.document import Document, indented_document, json_document
from kregistry.server.discovery.groups import ServedGroup, ServedVersion, served_groups
from kregistry.server.discovery.index import FIXED_PATHS, index_paths
from kregistry.server.discovery.legacy import (
    api_group,
    api_group_list,
    api_resource_list,
    api_versions,
)
from kregistry.server.served import ServedResource


class Discovery:
    """What clients are told about a set of resources.

    ::

        discovery = Discovery(builtin_resources(by_default=True), server_address="127.0.0.1:8001")
        discovery.document("/apis/apps/v1").body

    It never changes: when a resource comes or goes, a new one takes its place, before any
    client can hear of the change by other ways. Safe for any number of threads.

    Args:
        resources: Everything that is served.
        server_address: Where clients reach the server, as ``host:port``.
        more_paths: What the index lists beside the groups and their versions.

    Raises:
        ValueError: Two of them have the same group, version and plural.
    """

    def __init__(
        self,
        resources: Iterable[ServedResource],
        *,
        server_address: str = "",
        more_paths: Iterable[str] = FIXED_PATHS,
    ) -> None:
        self.groups = served_groups(resources)
        self._address = server_address
        self._more_paths = tuple(more_paths)
        self._places: dict[str, ServedGroup | ServedVersion] = dict(_places(self.groups))
        self._made: dict[tuple[str, str], Document] = {}
        self._making = Lock()

    def document(self, path: str, *, accept: str = "") -> Document | None:
        """The answer to a GET; None if *path* is none of discovery.

        Args:
            path: Without the query; a slash at its end does not matter.
            accept: Value of the header, which decides between two forms at ``/api`` and
                ``/apis``.
        """
        place = path[:-1] if len(path) > 2 and path.endswith("/") else path
        form = aggregated_version(accept) if place in ("/api", "/apis") else ""
        made = self._made.get((place, form))
        if made is None:
            with self._making:
                made = self._made.get((place, form)) or self._make(place, form)
                if made is not None:
                    self._made[place, form] = made
        return made

    def _make(self, place: str, form: str) -> Document | None:
        if form:
            return aggregated_document(self.groups, core=place == "/api", version=form)
        if place in ("/", "/index.html"):
            return indented_document({"paths": index_paths(self.groups, self._more_paths)})
        tree = self._tree(place)
        return None if tree is None else json_document(tree)

    def _tree(self, place: str) -> dict[str, Any] | None:
        match self._places.get(place):
            case ServedVersion() as version:
                return api_resource_list(version)
            case ServedGroup() as group:
                return api_group(group)
        if place == "/api":
            return api_versions(self.groups, server_address=self._address)
        return api_group_list(self.groups) if place == "/apis" else None


def _places(groups: Iterable[ServedGroup]) -> Iterator[tuple[str, ServedGroup | ServedVersion]]:
    """What is told where, but for the two lists of all."""
    for group in groups:
        root = f"/apis/{group.name}" if group.name else "/api"
        if group.name:
            yield root, group
        for version in group.versions:
            yield f"{root}/{version.group_version.version}", version
