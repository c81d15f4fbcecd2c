"""Annotations of a Pod that mean something.

Source: ``ValidatePodSpecificAnnotations``, ``validateSeccompAnnotationsAndFields``,
``validateAppArmorAnnotationsAndFieldsMatchOnCreate``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from kregistry.core.pod.apparmor import APP_ARMOR_PREFIX, field_of_annotation
from kregistry.core.pod.containers import all_containers, containers_with_paths
from kregistry.core.pod.ownkeys import has_own_keys
from kregistry.core.pod.validation.checks import MAX_INT32, descending_path
from kregistry.core.pod.validation.options import PodValidationOptions
from kregistry.core.pod.validation.scheduling import check_tolerations
from kregistry.core.v1 import AppArmorProfile, Pod, PodSpec, SeccompProfile, Toleration
from kregistry.meta.field import ErrorList, Path
from kregistry.meta.goformat import quote

MIRROR: Final = "kubernetes.io/config.mirror"
TOLERATIONS: Final = "scheduler.alpha.kubernetes.io/tolerations"
DELETION_COST: Final = "controller.kubernetes.io/pod-deletion-cost"
SECCOMP_POD: Final = "seccomp.security.alpha.kubernetes.io/pod"
SECCOMP_CONTAINER: Final = "container.seccomp.security.alpha.kubernetes.io/"

_LOCALHOST: Final = "localhost/"
_SECCOMP_TYPES: Final = {
    "runtime/default": "RuntimeDefault",
    "docker/default": "RuntimeDefault",
    "unconfined": "Unconfined",
}

_PROFILES: Final = (SECCOMP_POD, SECCOMP_CONTAINER, APP_ARMOR_PREFIX)


def check_annotations(
    errs: ErrorList,
    path: Path,
    annotations: Mapping[str, str],
    spec: PodSpec,
    options: PodValidationOptions,
) -> None:
    """What they say makes sense, for this Pod."""
    if MIRROR in annotations and not spec.node_name:
        detail = "must set spec.nodeName if mirror pod annotation is set"
        errs.invalid(path.key(MIRROR), annotations[MIRROR], detail)
    if annotations.get(TOLERATIONS):
        _check_toleration_annotation(errs, path, annotations[TOLERATIONS])
    cost = annotations.get(DELETION_COST)
    if cost is not None and not options.bad_deletion_cost and not is_deletion_cost(cost):
        errs.invalid(path.key(DELETION_COST), cost, "must be a 32bit integer")
    if SECCOMP_POD in annotations:
        _check_seccomp(errs, path / SECCOMP_POD, annotations[SECCOMP_POD])
    for key in sorted(key for key in annotations if key.startswith(SECCOMP_CONTAINER)):
        _check_seccomp(errs, path / key, annotations[key])
    armored = sorted(key for key in annotations if key.startswith(APP_ARMOR_PREFIX))
    containers = {each.name for each in all_containers(spec)} if armored else set()
    for key in armored:
        _check_app_armor(errs, path.key(key), key, annotations[key], containers)


def is_deletion_cost(text: str) -> bool:
    """Whether the text is a number of 32 bits, in the one spelling that is accepted."""
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 10):
        return False
    if text[0] == "0" and text != "0":
        return False
    return -MAX_INT32 - 1 <= int(text) <= MAX_INT32


def _check_toleration_annotation(errs: ErrorList, path: Path, text: str) -> None:
    try:
        found = json.loads(text)
        tolerations = [_toleration(entry) for entry in found]
    except (ValueError, TypeError, RecursionError) as error:
        errs.invalid(path, TOLERATIONS, str(error))
        return
    check_tolerations(errs, path / TOLERATIONS, tolerations)


def _toleration(entry: Any) -> Toleration:
    """Raises ValueError or TypeError for what is none."""
    if not isinstance(entry, dict):
        raise TypeError("a toleration is an object")
    texts = {name: entry.get(name) or "" for name in ("key", "operator", "value", "effect")}
    seconds = entry.get("tolerationSeconds")
    if not all(isinstance(text, str) for text in texts.values()):
        raise TypeError("members of a toleration are strings")
    if seconds is not None and type(seconds) is not int:
        raise TypeError("tolerationSeconds is a number")
    return Toleration(**texts, toleration_seconds=seconds)


def _check_seccomp(errs: ErrorList, path: Path, value: str) -> None:
    if value.startswith(_LOCALHOST):
        descending_path(errs, path, value.removeprefix(_LOCALHOST))
    elif value not in _SECCOMP_TYPES:
        errs.invalid(path, value, "must be a valid seccomp profile")


def _check_app_armor(
    errs: ErrorList, path: Path, key: str, value: str, containers: set[str]
) -> None:
    name = key.removeprefix(APP_ARMOR_PREFIX)
    if name not in containers:
        errs.invalid(path, name, "container not found")
    known = value in ("", "runtime/default", "unconfined") or value.startswith(_LOCALHOST)
    if not known:
        errs.invalid(path, value, f"invalid AppArmor profile name: {quote(value)}")


def check_profiles_agree(errs: ErrorList, path: Path, pod: Pod) -> None:
    """Where an annotation and a field say the same thing, they must say the same.

    Runs on create only.
    """
    spec = pod.spec
    annotations = pod.metadata.annotations
    if not has_own_keys(annotations) or not any(key.startswith(_PROFILES) for key in annotations):
        return
    own = spec.security_context.seccomp_profile if spec.security_context else None
    _check_seccomp_agrees(errs, path / "securityContext", annotations.get(SECCOMP_POD), own)
    for container, at in containers_with_paths(spec, path):
        context = container.security_context
        value = annotations.get(SECCOMP_CONTAINER + container.name)
        profile = context.seccomp_profile if context else None
        _check_seccomp_agrees(errs, at / "securityContext", value, profile)
    if spec.os is not None and spec.os.name == "windows":
        return
    for container, at in containers_with_paths(spec, path):
        context = container.security_context
        value = annotations.get(APP_ARMOR_PREFIX + container.name)
        armor = context.app_armor_profile if context else None
        if value is not None and armor is not None:
            _check_app_armor_agrees(
                errs, at.child("securityContext", "appArmorProfile"), value, armor
            )


def _check_seccomp_agrees(
    errs: ErrorList, path: Path, value: str | None, profile: SeccompProfile | None
) -> None:
    if value is None or profile is None:
        return
    at = path / "seccompProfile"
    localhost = value.removeprefix(_LOCALHOST) if value.startswith(_LOCALHOST) else None
    expected = "Localhost" if localhost is not None else _SECCOMP_TYPES.get(value, "")
    if profile.type != expected:
        errs.forbidden(at / "type", "seccomp type in annotation and field must match")
    elif localhost is not None and profile.localhost_profile != localhost:
        detail = "seccomp profile in annotation and field must match"
        errs.forbidden(at / "localhostProfile", detail)


def _check_app_armor_agrees(
    errs: ErrorList, path: Path, value: str, profile: AppArmorProfile
) -> None:
    expected = field_of_annotation(value)
    if expected is None or profile.type != expected.type:
        errs.forbidden(path / "type", "apparmor type in annotation and field must match")
    elif profile.localhost_profile != expected.localhost_profile:
        detail = "apparmor profile in annotation and field must match"
        errs.forbidden(path / "localhostProfile", detail)
