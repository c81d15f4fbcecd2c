"""What a node may report of a Pod.

Source: ``ValidatePodStatusUpdate``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from kregistry.core.pod.addresses import standard_ip
from kregistry.core.pod.validation.checks import follow
from kregistry.core.pod.validation.claimstatus import (
    check_claim_statuses,
    check_extended_claim,
)
from kregistry.core.pod.validation.containerstatus import (
    check_device_health,
    check_restarts,
    check_users,
)
from kregistry.core.pod.validation.network import ip_messages
from kregistry.core.pod.validation.options import PodValidationOptions
from kregistry.core.pod.validation.update import check_annotation_changes
from kregistry.core.v1 import Pod, PodCondition, PodStatus
from kregistry.meta import names
from kregistry.meta.field import ErrorList, Path
from kregistry.meta.goformat import quote
from kregistry.registry.validation import validate_object_meta_update

_META: Final = Path("metadata")
_STATUS: Final = Path("status")
_SYSTEM_CONDITIONS: Final = frozenset({"PodScheduled", "Ready", "Initialized"})
_NEGATIVE: Final = "must be a non-negative integer"
_ONE_PER_FAMILY: Final = "may specify no more than one IP for each IP family"


def validate_pod_status_update(pod: Pod, old: Pod, options: PodValidationOptions) -> ErrorList:
    """Everything that is wrong with the status of *pod* after that of *old*.

    Only reads both. The specs are taken to be the same.
    """
    errs = validate_object_meta_update(pod.metadata, old.metadata)
    check_annotation_changes(errs, _META / "annotations", pod, old)
    _check_conditions(errs, _STATUS / "conditions", pod.status.conditions)
    _check_nodes(errs, pod, old)
    if pod.status.observed_generation < 0:
        errs.invalid(_STATUS / "observedGeneration", pod.status.observed_generation, _NEGATIVE)
    errs.immutable(_STATUS / "qosClass", pod.status.qos_class, old.status.qos_class)
    check_restarts(errs, _STATUS, pod, old.status)
    check_claim_statuses(
        errs, _STATUS / "resourceClaimStatuses", pod.status.resource_claim_statuses, pod.spec
    )
    extended = pod.status.extended_resource_claim_status
    check_extended_claim(errs, _STATUS / "extendedResourceClaimStatus", extended, pod.spec)
    _check_addresses(errs, pod.status, options.old_ips)
    check_users(errs, _STATUS, pod)
    check_device_health(errs, _STATUS, pod)
    return errs


def ip_warnings(status: PodStatus) -> list[str]:
    """A word about each address that is valid but not written as it should be."""
    found: list[str] = []
    for name, addresses in (
        ("podIPs", [entry.ip for entry in status.pod_ips]),
        ("hostIPs", [entry.ip for entry in status.host_ips]),
    ):
        for index, address in enumerate(addresses):
            path = (_STATUS / name).index(index) / "ip"
            found += _spelling(path, address)
    return found


def _spelling(path: Path, address: str) -> list[str]:
    """Source: ``utilvalidation.GetWarningsForIP``."""
    standard = standard_ip(address)
    if standard is None or standard == address:
        return []
    if ip_messages(address):
        return [
            f"{path}: non-standard IP address {quote(address)} will be considered invalid in a "
            f"future Kubernetes release: use {quote(standard)}"
        ]
    return [
        f"{path}: IPv6 address {quote(address)} should be in RFC 5952 canonical format "
        f"({quote(standard)})"
    ]


def _check_conditions(errs: ErrorList, path: Path, conditions: Sequence[PodCondition]) -> None:
    for index, condition in enumerate(conditions):
        at = path.index(index)
        if condition.observed_generation < 0:
            errs.invalid(at / "observedGeneration", condition.observed_generation, _NEGATIVE)
        if condition.type not in _SYSTEM_CONDITIONS:
            follow(errs, at / "Type", condition.type, names.qualified_name)


def _check_nodes(errs: ErrorList, pod: Pod, old: Pod) -> None:
    if pod.spec.node_name != old.spec.node_name:
        errs.forbidden(_STATUS / "nodeName", "may not be changed directly")
    nominated = pod.status.nominated_node_name
    if not nominated or nominated == old.status.nominated_node_name:
        return
    at = _STATUS / "nominatedNodeName"
    follow(errs, at, nominated, names.dns1123_subdomain)
    if pod.spec.node_name:
        detail = "may not be set on pods that are already bound to a node"
        errs.forbidden(at, detail)


def _check_addresses(errs: ErrorList, status: PodStatus, old: frozenset[str]) -> None:
    """Addresses are addresses, at most one of each family."""
    pod_ips = [entry.ip for entry in status.pod_ips]
    host_ips = [entry.ip for entry in status.host_ips]
    _check_family(errs, _STATUS / "podIPs", pod_ips, old)
    if host_ips and status.host_ip != host_ips[0]:
        at = (_STATUS / "hostIPs").index(0) / "ip"
        errs.invalid(at, host_ips[0], "must be equal to `hostIP`")
    _check_family(errs, _STATUS / "hostIPs", host_ips, old)


def _check_family(
    errs: ErrorList, path: Path, addresses: Sequence[str], old: frozenset[str]
) -> None:
    for index, address in enumerate(addresses):
        if address not in old:
            follow(errs, path.index(index), address, ip_messages)
    if len(addresses) < 2:
        return
    families = [":" in address for address in addresses]
    if len(set(families)) != len(families):
        errs.invalid(path, [{"IP": address} for address in addresses], _ONE_PER_FAMILY)
