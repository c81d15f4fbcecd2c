"""The thirty kinds of volumes: what each must say.

Most only require some fields; :data:`REQUIRED` says which. The others have a function here or
in a module of their own.

Source: ``validateVolumeSource`` and the functions it calls.
"""

from __future__ import annotations

import re
from typing import Final

from kregistry.core.pod.validation.checks import (
    between,
    descending_path,
    follow,
    no_blanks_around,
    no_steps_back,
    require,
    require_supported,
    supported,
)
from kregistry.core.v1 import (
    AzureDiskVolumeSource,
    CinderVolumeSource,
    CSIVolumeSource,
    EmptyDirVolumeSource,
    FCVolumeSource,
    FlexVolumeSource,
    FlockerVolumeSource,
    GitRepoVolumeSource,
    HostPathVolumeSource,
    ImageVolumeSource,
    ISCSIVolumeSource,
    NFSVolumeSource,
    QuobyteVolumeSource,
    StorageOSVolumeSource,
)
from kregistry.meta import names
from kregistry.meta.field import ErrorList, Path
from kregistry.meta.quantity import Quantity

#: Fields that must not be empty, per kind by attribute: wire name and attribute.
REQUIRED: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "git_repo": (("repository", "repository"),),
    "gce_persistent_disk": (("pdName", "pd_name"),),
    "aws_elastic_block_store": (("volumeID", "volume_id"),),
    "nfs": (("server", "server"), ("path", "path")),
    "iscsi": (("targetPortal", "target_portal"), ("iqn", "iqn")),
    "glusterfs": (("endpoints", "endpoints"), ("path", "path")),
    "persistent_volume_claim": (("claimName", "claim_name"),),
    "rbd": (("monitors", "monitors"), ("image", "image")),
    "cinder": (("volumeID", "volume_id"),),
    "cephfs": (("monitors", "monitors"),),
    "flex_volume": (("driver", "driver"),),
    "azure_file": (("secretName", "secret_name"), ("shareName", "share_name")),
    "vsphere_volume": (("volumePath", "volume_path"),),
    "photon_persistent_disk": (("pdID", "pd_id"),),
    "portworx_volume": (("volumeID", "volume_id"),),
    "azure_disk": (("diskName", "disk_name"), ("diskURI", "disk_uri")),
    "scale_io": (("gateway", "gateway"), ("system", "system"), ("volumeName", "volume_name")),
    "image": (("reference", "reference"),),
}

_HOST_PATH_TYPES: Final = (
    "",
    "BlockDevice",
    "CharDevice",
    "Directory",
    "DirectoryOrCreate",
    "File",
    "FileOrCreate",
    "Socket",
)
_MANAGED_DISKS: Final = (
    "/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/"
    "{disk-id}"
)
_BLOB_DISKS: Final = "https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd"
_MAX_DRIVER: Final = 63
_MAX_TENANT: Final = 64
#: The three families of iSCSI names.
_ISCSI_NAMES: Final = {
    "iqn": re.compile(r"iqn\.\d{4}-\d{2}\.([a-zA-Z0-9.-]+)(:[^,;*&$|\s]+)", re.ASCII),
    "eui": re.compile(r"eui.[a-zA-Z0-9]{16}", re.ASCII),
    "naa": re.compile(r"naa.[a-zA-Z0-9]{32}", re.ASCII),
}


def check_empty_dir(errs: ErrorList, path: Path, source: EmptyDirVolumeSource) -> None:
    """Its size, if limited, is not negative."""
    if source.size_limit is not None and source.size_limit < Quantity("0"):
        errs.forbidden(path / "sizeLimit", "SizeLimit field must be a valid resource quantity")


def check_host_path(errs: ErrorList, path: Path, source: HostPathVolumeSource) -> None:
    """A place on the node that does not climb."""
    if not require(errs, path / "path", source.path):
        return
    no_steps_back(errs, path / "path", source.path)
    if source.type is not None:
        supported(errs, path / "type", source.type, _HOST_PATH_TYPES)


def check_git_repo(errs: ErrorList, path: Path, source: GitRepoVolumeSource) -> None:
    """The directory stays inside of the volume."""
    descending_path(errs, path / "directory", source.directory)


def check_partition(errs: ErrorList, path: Path, source: object) -> None:
    """A partition of a disk; 0 is the whole disk."""
    partition: int = getattr(source, "partition", 0)
    if partition:
        between(errs, path / "partition", partition, 1, 255)


def check_nfs(errs: ErrorList, path: Path, source: NFSVolumeSource) -> None:
    """The exported path starts at the root."""
    if source.path and not source.path.startswith("/"):
        errs.invalid(path / "path", source.path, "must be an absolute path")


def check_iscsi(errs: ErrorList, path: Path, source: ISCSIVolumeSource) -> None:
    """Names of target and initiator, and a secret where one is used."""
    if source.iqn:
        _check_iscsi_name(errs, path / "iqn", source.iqn)
    between(errs, path / "lun", source.lun, 0, 255)
    if (source.chap_auth_discovery or source.chap_auth_session) and source.secret_ref is None:
        errs.required(path / "secretRef")
    if source.initiator_name is not None:
        _check_iscsi_name(errs, path / "initiatorname", source.initiator_name)


def _check_iscsi_name(errs: ErrorList, path: Path, name: str) -> None:
    pattern = _ISCSI_NAMES.get(name[:3])
    if pattern is None:
        errs.invalid(path, name, "must be valid format starting with iqn, eui, or naa")
    elif len(name) > 512 or not pattern.fullmatch(name):
        errs.invalid(path, name, "must be valid format")


def check_flocker(errs: ErrorList, path: Path, source: FlockerVolumeSource) -> None:
    """A data set by its name or by its identifier."""
    if not source.dataset_name and not source.dataset_uuid:
        errs.required(path, "one of datasetName and datasetUUID is required")
    if source.dataset_name and source.dataset_uuid:
        detail = "datasetName and datasetUUID can not be specified simultaneously"
        errs.invalid(path, "resource", detail)
    if "/" in source.dataset_name:
        errs.invalid(path / "datasetName", source.dataset_name, "must not contain '/'")


def check_cinder(errs: ErrorList, path: Path, source: CinderVolumeSource) -> None:
    """A secret, if given, has a name."""
    if source.secret_ref is not None:
        require(errs, path.child("secretRef", "name"), source.secret_ref.name)


def check_quobyte(errs: ErrorList, path: Path, source: QuobyteVolumeSource) -> None:
    """Registries are hosts with ports; the tenant is an identifier."""
    pairs = "must be a host:port pair or multiple pairs separated by commas"
    if not source.registry:
        errs.required(path / "registry", pairs)
    elif len(source.tenant) > _MAX_TENANT:
        detail = f"must be a UUID and may not exceed a length of {_MAX_TENANT} characters"
        errs.required(path / "tenant", detail)
    elif not all(map(_is_host_and_port, source.registry.split(","))):
        errs.invalid(path / "registry", source.registry, pairs)
    require(errs, path / "volume", source.volume)


def _is_host_and_port(pair: str) -> bool:
    """Source: ``net.SplitHostPort``."""
    host, colon, port = pair.rpartition(":")
    if not colon or "[" in port or "]" in port:
        return False
    if host.startswith("["):
        return host.endswith("]") and "[" not in host[1:] and "]" not in host[:-1]
    return not any(character in host for character in ":[]")


def check_fc(errs: ErrorList, path: Path, source: FCVolumeSource) -> None:
    """Targets with a number, or world wide identifiers."""
    at = path / "targetWWNs"
    if not source.target_wwns and not source.wwids:
        errs.required(at, "must specify either targetWWNs or wwids, but not both")
    if source.target_wwns and source.wwids:
        detail = "targetWWNs and wwids can not be specified simultaneously"
        errs.invalid(at, source.target_wwns, detail)
    if not source.target_wwns:
        return
    if source.lun is None:
        errs.required(path / "lun", "lun is required if targetWWNs is specified")
    else:
        between(errs, path / "lun", source.lun, 0, 255)


def check_flex(errs: ErrorList, path: Path, source: FlexVolumeSource) -> None:
    """Options of the driver keep out of Kubernetes' own names."""
    for key, value in sorted(source.options.items()):
        namespace = f".{key.partition('/')[0].lower()}"
        if namespace.endswith((".kubernetes.io", ".k8s.io")):
            detail = "kubernetes.io and k8s.io namespaces are reserved"
            errs.invalid((path / "options").key(key), value, detail)


def check_azure_disk(errs: ErrorList, path: Path, source: AzureDiskVolumeSource) -> None:
    """The address of the disk fits its kind."""
    if source.caching_mode is not None:
        modes = ("None", "ReadOnly", "ReadWrite")
        supported(errs, path / "cachingMode", source.caching_mode, modes)
    if source.kind is None:
        return
    managed = source.kind == "Managed"
    prefix, pattern = ("/subscriptions/", _MANAGED_DISKS) if managed else ("https://", _BLOB_DISKS)
    if not source.disk_uri.startswith(prefix):
        errs.not_supported(path / "diskURI", source.disk_uri, (pattern,))


def check_storageos(errs: ErrorList, path: Path, source: StorageOSVolumeSource) -> None:
    """Names of the volume and its namespace."""
    if require(errs, path / "volumeName", source.volume_name):
        follow(errs, path / "volumeName", source.volume_name, names.dns1123_label)
    if source.volume_namespace:
        follow(errs, path / "volumeNamespace", source.volume_namespace, names.dns1123_label)
    if source.secret_ref is not None:
        require(errs, path.child("secretRef", "name"), source.secret_ref.name)


def check_csi(errs: ErrorList, path: Path, source: CSIVolumeSource) -> None:
    """The name of the driver, and of a secret if it gets one."""
    driver = source.driver
    if require(errs, path / "driver", driver):
        if len(driver.encode("utf-8", "surrogatepass")) > _MAX_DRIVER:
            errs.too_long(path / "driver", driver, _MAX_DRIVER)
        for message in names.dns1123_subdomain(driver.lower()):
            errs.invalid(path / "driver", driver, message)
    if source.node_publish_secret_ref is not None:
        at = path.child("nodePublishSecretRef", "name")
        if require(errs, at, source.node_publish_secret_ref.name):
            follow(errs, at, source.node_publish_secret_ref.name, names.dns1123_subdomain)


def check_image(errs: ErrorList, path: Path, source: ImageVolumeSource) -> None:
    """An image that can be pulled."""
    no_blanks_around(errs, path / "reference", source.reference)
    policies = ("Always", "IfNotPresent", "Never")
    require_supported(errs, path / "pullPolicy", source.pull_policy, policies)
