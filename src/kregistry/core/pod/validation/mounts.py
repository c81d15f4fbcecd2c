"""Where volumes appear inside of containers, as files and as devices.

Source: ``ValidateVolumeMounts``, ``ValidateVolumeDevices``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from kregistry.core.pod.containers import AnyContainer
from kregistry.core.pod.validation.checks import descending_path, require, steps_back, supported
from kregistry.core.v1 import Volume, VolumeMount
from kregistry.meta.field import ErrorList, Path

_PROPAGATION: Final = ("Bidirectional", "HostToContainer", "None")
_UNIQUE: Final = "must be unique"


def check_mounts(
    errs: ErrorList, path: Path, container: AnyContainer, volumes: Mapping[str, Volume]
) -> None:
    """Each mount shows a volume of the Pod at a place of its own.

    What is wrong with a path inside of the volume, or with propagation, is reported without
    the number of the mount, as the API server does.

    Args:
        errs: Gets what is wrong.
        path: Where the container is.
        container: Whose mounts they are.
        volumes: The Pod's volumes by name, without those that are invalid.
    """
    devices: set[str] = set()
    device_paths: set[str] = set()
    for device in container.volume_devices:
        devices.add(device.name)
        device_paths.add(device.device_path)
    taken: set[str] = set()
    for index, mount in enumerate(container.volume_mounts):
        name, place = mount.name, mount.mount_path
        if name not in volumes:
            require(errs, (path / "volumeMounts").index(index) / "name", name)
            errs.not_found((path / "volumeMounts").index(index) / "name", name)
        if not place:
            errs.required((path / "volumeMounts").index(index) / "mountPath")
        if place in taken:
            errs.invalid((path / "volumeMounts").index(index) / "mountPath", place, _UNIQUE)
        taken.add(place)
        if name in devices:
            detail = "must not already exist in volumeDevices"
            errs.invalid((path / "volumeMounts").index(index) / "name", name, detail)
        if place in device_paths:
            detail = "must not already exist as a path in volumeDevices"
            errs.invalid((path / "volumeMounts").index(index) / "mountPath", place, detail)
        if mount.sub_path or mount.sub_path_expr:
            at = path / "volumeMounts"
            _check_place(errs, at, at.index(index), mount)
        if mount.mount_propagation is not None:
            _check_propagation(errs, path / "volumeMounts" / "mountPropagation", mount, container)
        if mount.recursive_read_only is not None:
            _check_read_only(errs, path / "volumeMounts" / "recursiveReadOnly", mount)


def _check_place(errs: ErrorList, path: Path, at: Path, mount: VolumeMount) -> None:
    if mount.sub_path:
        descending_path(errs, path / "subPath", mount.sub_path)
    if mount.sub_path_expr:
        if mount.sub_path:
            detail = "subPathExpr and subPath are mutually exclusive"
            errs.invalid(at / "subPathExpr", mount.sub_path_expr, detail)
        descending_path(errs, path / "subPathExpr", mount.sub_path_expr)


def _check_propagation(
    errs: ErrorList, path: Path, mount: VolumeMount, container: AnyContainer
) -> None:
    assert mount.mount_propagation is not None
    supported(errs, path, mount.mount_propagation, _PROPAGATION)
    context = container.security_context
    privileged = context is not None and context.privileged
    if mount.mount_propagation == "Bidirectional" and not privileged:
        detail = "Bidirectional mount propagation is available only to privileged containers"
        errs.forbidden(path, detail)


def _check_read_only(errs: ErrorList, path: Path, mount: VolumeMount) -> None:
    match mount.recursive_read_only:
        case None | "Disabled":
            return
        case "Enabled" | "IfPossible":
            if not mount.read_only:
                errs.forbidden(path, "may only be specified when readOnly is true")
            if mount.mount_propagation not in (None, "None"):
                detail = "may only be specified when mountPropagation is None or not specified"
                errs.forbidden(path, detail)
        case unknown:
            errs.not_supported(path, unknown, ("Disabled", "Enabled", "IfPossible"))


def check_devices(
    errs: ErrorList, path: Path, container: AnyContainer, volumes: Mapping[str, Volume]
) -> None:
    """Each device is a claimed volume of the Pod, in a place of its own."""
    mounts = {mount.name for mount in container.volume_mounts}
    mount_paths = {mount.mount_path for mount in container.volume_mounts}
    names: set[str] = set()
    places: set[str] = set()
    for index, device in enumerate(container.volume_devices):
        name, place = device.name, device.device_path
        at_name = path.index(index) / "name"
        at_place = path.index(index) / "devicePath"
        require(errs, at_name, name)
        if name in names:
            errs.invalid(at_name, name, _UNIQUE)
        _check_block_mode(errs, at_name, name, volumes)
        require(errs, at_place, place)
        if place in places:
            errs.invalid(at_place, place, _UNIQUE)
        if steps_back(place):
            errs.invalid(at_place, place, "can not contain backsteps ('..')")
        if name in mounts:
            errs.invalid(at_name, name, "must not already exist in volumeMounts")
        if place in mount_paths:
            errs.invalid(at_place, place, "must not already exist as a path in volumeMounts")
        names.add(name)
        places.add(place)


def _check_block_mode(
    errs: ErrorList, path: Path, name: str, volumes: Mapping[str, Volume]
) -> None:
    volume = volumes.get(name)
    if volume is None:
        errs.not_found(path, name)
    elif volume.persistent_volume_claim is None and volume.ephemeral is None:
        detail = (
            "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode"
        )
        errs.invalid(path, name, detail)
