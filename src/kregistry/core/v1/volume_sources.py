"""Volume sources that need nothing but the node, the cluster or a driver."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kregistry.meta.model import Model, field, model
from kregistry.meta.quantity import Quantity

if TYPE_CHECKING:
    from kregistry.core.v1.claims import PersistentVolumeClaimTemplate
    from kregistry.core.v1.references import LocalObjectReference


@model
class EmptyDirVolumeSource(Model):
    """A directory that begins empty and lives as long as the Pod."""

    medium: str = ""
    size_limit: Quantity | None = None


@model
class HostPathVolumeSource(Model):
    """A file or directory of the node itself."""

    path: str = field(default="", always=True)
    type: str | None = field(
        default=None,
        enum=(
            "",
            "BlockDevice",
            "CharDevice",
            "Directory",
            "DirectoryOrCreate",
            "File",
            "FileOrCreate",
            "Socket",
        ),
    )


@model
class PersistentVolumeClaimVolumeSource(Model):
    """The storage that a claim of the same namespace got."""

    claim_name: str = field(default="", always=True)
    read_only: bool = False


@model
class EphemeralVolumeSource(Model):
    """Storage claimed for this Pod alone; the claim goes with the Pod."""

    volume_claim_template: PersistentVolumeClaimTemplate | None = None


@model
class CSIVolumeSource(Model):
    """Storage that a driver of the container storage interface provides for the Pod."""

    driver: str = field(default="", always=True)
    read_only: bool | None = None
    fs_type: str | None = None
    volume_attributes: dict[str, str] = field(factory=dict)
    node_publish_secret_ref: LocalObjectReference | None = None


@model
class FlexVolumeSource(Model):
    """Storage that a driver program on the node provides."""

    driver: str = field(default="", always=True)
    fs_type: str = ""
    secret_ref: LocalObjectReference | None = None
    read_only: bool = False
    options: dict[str, str] = field(factory=dict)


@model
class ImageVolumeSource(Model):
    """The files of a container image or artifact, read-only."""

    reference: str = ""
    pull_policy: str = field(default="", enum=("Always", "IfNotPresent", "Never"))


@model
class NFSVolumeSource(Model):
    """A directory that an NFS server exports."""

    server: str = field(default="", always=True)
    path: str = field(default="", always=True)
    read_only: bool = False


@model
class FCVolumeSource(Model):
    """A Fibre Channel device, named by its ports and number or by its identifiers."""

    target_wwns: list[str] = field(factory=list, json="targetWWNs", list_type="atomic")
    lun: int | None = None
    fs_type: str = ""
    read_only: bool = False
    wwids: list[str] = field(factory=list, list_type="atomic")


@model
class ISCSIVolumeSource(Model):
    """An iSCSI device."""

    target_portal: str = field(default="", always=True)
    iqn: str = field(default="", always=True)
    lun: int = field(default=0, always=True)
    iscsi_interface: str = ""
    fs_type: str = ""
    read_only: bool = False
    portals: list[str] = field(factory=list, list_type="atomic")
    chap_auth_discovery: bool = False
    chap_auth_session: bool = False
    secret_ref: LocalObjectReference | None = None
    initiator_name: str | None = None


@model
class GitRepoVolumeSource(Model):
    """A clone of a Git repository. Deprecated: clone in an init container instead."""

    repository: str = field(default="", always=True)
    revision: str = ""
    directory: str = ""
