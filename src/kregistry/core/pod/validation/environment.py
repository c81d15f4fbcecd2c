"""Environment variables and what their values are taken from.

Source: ``ValidateEnv``, ``ValidateEnvFrom`` and ``validateObjectFieldSelector``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from kregistry.core.pod.downward import DownwardError, convert_field_label, split_subscript
from kregistry.core.pod.validation.checks import config_key, follow, local_path, require
from kregistry.core.v1 import (
    ConfigMapKeySelector,
    EnvFromSource,
    EnvVar,
    EnvVarSource,
    FileKeySelector,
    ObjectFieldSelector,
    ResourceFieldSelector,
    SecretKeySelector,
)
from kregistry.meta import names
from kregistry.meta.field import ErrorList, Path
from kregistry.meta.quantity import Quantity
from kregistry.registry.validation import dns_subdomain_name

#: Fields of the Pod that a variable may show.
ENV_FIELDS: Final = (
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
)

#: Resources of a container that a variable or a file may show.
_RESOURCES: Final = (
    "limits.cpu",
    "limits.ephemeral-storage",
    "limits.memory",
    "requests.cpu",
    "requests.ephemeral-storage",
    "requests.memory",
)
_HUGE_PAGES: Final = ("limits.hugepages-", "requests.hugepages-")
_BYTES: Final = ("1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei")
_DIVISORS: Final = {
    "cpu": (("1m", "1"), "1m and 1", "cpu"),
    "memory": (_BYTES, ", ".join(_BYTES), "memory"),
    "ephemeral-storage": (_BYTES, ", ".join(_BYTES), "local ephemeral storage"),
}
_HUGE_PAGES_DIVISORS: Final = (_BYTES, ", ".join(_BYTES), "hugepages")

_VARIABLE: Final = re.compile("[ -<>-~]+")

_SEVERAL: Final = "may not have more than one field specified at a time"
_SOURCES: Final = (
    "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, "
    "`secretKeyRef` or `fileKeyRef`"
)


def variable_name(name: str) -> list[str]:
    """What is wrong with the name of a variable. Source: ``IsRelaxedEnvVarName``."""
    if _VARIABLE.fullmatch(name):
        return []
    return [
        "a valid environment variable name must consist only of printable ASCII characters "
        "other than '='"
    ]


def check_env(errs: ErrorList, path: Path, variables: Sequence[EnvVar]) -> None:
    """Every variable of the container at *path* has a name and one source of its value at most."""
    for index, variable in enumerate(variables):
        if not _VARIABLE.fullmatch(variable.name):
            at = (path / "env").index(index) / "name"
            if require(errs, at, variable.name):
                follow(errs, at, variable.name, variable_name)
        if variable.value_from is not None:
            at = (path / "env").index(index) / "valueFrom"
            _check_source(errs, at, variable.value, variable.value_from)


def _check_source(errs: ErrorList, path: Path, value: str, source: EnvVarSource) -> None:
    count = 0
    if source.field_ref is not None:
        count += 1
        check_field_ref(errs, path / "fieldRef", source.field_ref, ENV_FIELDS)
    if source.resource_field_ref is not None:
        count += 1
        check_resource_ref(errs, path / "resourceFieldRef", source.resource_field_ref)
    if source.config_map_key_ref is not None:
        count += 1
        _check_key_ref(errs, path / "configMapKeyRef", source.config_map_key_ref)
    if source.secret_key_ref is not None:
        count += 1
        _check_key_ref(errs, path / "secretKeyRef", source.secret_key_ref)
    if source.file_key_ref is not None:
        count += 1
        _check_file_ref(errs, path / "fileKeyRef", source.file_key_ref)
    if count == 0:
        errs.invalid(path, "", _SOURCES)
    elif value:
        errs.invalid(path, "", "may not be specified when `value` is not empty")
    elif count > 1:
        errs.invalid(path, "", _SEVERAL)


def check_field_ref(
    errs: ErrorList, path: Path, reference: ObjectFieldSelector, allowed: Sequence[str]
) -> None:
    """A field of the Pod that exists and may be shown here.

    Args:
        errs: Gets what is wrong.
        path: Where the reference is.
        reference: The reference.
        allowed: The fields that may be shown, sorted; labels and annotations with a key in
            brackets may always be.
    """
    if reference.api_version == "v1" and reference.field_path in allowed:
        return
    if not reference.api_version:
        errs.required(path / "apiVersion")
        return
    if not reference.field_path:
        errs.required(path / "fieldPath")
        return
    try:
        found = convert_field_label(reference.api_version, reference.field_path)
    except DownwardError as error:
        detail = f"error converting fieldPath: {error}"
        errs.invalid(path / "fieldPath", reference.field_path, detail)
        return
    name, key = split_subscript(found)
    if key is None:
        if name not in allowed:
            errs.not_supported(path / "fieldPath", name, allowed)
    else:
        folded = key.lower() if name == "metadata.annotations" else key
        for message in names.qualified_name(folded):
            errs.invalid(path, key, message)


def check_resource_ref(
    errs: ErrorList, path: Path, reference: ResourceFieldSelector, *, volume: bool = False
) -> None:
    """A limit or request of a container, in units that make sense for it.

    Args:
        errs: Gets what is wrong.
        path: Where the reference is.
        reference: The reference.
        volume: It stands in a volume, so it has to name the container.
    """
    resource = reference.resource
    if volume and not reference.container_name:
        errs.required(path / "containerName")
    elif not resource:
        errs.required(path / "resource")
    elif resource not in _RESOURCES and not resource.startswith(_HUGE_PAGES):
        errs.not_supported(path / "resource", resource, _RESOURCES)
    _check_divisor(errs, path / "divisor", resource, reference.divisor)


def _check_divisor(errs: ErrorList, path: Path, resource: str, divisor: Quantity | None) -> None:
    if divisor is None or divisor == Quantity("0"):
        return
    rule = _DIVISORS.get(resource.partition(".")[2]) if resource in _RESOURCES else None
    if rule is None and resource.startswith(_HUGE_PAGES):
        rule = _HUGE_PAGES_DIVISORS
    if rule is not None and str(divisor) not in rule[0]:
        detail = f"only divisor's values {rule[1]} are supported with the {rule[2]} resource"
        errs.invalid(path, resource, detail)


def _check_key_ref(
    errs: ErrorList, path: Path, reference: ConfigMapKeySelector | SecretKeySelector
) -> None:
    follow(errs, path / "name", reference.name, names.dns1123_subdomain)
    if require(errs, path / "key", reference.key):
        follow(errs, path / "key", reference.key, config_key)


def _check_file_ref(errs: ErrorList, path: Path, reference: FileKeySelector) -> None:
    if require(errs, path / "key", reference.key):
        follow(errs, path / "key", reference.key, variable_name)
    require(errs, path / "volumeName", reference.volume_name)
    if require(errs, path / "path", reference.path):
        local_path(errs, path / "path", reference.path)


def check_env_from(errs: ErrorList, path: Path, sources: Sequence[EnvFromSource]) -> None:
    """Every source is one ConfigMap or one Secret. Source: ``ValidateEnvFrom``."""
    for index, source in enumerate(sources):
        at = path.index(index)
        if source.prefix:
            follow(errs, at / "prefix", source.prefix, variable_name)
        given = 0
        for wire, reference in (
            ("configMapRef", source.config_map_ref),
            ("secretRef", source.secret_ref),
        ):
            if reference is not None:
                given += 1
                _check_source_name(errs, at / wire / "name", reference.name)
        if given == 0:
            errs.invalid(path, "", "must specify one of: `configMapRef` or `secretRef`")
        elif given > 1:
            errs.invalid(path, "", _SEVERAL)


def _check_source_name(errs: ErrorList, path: Path, name: str) -> None:
    if require(errs, path, name):
        for message in dns_subdomain_name(name, True):
            errs.invalid(path, name, message)
