"""Objects as they stand in a field error.

An API server validates its internal types, whose JSON has Go's field names in Go's order and
leaves nothing out. Messages that print such an object can only be matched with that order.

Source: ``k8s.io/kubernetes/pkg/apis/core`` types.
"""

from __future__ import annotations

from typing import Any, Final

from kregistry.meta.goformat import Verbatim, json_text

#: Per class: attribute and Go's name, in the order of Go's struct.
_FIELDS: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "AppArmorProfile": (("type", "Type"), ("localhost_profile", "LocalhostProfile")),
    "Capabilities": (("add", "Add"), ("drop", "Drop")),
    "PodResourceClaim": (
        ("name", "Name"),
        ("resource_claim_name", "ResourceClaimName"),
        ("resource_claim_template_name", "ResourceClaimTemplateName"),
    ),
    "SELinuxOptions": (("user", "User"), ("role", "Role"), ("type", "Type"), ("level", "Level")),
    "SeccompProfile": (("type", "Type"), ("localhost_profile", "LocalhostProfile")),
    "SecurityContext": (
        ("capabilities", "Capabilities"),
        ("privileged", "Privileged"),
        ("se_linux_options", "SELinuxOptions"),
        ("windows_options", "WindowsOptions"),
        ("run_as_user", "RunAsUser"),
        ("run_as_group", "RunAsGroup"),
        ("run_as_non_root", "RunAsNonRoot"),
        ("read_only_root_filesystem", "ReadOnlyRootFilesystem"),
        ("allow_privilege_escalation", "AllowPrivilegeEscalation"),
        ("proc_mount", "ProcMount"),
        ("seccomp_profile", "SeccompProfile"),
        ("app_armor_profile", "AppArmorProfile"),
    ),
    "Toleration": (
        ("key", "Key"),
        ("operator", "Operator"),
        ("value", "Value"),
        ("effect", "Effect"),
        ("toleration_seconds", "TolerationSeconds"),
    ),
    "WindowsSecurityContextOptions": (
        ("gmsa_credential_spec_name", "GMSACredentialSpecName"),
        ("gmsa_credential_spec", "GMSACredentialSpec"),
        ("run_as_user_name", "RunAsUserName"),
        ("host_process", "HostProcess"),
    ),
}


def printed(obj: object) -> Verbatim:
    """*obj* as the bad value of a field error."""
    return Verbatim(_text(obj))


def _text(value: Any) -> str:
    fields = _FIELDS.get(type(value).__name__)
    if fields is None:
        return "null" if value == [] else json_text(value)
    written = (f'"{name}":{_text(getattr(value, attribute))}' for attribute, name in fields)
    return "{" + ",".join(written) + "}"
