"""Ports that are allowed and will surprise someone.

Source: ``pkg/api/pod/warnings.go`` warningsForPodSpecAndMeta, the part about ports.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from kregistry.core.pod.containers import AnyContainer, is_sidecar
from kregistry.core.v1 import ContainerPort, PodSpec
from kregistry.meta.field import Path
from kregistry.meta.goformat import quote


class _Place(NamedTuple):
    """The index of a port, which tells what came first, and the port."""

    at: int
    port: ContainerPort


class _Earlier:
    """The ports of one number and protocol seen so far, by how they can be in the way.

    Each table keeps the first of its kind, so that a port is compared with four others at
    most, however many there are.
    """

    def __init__(self) -> None:
        self.any: _Place | None = None
        self.unpublished: _Place | None = None
        self.by_host_port: dict[int, _Place] = {}
        self.by_address: dict[tuple[int, str], _Place] = {}

    def conflict(self, new: ContainerPort) -> _Place | None:
        """The first port that *new* gets in the way of."""
        if not new.host_port:
            return self.any
        found = [self.unpublished, self.by_address.get((new.host_port, new.host_ip))]
        if new.host_ip:
            found.append(self.by_address.get((new.host_port, "")))
        else:
            found.append(self.by_host_port.get(new.host_port))
        return min((place for place in found if place is not None), default=None, key=_order)

    def add(self, place: _Place) -> None:
        """Remember a port."""
        port = place.port
        self.any = self.any or place
        if not port.host_port:
            self.unpublished = self.unpublished or place
        self.by_host_port.setdefault(port.host_port, place)
        self.by_address.setdefault((port.host_port, port.host_ip), place)


def port_warnings(spec: PodSpec, containers: Sequence[tuple[AnyContainer, Path]]) -> Iterator[str]:
    """Per container: ports defined twice; among those that run together: names used twice.

    Args:
        spec: The spec of the Pod.
        containers: All of its containers, each with its path.
    """
    for container, at in containers:
        ports = container.ports
        if len(ports) > 1 or (ports and ports[0].host_ip):
            yield from _of_container(container.ports, at / "ports")
    names: dict[str, str] = {}
    for place, name in _names(spec):
        first = names.setdefault(name, place)
        if first != place:
            yield (
                f"{place}: duplicate port name {quote(name)} with {first}, services "
                f"and probes that select ports by name will use {first}"
            )


def _names(spec: PodSpec) -> Iterator[tuple[str, str]]:
    """Where the ports of what runs together are, those with a name, and their names.

    Each place is wanted as text or not at all, so none is made a path.
    """
    for number, container in enumerate(spec.init_containers):
        if is_sidecar(container):
            for index, port in enumerate(container.ports):
                if port.name:
                    yield f"spec.initContainers[{number}].ports[{index}]", port.name
    for number, container in enumerate(spec.containers):
        for index, port in enumerate(container.ports):
            if port.name:
                yield f"spec.containers[{number}].ports[{index}]", port.name


def _of_container(ports: Sequence[ContainerPort], path: Path) -> Iterator[str]:
    seen: dict[tuple[int, str], _Earlier] = {}
    for index, port in enumerate(ports):
        at = path.index(index)
        if port.host_ip and not port.host_port:
            yield f"{at}: hostIP set without hostPort: {_printed(port)}"
        earlier = seen.setdefault((port.container_port, port.protocol), _Earlier())
        found = earlier.conflict(port)
        if found is not None:
            problem = _problem(port, found.port)
            yield f"{at}: {problem} port definition with {path.index(found.at)}"
        earlier.add(_Place(index, port))


def _problem(new: ContainerPort, old: ContainerPort) -> str:
    """How two ports of the same number and protocol get in each other's way."""
    if new.host_port == old.host_port and new.host_ip == old.host_ip:
        return "duplicate"
    if not new.host_port or not old.host_port:
        return "overlapping"
    return "dangerously ambiguous"


def _order(place: _Place) -> int:
    return place.at


def _printed(port: ContainerPort) -> str:
    """As Go prints its struct."""
    return (
        f"{{Name:{port.name} HostPort:{port.host_port} ContainerPort:{port.container_port} "
        f"Protocol:{port.protocol} HostIP:{port.host_ip}}}"
    )
