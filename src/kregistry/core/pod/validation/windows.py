"""What Windows needs, and what cannot be had there.

Source: ``validateWindowsSecurityContextOptions``, ``validateWindowsHostProcessPod`` and
``validateWindows``.
"""

from __future__ import annotations

import re
from typing import Final

from kregistry.core.pod.containers import AnyContainer, all_containers, containers_with_paths
from kregistry.core.pod.validation.checks import follow
from kregistry.core.pod.validation.options import PodValidationOptions
from kregistry.core.v1 import PodSecurityContext, PodSpec, WindowsSecurityContextOptions
from kregistry.meta import names
from kregistry.meta.field import ErrorList, Path

_MAX_SPEC_KIB: Final = 64
_MAX_DOMAIN: Final = 256
_MAX_USER: Final = 104
_BAD_IN_USER: Final = frozenset('"/\\:;|=,+*?<>@[]')
_NETBIOS: Final = re.compile(r'[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}', re.ASCII)
_DNS_PART: Final = "(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
_DNS: Final = re.compile(rf"{_DNS_PART}(?:\.{_DNS_PART})*", re.ASCII)

#: Fields of a Pod that mean nothing on Windows: wire path and attribute path.
_LINUX_ONLY: Final = (
    ("securityContext.appArmorProfile", "app_armor_profile"),
    ("securityContext.seLinuxOptions", "se_linux_options"),
    ("hostUsers", ""),
    ("hostPID", ""),
    ("hostIPC", ""),
    ("securityContext.seccompProfile", "seccomp_profile"),
    ("securityContext.fsGroup", "fs_group"),
    ("securityContext.fsGroupChangePolicy", "fs_group_change_policy"),
    ("securityContext.seLinuxChangePolicy", "se_linux_change_policy"),
    ("securityContext.sysctls", "sysctls"),
    ("shareProcessNamespace", ""),
    ("securityContext.runAsUser", "run_as_user"),
    ("securityContext.runAsGroup", "run_as_group"),
    ("securityContext.supplementalGroups", "supplemental_groups"),
    ("securityContext.supplementalGroupsPolicy", "supplemental_groups_policy"),
)
#: The same for a container's security context.
_LINUX_ONLY_IN_CONTAINER: Final = (
    ("appArmorProfile", "app_armor_profile"),
    ("seLinuxOptions", "se_linux_options"),
    ("seccompProfile", "seccomp_profile"),
    ("capabilities", "capabilities"),
    ("readOnlyRootFilesystem", "read_only_root_filesystem"),
    ("privileged", "privileged"),
    ("allowPrivilegeEscalation", "allow_privilege_escalation"),
    ("procMount", "proc_mount"),
    ("runAsUser", "run_as_user"),
    ("runAsGroup", "run_as_group"),
)
_NOT_ON_WINDOWS: Final = "cannot be set for a windows pod"


def check_windows_options(
    errs: ErrorList, path: Path, options: WindowsSecurityContextOptions
) -> None:
    """Names of credentials and users as Windows knows them."""
    name = options.gmsa_credential_spec_name
    if name is not None:
        follow(errs, path / "gmsaCredentialSpecName", name, names.dns1123_subdomain)
    credentials = options.gmsa_credential_spec
    if credentials is not None:
        at = path / "gmsaCredentialSpec"
        if not credentials:
            errs.invalid(at, credentials, "gmsaCredentialSpec cannot be an empty string")
        elif _length(credentials) > _MAX_SPEC_KIB * 1024:
            detail = f"gmsaCredentialSpec size must be under {_MAX_SPEC_KIB} KiB"
            errs.invalid(at, credentials, detail)
    user = options.run_as_user_name
    if user is not None:
        for complaint in _user_complaints(user):
            errs.invalid(path / "runAsUserName", user, f"runAsUserName{complaint}")


def _user_complaints(name: str) -> list[str]:
    if not name:
        return [" cannot be an empty string"]
    if any(character < " " or character == "\x7f" for character in name):
        return [" cannot contain control characters"]
    if name.count("\\") > 1:
        return [" cannot contain more than one backslash"]
    domain, backslash, user = name.rpartition("\\")
    complaints = []
    if _length(domain) >= _MAX_DOMAIN:
        complaints.append(f"'s Domain length must be under {_MAX_DOMAIN} characters")
    if backslash and not (_NETBIOS.fullmatch(domain) or _DNS.fullmatch(domain)):
        complaints.append("'s Domain doesn't match the NetBios nor the DNS format")
    if not user:
        complaints.append("'s User cannot be empty")
    elif _length(user) > _MAX_USER:
        complaints.append(f"'s User length must not be longer than {_MAX_USER} characters")
    if user and not user.strip(". "):
        complaints.append("'s User cannot contain only periods or spaces")
    if not _BAD_IN_USER.isdisjoint(user):
        complaints.append("'s User cannot contain the following characters: \"/\\:;|=,+*?<>@[]")
    return complaints


def _length(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


def check_host_process(
    errs: ErrorList, path: Path, spec: PodSpec, options: PodValidationOptions
) -> None:
    """Either all containers are processes of the host, or none is."""
    pod = spec.security_context.windows_options if spec.security_context else None
    if not pod and not any(map(_has_windows_options, all_containers(spec))):
        return
    pod_value = pod.host_process if pod else None
    effective = []
    for container, at in containers_with_paths(spec, path):
        context = container.security_context
        own = context.windows_options.host_process if context and context.windows_options else None
        if own is not None and pod_value is not None and own != pod_value:
            detail = (
                "pod hostProcess value must be identical if both are specified, "
                f"was {str(pod_value).lower()}"
            )
            errs.invalid(at.child("securityContext", "windowsOptions", "hostProcess"), own, detail)
        effective.append(bool(pod_value if own is None else own))
    if not any(effective):
        return
    if not all(effective):
        errs.invalid(
            path,
            "",
            "If pod contains any hostProcess containers then all containers must be "
            "HostProcess containers",
        )
    if not spec.host_network:
        detail = "hostNetwork must be true if pod contains any hostProcess containers"
        errs.invalid(path / "hostNetwork", False, detail)
    if not options.privileged:
        errs.forbidden(path, "hostProcess containers are disallowed by cluster policy")


def _has_windows_options(container: AnyContainer) -> bool:
    context = container.security_context
    return bool(context and context.windows_options)


def check_os(errs: ErrorList, path: Path, spec: PodSpec) -> None:
    """What the Pod says it runs on is known, and the rest of it fits."""
    if spec.os is None:
        return
    match spec.os.name:
        case "":
            errs.required(path.child("os", "name"), "cannot be empty")
        case "linux":
            _check_linux(errs, path, spec)
        case "windows":
            _check_windows(errs, path, spec)
        case unknown:
            errs.not_supported(path / "os", unknown, ("linux", "windows"))


def _check_linux(errs: ErrorList, path: Path, spec: PodSpec) -> None:
    refused = "windows options cannot be set for a linux pod"
    if spec.security_context and spec.security_context.windows_options:
        errs.forbidden(path.child("securityContext", "windowsOptions"), refused)
    for container, at in containers_with_paths(spec, path):
        if container.security_context and container.security_context.windows_options:
            errs.forbidden(at.child("securityContext", "windowsOptions"), refused)


def _check_windows(errs: ErrorList, path: Path, spec: PodSpec) -> None:
    context = spec.security_context or PodSecurityContext()
    of_pod = {
        "hostUsers": spec.host_users is not None,
        "hostPID": spec.host_pid,
        "hostIPC": spec.host_ipc,
        "shareProcessNamespace": spec.share_process_namespace is not None,
    }
    for wire, attribute in _LINUX_ONLY:
        given = of_pod[wire] if wire in of_pod else _is_given(getattr(context, attribute))
        if given:
            errs.forbidden(path.child(*wire.split(".")), _NOT_ON_WINDOWS)
    for container, at in containers_with_paths(spec, path):
        own = container.security_context
        for wire, attribute in _LINUX_ONLY_IN_CONTAINER if own is not None else ():
            if getattr(own, attribute) is not None:
                errs.forbidden(at.child("securityContext", wire), _NOT_ON_WINDOWS)


def _is_given(value: object) -> bool:
    return value is not None and value != []
