"""Volumes of a Pod: each has a name and exactly one source.

Source: ``ValidateVolumes``, ``validateVolumeSource``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any, Final

from kregistry.core.pod.validation import volumesources as sources
from kregistry.core.pod.validation.checks import require, require_label
from kregistry.core.pod.validation.claims import check_claim_template
from kregistry.core.pod.validation.options import PodValidationOptions
from kregistry.core.pod.validation.projected import (
    check_config_map,
    check_downward,
    check_projected,
    check_secret,
)
from kregistry.core.v1 import EphemeralVolumeSource, ISCSIVolumeSource, Volume
from kregistry.meta import names
from kregistry.meta.field import ErrorList, Path
from kregistry.meta.goformat import quote
from kregistry.meta.objectmeta import ObjectMeta

_Check = Callable[[ErrorList, Path, Any], None]

#: Every kind of volume in the order in which they are looked for: the attribute, the name in
#: the complaint about a second source, the name in paths below it, and its own rules.
_KINDS: Final[tuple[tuple[str, str, str, _Check | None], ...]] = (
    ("empty_dir", "emptyDir", "emptyDir", sources.check_empty_dir),
    ("host_path", "hostPath", "hostPath", sources.check_host_path),
    ("git_repo", "gitRepo", "gitRepo", sources.check_git_repo),
    ("gce_persistent_disk", "gcePersistentDisk", "persistentDisk", sources.check_partition),
    (
        "aws_elastic_block_store",
        "awsElasticBlockStore",
        "awsElasticBlockStore",
        sources.check_partition,
    ),
    ("secret", "secret", "secret", check_secret),
    ("nfs", "nfs", "nfs", sources.check_nfs),
    ("iscsi", "iscsi", "iscsi", sources.check_iscsi),
    ("glusterfs", "glusterfs", "glusterfs", None),
    ("flocker", "flocker", "flocker", sources.check_flocker),
    ("persistent_volume_claim", "persistentVolumeClaim", "persistentVolumeClaim", None),
    ("rbd", "rbd", "rbd", None),
    ("cinder", "cinder", "cinder", sources.check_cinder),
    ("cephfs", "cephFS", "cephfs", None),
    ("quobyte", "quobyte", "quobyte", sources.check_quobyte),
    ("downward_api", "downwarAPI", "downwardAPI", check_downward),  # sic, as upstream
    ("fc", "fc", "fc", sources.check_fc),
    ("flex_volume", "flexVolume", "flexVolume", sources.check_flex),
    ("config_map", "configMap", "configMap", check_config_map),
    ("azure_file", "azureFile", "azureFile", None),
    ("vsphere_volume", "vsphereVolume", "vsphereVolume", None),
    ("photon_persistent_disk", "photonPersistentDisk", "photonPersistentDisk", None),
    ("portworx_volume", "portworxVolume", "portworxVolume", None),
    ("azure_disk", "azureDisk", "azureDisk", sources.check_azure_disk),
    ("storageos", "storageos", "storageos", sources.check_storageos),
    ("projected", "projected", "projected", None),
    ("scale_io", "scaleIO", "scaleIO", None),
    ("csi", "csi", "csi", sources.check_csi),
    ("ephemeral", "ephemeral", "ephemeral", None),
    ("image", "image", "image", sources.check_image),
)
#: All of them in one call: there are 29, of which one is set.
_sources_of: Final = attrgetter(*(attribute for attribute, *_ in _KINDS))

_MAX_ISCSI_LENGTH: Final = 64


def check_volumes(
    errs: ErrorList,
    path: Path,
    volumes: Sequence[Volume],
    meta: ObjectMeta,
    options: PodValidationOptions,
) -> dict[str, Volume]:
    """Judge every volume.

    Args:
        errs: Gets what is wrong.
        path: Where the volumes are.
        volumes: The volumes.
        meta: Metadata of their Pod.
        options: What is tolerated.

    Returns:
        The volumes that mounts can refer to, by name: those with a valid source.
    """
    created = {f"{meta.name}-{volume.name}" for volume in volumes if volume.ephemeral is not None}
    valid: dict[str, Volume] = {}
    for index, volume in enumerate(volumes):
        at = path.index(index)
        before = len(errs)
        _check_sources(errs, at, volume, meta, options)
        name = volume.name
        if not name or names.dns1123_label(name) or name in valid:
            _check_name(errs, at / "name", name, valid)
        if len(errs) == before:
            valid[name] = volume
        claim = volume.persistent_volume_claim
        if claim is not None and meta.name and claim.claim_name in created:
            detail = "must not reference a PVC that gets created for an ephemeral volume"
            at_claim = at.child("persistentVolumeClaim", "claimName")
            errs.invalid(at_claim, claim.claim_name, detail)
    return valid


def _check_name(errs: ErrorList, path: Path, name: str, taken: dict[str, Volume]) -> None:
    require_label(errs, path, name)
    if name in taken:
        errs.duplicate(path, name)


def _check_sources(
    errs: ErrorList,
    path: Path,
    volume: Volume,
    meta: ObjectMeta,
    options: PodValidationOptions,
) -> None:
    found = False
    for kind, source in zip(_KINDS, _sources_of(volume), strict=True):
        if source is None:
            continue
        attribute, name, wire, check = kind
        if found:
            errs.forbidden(path / name, "may not specify more than 1 volume type")
            continue
        found = True
        if attribute in sources.REQUIRED:
            _check_required(errs, path / wire, attribute, source)
        if check is not None:
            check(errs, path / wire, source)
        elif attribute == "projected":
            check_projected(errs, path / wire, source, options)
        elif attribute == "ephemeral":
            _check_ephemeral(errs, path, volume.name, source, meta)
    if not found:
        errs.required(path, "must specify a volume type")
    if volume.iscsi is not None:
        _check_iscsi_length(errs, path / "name", volume.name, volume.iscsi)


def _check_required(errs: ErrorList, path: Path, attribute: str, source: object) -> None:
    for wire, name in sources.REQUIRED[attribute]:
        require(errs, path / wire, getattr(source, name))


def _check_ephemeral(
    errs: ErrorList, path: Path, name: str, source: EphemeralVolumeSource, meta: ObjectMeta
) -> None:
    at = path.child("ephemeral", "volumeClaimTemplate")
    if source.volume_claim_template is None:
        errs.required(at)
    else:
        check_claim_template(errs, at, source.volume_claim_template)
    if not (meta.name and name):
        return  # that is reported elsewhere
    claim = f"{meta.name}-{name}"
    for message in names.dns1123_subdomain(claim):
        errs.invalid(path / "name", name, f"PVC name {quote(claim)}: {message}")


def _check_iscsi_length(errs: ErrorList, path: Path, name: str, iscsi: ISCSIVolumeSource) -> None:
    if iscsi.initiator_name is None:
        return
    if len(f"{name}:{iscsi.target_portal}") > _MAX_ISCSI_LENGTH:
        detail = (
            "Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters "
            "if iscsi.initiatorName is specified."
        )
        errs.invalid(path, name, detail)
