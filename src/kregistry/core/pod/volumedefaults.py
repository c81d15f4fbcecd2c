"""Defaults of volumes.

Source: ``k8s.io/kubernetes/pkg/apis/core/v1/defaults.go``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any, Final

from kregistry.core.pod.images import default_pull_policy
from kregistry.core.pod.structure import attributes
from kregistry.core.v1 import (
    AzureDiskVolumeSource,
    DownwardAPIVolumeFile,
    EmptyDirVolumeSource,
    EphemeralVolumeSource,
    HostPathVolumeSource,
    ImageVolumeSource,
    ISCSIVolumeSource,
    ProjectedVolumeSource,
    RBDVolumeSource,
    ScaleIOVolumeSource,
    Volume,
)

#: Permissions of files when nobody says otherwise: everyone reads, the owner writes.
_FILE_MODE: Final = 0o644
_TOKEN_SECONDS: Final = 3600


def set_volume_defaults(volume: Volume) -> None:
    """Fill in what *volume* leaves open; one that is nothing yet becomes an empty directory."""
    nothing = True
    for complete, source in zip(_DEFAULTS, _sources_of(volume), strict=True):
        if source is not None:
            nothing = False
            if complete is not None:
                complete(source)
    if nothing:
        volume.empty_dir = EmptyDirVolumeSource()


def _file_mode(source: Any) -> None:
    if source.default_mode is None:
        source.default_mode = _FILE_MODE


def _downward(source: Any) -> None:
    _file_mode(source)
    _files(source.items)


def _files(items: Sequence[DownwardAPIVolumeFile]) -> None:
    for item in items:
        if item.field_ref is not None:
            item.field_ref.api_version = item.field_ref.api_version or "v1"


def _projected(source: ProjectedVolumeSource) -> None:
    _file_mode(source)
    for projection in source.sources:
        if projection.downward_api is not None:
            _files(projection.downward_api.items)
        token = projection.service_account_token
        if token is not None and token.expiration_seconds is None:
            token.expiration_seconds = _TOKEN_SECONDS


def _host_path(source: HostPathVolumeSource) -> None:
    if source.type is None:
        source.type = ""


def _iscsi(source: ISCSIVolumeSource) -> None:
    source.iscsi_interface = source.iscsi_interface or "default"


def _rbd(source: RBDVolumeSource) -> None:
    source.pool = source.pool or "rbd"
    source.user = source.user or "admin"
    source.keyring = source.keyring or "/etc/ceph/keyring"


def _azure_disk(source: AzureDiskVolumeSource) -> None:
    if source.caching_mode is None:
        source.caching_mode = "ReadWrite"
    if source.kind is None:
        source.kind = "Shared"
    if source.fs_type is None:
        source.fs_type = "ext4"
    if source.read_only is None:
        source.read_only = False


def _scale_io(source: ScaleIOVolumeSource) -> None:
    source.storage_mode = source.storage_mode or "ThinProvisioned"
    source.fs_type = source.fs_type or "xfs"


def _ephemeral(source: EphemeralVolumeSource) -> None:
    template = source.volume_claim_template
    if template is not None and template.spec.volume_mode is None:
        template.spec.volume_mode = "Filesystem"


def _image(source: ImageVolumeSource) -> None:
    if not source.pull_policy:
        source.pull_policy = default_pull_policy(source.reference)


_WITH_DEFAULTS: Final[dict[str, Callable[[Any], None]]] = {
    "secret": _file_mode,
    "config_map": _file_mode,
    "downward_api": _downward,
    "projected": _projected,
    "host_path": _host_path,
    "iscsi": _iscsi,
    "rbd": _rbd,
    "azure_disk": _azure_disk,
    "scale_io": _scale_io,
    "ephemeral": _ephemeral,
    "image": _image,
}

#: The attributes of a volume, one of which is set; all of them in one call; what completes each.
_SOURCES: Final = tuple(
    attribute.name for attribute in attributes(Volume) if attribute.name != "name"
)
_sources_of: Final = attrgetter(*_SOURCES)
_DEFAULTS: Final = tuple(_WITH_DEFAULTS.get(name) for name in _SOURCES)
