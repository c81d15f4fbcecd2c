"""Containers: what holds for all of them, and for each of the three lists.

Source: ``validateContainerCommon``, ``validateContainers``, ``validateInitContainers`` and
``validateEphemeralContainers``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final, NamedTuple

from kregistry.core.pod.containers import AnyContainer, is_sidecar
from kregistry.core.pod.validation.checks import (
    no_blanks_around,
    require,
    require_label,
    require_supported,
    supported,
    twice,
)
from kregistry.core.pod.validation.environment import check_env, check_env_from
from kregistry.core.pod.validation.mounts import check_devices, check_mounts
from kregistry.core.pod.validation.options import PodValidationOptions
from kregistry.core.pod.validation.ports import check_host_ports, check_ports
from kregistry.core.pod.validation.probe import check_lifecycle, check_liveness, check_readiness
from kregistry.core.pod.validation.resources import are_usual, check_container_resources
from kregistry.core.pod.validation.security import check_security_context
from kregistry.core.v1 import (
    Container,
    ContainerResizePolicy,
    ContainerRestartRule,
    EphemeralContainer,
    PodSpec,
    ResourceRequirements,
    Volume,
)
from kregistry.meta import names
from kregistry.meta.field import ErrorList, Path

PULL_POLICIES: Final = ("Always", "IfNotPresent", "Never")
MESSAGE_POLICIES: Final = ("File", "FallbackToLogsOnError")
RESTART_POLICIES: Final = ("Always", "Never", "OnFailure")

_MAX_RULES: Final = 20
_MAX_EXIT_CODES: Final = 255
_ONLY_SIDECARS: Final = "may not be set for init containers without restartPolicy=Always"
_NOT_EPHEMERAL: Final = "cannot be set for an Ephemeral Container"

#: Fields that an ephemeral container must leave empty, with their attributes.
_NOT_IN_EPHEMERAL: Final = (
    ("ports", "ports"),
    ("resources", "resources"),
    ("resizePolicy", "resize_policy"),
    ("restartPolicy", "restart_policy"),
    ("restartPolicyRules", "restart_policy_rules"),
    ("livenessProbe", "liveness_probe"),
    ("readinessProbe", "readiness_probe"),
    ("startupProbe", "startup_probe"),
    ("lifecycle", "lifecycle"),
)


class Surroundings(NamedTuple):
    """What the rules for one container have to know of its Pod.

    Attributes:
        spec: The spec that the container is part of.
        volumes: Volumes by name, without those that are invalid.
        claims: Names of the resource claims.
        options: What is tolerated.
        grace: Seconds that the Pod has to end.
        host_users: The Pod shares the users of its host.
    """

    spec: PodSpec
    volumes: Mapping[str, Volume]
    claims: Collection[str]
    options: PodValidationOptions
    grace: int
    host_users: bool


def check_containers(errs: ErrorList, path: Path, pod: Surroundings) -> None:
    """The containers proper, of which there is at least one."""
    if not require(errs, path, pod.spec.containers):
        return
    seen: set[str] = set()
    for index, container in enumerate(pod.spec.containers):
        at = path.index(index)
        _check_common(errs, at, container, pod, pod.spec.restart_policy)
        if container.name in seen:
            errs.duplicate(at / "name", container.name)
        seen.add(container.name)
        _check_hooks(errs, at, container, pod)
        if container.restart_policy is not None or len(container.restart_policy_rules):
            _check_restart(errs, at, container)
    check_host_ports(errs, path, pod.spec.containers)


def check_init_containers(errs: ErrorList, path: Path, pod: Surroundings) -> None:
    """Those that run before; the ones that are restarted always run beside as well."""
    seen = {container.name for container in pod.spec.containers}
    for index, container in enumerate(pod.spec.init_containers):
        at = path.index(index)
        _check_common(errs, at, container, pod, pod.spec.restart_policy)
        if container.restart_policy is not None or len(container.restart_policy_rules):
            _check_restart(errs, at, container)
        if container.name in seen:
            errs.duplicate(at / "name", container.name)
        elif container.name:
            seen.add(container.name)
        check_host_ports(errs, path, [container])  # one at a time runs: each on its own
        if is_sidecar(container):
            _check_hooks(errs, at, container, pod)
        else:
            _check_plain_init(errs, at, container, pod.options)


def _check_plain_init(
    errs: ErrorList, path: Path, container: Container, options: PodValidationOptions
) -> None:
    for wire, value in (
        ("lifecycle", container.lifecycle),
        ("livenessProbe", container.liveness_probe),
        ("readinessProbe", container.readiness_probe),
        ("startupProbe", container.startup_probe),
    ):
        if value is not None:
            errs.forbidden(path / wire, _ONLY_SIDECARS)
    if options.resize_restart_of_init:
        return
    for policy in container.resize_policy:
        if policy.restart_policy == "RestartContainer":
            detail = "must not be set to 'RestartContainer' for non-sidecar initContainers"
            errs.invalid(path / "resizePolicy", policy.restart_policy, detail)


def check_ephemeral_containers(errs: ErrorList, path: Path, pod: Surroundings) -> None:
    """Those that are added to a running Pod to look around."""
    others = {container.name for container in pod.spec.containers}
    others |= {container.name for container in pod.spec.init_containers}
    seen = set(others)
    for index, container in enumerate(pod.spec.ephemeral_containers):
        at = path.index(index)
        _check_common(errs, at, container, pod, "")
        no_blanks_around(errs, at / "image", container.image)
        twice(errs, at / "name", container.name, seen)
        target = container.target_container_name
        if target and target not in others:
            errs.not_found(at / "targetContainerName", target)
        _check_allowed(errs, at, container)


def _check_allowed(errs: ErrorList, path: Path, container: EphemeralContainer) -> None:
    empty: tuple[object, ...] = (None, [], ResourceRequirements())
    for wire, attribute in _NOT_IN_EPHEMERAL:
        if getattr(container, attribute) not in empty:
            errs.forbidden(path / wire, _NOT_EPHEMERAL)
    for index, mount in enumerate(container.volume_mounts):
        at = (path / "volumeMounts").index(index)
        if mount.sub_path:
            errs.forbidden(at / "subPath", _NOT_EPHEMERAL)
        if mount.sub_path_expr:
            errs.forbidden(at / "subPathExpr", _NOT_EPHEMERAL)


def _check_common(
    errs: ErrorList, path: Path, container: AnyContainer, pod: Surroundings, restart: str
) -> None:
    """What holds for every container; *restart* is the Pod's restart policy."""
    if not container.name or names.dns1123_label(container.name):
        require_label(errs, path / "name", container.name)
    if not container.image:
        errs.required(path / "image")
    if container.termination_message_policy not in MESSAGE_POLICIES:
        at = path / "terminationMessagePolicy"
        require_supported(errs, at, container.termination_message_policy, MESSAGE_POLICIES)
    if len(container.ports):
        check_ports(errs, path, container.ports)
    if len(container.env):
        check_env(errs, path, container.env)
    if len(container.env_from):
        check_env_from(errs, path / "envFrom", container.env_from)
    if len(container.volume_mounts):
        check_mounts(errs, path, container, pod.volumes)
    if len(container.volume_devices):
        check_devices(errs, path / "volumeDevices", container, pod.volumes)
    if container.image_pull_policy not in PULL_POLICIES:
        at = path / "imagePullPolicy"
        require_supported(errs, at, container.image_pull_policy, PULL_POLICIES)
    if not are_usual(container.resources):
        at = path / "resources"
        check_container_resources(errs, at, container.resources, pod.claims, pod.options)
    if len(container.resize_policy):
        _check_resize(errs, path / "resizePolicy", container.resize_policy, restart)
    context = container.security_context
    if context is not None:
        at = path / "securityContext"
        check_security_context(errs, at, context, host_users=pod.host_users, options=pod.options)


def _check_hooks(errs: ErrorList, path: Path, container: Container, pod: Surroundings) -> None:
    """What only a container that keeps running can have."""
    grace = pod.grace
    if container.lifecycle is not None:
        check_lifecycle(errs, path / "lifecycle", container.lifecycle, grace, pod.spec.os)
    if container.liveness_probe is not None:
        check_liveness(errs, path / "livenessProbe", container.liveness_probe, grace)
    if container.readiness_probe is not None:
        check_readiness(errs, path / "readinessProbe", container.readiness_probe, grace)
    if container.startup_probe is not None:
        check_liveness(errs, path / "startupProbe", container.startup_probe, grace)


def _check_resize(
    errs: ErrorList, path: Path, policies: Sequence[ContainerResizePolicy], restart: str
) -> None:
    """Source: ``validateResizePolicy``."""
    seen: set[str] = set()
    for index, policy in enumerate(policies):
        twice(errs, path.index(index), policy.resource_name, seen)
        require_supported(errs, path, policy.resource_name, ("cpu", "memory"))
        action = policy.restart_policy
        require_supported(errs, path, action, ("NotRequired", "RestartContainer"))
        if restart == "Never" and action != "NotRequired":
            detail = "must be 'NotRequired' when pod `restartPolicy` is 'Never'"
            errs.invalid(path, action, detail)


def _check_restart(errs: ErrorList, path: Path, container: Container) -> None:
    """Source: ``validateContainerRestartPolicy``."""
    rules = container.restart_policy_rules
    at = path / "restartPolicy"
    if container.restart_policy is not None:
        supported(errs, at, container.restart_policy, RESTART_POLICIES)
    elif rules:
        errs.required(at, "must specify restartPolicy when restart rules are used")
    at = path / "restartPolicyRules"
    if len(rules) > _MAX_RULES:
        errs.too_many(at, len(rules), _MAX_RULES)
    for index, rule in enumerate(rules):
        _check_rule(errs, at.index(index), rule)


def _check_rule(errs: ErrorList, path: Path, rule: ContainerRestartRule) -> None:
    supported(errs, path / "action", rule.action, ("Restart", "RestartAllContainers"))
    codes = rule.exit_codes
    if codes is None:
        errs.required(path / "exitCodes", "must be specified")
        return
    supported(errs, path.child("exitCodes", "operator"), codes.operator, ("In", "NotIn"))
    if len(codes.values) > _MAX_EXIT_CODES:
        errs.too_many(path.child("exitCodes", "values"), len(codes.values), _MAX_EXIT_CODES)
