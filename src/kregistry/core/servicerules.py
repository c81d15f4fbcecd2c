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
from kregistry.core.pod.validation.checks import follow, require_supported, twice
from kregistry.core.pod.validation.ports import PROTOCOLS, check_port, check_port_number
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
_KUBELET_PORT: Final = 10_250
_USED_BY_KUBELET: Final = (
    f"may not expose port {_KUBELET_PORT} externally since it is used by kubelet"
)
_MAX_AFFINITY: Final = 86_400
_RANGES_ANNOTATION: Final = "service.beta.kubernetes.io/load-balancer-source-ranges"
_BALANCED_ONLY: Final = "may only be used when `type` is 'LoadBalancer'"


def check_service(errs: ErrorList, service: Service) -> None:
    """Everything that is wrong with the specification, in the order of the API server."""
    spec = service.spec
    headless = spec.cluster_ip == "None"
    if not spec.ports and not headless and spec.type != "ExternalName":
        errs.required(_PORTS)
    _check_type(errs, spec, headless)
    seen: set[str] = set()
    for index, port in enumerate(spec.ports):
        _check_port(errs, _PORTS.index(index), port, seen, several=len(spec.ports) > 1)
    errs += validate_labels(spec.selector, _SPEC / "selector")
    _check_affinity(errs, spec)
    _check_addresses(errs, spec)
    require_supported(errs, _SPEC / "type", spec.type, _TYPES)
    if spec.type in ("ClusterIP", "ExternalName"):
        _refuse_node_ports(errs, spec)
    _check_unique(errs, spec.ports)
    _check_source_ranges(errs, service)
    _check_balancing(errs, spec)
    _check_outside_traffic(errs, spec)
    _check_inside_traffic(errs, spec)


def _check_type(errs: ErrorList, spec: ServiceSpec, headless: bool) -> None:
    """What a type demands of the address, and of the name outside."""
    if spec.type == "LoadBalancer":
        for index, port in enumerate(spec.ports):
            if port.port == _KUBELET_PORT:
                detail = (
                    f"may not expose port {_KUBELET_PORT} externally since it is used by kubelet"
                )
                errs.invalid(_PORTS.index(index), port.port, detail)
    if spec.type in ("LoadBalancer", "NodePort") and headless:
        detail = f"may not be set to 'None' for {spec.type} services"
        errs.invalid((_SPEC / "clusterIPs").index(0), "None", detail)
    if spec.type == "ExternalName":
        if spec.cluster_ips or spec.cluster_ip:
            errs.forbidden(_SPEC / "clusterIPs", "may not be set for ExternalName services")
        at = _SPEC / "externalName"
        if spec.external_name:
            follow(errs, at, spec.external_name.removesuffix("."), names.dns1123_subdomain)
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


def _check_addresses(errs: ErrorList, spec: ServiceSpec) -> None:
    """Source: ``ValidateServiceClusterIPsRelatedFields``, and the external addresses."""
    if spec.cluster_ip and spec.cluster_ips and spec.cluster_ips[0] != spec.cluster_ip:
        errs.invalid(_SPEC / "clusterIPs", spec.cluster_ips, "first value must match `clusterIP`")
    for index, address in enumerate(spec.cluster_ips):
        at = (_SPEC / "clusterIPs").index(index)
        if address == "None":
            if index or len(spec.cluster_ips) > 1:
                errs.invalid(at, address, "must be a valid IP address")
        elif not is_address(address):
            errs.invalid(at, address, NOT_AN_ADDRESS)
    for index, address in enumerate(spec.external_ips):
        check_ordinary_address(errs, (_SPEC / "externalIPs").index(index), address)


def _refuse_node_ports(errs: ErrorList, spec: ServiceSpec) -> None:
    for index, port in enumerate(spec.ports):
        if port.node_port:
            detail = f"may not be used when `type` is '{spec.type}'"
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
    spec, annotation = service.spec, service.metadata.annotations.get(_RANGES_ANNOTATION)
    if spec.load_balancer_source_ranges:
        at = _SPEC / "loadBalancerSourceRanges"
        if spec.type != "LoadBalancer":
            errs.forbidden(at, _BALANCED_ONLY)
        for index, text in enumerate(spec.load_balancer_source_ranges):
            if range_of(text.strip()) is None:
                errs.invalid(at.index(index), text, NOT_A_RANGE)
    elif annotation is not None:
        at = Path("metadata", "annotations").key(_RANGES_ANNOTATION)
        if spec.type != "LoadBalancer":
            errs.forbidden(at, _BALANCED_ONLY)
        texts = [text.strip() for text in annotation.strip().split(",")]
        if annotation.strip() and any(range_of(text) is None for text in texts):
            detail = "must be a list of IP ranges. For example, 10.240.0.0/24,10.250.0.0/24 "
            errs.invalid(at, annotation, detail)


def _check_balancing(errs: ErrorList, spec: ServiceSpec) -> None:
    """What load balancers alone have."""
    at, allocate = _SPEC / "allocateLoadBalancerNodePorts", spec.allocate_load_balancer_node_ports
    if spec.type == "LoadBalancer" and allocate is None:
        errs.required(at)
    elif spec.type != "LoadBalancer" and allocate is not None:
        errs.forbidden(at, _BALANCED_ONLY)
    if spec.load_balancer_class is None:
        return
    at = _SPEC / "loadBalancerClass"
    if spec.type != "LoadBalancer":
        errs.forbidden(at, _BALANCED_ONLY)
    follow(errs, at, spec.load_balancer_class, names.qualified_name)


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
    if policy is None:
        if spec.type in ("ClusterIP", "NodePort", "LoadBalancer"):
            errs.required(at)
    elif policy not in _POLICIES:
        errs.not_supported(at, policy, _POLICIES)


def check_load_balancer(errs: ErrorList, path: Path, service: Service) -> None:
    """What a provider reports. Source: ``ValidateLoadBalancerStatus``."""
    ingress = service.status.load_balancer.ingress
    at = path / "ingress"
    if service.spec.type != "LoadBalancer" and ingress:
        errs.forbidden(at, "may only be used when `spec.type` is LoadBalancer")
        return
    for index, entry in enumerate(ingress):
        here = at.index(index)
        if entry.ip and not is_address(entry.ip):
            errs.invalid(here / "ip", entry.ip, NOT_AN_ADDRESS)
        if entry.ip and entry.ip_mode is None:
            errs.required(here / "ipMode", "must be specified when `ip` is set")
        if not entry.ip and entry.ip_mode is not None:
            errs.forbidden(here / "ipMode", "may not be specified when `ip` is not set")
        if entry.hostname:
            follow(errs, here / "hostname", entry.hostname, names.dns1123_subdomain)
            if is_address(entry.hostname):
                detail = "must be a DNS name, not an IP address"
                errs.invalid(here / "hostname", entry.hostname, detail)
