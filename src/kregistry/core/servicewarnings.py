"""What whoever writes a valid Service should know all the same.

Source: ``k8s.io/kubernetes/pkg/api/service/warnings.go`` GetWarningsForService.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from kregistry.core.addresses import warnings_for_address, warnings_for_range
from kregistry.core.servicerules import TOPOLOGY_HINTS, TOPOLOGY_MODE
from kregistry.core.v1 import Service, ServiceSpec
from kregistry.meta.field import Path

_SPEC: Final = Path("spec")


def warnings_for_service(service: Service) -> list[str]:
    """All warnings about the specification, in the API server's order."""
    return list(_warnings(service))


def warnings_for_ingress(service: Service) -> list[str]:
    """All warnings about what a load balancer reports."""
    at = Path("status", "loadBalancer", "ingress")
    return [
        warning
        for index, entry in enumerate(service.status.load_balancer.ingress)
        for warning in warnings_for_address(at.index(index), entry.ip)
    ]


def _warnings(service: Service) -> Iterator[str]:
    spec = service.spec
    if TOPOLOGY_HINTS in service.metadata.annotations:
        yield f"annotation {TOPOLOGY_HINTS} is deprecated, please use {TOPOLOGY_MODE} instead"
    for index, text in enumerate(spec.cluster_ips):
        yield from warnings_for_address((_SPEC / "clusterIPs").index(index), text)
    if spec.type == "ClusterIP" and spec.cluster_ip == "None":
        yield from _ignored_without_address(spec)
    for index, text in enumerate(spec.external_ips):
        yield from warnings_for_address((_SPEC / "externalIPs").index(index), text)
    yield from warnings_for_address(_SPEC / "loadBalancerIP", spec.load_balancer_ip)
    for index, text in enumerate(spec.load_balancer_source_ranges):
        yield from warnings_for_range((_SPEC / "loadBalancerSourceRanges").index(index), text)
    if spec.type == "ExternalName" and spec.external_ips:
        yield 'spec.externalIPs is ignored when spec.type is "ExternalName"'
    if spec.type != "ExternalName" and spec.external_name:
        yield 'spec.externalName is ignored when spec.type is not "ExternalName"'
    if spec.traffic_distribution == "PreferClose":
        yield 'spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"'


def _ignored_without_address(spec: ServiceSpec) -> Iterator[str]:
    if spec.load_balancer_ip:
        yield "spec.loadBalancerIP is ignored for headless services"
    if spec.external_ips:
        yield "spec.externalIPs is ignored for headless services"
    if spec.session_affinity != "None":
        yield "spec.SessionAffinity is ignored for headless services"
