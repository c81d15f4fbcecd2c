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


def check_port(errs: ErrorList, path: Path, port: IntOrString) -> None:
    """A number, or the name of a port of the container. Source: ``ValidatePortNumOrName``."""
    value = port.value
    if isinstance(value, int):
        check_port_number(errs, path, value)
    else:
        follow(errs, path, value, port_name)


def check_ports(errs: ErrorList, path: Path, ports: Sequence[ContainerPort]) -> None:
    """Names are unique within the container, numbers and protocols exist."""
    seen: set[str] = set()
    for index, port in enumerate(ports):
        at = path.index(index)
        if port.name:
            _check_name(errs, at / "name", port.name, seen)
        if port.container_port:
            check_port_number(errs, at / "containerPort", port.container_port)
        else:
            errs.required(at / "containerPort")
        if port.host_port:
            check_port_number(errs, at / "hostPort", port.host_port)
        require_supported(errs, at / "protocol", port.protocol, PROTOCOLS)


def _check_name(errs: ErrorList, path: Path, name: str, seen: set[str]) -> None:
    if port_name(name):
        follow(errs, path, name, port_name)
    else:
        twice(errs, path, name, seen)


def check_host_ports(errs: ErrorList, path: Path, containers: Sequence[Container]) -> None:
    """No two of the containers ask for the same port of the host."""
    seen: set[str] = set()
    for number, container in enumerate(containers):
        for index, port in enumerate(container.ports):
            if port.host_port:
                at = path.index(number).child("ports").index(index) / "hostPort"
                twice(errs, at, f"{port.protocol}/{port.host_ip}/{port.host_port}", seen)
