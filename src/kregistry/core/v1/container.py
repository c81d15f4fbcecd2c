"""Containers of a Pod as they are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kregistry.core.v1.resources import ResourceRequirements
from kregistry.meta.model import Model, field, model

if TYPE_CHECKING:
    from kregistry.core.v1.env import EnvFromSource, EnvVar
    from kregistry.core.v1.probe import Lifecycle, Probe
    from kregistry.core.v1.resources import ContainerResizePolicy
    from kregistry.core.v1.security import SecurityContext


@model
class ContainerPort(Model):
    """A port that a container listens on; mostly information."""

    name: str = ""
    host_port: int = 0
    container_port: int = field(default=0, always=True)
    protocol: str = field(default="", enum=("SCTP", "TCP", "UDP"))
    host_ip: str = field(default="", json="hostIP")


@model
class VolumeMount(Model):
    """Shows a volume of the Pod, or a part of it, at a path in the container."""

    name: str = field(default="", always=True)
    read_only: bool = False
    recursive_read_only: str | None = None
    mount_path: str = field(default="", always=True)
    sub_path: str = ""
    mount_propagation: str | None = field(
        default=None, enum=("Bidirectional", "HostToContainer", "None")
    )
    sub_path_expr: str = ""


@model
class VolumeDevice(Model):
    """Gives a container a raw block device of the Pod."""

    name: str = field(default="", always=True)
    device_path: str = field(default="", always=True)


@model
class ContainerRestartRuleOnExitCodes(Model):
    """Which exit codes a restart rule is about."""

    operator: str = ""
    values: list[int] = field(factory=list, list_type="set")


@model
class ContainerRestartRule(Model):
    """Overrides the restart policy for some ways of ending."""

    action: str = ""
    exit_codes: ContainerRestartRuleOnExitCodes | None = None


@model
class Container(Model):
    """One program of a Pod: its image, how it is run, what it needs and sees."""

    name: str = field(default="", always=True)
    image: str = ""
    command: list[str] = field(factory=list, list_type="atomic")
    args: list[str] = field(factory=list, list_type="atomic")
    working_dir: str = ""
    ports: list[ContainerPort] = field(
        factory=list,
        list_type="map",
        keys=("containerPort", "protocol"),
        merge_key="containerPort",
        strategy=("merge",),
    )
    env_from: list[EnvFromSource] = field(factory=list, list_type="atomic")
    env: list[EnvVar] = field(
        factory=list, list_type="map", keys=("name",), merge_key="name", strategy=("merge",)
    )
    resources: ResourceRequirements = field(factory=ResourceRequirements, always=True)
    resize_policy: list[ContainerResizePolicy] = field(factory=list, list_type="atomic")
    restart_policy: str | None = None
    restart_policy_rules: list[ContainerRestartRule] = field(factory=list, list_type="atomic")
    volume_mounts: list[VolumeMount] = field(
        factory=list,
        list_type="map",
        keys=("mountPath",),
        merge_key="mountPath",
        strategy=("merge",),
    )
    volume_devices: list[VolumeDevice] = field(
        factory=list,
        list_type="map",
        keys=("devicePath",),
        merge_key="devicePath",
        strategy=("merge",),
    )
    liveness_probe: Probe | None = None
    readiness_probe: Probe | None = None
    startup_probe: Probe | None = None
    lifecycle: Lifecycle | None = None
    termination_message_path: str = ""
    termination_message_policy: str = field(default="", enum=("FallbackToLogsOnError", "File"))
    image_pull_policy: str = field(default="", enum=("Always", "IfNotPresent", "Never"))
    security_context: SecurityContext | None = None
    stdin: bool = False
    stdin_once: bool = False
    tty: bool = False


@model
class EphemeralContainer(Model):
    """A container added to a running Pod to look into it; it cannot be removed."""

    name: str = field(default="", always=True)
    image: str = ""
    command: list[str] = field(factory=list, list_type="atomic")
    args: list[str] = field(factory=list, list_type="atomic")
    working_dir: str = ""
    ports: list[ContainerPort] = field(
        factory=list,
        list_type="map",
        keys=("containerPort", "protocol"),
        merge_key="containerPort",
        strategy=("merge",),
    )
    env_from: list[EnvFromSource] = field(factory=list, list_type="atomic")
    env: list[EnvVar] = field(
        factory=list, list_type="map", keys=("name",), merge_key="name", strategy=("merge",)
    )
    resources: ResourceRequirements = field(factory=ResourceRequirements, always=True)
    resize_policy: list[ContainerResizePolicy] = field(factory=list, list_type="atomic")
    restart_policy: str | None = None
    restart_policy_rules: list[ContainerRestartRule] = field(factory=list, list_type="atomic")
    volume_mounts: list[VolumeMount] = field(
        factory=list,
        list_type="map",
        keys=("mountPath",),
        merge_key="mountPath",
        strategy=("merge",),
    )
    volume_devices: list[VolumeDevice] = field(
        factory=list,
        list_type="map",
        keys=("devicePath",),
        merge_key="devicePath",
        strategy=("merge",),
    )
    liveness_probe: Probe | None = None
    readiness_probe: Probe | None = None
    startup_probe: Probe | None = None
    lifecycle: Lifecycle | None = None
    termination_message_path: str = ""
    termination_message_policy: str = field(default="", enum=("FallbackToLogsOnError", "File"))
    image_pull_policy: str = field(default="", enum=("Always", "IfNotPresent", "Never"))
    security_context: SecurityContext | None = None
    stdin: bool = False
    stdin_once: bool = False
    tty: bool = False
    target_container_name: str = ""
