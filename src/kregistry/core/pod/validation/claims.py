"""Claims: of resources by the Pod, and of storage by its ephemeral volumes.

Source: ``validatePodResourceClaims``, ``ValidatePersistentVolumeClaimTemplate``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from kregistry.core.pod.structure import attributes
from kregistry.core.pod.validation.annotations import MIRROR
from kregistry.core.pod.validation.checks import NOT_POSITIVE, follow, require, supported
from kregistry.core.pod.validation.printed import printed
from kregistry.core.pod.validation.selectors import check_label_selector
from kregistry.core.v1 import (
    PersistentVolumeClaimSpec,
    PersistentVolumeClaimTemplate,
    PodResourceClaim,
    TypedLocalObjectReference,
    TypedObjectReference,
)
from kregistry.meta import names
from kregistry.meta.field import ErrorList, Path
from kregistry.meta.model import wire_name
from kregistry.meta.objectmeta import ObjectMeta
from kregistry.meta.quantity import Quantity
from kregistry.registry.validation import validate_annotations, validate_labels

_ACCESS_MODES: Final = ("ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod")
_ALONE: Final = "ReadWriteOncePod"
_EITHER: Final = "`resourceClaimName` or `resourceClaimTemplateName`"


def check_resource_claims(
    errs: ErrorList, path: Path, claims: Sequence[PodResourceClaim], meta: ObjectMeta
) -> None:
    """Each has a name of its own and one source."""
    if claims and MIRROR in meta.annotations:
        errs.forbidden(Path(""), "static pods do not support resource claims")
        return
    seen: set[str] = set()
    for index, claim in enumerate(claims):
        at = path.index(index)
        if not claim.name:
            errs.required(at / "name")
        elif claim.name in seen:
            errs.duplicate(at / "name", claim.name)
        else:
            _check_claim_name(errs, at / "name", claim, meta)
            seen.add(claim.name)
        _check_claim_source(errs, at, claim)


def _check_claim_name(
    errs: ErrorList, path: Path, claim: PodResourceClaim, meta: ObjectMeta
) -> None:
    """The name, and the one that a claim made from a template would get."""
    messages = names.dns1123_label(claim.name)
    for message in messages:
        errs.invalid(path, claim.name, message)
    if not messages and claim.resource_claim_template_name is not None and meta.name:
        final = f"{meta.name}-{claim.name}"
        for message in names.dns1123_subdomain(final):
            errs.invalid(path, final, f"final ResourceClaim name: {message}")


def _check_claim_source(errs: ErrorList, path: Path, claim: PodResourceClaim) -> None:
    ready, template = claim.resource_claim_name, claim.resource_claim_template_name
    if ready is not None and template is not None:
        errs.invalid(path, printed(claim), f"at most one of {_EITHER} may be specified")
    if ready is None and template is None:
        detail = f"must specify one of: {_EITHER.replace(' or ', ', ')}"
        errs.invalid(path, printed(claim), detail)
    if ready is not None:
        follow(errs, path / "resourceClaimName", ready, names.dns1123_subdomain)
    if template is not None:
        follow(errs, path / "resourceClaimTemplateName", template, names.dns1123_subdomain)


def check_claim_template(
    errs: ErrorList, path: Path, template: PersistentVolumeClaimTemplate
) -> None:
    """A claim that is made for the Pod; its metadata is labels and annotations only."""
    meta = template.metadata
    errs += validate_annotations(meta.annotations, path.child("metadata", "annotations"))
    errs += validate_labels(meta.labels, path.child("metadata", "labels"))
    for attribute in attributes(ObjectMeta):
        allowed = attribute.name in ("labels", "annotations")
        if not allowed and getattr(meta, attribute.name):
            errs.forbidden(path.child("metadata", wire_name(attribute)), "cannot be set")
    check_claim_spec(errs, path / "spec", template.spec)


def check_claim_spec(errs: ErrorList, path: Path, spec: PersistentVolumeClaimSpec) -> None:
    """How much storage, how it is reached, and what is in it from the start.

    Source: ``ValidatePersistentVolumeClaimSpec``.
    """
    modes = spec.access_modes
    require(errs, path / "accessModes", modes, "at least 1 access mode is required")
    check_label_selector(errs, path / "selector", spec.selector)
    for mode in modes:
        supported(errs, path / "accessModes", mode, _ACCESS_MODES)
    if _ALONE in modes and any(mode in _ACCESS_MODES and mode != _ALONE for mode in modes):
        detail = f"may not use {_ALONE} with other access modes"
        errs.forbidden(path / "accessModes", detail)
    at = (path / "resources").key("storage")
    amount = spec.resources.requests.get("storage")
    if amount is None:
        errs.required(at)
    elif amount <= Quantity("0"):
        errs.invalid(at, str(amount), NOT_POSITIVE)
    if spec.storage_class_name:
        follow(errs, path / "storageClassName", spec.storage_class_name, names.dns1123_subdomain)
    if spec.volume_mode is not None:
        supported(errs, path / "volumeMode", spec.volume_mode, ("Block", "Filesystem"))
    _check_data_sources(errs, path, spec)
    if spec.volume_attributes_class_name:
        name = spec.volume_attributes_class_name
        follow(errs, path / "volumeAttributesClassName", name, names.dns1123_subdomain)


def _check_data_sources(errs: ErrorList, path: Path, spec: PersistentVolumeClaimSpec) -> None:
    source, reference = spec.data_source, spec.data_source_ref
    if source is not None:
        _check_data_source(errs, path / "dataSource", source)
    if reference is not None:
        _check_data_source(errs, path / "dataSourceRef", reference)
    if source is None or reference is None:
        return
    shown = str(path / "dataSource")
    if reference.namespace:
        detail = "may not be specified when dataSourceRef.namespace is specified"
        errs.invalid(path, shown, detail)
    elif _identity(source) != _identity(reference):
        errs.invalid(path, shown, "must match dataSourceRef")


def _identity(reference: Any) -> tuple[str, str, str]:
    return reference.api_group or "", reference.kind, reference.name


def _check_data_source(
    errs: ErrorList, path: Path, source: TypedLocalObjectReference | TypedObjectReference
) -> None:
    require(errs, path / "name", source.name)
    require(errs, path / "kind", source.kind)
    if not source.api_group:
        if source.kind != "PersistentVolumeClaim":
            detail = "must be 'PersistentVolumeClaim' when referencing the default apiGroup"
            errs.invalid(path, source.kind, detail)
    else:
        follow(errs, path / "apiGroup", source.api_group, names.dns1123_subdomain)
    namespace = getattr(source, "namespace", None)
    if namespace:
        follow(errs, path / "namespace", namespace, names.dns1123_label)
