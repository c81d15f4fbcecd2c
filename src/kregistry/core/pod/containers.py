"""The containers of a Pod, all three lists of them.

Source: ``pkg/api/pod`` VisitContainers, VisitContainersWithPath.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from kregistry.core.v1 import Container, EphemeralContainer, PodSpec
from kregistry.meta.field import Path

AnyContainer: TypeAlias = Container | EphemeralContainer


def all_containers(spec: PodSpec) -> list[AnyContainer]:
    """Init containers, containers and ephemeral containers, in this order."""
    return [*spec.init_containers, *spec.containers, *spec.ephemeral_containers]


def containers_with_paths(spec: PodSpec, path: Path) -> list[tuple[AnyContainer, Path]]:
    """The same, each with the path that leads to it from *path*, the spec."""
    placed: list[tuple[AnyContainer, Path]] = []
    lists: tuple[tuple[str, Sequence[AnyContainer]], ...] = (
        ("initContainers", spec.init_containers),
        ("containers", spec.containers),
        ("ephemeralContainers", spec.ephemeral_containers),
    )
    for name, containers in lists:
        if containers:
            at = path / name
            for index, container in enumerate(containers):
                placed.append((container, at.index(index)))
    return placed


def is_sidecar(container: Container) -> bool:
    """Whether an init container goes on running beside the others.

    Source: ``podutil.IsRestartableInitContainer``.
    """
    return container.restart_policy == "Always"
