"""Service: one address for many Pods."""

from __future__ import annotations

from typing import ClassVar

from kregistry.meta.condition import Condition
from kregistry.meta.intstr import IntOrString
from kregistry.meta.model import Model, field, model
from kregistry.meta.object import Object


@model
class ServicePort(Model):
    """A port of the service and where its traffic goes."""

    name: str = ""
    protocol: str = field(default="", enum=("SCTP", "TCP", "UDP"))
    app_protocol: str | None = None
    port: int = field(default=0, always=True)
    target_port: IntOrString = field(default=IntOrString(0), always=True)
    node_port: int = 0


@model
class ClientIPConfig(Model):
    """How long a client keeps the Pod it got."""

    timeout_seconds: int | None = None


@model
class SessionAffinityConfig(Model):
    """Details of session affinity."""

    client_ip: ClientIPConfig | None = field(default=None, json="clientIP")


@model
class PortStatus(Model):
    """What became of one port of a load balancer."""

    port: int = field(default=0, always=True)
    protocol: str = field(default="", always=True, enum=("SCTP", "TCP", "UDP"))
    error: str | None = None


@model
class LoadBalancerIngress(Model):
    """One address at which a load balancer takes traffic."""

    ip: str = ""
    hostname: str = ""
    ip_mode: str | None = None
    ports: list[PortStatus] = field(factory=list, list_type="atomic")


@model
class LoadBalancerStatus(Model):
    """Where a load balancer can be reached."""

    ingress: list[LoadBalancerIngress] = field(factory=list, list_type="atomic")


@model
class ServiceSpec(Model):
    """Which Pods serve, on which ports, and who may reach them."""

    ports: list[ServicePort] = field(
        factory=list,
        list_type="map",
        keys=("port", "protocol"),
        merge_key="port",
        strategy=("merge",),
    )
    selector: dict[str, str] = field(factory=dict, map_type="atomic")
    cluster_ip: str = field(default="", json="clusterIP")
    cluster_ips: list[str] = field(factory=list, json="clusterIPs", list_type="atomic")
    type: str = field(default="", enum=("ClusterIP", "ExternalName", "LoadBalancer", "NodePort"))
    external_ips: list[str] = field(factory=list, json="externalIPs", list_type="atomic")
    session_affinity: str = field(default="", enum=("ClientIP", "None"))
    load_balancer_ip: str = field(default="", json="loadBalancerIP")
    load_balancer_source_ranges: list[str] = field(factory=list, list_type="atomic")
    external_name: str = ""
    external_traffic_policy: str = field(default="", enum=("Cluster", "Local"))
    health_check_node_port: int = 0
    publish_not_ready_addresses: bool = False
    session_affinity_config: SessionAffinityConfig | None = None
    ip_families: list[str] = field(factory=list, list_type="atomic", enum=("", "IPv4", "IPv6"))
    ip_family_policy: str | None = field(
        default=None, enum=("PreferDualStack", "RequireDualStack", "SingleStack")
    )
    allocate_load_balancer_node_ports: bool | None = None
    load_balancer_class: str | None = None
    internal_traffic_policy: str | None = field(default=None, enum=("Cluster", "Local"))
    traffic_distribution: str | None = None


@model
class ServiceStatus(Model):
    """What the provider of the load balancer reports."""

    load_balancer: LoadBalancerStatus = field(factory=LoadBalancerStatus, always=True)
    conditions: list[Condition] = field(
        factory=list, list_type="map", keys=("type",), merge_key="type", strategy=("merge",)
    )


@model
class Service(Object):
    """A stable name and address in front of the Pods that a selector finds."""

    api_version: ClassVar[str] = "v1"
    kind: ClassVar[str] = "Service"

    spec: ServiceSpec = field(factory=ServiceSpec, always=True)
    status: ServiceStatus = field(factory=ServiceStatus, always=True)
