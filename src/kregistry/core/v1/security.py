"""Security settings of Pods and containers."""

from __future__ import annotations

from kregistry.meta.model import Model, field, model


@model
class Capabilities(Model):
    """Linux capabilities that a container gets or loses beside the usual ones."""

    add: list[str] = field(factory=list, list_type="atomic")
    drop: list[str] = field(factory=list, list_type="atomic")


@model
class SELinuxOptions(Model):
    """The SELinux label that processes run with."""

    user: str = ""
    role: str = ""
    type: str = ""
    level: str = ""


@model
class WindowsSecurityContextOptions(Model):
    """What only containers on Windows know."""

    gmsa_credential_spec_name: str | None = None
    gmsa_credential_spec: str | None = None
    run_as_user_name: str | None = None
    host_process: bool | None = None


@model
class SeccompProfile(Model):
    """Which system calls are let through."""

    type: str = field(default="", always=True, enum=("Localhost", "RuntimeDefault", "Unconfined"))
    localhost_profile: str | None = None


@model
class AppArmorProfile(Model):
    """Which AppArmor profile confines the processes."""

    type: str = field(default="", always=True, enum=("Localhost", "RuntimeDefault", "Unconfined"))
    localhost_profile: str | None = None


@model
class Sysctl(Model):
    """One kernel parameter, set for the Pod alone."""

    name: str = field(default="", always=True)
    value: str = field(default="", always=True)


@model
class SecurityContext(Model):
    """What one container's processes may do; what it sets wins over the Pod's."""

    capabilities: Capabilities | None = None
    privileged: bool | None = None
    se_linux_options: SELinuxOptions | None = None
    windows_options: WindowsSecurityContextOptions | None = None
    run_as_user: int | None = None
    run_as_group: int | None = None
    run_as_non_root: bool | None = None
    read_only_root_filesystem: bool | None = None
    allow_privilege_escalation: bool | None = None
    proc_mount: str | None = field(default=None, enum=("Default", "Unmasked"))
    seccomp_profile: SeccompProfile | None = None
    app_armor_profile: AppArmorProfile | None = None


@model
class PodSecurityContext(Model):
    """What all containers of a Pod share: users, groups, profiles."""

    se_linux_options: SELinuxOptions | None = None
    windows_options: WindowsSecurityContextOptions | None = None
    run_as_user: int | None = None
    run_as_group: int | None = None
    run_as_non_root: bool | None = None
    supplemental_groups: list[int] = field(factory=list, list_type="atomic")
    supplemental_groups_policy: str | None = field(default=None, enum=("Merge", "Strict"))
    fs_group: int | None = None
    sysctls: list[Sysctl] = field(factory=list, list_type="atomic")
    fs_group_change_policy: str | None = field(default=None, enum=("Always", "OnRootMismatch"))
    seccomp_profile: SeccompProfile | None = None
    app_armor_profile: AppArmorProfile | None = None
    se_linux_change_policy: str | None = None
