"""Ports of containers.

Source: ``validateContainerPorts``, ``IsValidPortName`` and ``checkHostPortConflicts``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from kregistry.core.pod.validation.checks import follow, require_supported, twice
from kregistry.core.v1 import Container, ContainerPort
from kregistry.meta.field import ErrorList, Path
from kregistry.meta.intstr import IntOrString
from kregistry.meta.names import remembering

PROTOCOLS: Final = ("SCTP", "TCP", "UDP")

_MAX_PORT: Final = 65535
_MAX_PORT_NAME: Final = 15
_PORT_NAME: Final = re.compile("[-a-z0-9]+", re.ASCII)


@remembering
def port_name(name: str) -> list[str]:
    """What is wrong with the name of a port. Source: ``IsValidPortName``."""
    messages = []
    if len(name.encode("utf-8", "surrogatepass")) > _MAX_PORT_NAME:
        messages.append(f"must be no more than {_MAX_PORT_NAME} characters")
    if not _PORT_NAME.fullmatch(name):
        messages.append("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)")
    if not any("a" <= character <= "z" for character in name):
        messages.append("must contain at least one letter (a-z)")
    if "--" in name:
        messages.append("must not contain consecutive hyphens")
    if name.startswith("-") or name.endswith("-"):
        messages.append("must not begin or end with a hyphen")
    return messages


def check_port_number(errs: ErrorList, path: Path, port: int) -> None:
    """A port of TCP and its like. Source: ``IsValidPortNum``."""
    if not 1 <= port <= _MAX_PORT:
        errs.invalid(path, port, f"must be between 1 and {_MAX_PORT}, inclusive")


def is_port(port: IntOrString) -> bool:
    """Whether :func:`check_port` finds nothing wrong."""
    value = port.value
    return 1 <= value <= _MAX_PORT if isinstance(value, int) else not port_name(value)


def check_port(errs: ErrorList, path: Path, port: IntOrString) -> None:
    """A number, or the name of a port of the container. Source: ``ValidatePortNumOrName``."""
    value = port.value
    if isinstance(value, int):
        check_port_number(errs, path, value)
    else:
        follow(errs, path, value, port_name)


def check_ports(errs: ErrorList, path: Path, ports: Sequence[ContainerPort]) -> None:
    """Names are unique within the container at *path*, numbers and protocols exist."""
    seen: set[str] = set()
    for index, port in enumerate(ports):
        number, host_port, protocol = port.container_port, port.host_port, port.protocol
        name = port.name
        if name and (name in seen or port_name(name)):
            _check_name(errs, _at(path, index, "name"), name, seen)
        seen.add(name)
        if not number:
            errs.required(_at(path, index, "containerPort"))
        elif not 1 <= number <= _MAX_PORT:
            check_port_number(errs, _at(path, index, "containerPort"), number)
        if host_port:
            check_port_number(errs, _at(path, index, "hostPort"), host_port)
        if protocol not in PROTOCOLS:
            require_supported(errs, _at(path, index, "protocol"), protocol, PROTOCOLS)


def _at(path: Path, index: int, field: str) -> Path:
    return (path / "ports").index(index) / field


def _check_name(errs: ErrorList, path: Path, name: str, seen: set[str]) -> None:
    messages = port_name(name)
    for message in messages:
        errs.invalid(path, name, message)
    if not messages and name in seen:
        errs.duplicate(path, name)


def check_host_ports(errs: ErrorList, path: Path, containers: Sequence[Container]) -> None:
    """No two of the containers ask for the same port of the host."""
    seen: set[str] = set()
    for number, container in enumerate(containers):
        for index, port in enumerate(container.ports):
            if port.host_port:
                at = path.index(number).child("ports").index(index) / "hostPort"
                twice(errs, at, f"{port.protocol}/{port.host_ip}/{port.host_port}", seen)
