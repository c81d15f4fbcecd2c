"""The specification of a Pod."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kregistry.meta.model import Model, field, model
from kregistry.meta.quantity import Quantity

if TYPE_CHECKING:
    from kregistry.core.v1.affinity import Affinity
    from kregistry.core.v1.container import Container, EphemeralContainer
    from kregistry.core.v1.network import HostAlias, PodDNSConfig
    from kregistry.core.v1.references import LocalObjectReference
    from kregistry.core.v1.resources import PodResourceClaim, ResourceRequirements
    from kregistry.core.v1.scheduling import (
        PodReadinessGate,
        PodSchedulingGate,
        PodSchedulingGroup,
        Toleration,
        TopologySpreadConstraint,
    )
    from kregistry.core.v1.security import PodSecurityContext
    from kregistry.core.v1.volume import Volume


@model
class PodOS(Model):
    """The operating system that the containers are made for."""

    name: str = field(default="", always=True)


@model
class PodSpec(Model):
    """What a Pod shall run, where, and under which rules. Little may change later."""

    volumes: list[Volume] = field(
        factory=list,
        list_type="map",
        keys=("name",),
        merge_key="name",
        strategy=("merge", "retainKeys"),
    )
    init_containers: list[Container] = field(
        factory=list, list_type="map", keys=("name",), merge_key="name", strategy=("merge",)
    )
    containers: list[Container] = field(
        factory=list,
        always=True,
        list_type="map",
        keys=("name",),
        merge_key="name",
        strategy=("merge",),
    )
    ephemeral_containers: list[EphemeralContainer] = field(
        factory=list, list_type="map", keys=("name",), merge_key="name", strategy=("merge",)
    )
    restart_policy: str = field(default="", enum=("Always", "Never", "OnFailure"))
    termination_grace_period_seconds: int | None = None
    active_deadline_seconds: int | None = None
    dns_policy: str = field(
        default="", enum=("ClusterFirst", "ClusterFirstWithHostNet", "Default", "None")
    )
    node_selector: dict[str, str] = field(factory=dict, map_type="atomic")
    service_account_name: str = ""
    service_account: str = ""
    automount_service_account_token: bool | None = None
    node_name: str = ""
    host_network: bool = False
    host_pid: bool = field(default=False, json="hostPID")
    host_ipc: bool = field(default=False, json="hostIPC")
    share_process_namespace: bool | None = None
    security_context: PodSecurityContext | None = None
    image_pull_secrets: list[LocalObjectReference] = field(
        factory=list, list_type="map", keys=("name",), merge_key="name", strategy=("merge",)
    )
    hostname: str = ""
    subdomain: str = ""
    affinity: Affinity | None = None
    scheduler_name: str = ""
    tolerations: list[Toleration] = field(factory=list, list_type="atomic")
    host_aliases: list[HostAlias] = field(
        factory=list, list_type="map", keys=("ip",), merge_key="ip", strategy=("merge",)
    )
    priority_class_name: str = ""
    priority: int | None = None
    dns_config: PodDNSConfig | None = None
    readiness_gates: list[PodReadinessGate] = field(factory=list, list_type="atomic")
    runtime_class_name: str | None = None
    enable_service_links: bool | None = None
    preemption_policy: str | None = field(default=None, enum=("Never", "PreemptLowerPriority"))
    overhead: dict[str, Quantity] = field(factory=dict)
    topology_spread_constraints: list[TopologySpreadConstraint] = field(
        factory=list,
        list_type="map",
        keys=("topologyKey", "whenUnsatisfiable"),
        merge_key="topologyKey",
        strategy=("merge",),
    )
    set_hostname_as_fqdn: bool | None = field(default=None, json="setHostnameAsFQDN")
    os: PodOS | None = None
    host_users: bool | None = None
    scheduling_gates: list[PodSchedulingGate] = field(
        factory=list, list_type="map", keys=("name",), merge_key="name", strategy=("merge",)
    )
    resource_claims: list[PodResourceClaim] = field(
        factory=list,
        list_type="map",
        keys=("name",),
        merge_key="name",
        strategy=("merge", "retainKeys"),
    )
    resources: ResourceRequirements | None = None
    hostname_override: str | None = None
    scheduling_group: PodSchedulingGroup | None = None
