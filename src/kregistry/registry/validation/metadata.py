"""Rules for metadata that hold for every kind.

Source: ``k8s.io/apimachinery/pkg/api/validation/objectmeta.go`` and
``pkg/apis/meta/v1/validation/validation.go``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from kregistry.meta import names
from kregistry.meta.field import ErrorList, Path
from kregistry.meta.goformat import list_text
from kregistry.meta.gvk import GroupVersion, GroupVersionKind
from kregistry.meta.objectmeta import ManagedFieldsEntry, ObjectMeta, OwnerReference
from kregistry.registry.finalizers import FOREGROUND_DELETION, ORPHAN
from kregistry.registry.validation.fieldmanager import validate_field_manager
from kregistry.registry.validation.namerules import NameRule, dns_label_name, path_segment_name

METADATA: Final = Path("metadata")

#: Keys and values of all annotations together, in bytes.
TOTAL_ANNOTATION_SIZE_LIMIT: Final = 256 * 1024

MAX_SUBRESOURCE_LENGTH: Final = 256

#: Kinds that vanish on their own, so nothing may depend on them.
_BANNED_OWNERS: Final = frozenset({GroupVersionKind("", "v1", "Event")})


def validate_object_meta(
    meta: ObjectMeta,
    *,
    namespaced: bool,
    name_rule: NameRule = path_segment_name,
    path: Path = METADATA,
) -> ErrorList:
    """What is wrong with the metadata of an object, whatever its history.

    Args:
        meta: The metadata; only read.
        namespaced: Whether the object must, or must not, have a namespace.
        name_rule: What the kind demands of names.
        path: Where the metadata is.

    Source: ``validation.ValidateObjectMetaAccessor``.
    """
    errs = ErrorList()
    _check_name(errs, meta, name_rule, path)
    _check_namespace(errs, meta.namespace, namespaced, path)
    if meta.generation < 0:
        detail = "must be greater than or equal to 0"
        errs.invalid(path / "generation", meta.generation, detail)
    if meta.labels:
        errs += validate_labels(meta.labels, path / "labels")
    if meta.annotations:
        errs += validate_annotations(meta.annotations, path / "annotations")
    if meta.owner_references:
        errs += validate_owner_references(meta.owner_references, path / "ownerReferences")
    if meta.finalizers:
        errs += validate_finalizers(meta.finalizers, path / "finalizers")
    if meta.managed_fields:
        errs += validate_managed_fields(meta.managed_fields, path / "managedFields")
    return errs


def validate_object_meta_update(
    new: ObjectMeta, old: ObjectMeta, *, path: Path = METADATA
) -> ErrorList:
    """What is wrong with the step from *old* metadata to *new*.

    Labels, annotations, owners and managers are judged again, as upstream does, so that a
    problem with them is reported twice by an update that checks both.

    Source: ``validation.ValidateObjectMetaAccessorUpdate``.
    """
    errs = ErrorList()
    if old.deletion_timestamp is not None:
        _check_no_new_finalizers(errs, new.finalizers, old.finalizers, path / "finalizers")
    if not new.resource_version:
        errs.invalid(path / "resourceVersion", "", "must be specified for an update")
    if new.generation < old.generation:
        errs.invalid(path / "generation", new.generation, "must not be decremented")
    errs.immutable(path / "name", new.name, old.name)
    errs.immutable(path / "namespace", new.namespace, old.namespace)
    errs.immutable(path / "uid", new.uid, old.uid)
    errs.immutable(path / "creationTimestamp", new.creation_timestamp, old.creation_timestamp)
    errs.immutable(path / "deletionTimestamp", new.deletion_timestamp, old.deletion_timestamp)
    errs.immutable(
        path / "deletionGracePeriodSeconds",
        new.deletion_grace_period_seconds,
        old.deletion_grace_period_seconds,
    )
    errs += validate_labels(new.labels, path / "labels")
    errs += validate_annotations(new.annotations, path / "annotations")
    errs += validate_owner_references(new.owner_references, path / "ownerReferences")
    errs += validate_managed_fields(new.managed_fields, path / "managedFields")
    return errs


def validate_labels(labels: Mapping[str, str], path: Path) -> ErrorList:
    """Keys are qualified names, values are label values. Source: ``ValidateLabels``."""
    errs = ErrorList()
    for key, value in sorted(labels.items()):
        for message in names.qualified_name(key):
            errs.invalid(path, key, message)
        for message in names.label_value(value):
            errs.invalid(path, value, message)
    return errs


def validate_annotations(annotations: Mapping[str, str], path: Path) -> ErrorList:
    """Keys are qualified names in any case; all together stay below the limit.

    Source: ``ValidateAnnotations``.
    """
    errs = ErrorList()
    for key in sorted(annotations):
        for message in names.qualified_name(key.lower()):
            errs.invalid(path, key, message)
    if _byte_length("".join((*annotations, *annotations.values()))) > TOTAL_ANNOTATION_SIZE_LIMIT:
        errs.too_long(path, "", TOTAL_ANNOTATION_SIZE_LIMIT)
    return errs


def validate_owner_references(references: Sequence[OwnerReference], path: Path) -> ErrorList:
    """Each names its owner in full, at most one is the controller.

    Source: ``ValidateOwnerReferences``.
    """
    errs = ErrorList()
    controller = ""
    for reference in references:
        _check_owner_reference(errs, reference, path)
        if not reference.controller:
            continue
        another = f"{reference.kind}/{reference.name}"
        if controller:
            errs.invalid(
                path,
                references,
                'Only one reference can have Controller set to true. Found "true" in '
                f"references for {controller} and {another}",
            )
        controller = controller or another
    return errs


def validate_finalizers(finalizers: Sequence[str], path: Path) -> ErrorList:
    """Names are qualified; the collector gets one order and not two.

    Source: ``ValidateFinalizers``.
    """
    errs = ErrorList()
    for finalizer in finalizers:
        for message in names.qualified_name(finalizer):
            errs.invalid(path, finalizer, message)
    if ORPHAN in finalizers and FOREGROUND_DELETION in finalizers:
        detail = f"finalizer {ORPHAN} and {FOREGROUND_DELETION} cannot be both set"
        errs.invalid(path, list(finalizers), detail)
    return errs


def validate_managed_fields(entries: Sequence[ManagedFieldsEntry], path: Path) -> ErrorList:
    """Operation, type and manager of each entry are known and printable.

    Source: ``metav1validation.ValidateManagedFields``.
    """
    errs = ErrorList()
    for index, entry in enumerate(entries):
        at = path.index(index)
        if entry.operation not in ("Apply", "Update"):
            errs.invalid(at / "operation", entry.operation, "must be `Apply` or `Update`")
        if entry.fields_type not in ("", "FieldsV1"):
            errs.invalid(at / "fieldsType", entry.fields_type, "must be `FieldsV1`")
        errs += validate_field_manager(entry.manager, at / "manager")
        if _byte_length(entry.subresource) > MAX_SUBRESOURCE_LENGTH:
            errs.too_long(at / "subresource", entry.subresource, MAX_SUBRESOURCE_LENGTH)
    return errs


def _check_name(errs: ErrorList, meta: ObjectMeta, rule: NameRule, path: Path) -> None:
    if meta.generate_name:
        for message in rule(meta.generate_name, True):
            errs.invalid(path / "generateName", meta.generate_name, message)
    if not meta.name:
        errs.required(path / "name", "name or generateName is required")
        return
    for message in rule(meta.name, False):
        errs.invalid(path / "name", meta.name, message)


def _check_namespace(errs: ErrorList, namespace: str, namespaced: bool, path: Path) -> None:
    if not namespaced:
        if namespace:
            errs.forbidden(path / "namespace", "not allowed on this type")
        return
    if not namespace:
        errs.required(path / "namespace")
        return
    for message in dns_label_name(namespace, False):
        errs.invalid(path / "namespace", namespace, message)


def _check_owner_reference(errs: ErrorList, reference: OwnerReference, path: Path) -> None:
    try:
        group, version = GroupVersion.parse(reference.api_version)
    except ValueError:
        group = version = ""
    if not version:
        errs.invalid(path / "apiVersion", reference.api_version, "version must not be empty")
    if not reference.kind:
        errs.invalid(path / "kind", reference.kind, "must not be empty")
    if not reference.name:
        errs.invalid(path / "name", reference.name, "must not be empty")
    if not reference.uid:
        errs.invalid(path / "uid", reference.uid, "must not be empty")
    if (group, version, reference.kind) in _BANNED_OWNERS:
        gvk = GroupVersionKind(group, version, reference.kind)
        errs.invalid(path, reference, f"{gvk} is disallowed from being an owner")


def _check_no_new_finalizers(
    errs: ErrorList, new: Sequence[str], old: Sequence[str], path: Path
) -> None:
    """Source: ``ValidateNoNewFinalizers``."""
    added = sorted(set(new).difference(old))
    if added:
        errs.forbidden(
            path,
            "no new finalizers can be added if the object is being deleted, found new "
            f"finalizers {list_text(added)}",
        )


def _byte_length(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
