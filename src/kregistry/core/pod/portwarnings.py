"""Ports that are allowed and will surprise someone.

Source: ``pkg/api/pod/warnings.go`` warningsForPodSpecAndMeta, the part about ports.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from kregistry.core.pod.containers import containers_with_paths, is_sidecar
from kregistry.core.v1 import Container, ContainerPort, PodSpec
from kregistry.meta.field import Path
from kregistry.meta.goformat import quote

_SPEC: Final = Path("spec")


class _Place(NamedTuple):
    """A port and where it was defined."""

    port: ContainerPort
    path: Path


def port_warnings(spec: PodSpec) -> Iterator[str]:
    """Per container: ports defined twice; across containers: names used twice."""
    names: dict[str, Path] = {}
    for container, at in containers_with_paths(spec, _SPEC):
        yield from _of_container(container.ports, at / "ports")
        beside = not isinstance(container, Container) or (
            container in spec.init_containers and not is_sidecar(container)
        )
        if beside:
            continue
        for index, port in enumerate(container.ports):
            place = (at / "ports").index(index)
            if port.name and port.name in names:
                first = names[port.name]
                yield (
                    f"{place}: duplicate port name {quote(port.name)} with {first}, services "
                    f"and probes that select ports by name will use {first}"
                )
            elif port.name:
                names[port.name] = place


def _of_container(ports: list[ContainerPort], path: Path) -> Iterator[str]:
    seen: dict[tuple[int, str], list[_Place]] = {}
    for index, port in enumerate(ports):
        at = path.index(index)
        if port.host_ip and not port.host_port:
            yield f"{at}: hostIP set without hostPort: {quote(port.host_ip)}"
        earlier = seen.setdefault((port.container_port, port.protocol), [])
        for place in earlier:
            problem = _conflict(port, place.port)
            if problem:
                yield f"{at}: {problem} port definition with {place.path}"
                break
        earlier.append(_Place(port, at))


def _conflict(new: ContainerPort, old: ContainerPort) -> str:
    """How two ports of the same number and protocol get in each other's way, or ""."""
    if new.host_port == old.host_port and new.host_ip == old.host_ip:
        return "duplicate"
    if not new.host_port or not old.host_port:
        return "overlapping"
    if new.host_port == old.host_port and (not new.host_ip or not old.host_ip):
        return "dangerously ambiguous"
    return ""
