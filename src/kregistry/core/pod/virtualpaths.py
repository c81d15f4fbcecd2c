"""Files of volumes that hide each other.

Source: ``pkg/api/pod/warnings.go`` warningsForOverlappingVirtualPaths.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from kregistry.core.v1 import PodSpec, Volume, VolumeProjection
from kregistry.meta.field import Path
from kregistry.meta.goformat import quote

_VOLUMES: Final = Path("spec", "volumes")


class _File(NamedTuple):
    """A file and what it comes from."""

    path: str
    source: str


def virtual_path_warnings(spec: PodSpec) -> Iterator[str]:
    """Files of one volume at the same place, or one where another wants a directory."""
    for index, volume in enumerate(spec.volumes):
        path = _VOLUMES.index(index)
        for kind, files in _files_by_kind(volume):
            for first, second in _collisions(list(files)):
                yield (
                    f"{path}: overlapping paths in {kind}: {quote(second.path)} "
                    f"({second.source}) with {quote(first.path)} ({first.source})"
                )


def _files_by_kind(volume: Volume) -> Iterator[tuple[str, Iterable[_File]]]:
    if volume.secret is not None:
        yield "secret", (_File(item.path, item.key) for item in volume.secret.items)
    if volume.config_map is not None:
        yield "configMap", (_File(item.path, item.key) for item in volume.config_map.items)
    if volume.downward_api is not None:
        yield "downwardAPI", (_File(item.path, "field") for item in volume.downward_api.items)
    if volume.projected is not None:
        sources = volume.projected.sources
        yield "projected", (file for source in sources for file in _projected(source))


def _projected(source: VolumeProjection) -> Iterator[_File]:
    if source.secret is not None:
        name = source.secret.name
        yield from (_File(item.path, f"secret {quote(name)}") for item in source.secret.items)
    if source.config_map is not None:
        name = source.config_map.name
        origin = f"config map {quote(name)}"
        yield from (_File(item.path, origin) for item in source.config_map.items)
    if source.downward_api is not None:
        yield from (_File(item.path, "downward api") for item in source.downward_api.items)
    if source.service_account_token is not None:
        yield _File(source.service_account_token.path, "service account token")


def _collisions(files: list[_File]) -> Iterator[tuple[_File, _File]]:
    """Each file with the first earlier one that it collides with.

    One pass with two tables: places that are files, and places that must be directories.
    """
    taken: dict[str, _File] = {}
    directories: dict[str, _File] = {}
    for file in files:
        place = file.path.strip("/")
        parents = list(_parents(place))
        clash = taken.get(place) or directories.get(place)
        for parent in parents:
            clash = clash or taken.get(parent)
        if clash is not None:
            yield clash, file
        taken.setdefault(place, file)
        for parent in parents:
            directories.setdefault(parent, file)


def _parents(place: str) -> Iterator[str]:
    """``a/b/c``: ``a`` and ``a/b``."""
    for index, character in enumerate(place):
        if character == "/":
            yield place[:index]
