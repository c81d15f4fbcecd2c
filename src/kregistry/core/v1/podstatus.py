"""The status of a Pod."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kregistry.meta.model import Model, field, model
from kregistry.meta.quantity import Quantity
from kregistry.meta.time import Time

if TYPE_CHECKING:
    from kregistry.core.v1.containerstatus import ContainerStatus
    from kregistry.core.v1.network import HostIP, PodIP
    from kregistry.core.v1.resources import (
        NodeAllocatableResourceClaimStatus,
        PodExtendedResourceClaimStatus,
        PodResourceClaimStatus,
        ResourceRequirements,
    )


@model
class PodCondition(Model):
    """One thing that is true, false or unknown of a Pod, such as Ready."""

    type: str = field(default="", always=True)
    observed_generation: int = 0
    status: str = field(default="", always=True)
    last_probe_time: Time | None = field(default=None, always=True)
    last_transition_time: Time | None = field(default=None, always=True)
    reason: str = ""
    message: str = ""


@model
class PodStatus(Model):
    """What is known of a Pod; the node it runs on and controllers report it."""

    observed_generation: int = 0
    phase: str = field(default="", enum=("Failed", "Pending", "Running", "Succeeded", "Unknown"))
    conditions: list[PodCondition] = field(
        factory=list, list_type="map", keys=("type",), merge_key="type", strategy=("merge",)
    )
    message: str = ""
    reason: str = ""
    nominated_node_name: str = ""
    host_ip: str = field(default="", json="hostIP")
    host_ips: list[HostIP] = field(
        factory=list, json="hostIPs", list_type="atomic", merge_key="ip", strategy=("merge",)
    )
    pod_ip: str = field(default="", json="podIP")
    pod_ips: list[PodIP] = field(
        factory=list,
        json="podIPs",
        list_type="map",
        keys=("ip",),
        merge_key="ip",
        strategy=("merge",),
    )
    start_time: Time | None = None
    init_container_statuses: list[ContainerStatus] = field(factory=list, list_type="atomic")
    container_statuses: list[ContainerStatus] = field(factory=list, list_type="atomic")
    qos_class: str = field(default="", enum=("BestEffort", "Burstable", "Guaranteed"))
    ephemeral_container_statuses: list[ContainerStatus] = field(factory=list, list_type="atomic")
    resize: str = ""
    resource_claim_statuses: list[PodResourceClaimStatus] = field(
        factory=list,
        list_type="map",
        keys=("name",),
        merge_key="name",
        strategy=("merge", "retainKeys"),
    )
    extended_resource_claim_status: PodExtendedResourceClaimStatus | None = None
    allocated_resources: dict[str, Quantity] = field(factory=dict)
    resources: ResourceRequirements | None = None
    node_allocatable_resource_claim_statuses: list[NodeAllocatableResourceClaimStatus] = field(
        factory=list, list_type="atomic"
    )
