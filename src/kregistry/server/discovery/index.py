"""The index of a server: which paths there are.

Source: ``k8s.io/apiserver/pkg/server/routes`` index.go.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from kregistry.server.discovery.groups import ServedGroup

#: What is served whatever the resources are.
FIXED_PATHS: Final = (
    "/api",
    "/apis",
    "/apis/",
    "/healthz",
    "/livez",
    "/metrics",
    "/openapi/v3",
    "/openapi/v3/",
    "/readyz",
    "/version",
)


def index_paths(groups: Iterable[ServedGroup], more: Iterable[str] = FIXED_PATHS) -> list[str]:
    """What ``/`` and ``/index.html`` list, sorted.

    Args:
        groups: All that is served.
        more: Paths beside those of groups and versions.
    """
    return sorted({*more, *_group_paths(groups)})


def _group_paths(groups: Iterable[ServedGroup]) -> Iterator[str]:
    for group in groups:
        if group.name:
            yield f"/apis/{group.name}"
        root = f"/apis/{group.name}" if group.name else "/api"
        yield from (f"{root}/{version.group_version.version}" for version in group.versions)
