"""Security contexts of containers and of the Pod.

Source: ``ValidateSecurityContext``, ``validatePodSpecSecurityContext``.
"""

from __future__ import annotations

import re
from typing import Final

from kregistry.core.pod.validation.checks import (
    MAX_INT32,
    between,
    descending_path,
    supported,
)
from kregistry.core.pod.validation.options import PodValidationOptions
from kregistry.core.pod.validation.printed import printed
from kregistry.core.pod.validation.windows import check_windows_options
from kregistry.core.v1 import (
    AppArmorProfile,
    PodSecurityContext,
    PodSpec,
    SeccompProfile,
    SecurityContext,
    Sysctl,
)
from kregistry.meta.field import ErrorList, Path

PROFILES: Final = ("Localhost", "RuntimeDefault", "Unconfined")

_MAX_LOCALHOST_PROFILE: Final = 4095
_MAX_SYSCTL: Final = 253
_SEGMENT: Final = "[a-z0-9]([-_a-z0-9]*[a-z0-9])?"
_SYSCTL_PATTERN: Final = rf"({_SEGMENT}[\./])*{_SEGMENT}"
_SYSCTL: Final = re.compile(_SYSCTL_PATTERN, re.ASCII)
_NET_SYSCTLS: Final = ("net.",)
_IPC_SYSCTLS: Final = ("kernel.shm", "kernel.msg", "fs.mqueue.")


def check_security_context(
    errs: ErrorList,
    path: Path,
    context: SecurityContext,
    *,
    host_users: bool,
    options: PodValidationOptions,
) -> None:
    """What a container may and may not do.

    Args:
        errs: Gets what is wrong.
        path: Where the context is.
        context: The context.
        host_users: The Pod shares the users of its host.
        options: Whether privileges may be had at all.
    """
    if context.privileged and not options.privileged:
        errs.forbidden(path / "privileged", "disallowed by cluster policy")
    _check_ids(errs, path, context)
    if context.proc_mount is not None:
        supported(errs, path / "procMount", context.proc_mount, ("Default", "Unmasked"))
        if host_users and context.proc_mount == "Unmasked":
            detail = "`hostUsers` must be false to use `Unmasked`"
            errs.invalid(path / "procMount", context.proc_mount, detail)
    if context.seccomp_profile is not None:
        check_seccomp(errs, path / "seccompProfile", context.seccomp_profile)
    if context.allow_privilege_escalation is False:
        _check_escalation(errs, path, context)
    if context.windows_options is not None:
        check_windows_options(errs, path / "windowsOptions", context.windows_options)
    if context.app_armor_profile is not None:
        check_app_armor(errs, path / "appArmorProfile", context.app_armor_profile)


def _check_escalation(errs: ErrorList, path: Path, context: SecurityContext) -> None:
    """What is more than enough already cannot be kept from growing."""
    refused = "cannot set `allowPrivilegeEscalation` to false and"
    if context.privileged:
        errs.invalid(path, printed(context), f"{refused} `privileged` to true")
    for capability in context.capabilities.add if context.capabilities else ():
        if capability == "CAP_SYS_ADMIN":
            detail = f"{refused} `capabilities.Add` CAP_SYS_ADMIN"
            errs.invalid(path, printed(context), detail)


def check_pod_security_context(
    errs: ErrorList, path: Path, spec: PodSpec, options: PodValidationOptions
) -> None:
    """What holds for all containers of the Pod together."""
    context = spec.security_context or PodSecurityContext()
    if context.fs_group is not None:
        _check_id(errs, path / "fsGroup", context.fs_group)
    _check_ids(errs, path, context)
    for index, group in enumerate(context.supplemental_groups):
        _check_id(errs, (path / "supplementalGroups").index(index), group)
    if spec.share_process_namespace and spec.host_pid:
        detail = "ShareProcessNamespace and HostPID cannot both be enabled"
        errs.invalid(path / "shareProcessNamespace", True, detail)
    if len(context.sysctls):
        _check_sysctls(errs, path / "sysctls", context.sysctls, spec, options)
    if context.fs_group_change_policy is not None:
        policy = context.fs_group_change_policy
        supported(errs, path / "fsGroupChangePolicy", policy, ("Always", "OnRootMismatch"))
    if context.seccomp_profile is not None:
        check_seccomp(errs, path / "seccompProfile", context.seccomp_profile)
    if context.windows_options is not None:
        check_windows_options(errs, path / "windowsOptions", context.windows_options)
    if context.app_armor_profile is not None:
        check_app_armor(errs, path / "appArmorProfile", context.app_armor_profile)
    _check_more_policies(errs, path, context)


def _check_more_policies(errs: ErrorList, path: Path, context: PodSecurityContext) -> None:
    if context.supplemental_groups_policy is not None:
        policy = context.supplemental_groups_policy
        supported(errs, path / "supplementalGroupsPolicy", policy, ("Merge", "Strict"))
    if context.se_linux_change_policy is not None:
        policy = context.se_linux_change_policy
        supported(errs, path / "seLinuxChangePolicy", policy, ("MountOption", "Recursive"))


def _check_ids(errs: ErrorList, path: Path, context: SecurityContext | PodSecurityContext) -> None:
    """As whom the processes run."""
    if context.run_as_user is not None:
        _check_id(errs, path / "runAsUser", context.run_as_user)
    if context.run_as_group is not None:
        _check_id(errs, path / "runAsGroup", context.run_as_group)


def _check_id(errs: ErrorList, path: Path, number: int | None) -> None:
    if number is not None:
        between(errs, path, number, 0, MAX_INT32)


def _check_sysctls(
    errs: ErrorList,
    path: Path,
    sysctls: list[Sysctl],
    spec: PodSpec,
    options: PodValidationOptions,
) -> None:
    seen: set[str] = set()
    for index, sysctl in enumerate(sysctls):
        at = path.index(index) / "name"
        name = sysctl.name
        if not name:
            errs.required(at)
        elif len(name) > _MAX_SYSCTL or not _SYSCTL.fullmatch(name):
            detail = f"must have at most {_MAX_SYSCTL} characters and match regex {_SYSCTL_PATTERN}"
            errs.invalid(at, name, detail)
        elif name in seen:
            errs.duplicate(at, name)
        seen.add(name)
        if not options.host_sysctls:
            _check_shared_sysctl(errs, at, name, spec)


def _check_shared_sysctl(errs: ErrorList, path: Path, name: str, spec: PodSpec) -> None:
    """A sysctl of a namespace that is the host's would change the host."""
    dotted = dotted_sysctl(name)
    if spec.host_network and dotted.startswith(_NET_SYSCTLS):
        errs.invalid(path, name, "may not be specified when 'hostNetwork' is true")
    if spec.host_ipc and (dotted == "kernel.sem" or dotted.startswith(_IPC_SYSCTLS)):
        errs.invalid(path, name, "may not be specified when 'hostIPC' is true")


def uses_host_sysctl(spec: PodSpec) -> bool:
    """Whether the Pod sets a sysctl of a namespace that it shares with its host."""
    errs = ErrorList()
    for sysctl in spec.security_context.sysctls if spec.security_context else ():
        _check_shared_sysctl(errs, Path("name"), sysctl.name, spec)
    return bool(errs)


def dotted_sysctl(name: str) -> str:
    """``net/ipv4/conf/eth0.1/x`` in the spelling with dots, ``net.ipv4.conf.eth0/1.x``."""
    separators = [character for character in name if character in "./"]
    if separators and separators[0] == "/":
        return name.translate(str.maketrans("./", "/."))
    return name


def check_seccomp(errs: ErrorList, path: Path, profile: SeccompProfile) -> None:
    """Source: ``validateSeccompProfileField``."""
    if profile.type:
        supported(errs, path / "type", profile.type, PROFILES)
    else:
        errs.required(path / "type", "type is required when seccompProfile is set")
    at = path / "localhostProfile"
    if profile.type == "Localhost":
        if profile.localhost_profile is None:
            errs.required(at, "must be set when seccomp type is Localhost")
        else:
            descending_path(errs, at, profile.localhost_profile)
    elif profile.localhost_profile is not None:
        errs.invalid(at, printed(profile), "can only be set when seccomp type is Localhost")


def check_app_armor(errs: ErrorList, path: Path, profile: AppArmorProfile) -> None:
    """Source: ``ValidateAppArmorProfileField``."""
    at = path / "localhostProfile"
    match profile.type:
        case "Localhost":
            _check_app_armor_file(errs, at, profile.localhost_profile)
        case "RuntimeDefault" | "Unconfined":
            if profile.localhost_profile is not None:
                detail = "can only be set when AppArmor type is Localhost"
                errs.invalid(at, profile.localhost_profile, detail)
        case "":
            errs.required(path / "type", "type is required when appArmorProfile is set")
        case unknown:
            errs.not_supported(path / "type", unknown, PROFILES)


def _check_app_armor_file(errs: ErrorList, path: Path, name: str | None) -> None:
    if name is not None and name != name.strip():
        errs.invalid(path, name, "must not be padded with whitespace")
    elif not name:
        errs.required(path, "must be set when AppArmor type is Localhost")
    if name is not None and len(name.encode("utf-8", "surrogatepass")) > _MAX_LOCALHOST_PROFILE:
        errs.too_long(path, name, _MAX_LOCALHOST_PROFILE)
