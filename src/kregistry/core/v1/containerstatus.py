"""Containers of a Pod as the node found them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kregistry.core.v1.signals import STOP_SIGNALS
from kregistry.meta.model import Model, field, model
from kregistry.meta.quantity import Quantity
from kregistry.meta.time import Time

if TYPE_CHECKING:
    from kregistry.core.v1.resources import ResourceRequirements, ResourceStatus


@model
class ContainerStateWaiting(Model):
    """Not yet running: its image is pulled, or it waits to be restarted."""

    reason: str = ""
    message: str = ""


@model
class ContainerStateRunning(Model):
    """Running since then."""

    started_at: Time | None = field(default=None, always=True)


@model
class ContainerStateTerminated(Model):
    """Ended, and how."""

    exit_code: int = field(default=0, always=True)
    signal: int = 0
    reason: str = ""
    message: str = ""
    started_at: Time | None = field(default=None, always=True)
    finished_at: Time | None = field(default=None, always=True)
    container_id: str = field(default="", json="containerID")


@model
class ContainerState(Model):
    """At most one field is set; none means waiting."""

    waiting: ContainerStateWaiting | None = None
    running: ContainerStateRunning | None = None
    terminated: ContainerStateTerminated | None = None


@model
class LinuxContainerUser(Model):
    """The user and groups that the first process began with."""

    uid: int = field(default=0, always=True)
    gid: int = field(default=0, always=True)
    supplemental_groups: list[int] = field(factory=list, list_type="atomic")


@model
class ContainerUser(Model):
    """Who the processes of a container run as."""

    linux: LinuxContainerUser | None = None


@model
class ImageVolumeStatus(Model):
    """Which image an image volume really shows."""

    image_ref: str = ""


@model
class VolumeStatus(Model):
    """What is known of a mounted volume; exactly one field is set."""

    image: ImageVolumeStatus | None = None


@model
class VolumeMountStatus(Model):
    """How a volume was really mounted."""

    name: str = field(default="", always=True)
    mount_path: str = field(default="", always=True)
    read_only: bool = False
    recursive_read_only: str | None = None
    volume_status: VolumeStatus | None = None


@model
class ContainerStatus(Model):
    """What became of one container: its state, its image, its restarts."""

    name: str = field(default="", always=True)
    state: ContainerState = field(factory=ContainerState, always=True)
    last_state: ContainerState = field(factory=ContainerState, always=True)
    ready: bool = field(default=False, always=True)
    restart_count: int = field(default=0, always=True)
    image: str = field(default="", always=True)
    image_id: str = field(default="", always=True, json="imageID")
    container_id: str = field(default="", json="containerID")
    started: bool | None = None
    allocated_resources: dict[str, Quantity] = field(factory=dict)
    resources: ResourceRequirements | None = None
    volume_mounts: list[VolumeMountStatus] = field(
        factory=list,
        list_type="map",
        keys=("mountPath",),
        merge_key="mountPath",
        strategy=("merge",),
    )
    user: ContainerUser | None = None
    allocated_resources_status: list[ResourceStatus] = field(
        factory=list, list_type="map", keys=("name",), merge_key="name", strategy=("merge",)
    )
    stop_signal: str | None = field(default=None, enum=STOP_SIGNALS)
