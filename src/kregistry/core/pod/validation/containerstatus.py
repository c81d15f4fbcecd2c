"""What a node reports of single containers: how they end, who they run as, their devices.

Source: ``ValidateContainerStateTransition``, ``validateContainerStatusUsers``,
``validateContainerStatusAllocatedResourcesStatus``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from kregistry.core.pod.containers import is_sidecar
from kregistry.core.pod.validation.checks import MAX_INT32, between, supported, twice
from kregistry.core.v1 import (
    Container,
    ContainerStatus,
    LinuxContainerUser,
    Pod,
    PodSpec,
    PodStatus,
    ResourceHealth,
)
from kregistry.meta.field import ErrorList, Path

_CLAIM: Final = "claim:"
_HEALTH: Final = ("Healthy", "Unhealthy", "Unknown")
_MAX_HEALTH_MESSAGE: Final = 1024
_RESTART_ALL: Final = "RestartAllContainers"


def check_restarts(errs: ErrorList, path: Path, pod: Pod, old: PodStatus) -> None:
    """A container that ended comes back only if it may be restarted."""
    status = pod.status
    if not _restarts_everything(pod.spec):
        _check_restartable(errs, path, pod, old)
    ephemeral = path / "ephemeralContainerStatuses"
    _check_ended(
        errs, ephemeral, status.ephemeral_container_statuses, _final(old, "ephemeral_container")
    )


def _check_restartable(errs: ErrorList, path: Path, pod: Pod, old: PodStatus) -> None:
    """Containers and init containers, which rules and policies may restart."""
    spec, status = pod.spec, pod.status
    for name, containers, new, ended in (
        (
            "containerStatuses",
            spec.containers,
            status.container_statuses,
            _final(old, "container"),
        ),
        (
            "initContainerStatuses",
            spec.init_containers,
            status.init_container_statuses,
            _final(old, "init_container"),
        ),
    ):
        known = {container.name: container for container in containers}
        final = [
            (index, former)
            for index, former in ended
            if not _may_restart(known.get(former.name), former, spec, init=name[0] == "i")
        ]
        _check_ended(errs, path / name, new, final)


def _final(old: PodStatus, kind: str) -> list[tuple[int, ContainerStatus]]:
    """The statuses of one list that say that the container ended, with their places."""
    statuses: Sequence[ContainerStatus] = getattr(old, f"{kind}_statuses")
    return [item for item in enumerate(statuses) if item[1].state.terminated is not None]


def _check_ended(
    errs: ErrorList,
    path: Path,
    new: Sequence[ContainerStatus],
    ended: Sequence[tuple[int, ContainerStatus]],
) -> None:
    for index, former in ended:
        for status in new:
            if status.name == former.name and status.state.terminated is None:
                at = path.index(index) / "state"
                errs.forbidden(at, "may not be transitioned to non-terminated state")


def _restarts_everything(spec: PodSpec) -> bool:
    """Whether the end of one container may restart all others, whatever their own rules."""
    return any(
        rule.action == _RESTART_ALL
        for container in (*spec.init_containers, *spec.containers)
        for rule in container.restart_policy_rules
    )


def _may_restart(
    container: Container | None, ended: ContainerStatus, spec: PodSpec, *, init: bool
) -> bool:
    """Source: ``podutil.ContainerShouldRestart``."""
    code = ended.state.terminated.exit_code if ended.state.terminated is not None else 0
    policy: str | None = None
    if container is not None:
        if init and is_sidecar(container):
            return True
        if any(_applies(values, code) for values in _restart_codes(container)):
            return True
        policy = container.restart_policy
    policy = policy or spec.restart_policy
    if init and policy == "Always":
        policy = "OnFailure"
    return policy == "Always" or (policy == "OnFailure" and code != 0)


def _restart_codes(container: Container) -> Iterator[tuple[bool, list[int]]]:
    """Per rule that restarts: whether its codes are meant, or all others; and the codes."""
    for rule in container.restart_policy_rules:
        if rule.action == "Restart" and rule.exit_codes is not None:
            yield rule.exit_codes.operator == "In", rule.exit_codes.values


def _applies(codes: tuple[bool, list[int]], code: int) -> bool:
    meant, values = codes
    return (code in values) is meant


def check_users(errs: ErrorList, path: Path, pod: Pod) -> None:
    """Users of Linux are numbers, and there are none in a Pod for Windows."""
    windows = pod.spec.os is not None and pod.spec.os.name == "windows"
    for at, status in _all_statuses(path, pod.status):
        if status.user is None or status.user.linux is None:
            continue
        if windows:
            errs.forbidden(at / "linux", "cannot be set for a windows pod")
        else:
            _check_linux_user(errs, at / "linux", status.user.linux)


def _check_linux_user(errs: ErrorList, path: Path, user: LinuxContainerUser) -> None:
    between(errs, path / "uid", user.uid, 0, MAX_INT32)
    between(errs, path / "gid", user.gid, 0, MAX_INT32)
    for index, group in enumerate(user.supplemental_groups):
        between(errs, (path / "supplementalGroups").index(index), group, 0, MAX_INT32)


def _all_statuses(path: Path, status: PodStatus) -> Iterator[tuple[Path, ContainerStatus]]:
    for name, statuses in (
        ("containerStatuses", status.container_statuses),
        ("initContainerStatuses", status.init_container_statuses),
        ("ephemeralContainerStatuses", status.ephemeral_container_statuses),
    ):
        for index, each in enumerate(statuses):
            yield (path / name).index(index), each


def check_device_health(errs: ErrorList, path: Path, pod: Pod) -> None:
    """Health is reported of devices that the container asked for."""
    known = {
        container.name: container for container in (*pod.spec.init_containers, *pod.spec.containers)
    }
    for at, status in _all_statuses(path, pod.status):
        if not status.allocated_resources_status:
            continue
        devices = at / "allocatedResourcesStatus"
        if str(at).startswith(f"{path}.ephemeral"):
            errs.forbidden(devices, "must not be specified in container status")
            continue
        _check_devices(errs, devices, status, known.get(status.name))


def _check_devices(
    errs: ErrorList, path: Path, status: ContainerStatus, container: Container | None
) -> None:
    for index, device in enumerate(status.allocated_resources_status):
        at = path.index(index)
        if not _asked_for(device.name, container):
            detail = "must match one of the container's resource requests"
            errs.invalid(at / "name", device.name, detail)
        seen: set[str] = set()
        for number, health in enumerate(device.resources):
            _check_health(errs, (at / "resources").index(number), health, seen)


def _check_health(errs: ErrorList, path: Path, health: ResourceHealth, seen: set[str]) -> None:
    supported(errs, path / "health", health.health, _HEALTH)
    twice(errs, path / "resourceID", health.resource_id, seen)
    if health.message is None:
        return
    if not health.message:
        errs.required(path / "message", "must not be empty")
    elif len(health.message.encode("utf-8", "surrogatepass")) > _MAX_HEALTH_MESSAGE:
        errs.too_long(path / "message", health.message, _MAX_HEALTH_MESSAGE)


def _asked_for(name: str, container: Container | None) -> bool:
    if container is None:
        return False
    if not name.startswith(_CLAIM):
        return name in container.resources.requests
    claim, _, request = name.removeprefix(_CLAIM).partition("/")
    return any(
        each.name == claim and (not request or each.request in ("", request))
        for each in container.resources.claims
    )
