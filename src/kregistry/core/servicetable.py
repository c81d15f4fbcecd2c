"""The table of Services.

Source: ``k8s.io/kubernetes/pkg/printers/internalversion`` printService.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from kregistry.core.v1 import Service, ServicePort
from kregistry.registry.tables import AGE, NAME, Column

_NONE: Final = "<none>"


def _address(service: Service, now: datetime) -> str:
    return service.spec.cluster_ips[0] if service.spec.cluster_ips else _NONE


def _outside(service: Service, now: datetime) -> str:
    """Where it can be reached from outside, as its type has it."""
    spec = service.spec
    match spec.type:
        case "ClusterIP" | "NodePort":
            return ",".join(spec.external_ips) or _NONE
        case "LoadBalancer":
            entries = service.status.load_balancer.ingress
            balanced = sorted({entry.ip or entry.hostname for entry in entries} - {""})
            return ",".join([*balanced, *spec.external_ips]) or "<pending>"
        case "ExternalName":
            return spec.external_name
        case _:
            return "<unknown>"


def _port(port: ServicePort) -> str:
    node = f":{port.node_port}" if port.node_port else ""
    return f"{port.port}{node}/{port.protocol}"


def _ports(service: Service, now: datetime) -> str:
    return ",".join(map(_port, service.spec.ports)) or _NONE


def _selector(service: Service, now: datetime) -> str:
    pairs = sorted(service.spec.selector.items())
    return ",".join(f"{key}={value}" for key, value in pairs) or _NONE


COLUMNS: Final[tuple[Column[Service], ...]] = (
    NAME,
    Column("Type", lambda obj, now: obj.spec.type, description="How far it can be reached."),
    Column("Cluster-IP", _address, description="Its address inside."),
    Column("External-IP", _outside, description="Its addresses outside."),
    Column("Port(s)", _ports, description="Ports, with those of the nodes, and protocols."),
    AGE,
    Column("Selector", _selector, priority=1, description="Which Pods are behind it."),
)
