"""Volume sources of single storage products; most are served by drivers today."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kregistry.meta.model import Model, field, model

if TYPE_CHECKING:
    from kregistry.core.v1.references import LocalObjectReference


@model
class CephFSVolumeSource(Model):
    """A directory of a Ceph file system."""

    monitors: list[str] = field(factory=list, always=True, list_type="atomic")
    path: str = ""
    user: str = ""
    secret_file: str = ""
    secret_ref: LocalObjectReference | None = None
    read_only: bool = False


@model
class FlockerVolumeSource(Model):
    """A dataset of a Flocker agent."""

    dataset_name: str = ""
    dataset_uuid: str = field(default="", json="datasetUUID")


@model
class GlusterfsVolumeSource(Model):
    """A volume of a Gluster file system."""

    endpoints: str = field(default="", always=True)
    path: str = field(default="", always=True)
    read_only: bool = False


@model
class PortworxVolumeSource(Model):
    """A volume of a Portworx cluster."""

    volume_id: str = field(default="", always=True, json="volumeID")
    fs_type: str = ""
    read_only: bool = False


@model
class QuobyteVolumeSource(Model):
    """A volume of a Quobyte registry."""

    registry: str = field(default="", always=True)
    volume: str = field(default="", always=True)
    read_only: bool = False
    user: str = ""
    group: str = ""
    tenant: str = ""


@model
class RBDVolumeSource(Model):
    """A block device of a Ceph cluster."""

    monitors: list[str] = field(factory=list, always=True, list_type="atomic")
    image: str = field(default="", always=True)
    fs_type: str = ""
    pool: str = ""
    user: str = ""
    keyring: str = ""
    secret_ref: LocalObjectReference | None = None
    read_only: bool = False


@model
class ScaleIOVolumeSource(Model):
    """A volume of a ScaleIO gateway."""

    gateway: str = field(default="", always=True)
    system: str = field(default="", always=True)
    secret_ref: LocalObjectReference | None = field(default=None, always=True)
    ssl_enabled: bool = False
    protection_domain: str = ""
    storage_pool: str = ""
    storage_mode: str = ""
    volume_name: str = ""
    fs_type: str = ""
    read_only: bool = False


@model
class StorageOSVolumeSource(Model):
    """A volume of a StorageOS cluster."""

    volume_name: str = ""
    volume_namespace: str = ""
    fs_type: str = ""
    read_only: bool = False
    secret_ref: LocalObjectReference | None = None
