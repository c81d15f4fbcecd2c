"""Volumes made of files: of Secrets, ConfigMaps, tokens and the Pod's own fields.

Source: ``validateSecretVolumeSource``, ``validateConfigMapVolumeSource``,
``validateDownwardAPIVolumeSource``, ``validateProjectedVolumeSource``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from kregistry.core.pod.validation.checks import MAX_MODE, file_mode, local_path, require
from kregistry.core.pod.validation.environment import check_field_ref, check_resource_ref
from kregistry.core.pod.validation.options import PodValidationOptions
from kregistry.core.v1 import (
    ClusterTrustBundleProjection,
    ConfigMapVolumeSource,
    DownwardAPIVolumeFile,
    DownwardAPIVolumeSource,
    KeyToPath,
    PodCertificateProjection,
    ProjectedVolumeSource,
    SecretVolumeSource,
    ServiceAccountTokenProjection,
    VolumeProjection,
)
from kregistry.meta.field import ErrorList, Path

#: Fields of the Pod that a file may show.
FILE_FIELDS: Final = (
    "metadata.annotations",
    "metadata.labels",
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
)
_MIN_TOKEN_SECONDS: Final = 600
_MAX_TOKEN_SECONDS: Final = 2**32


def check_secret(errs: ErrorList, path: Path, source: SecretVolumeSource) -> None:
    """A Secret by name, and which of its keys become which files."""
    if not source.secret_name:
        errs.required(path / "secretName")
    _check_mode(errs, path, source.default_mode)
    if len(source.items):
        _check_items(errs, path / "items", source.items)


def check_config_map(errs: ErrorList, path: Path, source: ConfigMapVolumeSource) -> None:
    """A ConfigMap by name, and which of its keys become which files."""
    if not source.name:
        errs.required(path / "name")
    _check_mode(errs, path, source.default_mode)
    if len(source.items):
        _check_items(errs, path / "items", source.items)


def _check_mode(errs: ErrorList, path: Path, mode: int | None) -> None:
    """Permissions of the files that say nothing of their own."""
    if mode is not None and not 0 <= mode <= MAX_MODE:
        file_mode(errs, path / "defaultMode", mode)


def check_downward(errs: ErrorList, path: Path, source: DownwardAPIVolumeSource) -> None:
    """Files that show fields of the Pod; errors name the volume and not the file."""
    _check_mode(errs, path, source.default_mode)
    for item in source.items:
        _check_downward_file(errs, path, item)


def _check_items(errs: ErrorList, path: Path, items: Sequence[KeyToPath]) -> None:
    for index, item in enumerate(items):
        at = path.index(index)
        require(errs, at / "key", item.key)
        require(errs, at / "path", item.path)
        local_path(errs, at / "path", item.path)
        file_mode(errs, at / "mode", item.mode)


def _check_downward_file(errs: ErrorList, path: Path, item: DownwardAPIVolumeFile) -> None:
    require(errs, path / "path", item.path)
    local_path(errs, path / "path", item.path)
    if item.field_ref is not None:
        check_field_ref(errs, path / "fieldRef", item.field_ref, FILE_FIELDS)
        if item.resource_field_ref is not None:
            detail = "fieldRef and resourceFieldRef can not be specified simultaneously"
            errs.invalid(path, "resource", detail)
    elif item.resource_field_ref is not None:
        at = path / "resourceFieldRef"
        check_resource_ref(errs, at, item.resource_field_ref, volume=True)
    else:
        errs.required(path, "one of fieldRef and resourceFieldRef is required")
    file_mode(errs, path / "mode", item.mode)


def check_projected(
    errs: ErrorList, path: Path, source: ProjectedVolumeSource, options: PodValidationOptions
) -> None:
    """Several sources in one directory, whose files do not collide."""
    _check_mode(errs, path, source.default_mode)
    taken: set[str] = set()
    for index, projection in enumerate(source.sources):
        at = (path / "sources").index(index)
        _check_files(errs, path, at, projection, taken)
        if projection.service_account_token is not None:
            token = projection.service_account_token
            _check_token(errs, path, at / "serviceAccountToken", token, options)
        if projection.cluster_trust_bundle is not None:
            bundle = projection.cluster_trust_bundle
            _check_bundle(errs, path, at / "clusterTrustBundle", bundle, taken)
        if projection.pod_certificate is not None:
            _check_certificate(errs, at / "podCertificate", projection.pod_certificate)
        if _count(projection) > 1:
            errs.forbidden(at, "may not specify more than 1 volume type per source")


def _check_files(
    errs: ErrorList, path: Path, at: Path, projection: VolumeProjection, taken: set[str]
) -> None:
    for wire, source in (("secret", projection.secret), ("configMap", projection.config_map)):
        if source is None:
            continue
        require(errs, at / wire / "name", source.name)
        _check_items(errs, at / wire / "items", source.items)
        for item in source.items:
            _take(errs, path, item.path, source.name, taken)
    if projection.downward_api is not None:
        for file in projection.downward_api.items:
            _check_downward_file(errs, at / "downwardAPI", file)
            _take(errs, path, file.path, file.path, taken)


def _take(errs: ErrorList, path: Path, file: str, value: str, taken: set[str]) -> None:
    """Two sources must not write the same file; the error shows *value*."""
    if file and file in taken:
        errs.invalid(path, value, "conflicting duplicate paths")
    taken.add(file)


def _check_token(
    errs: ErrorList,
    path: Path,
    at: Path,
    token: ServiceAccountTokenProjection,
    options: PodValidationOptions,
) -> None:
    """Errors about the file are reported at *path*, the volume, as the API server does."""
    seconds = token.expiration_seconds or 0
    if seconds < _MIN_TOKEN_SECONDS:
        detail = "may not specify a duration less than 10 minutes"
        errs.invalid(at / "expirationSeconds", seconds, detail)
    if seconds > _MAX_TOKEN_SECONDS:
        detail = "may not specify a duration larger than 2^32 seconds"
        errs.invalid(at / "expirationSeconds", seconds, detail)
    if require(errs, path / "path", token.path) and not options.nonlocal_token_path:
        local_path(errs, path / "path", token.path)


def _check_bundle(
    errs: ErrorList,
    path: Path,
    at: Path,
    bundle: ClusterTrustBundleProjection,
    taken: set[str],
) -> None:
    """Only a Pod from before the feature was switched off has one."""
    if bundle.name is not None and bundle.signer_name is not None:
        detail = "only one of name and signerName may be used"
        errs.invalid(at, bundle.name, detail)
    elif not bundle.name and not bundle.signer_name:
        errs.required(at, "either name or signerName must be specified")
    if require(errs, at / "path", bundle.path):
        local_path(errs, at / "path", bundle.path)
        _take(errs, path, bundle.path, bundle.path, taken)


def _check_certificate(errs: ErrorList, at: Path, certificate: PodCertificateProjection) -> None:
    """Only a Pod from before the feature was switched off has one."""
    require(errs, at / "signerName", certificate.signer_name)
    require(errs, at / "keyType", certificate.key_type)


def _count(projection: VolumeProjection) -> int:
    sources = (
        projection.secret,
        projection.config_map,
        projection.downward_api,
        projection.service_account_token,
        projection.cluster_trust_bundle,
        projection.pod_certificate,
    )
    return sum(source is not None for source in sources)
