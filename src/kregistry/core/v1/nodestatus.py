"""The status of a Node, as its kubelet reports it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kregistry.meta.model import Model, field, model
from kregistry.meta.quantity import Quantity
from kregistry.meta.time import Time

if TYPE_CHECKING:
    from kregistry.core.v1.node import NodeConfigSource


@model
class NodeCondition(Model):
    """One thing that is true, false or unknown of a node, such as Ready."""

    type: str = field(default="", always=True)
    status: str = field(default="", always=True)
    last_heartbeat_time: Time | None = field(default=None, always=True)
    last_transition_time: Time | None = field(default=None, always=True)
    reason: str = ""
    message: str = ""


@model
class NodeAddress(Model):
    """One address or name of a node."""

    type: str = field(default="", always=True)
    address: str = field(default="", always=True)


@model
class DaemonEndpoint(Model):
    """A port of a daemon on the node."""

    port: int = field(default=0, always=True, json="Port")


@model
class NodeDaemonEndpoints(Model):
    """Where the daemons of a node listen."""

    kubelet_endpoint: DaemonEndpoint = field(factory=DaemonEndpoint, always=True)


@model
class NodeSwapStatus(Model):
    """How much swap a node has."""

    capacity: int | None = None


@model
class NodeSystemInfo(Model):
    """Identities and versions of machine, system and programs."""

    machine_id: str = field(default="", always=True, json="machineID")
    system_uuid: str = field(default="", always=True, json="systemUUID")
    boot_id: str = field(default="", always=True, json="bootID")
    kernel_version: str = field(default="", always=True)
    os_image: str = field(default="", always=True)
    container_runtime_version: str = field(default="", always=True)
    kubelet_version: str = field(default="", always=True)
    kube_proxy_version: str = field(default="", always=True)
    operating_system: str = field(default="", always=True)
    architecture: str = field(default="", always=True)
    swap: NodeSwapStatus | None = None


@model
class ContainerImage(Model):
    """An image that a node holds, by all its names."""

    names: list[str] = field(factory=list, always=True, list_type="atomic")
    size_bytes: int = 0


@model
class AttachedVolume(Model):
    """A volume that is attached to a node, and at which device."""

    name: str = field(default="", always=True)
    device_path: str = field(default="", always=True)


@model
class NodeConfigStatus(Model):
    """Which dynamic settings a kubelet uses. No longer in use."""

    assigned: NodeConfigSource | None = None
    active: NodeConfigSource | None = None
    last_known_good: NodeConfigSource | None = None
    error: str = ""


@model
class NodeRuntimeHandlerFeatures(Model):
    """What one runtime handler can do."""

    recursive_read_only_mounts: bool | None = None
    user_namespaces: bool | None = None


@model
class NodeRuntimeHandler(Model):
    """A way in which the container runtime of a node can run containers."""

    name: str = field(default="", always=True)
    features: NodeRuntimeHandlerFeatures | None = None


@model
class NodeFeatures(Model):
    """What the container runtime of a node can do."""

    supplemental_groups_policy: bool | None = None


@model
class NodeStatus(Model):
    """What a node is, has and can do, and how it is."""

    capacity: dict[str, Quantity] = field(factory=dict)
    allocatable: dict[str, Quantity] = field(factory=dict)
    phase: str = field(default="", enum=("Pending", "Running", "Terminated"))
    conditions: list[NodeCondition] = field(
        factory=list, list_type="map", keys=("type",), merge_key="type", strategy=("merge",)
    )
    addresses: list[NodeAddress] = field(
        factory=list, list_type="map", keys=("type",), merge_key="type", strategy=("merge",)
    )
    daemon_endpoints: NodeDaemonEndpoints = field(factory=NodeDaemonEndpoints, always=True)
    node_info: NodeSystemInfo = field(factory=NodeSystemInfo, always=True)
    images: list[ContainerImage] = field(factory=list, list_type="atomic")
    volumes_in_use: list[str] = field(factory=list, list_type="atomic")
    volumes_attached: list[AttachedVolume] = field(factory=list, list_type="atomic")
    config: NodeConfigStatus | None = None
    runtime_handlers: list[NodeRuntimeHandler] = field(factory=list, list_type="atomic")
    features: NodeFeatures | None = None
    declared_features: list[str] = field(factory=list, list_type="atomic")
