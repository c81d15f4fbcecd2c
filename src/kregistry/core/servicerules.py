"""Rules for Services.

Source: ``k8s.io/kubernetes/pkg/apis/core/validation`` ValidateService.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from kregistry.core.addresses import (
    NOT_A_RANGE,
    NOT_AN_ADDRESS,
    check_ordinary_address,
    is_address,
    range_of,
)
from kregistry.core.pod.validation.checks import follow, require_supported, supported, twice
from kregistry.core.pod.validation.ports import PROTOCOLS, check_port, check_port_number
from kregistry.core.serviceaddresses import check_address_change, check_addresses, is_headless
from kregistry.core.servicetypes import is_reached_from_outside, needs_health_check
from kregistry.core.v1 import Service, ServicePort, ServiceSpec
from kregistry.meta import names
from kregistry.meta.field import ErrorList, Path
from kregistry.registry.validation import validate_labels

_SPEC: Final = Path("spec")
_PORTS: Final = _SPEC / "ports"
_TYPES: Final = ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort")
_AFFINITIES: Final = ("ClientIP", "None")
_POLICIES: Final = ("Cluster", "Local")
_IP_MODES: Final = ("Proxy", "VIP")
_DISTRIBUTIONS: Final = ("PreferClose", "PreferSameZone", "PreferSameNode")
_MAX_AFFINITY: Final = 86_400
#: Two names of one annotation: the present one and the former one.
TOPOLOGY_MODE: Final = "service.kubernetes.io/topology-mode"
TOPOLOGY_HINTS: Final = "service.kubernetes.io/topology-aware-hints"
_RANGES_ANNOTATION: Final = "service.beta.kubernetes.io/load-balancer-source-ranges"
_BALANCED_ONLY: Final = "may only be used when `type` is 'LoadBalancer'"


def check_service(errs: ErrorList, service: Service) -> None:
    """Everything that is wrong with it but for metadata, in the order of the API server."""
    spec = service.spec
    _check_topology(errs, service)
    if not spec.ports and not is_headless(spec) and spec.type != "ExternalName":
        errs.required(_PORTS)
    _check_type(errs, spec)
    seen: set[str] = set()
    for index, port in enumerate(spec.ports):
        _check_port(errs, _PORTS.index(index), port, seen, several=len(spec.ports) > 1)
    errs += validate_labels(spec.selector, _SPEC / "selector")
    _check_affinity(errs, spec)
    check_addresses(errs, spec)
    for index, address in enumerate(spec.external_ips):
        check_ordinary_address(errs, (_SPEC / "externalIPs").index(index), address)
    require_supported(errs, _SPEC / "type", spec.type, _TYPES)
    if spec.type == "ClusterIP":
        _refuse_node_ports(errs, spec)
    _check_unique(errs, spec.ports)
    _check_source_ranges(errs, service)
    _check_balancing(errs, spec)
    _check_outside_traffic(errs, spec)
    _check_inside_traffic(errs, spec)


def check_service_change(errs: ErrorList, spec: ServiceSpec, old: ServiceSpec) -> None:
    """What was given out once stays. Source: ``ValidateServiceUpdate``."""
    check_address_change(errs, spec, old)
    both_balanced = spec.type == old.type == "LoadBalancer"
    if both_balanced and spec.load_balancer_class != old.load_balancer_class:
        at = _SPEC / "loadBalancerClass"
        errs.invalid(at, spec.load_balancer_class, "may not change once set")
    if needs_health_check(spec) and needs_health_check(old):
        at = _SPEC / "healthCheckNodePort"
        if spec.health_check_node_port != old.health_check_node_port:
            errs.forbidden(at, "field is immutable")


def _check_topology(errs: ErrorList, service: Service) -> None:
    annotations = service.metadata.annotations
    mode, hints = annotations.get(TOPOLOGY_MODE), annotations.get(TOPOLOGY_HINTS)
    if mode is not None and hints is not None and mode != hints:
        detail = f"must match annotations[{TOPOLOGY_HINTS}] when both are specified"
        errs.invalid(Path("metadata", "annotations").key(TOPOLOGY_MODE), mode, detail)


def _check_type(errs: ErrorList, spec: ServiceSpec) -> None:
    """What a type demands of the address, and of the name outside."""
    if spec.type in ("LoadBalancer", "NodePort") and is_headless(spec):
        detail = f"may not be set to 'None' for {spec.type} services"
        errs.invalid((_SPEC / "clusterIPs").index(0), "None", detail)
    if spec.type != "ExternalName":
        return
    detail = "may not be set for ExternalName services"
    if spec.cluster_ips:
        errs.forbidden(_SPEC / "clusterIPs", detail)
    if spec.ip_families:
        errs.forbidden(_SPEC / "ipFamilies", detail)
    if spec.ip_family_policy is not None:
        errs.forbidden(_SPEC / "ipFamilyPolicy", detail)
    at, outside = _SPEC / "externalName", spec.external_name.removesuffix(".")
    if outside:
        follow(errs, at, outside, names.dns1123_subdomain)
    else:
        errs.required(at)


def _check_port(
    errs: ErrorList, path: Path, port: ServicePort, seen: set[str], *, several: bool
) -> None:
    """Source: ``validateServicePort``."""
    if port.name:
        follow(errs, path / "name", port.name, names.dns1123_label)
        twice(errs, path / "name", port.name, seen)
    elif several:
        errs.required(path / "name")
    check_port_number(errs, path / "port", port.port)
    require_supported(errs, path / "protocol", port.protocol, PROTOCOLS)
    check_port(errs, path / "targetPort", port.target_port)
    if port.app_protocol is not None:
        follow(errs, path / "appProtocol", port.app_protocol, names.qualified_name)


def _check_affinity(errs: ErrorList, spec: ServiceSpec) -> None:
    require_supported(errs, _SPEC / "sessionAffinity", spec.session_affinity, _AFFINITIES)
    at, config = _SPEC / "sessionAffinityConfig", spec.session_affinity_config
    if spec.session_affinity == "None" and config is not None:
        errs.forbidden(at, "must not be set when session affinity is None")
    if spec.session_affinity != "ClientIP":
        return
    needed = "when session affinity type is ClientIP"
    if config is None:
        errs.required(at, needed)
    elif config.client_ip is None:
        errs.required(at / "clientIP", needed)
    elif config.client_ip.timeout_seconds is None:
        errs.required(at.child("clientIP", "timeoutSeconds"), needed)
    elif not 0 < (seconds := config.client_ip.timeout_seconds) <= _MAX_AFFINITY:
        detail = f"must be greater than 0 and less than {_MAX_AFFINITY}"
        errs.invalid(at.child("clientIP", "timeoutSeconds"), seconds, detail)


def _refuse_node_ports(errs: ErrorList, spec: ServiceSpec) -> None:
    for index, port in enumerate(spec.ports):
        if port.node_port:
            detail = "may not be used when `type` is 'ClusterIP'"
            errs.forbidden(_PORTS.index(index) / "nodePort", detail)


def _check_unique(errs: ErrorList, ports: Sequence[ServicePort]) -> None:
    """A port, and a port of the nodes, stands there once for each protocol."""
    on_nodes: set[tuple[str, int]] = set()
    for index, port in enumerate(ports):
        if not port.node_port:
            continue
        if (port.protocol, port.node_port) in on_nodes:
            errs.duplicate(_PORTS.index(index) / "nodePort", port.node_port)
        on_nodes.add((port.protocol, port.node_port))
    seen: set[tuple[str, int]] = set()
    for index, port in enumerate(ports):
        if (port.protocol, port.port) in seen:
            errs.duplicate(_PORTS.index(index), _go_port(port))
        seen.add((port.protocol, port.port))


def _go_port(port: ServicePort) -> dict[str, object]:
    """A port with nothing but what makes it unique, by the names that Go prints."""
    return {
        "Name": "",
        "Protocol": port.protocol,
        "AppProtocol": None,
        "Port": port.port,
        "TargetPort": 0,
        "NodePort": 0,
    }


def _check_source_ranges(errs: ErrorList, service: Service) -> None:
    """Who may come in, by the field or by the annotation that was there before it.

    The capital letter in the path of the field is the API server's.
    """
    spec, annotation = service.spec, service.metadata.annotations.get(_RANGES_ANNOTATION)
    if spec.load_balancer_source_ranges:
        at = _SPEC / "LoadBalancerSourceRanges"
        ranges = spec.load_balancer_source_ranges
        placed = [(at.index(index), text.strip()) for index, text in enumerate(ranges)]
    elif annotation is not None:
        at = Path("metadata", "annotations").key(_RANGES_ANNOTATION)
        texts = annotation.strip().split(",") if annotation.strip() else []
        placed = [(at, text.strip()) for text in texts]
    else:
        return
    if spec.type != "LoadBalancer":
        errs.forbidden(at, _BALANCED_ONLY)
    for place, text in placed:
        if range_of(text) is None:
            errs.invalid(place, text, NOT_A_RANGE)


def _check_balancing(errs: ErrorList, spec: ServiceSpec) -> None:
    """What load balancers alone have."""
    allocate, balancer = spec.allocate_load_balancer_node_ports, spec.load_balancer_class
    if spec.type == "LoadBalancer":
        if allocate is None:
            # The API server leaves out that the field is in the specification.
            errs.required(Path("allocateLoadBalancerNodePorts"))
        if balancer is not None:
            follow(errs, _SPEC / "loadBalancerClass", balancer, names.qualified_name)
        return
    if allocate is not None:
        errs.forbidden(_SPEC / "allocateLoadBalancerNodePorts", _BALANCED_ONLY)
    if balancer is not None:
        errs.forbidden(_SPEC / "loadBalancerClass", _BALANCED_ONLY)


def _check_outside_traffic(errs: ErrorList, spec: ServiceSpec) -> None:
    """Source: ``validateServiceExternalTrafficFieldsValue`` and its combination."""
    at, policy = _SPEC / "externalTrafficPolicy", spec.external_traffic_policy
    if not is_reached_from_outside(spec):
        if policy:
            detail = "may only be set for externally-accessible services"
            errs.invalid(at, policy, detail)
    elif not policy:
        errs.required(at)
    elif policy not in _POLICIES:
        errs.not_supported(at, policy, _POLICIES)
    at, port = _SPEC / "healthCheckNodePort", spec.health_check_node_port
    if port and not needs_health_check(spec):
        detail = (
            "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"
        )
        errs.invalid(at, port, detail)
    elif port:
        check_port_number(errs, at, port)


def _check_inside_traffic(errs: ErrorList, spec: ServiceSpec) -> None:
    at, policy = _SPEC / "internalTrafficPolicy", spec.internal_traffic_policy
    if policy is not None:
        supported(errs, at, policy, _POLICIES)
    elif spec.type in ("ClusterIP", "NodePort", "LoadBalancer"):
        errs.required(at)
    if spec.traffic_distribution is not None:
        at = _SPEC / "trafficDistribution"
        supported(errs, at, spec.traffic_distribution, _DISTRIBUTIONS)


def check_load_balancer(errs: ErrorList, path: Path, service: Service) -> None:
    """What a provider reports. Source: ``ValidateLoadBalancerStatus``."""
    ingress = service.status.load_balancer.ingress
    at = path / "ingress"
    if service.spec.type != "LoadBalancer" and ingress:
        errs.forbidden(at, "may only be used when `spec.type` is 'LoadBalancer'")
        return
    for index, entry in enumerate(ingress):
        here = at.index(index)
        if entry.ip and not is_address(entry.ip):
            errs.invalid(here / "ip", entry.ip, NOT_AN_ADDRESS)
        if entry.ip_mode is None:
            if entry.ip:
                errs.required(here / "ipMode", "must be specified when `ip` is set")
        elif not entry.ip:
            errs.forbidden(here / "ipMode", "may not be specified when `ip` is not set")
        else:
            supported(errs, here / "ipMode", entry.ip_mode, _IP_MODES)
        if entry.hostname:
            follow(errs, here / "hostname", entry.hostname, names.dns1123_subdomain)
            if is_address(entry.hostname):
                detail = "must be a DNS name, not an IP address"
                errs.invalid(here / "hostname", entry.hostname, detail)
