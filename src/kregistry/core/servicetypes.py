"""What belongs to some types of Services only, and how it survives an update.

Source: ``k8s.io/kubernetes/pkg/registry/core/service`` dropTypeDependentFields,
patchAllocatedValues.
"""

from __future__ import annotations

from typing import Final

from kregistry.core.v1 import ServicePort, ServiceSpec

_ADDRESSED: Final = ("ClusterIP", "NodePort", "LoadBalancer")
_OUTSIDE: Final = ("NodePort", "LoadBalancer")


def needs_node_ports(spec: ServiceSpec) -> bool:
    """Whether nodes listen for it."""
    if spec.type == "LoadBalancer":
        return spec.allocate_load_balancer_node_ports is not False
    return spec.type == "NodePort"


def needs_health_check(spec: ServiceSpec) -> bool:
    """Whether load balancers ask the nodes for Pods. Source: ``NeedsHealthCheck``."""
    return spec.type == "LoadBalancer" and spec.external_traffic_policy == "Local"


def is_reached_from_outside(spec: ServiceSpec) -> bool:
    """Whether traffic comes from beyond the cluster. Source: ``ExternallyAccessible``."""
    return spec.type in _OUTSIDE or (spec.type == "ClusterIP" and bool(spec.external_ips))


def drop_of_other_types(spec: ServiceSpec, old: ServiceSpec) -> None:
    """Forget what only *old*'s type has, if the client just sent it back. Changes *spec*.

    So a client may change the type alone. What it changed besides is not touched, and
    validation will complain.
    """
    if old.type in _ADDRESSED and spec.type not in _ADDRESSED and _same_addresses(spec, old):
        spec.cluster_ip, spec.cluster_ips = "", []
        spec.ip_families, spec.ip_family_policy = [], None
    if needs_node_ports(old) and not needs_node_ports(spec) and _same_node_ports(spec, old):
        for port in spec.ports:
            port.node_port = 0
    if needs_health_check(old) and not needs_health_check(spec):
        _drop(spec, old, health_check_node_port=0)
    if is_reached_from_outside(old) and not is_reached_from_outside(spec):
        _drop(spec, old, external_traffic_policy="")
    if old.type in _ADDRESSED and spec.type not in _ADDRESSED:
        _drop(spec, old, internal_traffic_policy=None)
    if old.type == "LoadBalancer" and spec.type != "LoadBalancer":
        _drop(spec, old, allocate_load_balancer_node_ports=None, load_balancer_class=None)


def _drop(spec: ServiceSpec, old: ServiceSpec, **empty: object) -> None:
    """Give each named field its empty value, unless the client changed it."""
    for name, value in empty.items():
        if getattr(spec, name) == getattr(old, name):
            setattr(spec, name, value)


def keep_allocated(spec: ServiceSpec, old: ServiceSpec) -> None:
    """Take from *old* what was given out once and is not said again. Changes *spec*."""
    addressed = old.type in _ADDRESSED and spec.type in _ADDRESSED
    if addressed and not spec.cluster_ip and not spec.cluster_ips:
        spec.cluster_ip, spec.cluster_ips = old.cluster_ip, list(old.cluster_ips)
    if needs_node_ports(old) and needs_node_ports(spec):
        _keep_node_ports(spec, old)
    if needs_health_check(old) and needs_health_check(spec):
        spec.health_check_node_port = spec.health_check_node_port or old.health_check_node_port


def _keep_node_ports(spec: ServiceSpec, old: ServiceSpec) -> None:
    known = {_identity(port): port.node_port for port in old.ports}
    taken = {port.node_port for port in spec.ports if port.node_port}
    for port in spec.ports:
        former = known.get(_identity(port), 0)
        if not port.node_port and former not in taken:
            port.node_port = former


def _identity(port: ServicePort) -> tuple[str, int]:
    return port.protocol, port.port


def _same_addresses(spec: ServiceSpec, old: ServiceSpec) -> bool:
    sent = spec.cluster_ips or ([spec.cluster_ip] if spec.cluster_ip else [])
    return sent == (old.cluster_ips or ([old.cluster_ip] if old.cluster_ip else []))


def _same_node_ports(spec: ServiceSpec, old: ServiceSpec) -> bool:
    return {port.node_port for port in spec.ports} == {port.node_port for port in old.ports}
