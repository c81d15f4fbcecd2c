"""What belongs to some types of Services only, and how it survives an update.

Source: ``k8s.io/kubernetes/pkg/registry/core/service`` dropTypeDependentFields,
patchAllocatedValues, normalizeClusterIPs.
"""

from __future__ import annotations

from typing import Final

from kregistry.core.v1 import Service, ServiceSpec, ServiceStatus

_ADDRESSED: Final = ("ClusterIP", "NodePort", "LoadBalancer")
_OUTSIDE: Final = ("NodePort", "LoadBalancer")


def needs_node_ports(spec: ServiceSpec) -> bool:
    """Whether nodes may listen for it. Source: ``needsNodePort``."""
    return spec.type in _OUTSIDE


def needs_health_check(spec: ServiceSpec) -> bool:
    """Whether load balancers ask the nodes for Pods. Source: ``NeedsHealthCheck``."""
    return spec.type == "LoadBalancer" and spec.external_traffic_policy == "Local"


def is_reached_from_outside(spec: ServiceSpec) -> bool:
    """Whether traffic comes from beyond the cluster. Source: ``ExternallyAccessible``."""
    return spec.type in _OUTSIDE or (spec.type == "ClusterIP" and bool(spec.external_ips))


def drop_of_other_types(service: Service, old: ServiceSpec) -> None:
    """Forget what only *old*'s type has, if the client just sent it back. Changes *service*.

    So a client may change the type alone. What it changed besides is not touched, and
    validation will complain. What a load balancer reported goes with the load balancer.
    """
    spec = service.spec
    if old.type in _ADDRESSED and spec.type not in _ADDRESSED:
        if (spec.cluster_ip, spec.cluster_ips) == (old.cluster_ip, old.cluster_ips):
            spec.cluster_ip, spec.cluster_ips = "", []
        _drop(spec, old, ip_families=[], ip_family_policy=None)
    if (
        needs_node_ports(old)
        and not needs_node_ports(spec)
        and _node_ports(spec) <= _node_ports(old)
    ):
        for port in spec.ports:
            port.node_port = 0
    if needs_health_check(old) and not needs_health_check(spec):
        _drop(spec, old, health_check_node_port=0)
    if old.type == "LoadBalancer" and spec.type != "LoadBalancer":
        _drop(spec, old, allocate_load_balancer_node_ports=None, load_balancer_class=None)
    if is_reached_from_outside(old) and not is_reached_from_outside(spec):
        _drop(spec, old, external_traffic_policy="")
    if spec.type != "LoadBalancer":
        # The status may still be the stored object's own, which is not to be changed.
        service.status = ServiceStatus(conditions=service.status.conditions)


def _drop(spec: ServiceSpec, old: ServiceSpec, **empty: object) -> None:
    """Give each named field its empty value, unless the client changed it."""
    for name, value in empty.items():
        if getattr(spec, name) == getattr(old, name):
            setattr(spec, name, value)


def keep_allocated(spec: ServiceSpec, old: ServiceSpec) -> None:
    """Take from *old* what was given out once and is not said again. Changes *spec*."""
    if old.type in _ADDRESSED and spec.type in _ADDRESSED:
        spec.cluster_ip = spec.cluster_ip or old.cluster_ip
        spec.cluster_ips = spec.cluster_ips or list(old.cluster_ips)
    if needs_node_ports(old) and needs_node_ports(spec):
        _keep_node_ports(spec, old)
    if needs_health_check(old) and needs_health_check(spec):
        spec.health_check_node_port = spec.health_check_node_port or old.health_check_node_port


def _keep_node_ports(spec: ServiceSpec, old: ServiceSpec) -> None:
    """Ports are known by their names; a number that another port has got now is not given."""
    known = {port.name: port.node_port for port in old.ports}
    taken = _node_ports(spec) & _node_ports(old)
    for port in spec.ports:
        former = known.get(port.name, 0)
        if not port.node_port and former not in taken:
            port.node_port = former


def _node_ports(spec: ServiceSpec) -> set[int]:
    return {port.node_port for port in spec.ports if port.node_port}


def match_addresses(spec: ServiceSpec, old: ServiceSpec | None = None) -> None:
    """Let clients that know of one address only have their way. Changes *spec*.

    Args:
        spec: What a client sent.
        old: What is stored; None for a new Service.

    Source: ``normalizeClusterIPs``.
    """
    if old is None:
        if spec.cluster_ip and not spec.cluster_ips:
            spec.cluster_ips = [spec.cluster_ip]
        return
    if not spec.cluster_ips and spec.cluster_ip == old.cluster_ip:
        spec.cluster_ips = list(old.cluster_ips)
    if spec.cluster_ip != old.cluster_ip and spec.cluster_ips == old.cluster_ips:
        spec.cluster_ips = [spec.cluster_ip] if spec.cluster_ip else []
