"""Node: a machine that runs Pods."""

from __future__ import annotations

from typing import ClassVar

from kregistry.core.v1.nodestatus import NodeStatus
from kregistry.meta.model import Model, field, model
from kregistry.meta.object import Object
from kregistry.meta.time import Time


@model
class Taint(Model):
    """Keeps Pods off a node unless they tolerate it."""

    key: str = field(default="", always=True)
    value: str = ""
    effect: str = field(
        default="", always=True, enum=("NoExecute", "NoSchedule", "PreferNoSchedule")
    )
    time_added: Time | None = None


@model
class ConfigMapNodeConfigSource(Model):
    """A ConfigMap that a kubelet read its settings from. No longer in use."""

    namespace: str = field(default="", always=True)
    name: str = field(default="", always=True)
    uid: str = ""
    resource_version: str = ""
    kubelet_config_key: str = field(default="", always=True)


@model
class NodeConfigSource(Model):
    """Where a kubelet read its settings from. No longer in use."""

    config_map: ConfigMapNodeConfigSource | None = None


@model
class NodeSpec(Model):
    """What is decided about a node: its addresses for Pods, its taints."""

    pod_cidr: str = field(default="", json="podCIDR")
    pod_cidrs: list[str] = field(
        factory=list, json="podCIDRs", list_type="set", strategy=("merge",)
    )
    provider_id: str = field(default="", json="providerID")
    unschedulable: bool = False
    taints: list[Taint] = field(factory=list, list_type="atomic")
    config_source: NodeConfigSource | None = None
    external_id: str = field(default="", json="externalID")


@model
class Node(Object):
    """A machine of the cluster, virtual or not."""

    api_version: ClassVar[str] = "v1"
    kind: ClassVar[str] = "Node"

    spec: NodeSpec = field(factory=NodeSpec, always=True)
    status: NodeStatus = field(factory=NodeStatus, always=True)
