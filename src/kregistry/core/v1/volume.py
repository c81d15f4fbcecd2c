"""Volumes of a Pod."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kregistry.meta.model import Model, field, model

if TYPE_CHECKING:
    from kregistry.core.v1.array_volume_sources import (
        CephFSVolumeSource,
        FlockerVolumeSource,
        GlusterfsVolumeSource,
        PortworxVolumeSource,
        QuobyteVolumeSource,
        RBDVolumeSource,
        ScaleIOVolumeSource,
        StorageOSVolumeSource,
    )
    from kregistry.core.v1.cloud_volume_sources import (
        AWSElasticBlockStoreVolumeSource,
        AzureDiskVolumeSource,
        AzureFileVolumeSource,
        CinderVolumeSource,
        GCEPersistentDiskVolumeSource,
        PhotonPersistentDiskVolumeSource,
        VsphereVirtualDiskVolumeSource,
    )
    from kregistry.core.v1.projections import (
        ConfigMapVolumeSource,
        DownwardAPIVolumeSource,
        ProjectedVolumeSource,
        SecretVolumeSource,
    )
    from kregistry.core.v1.volume_sources import (
        CSIVolumeSource,
        EmptyDirVolumeSource,
        EphemeralVolumeSource,
        FCVolumeSource,
        FlexVolumeSource,
        GitRepoVolumeSource,
        HostPathVolumeSource,
        ImageVolumeSource,
        ISCSIVolumeSource,
        NFSVolumeSource,
        PersistentVolumeClaimVolumeSource,
    )


@model
class Volume(Model):
    """A named directory or device of a Pod; exactly one source is set beside the name."""

    name: str = field(default="", always=True)
    host_path: HostPathVolumeSource | None = None
    empty_dir: EmptyDirVolumeSource | None = None
    gce_persistent_disk: GCEPersistentDiskVolumeSource | None = None
    aws_elastic_block_store: AWSElasticBlockStoreVolumeSource | None = None
    git_repo: GitRepoVolumeSource | None = None
    secret: SecretVolumeSource | None = None
    nfs: NFSVolumeSource | None = None
    iscsi: ISCSIVolumeSource | None = None
    glusterfs: GlusterfsVolumeSource | None = None
    persistent_volume_claim: PersistentVolumeClaimVolumeSource | None = None
    rbd: RBDVolumeSource | None = None
    flex_volume: FlexVolumeSource | None = None
    cinder: CinderVolumeSource | None = None
    cephfs: CephFSVolumeSource | None = None
    flocker: FlockerVolumeSource | None = None
    downward_api: DownwardAPIVolumeSource | None = field(default=None, json="downwardAPI")
    fc: FCVolumeSource | None = None
    azure_file: AzureFileVolumeSource | None = None
    config_map: ConfigMapVolumeSource | None = None
    vsphere_volume: VsphereVirtualDiskVolumeSource | None = None
    quobyte: QuobyteVolumeSource | None = None
    azure_disk: AzureDiskVolumeSource | None = None
    photon_persistent_disk: PhotonPersistentDiskVolumeSource | None = None
    projected: ProjectedVolumeSource | None = None
    portworx_volume: PortworxVolumeSource | None = None
    scale_io: ScaleIOVolumeSource | None = field(default=None, json="scaleIO")
    storageos: StorageOSVolumeSource | None = None
    csi: CSIVolumeSource | None = None
    ephemeral: EphemeralVolumeSource | None = None
    image: ImageVolumeSource | None = None
