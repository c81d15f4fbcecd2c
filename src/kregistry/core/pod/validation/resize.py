"""What may change when a Pod is resized: cpu and memory.

Source: ``ValidatePodResize``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from kregistry.core.pod.containers import is_sidecar
from kregistry.core.pod.qos import compute_qos_class, qos_class
from kregistry.core.pod.structure import changed
from kregistry.core.pod.validation.annotations import MIRROR
from kregistry.core.pod.validation.options import PodValidationOptions
from kregistry.core.pod.validation.pod import validate_pod
from kregistry.core.v1 import Container, Pod, PodSpec, ResourceRequirements
from kregistry.meta.field import ErrorList, Path
from kregistry.meta.quantity import Quantity
from kregistry.registry.validation import validate_object_meta_update

_ROOT: Final = Path("")
_SPEC: Final = Path("spec")
_MUTABLE: Final = frozenset({"cpu", "memory"})
_ONLY: Final = "only cpu and memory resources are mutable"
_ONLY_INIT: Final = "only cpu and memory resources for init or sidecar containers are mutable"
_RESTARTING: Final = (
    "non-sidecar init containers with a resize policy of RestartContainer cannot be resized"
)


def validate_pod_resize(pod: Pod, old: Pod, options: PodValidationOptions) -> ErrorList:
    """Everything that is wrong with giving *old* the resources of *pod*; only reads both."""
    errs = validate_object_meta_update(pod.metadata, old.metadata)
    errs += validate_pod(pod, options)
    if MIRROR in old.metadata.annotations:
        return ErrorList().forbidden(_ROOT, "static pods cannot be resized")
    if old.spec.os is not None and old.spec.os.name == "windows":
        return ErrorList().forbidden(_ROOT, "windows pods cannot be resized")
    if compute_qos_class(pod.spec) != qos_class(old):
        detail = "Pod QOS Class may not change as a result of resizing"
        errs.invalid(_SPEC, pod.status.qos_class, detail)
    if not _node_can_resize(old):
        errs.forbidden(_SPEC, "Pod running on node without support for resize")
    _check_pod_level(errs, pod.spec.resources, old.spec.resources)
    if old.status.node_allocatable_resource_claim_statuses:
        detail = "pods with node allocatable resource claims cannot be resized"
        errs.forbidden(_SPEC, detail)
    if _check_same_containers(errs, pod.spec, old.spec):
        _check_containers(errs, pod.spec, old.spec)
    return errs


def _node_can_resize(pod: Pod) -> bool:
    """A node that can reports the resources of what it runs; the first container tells.

    Source: ``isPodResizeRequestSupported``.
    """
    for status in pod.status.container_statuses:
        if status.state.running is not None:
            return status.resources is not None
    return True


def _check_pod_level(
    errs: ErrorList, new: ResourceRequirements | None, old: ResourceRequirements | None
) -> None:
    """What is asked for the Pod as a whole may change but not go."""
    path = _SPEC / "resources"
    before = old if old is not None else ResourceRequirements()
    if new is None:
        if old is not None:
            errs.forbidden(path, "pod-level resources cannot be removed")
        return
    for side in ("requests", "limits"):
        if getattr(before, side).keys() - getattr(new, side).keys():
            errs.forbidden(path / side, f"pod-level resource {side} cannot be removed")
    if _masked(new, before) != before:
        detail = "only cpu and memory resources are mutable at pod-level"
        errs.forbidden(_SPEC, detail)


def _check_same_containers(errs: ErrorList, spec: PodSpec, before: PodSpec) -> bool:
    """Whether both have the same containers in the same order."""
    count = len(errs)
    for name, new, old in (
        ("containers", spec.containers, before.containers),
        ("initContainers", spec.init_containers, before.init_containers),
    ):
        path = _SPEC / name
        if len(new) != len(old):
            errs.forbidden(path, f"{name} may not be added or removed on resize")
            continue
        for index, (container, former) in enumerate(zip(new, old, strict=True)):
            if container.name != former.name:
                detail = f"{name} may not be renamed or reordered on resize"
                errs.forbidden(path.index(index) / "name", detail)
    return len(errs) == count


def _check_containers(errs: ErrorList, spec: PodSpec, before: PodSpec) -> None:
    count = len(errs)
    _check_nothing_removed(errs, _SPEC / "containers", spec.containers, before.containers)
    init = _SPEC / "initContainers"
    _check_nothing_removed(errs, init, spec.init_containers, before.init_containers)
    containers = _restored(spec.containers, before.containers)
    for container, former in zip(containers, before.containers, strict=True):
        if container != former:
            errs.forbidden(_SPEC, _ONLY)
    init_containers = _restored(spec.init_containers, before.init_containers)
    for index, former in enumerate(before.init_containers):
        if init_containers[index] != former:
            errs.forbidden(init.index(index), _ONLY_INIT)
        elif _needs_restart(former) and spec.init_containers[index].resources != former.resources:
            errs.forbidden(init.index(index), _RESTARTING)
    if len(errs) != count:
        return
    left = changed(
        spec,
        containers=containers,
        init_containers=init_containers,
        resources=before.resources,
    )
    if left != before:
        errs.forbidden(_SPEC, _ONLY)


def _check_nothing_removed(
    errs: ErrorList, path: Path, new: Sequence[Container], old: Sequence[Container]
) -> None:
    for index, (container, former) in enumerate(zip(new, old, strict=True)):
        for side in ("requests", "limits"):
            wanted, had = getattr(container.resources, side), getattr(former.resources, side)
            if had.keys() - wanted.keys():
                at = path.index(index).child("resources", side)
                errs.forbidden(at, f"resource {side} cannot be removed")


def _restored(new: Sequence[Container], old: Sequence[Container]) -> list[Container]:
    """The new containers with everything put back that a resize may change."""
    return [
        changed(
            container,
            resources=_masked(container.resources, former.resources),
            resize_policy=former.resize_policy,
        )
        for container, former in zip(new, old, strict=True)
    ]


def _masked(new: ResourceRequirements, old: ResourceRequirements) -> ResourceRequirements:
    """*new* with the cpu and memory of *old*."""
    return changed(
        new,
        limits=_with_old(new.limits, old.limits),
        requests=_with_old(new.requests, old.requests),
    )


def _with_old(new: Mapping[str, Quantity], old: Mapping[str, Quantity]) -> dict[str, Quantity]:
    kept = {name: amount for name, amount in new.items() if name not in _MUTABLE}
    return kept | {name: amount for name, amount in old.items() if name in _MUTABLE}


def _needs_restart(container: Container) -> bool:
    return not is_sidecar(container) and any(
        policy.restart_policy == "RestartContainer" for policy in container.resize_policy
    )
