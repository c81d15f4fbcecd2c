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
        for kind, files in _files_by_kind(volume):
            for first, second in _collisions(list(files)):
                yield (
                    f"{_VOLUMES.index(index)}: overlapping paths in {kind}: {quote(second.path)} "
                    f"({second.source}) with {quote(first.path)} ({first.source})"
                )


def _files_by_kind(volume: Volume) -> Iterator[tuple[str, Iterable[_File]]]:
    if volume.secret is not None and volume.secret.items:
        yield "secret", (_File(item.path, item.key) for item in volume.secret.items)
    if volume.config_map is not None and volume.config_map.items:
        yield "configMap", (_File(item.path, item.key) for item in volume.config_map.items)
    if volume.downward_api is not None and volume.downward_api.items:
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
    """Pairs of files, the earlier one first, of which one stands where the other needs a way.

    Sorted by their parts, whatever lies below a file follows it at once. So each file is
    compared with those above it only, and the time does not grow with the square of anything.
    """
    if len(files) < 2:
        return
    parted = sorted((file.path.strip("/").split("/"), at) for at, file in enumerate(files))
    above: list[tuple[list[str], int]] = []
    found: list[tuple[int, int]] = []
    for parts, at in parted:
        while above and parts[: len(above[-1][0])] != above[-1][0]:
            above.pop()
        if above:
            found.append((max(at, above[-1][1]), min(at, above[-1][1])))
        else:
            above.append((parts, at))
    for later, earlier in sorted(found):
        yield files[earlier], files[later]
