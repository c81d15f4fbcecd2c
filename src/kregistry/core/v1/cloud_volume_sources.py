"""Volume sources of single cloud providers; most are served by drivers today."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kregistry.meta.model import Model, field, model

if TYPE_CHECKING:
    from kregistry.core.v1.references import LocalObjectReference


@model
class AWSElasticBlockStoreVolumeSource(Model):
    """A disk of Amazon EBS."""

    volume_id: str = field(default="", always=True, json="volumeID")
    fs_type: str = ""
    partition: int = 0
    read_only: bool = False


@model
class AzureDiskVolumeSource(Model):
    """A data disk of Microsoft Azure."""

    disk_name: str = field(default="", always=True)
    disk_uri: str = field(default="", always=True, json="diskURI")
    caching_mode: str | None = field(default=None, enum=("None", "ReadOnly", "ReadWrite"))
    fs_type: str | None = None
    read_only: bool | None = None
    kind: str | None = field(default=None, enum=("Dedicated", "Managed", "Shared"))


@model
class AzureFileVolumeSource(Model):
    """A file share of Microsoft Azure."""

    secret_name: str = field(default="", always=True)
    share_name: str = field(default="", always=True)
    read_only: bool = False


@model
class CinderVolumeSource(Model):
    """A block device of OpenStack."""

    volume_id: str = field(default="", always=True, json="volumeID")
    fs_type: str = ""
    read_only: bool = False
    secret_ref: LocalObjectReference | None = None


@model
class GCEPersistentDiskVolumeSource(Model):
    """A persistent disk of Google Compute Engine."""

    pd_name: str = field(default="", always=True)
    fs_type: str = ""
    partition: int = 0
    read_only: bool = False


@model
class PhotonPersistentDiskVolumeSource(Model):
    """A disk of a Photon Controller."""

    pd_id: str = field(default="", always=True, json="pdID")
    fs_type: str = ""


@model
class VsphereVirtualDiskVolumeSource(Model):
    """A virtual disk of VMware vSphere."""

    volume_path: str = field(default="", always=True)
    fs_type: str = ""
    storage_policy_name: str = ""
    storage_policy_id: str = field(default="", json="storagePolicyID")
