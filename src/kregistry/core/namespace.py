"""Namespaces: scopes that go when all that lives in them is gone.

A delete only marks the namespace. Somebody then empties it and says so through the finalize
subresource, and the update that takes the last of ``spec.finalizers`` away removes it.

Source: ``k8s.io/kubernetes/pkg/registry/core/namespace``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from typing_extensions import Unpack

from kregistry.core.builtin import (
    BuiltinStore,
    BuiltinStrategy,
    StoreOptions,
    keep_all_but_status,
    selectable,
)
from kregistry.core.namespacedeletion import NamespaceDeletion
from kregistry.core.v1 import Namespace, NamespaceStatus
from kregistry.meta import names as rules
from kregistry.meta.context import Context
from kregistry.meta.field import ErrorList, Path
from kregistry.meta.options import DeleteOptions
from kregistry.registry.names import NameGenerator
from kregistry.registry.outcome import Deleted
from kregistry.registry.store import Store, ValidateObject
from kregistry.registry.strategy import RESTUpdateStrategy
from kregistry.registry.tables import AGE, NAME, Column, Columns
from kregistry.registry.validation import dns_label_name, validate_object_meta_update
from kregistry.runtime.resource import Resource
from kregistry.storage.interface import Interface, validate_all_object

#: Where namespaces live.
NAMESPACES: Final = Resource(Namespace, "namespaces", namespaced=False, short_names=("ns",))

#: Stands for "there may be objects in it". Source: ``v1.FinalizerKubernetes``.
FINALIZER: Final = "kubernetes"

#: Every namespace can be selected by its name through this label.
NAME_LABEL: Final = "kubernetes.io/metadata.name"

_STANDARD: Final = (FINALIZER, "orphan", "foregroundDeletion")

COLUMNS: Final[tuple[Column[Namespace], ...]] = (
    NAME,
    Column("Status", lambda obj, now: obj.status.phase, description="Active, or on its way out."),
    AGE,
)


def set_namespace_defaults(namespace: Namespace) -> None:
    """Label the namespace with its name; it is Active unless it says otherwise.

    Source: ``SetDefaults_Namespace``, ``SetDefaults_NamespaceStatus``.
    """
    if namespace.metadata.name:
        namespace.metadata.labels[NAME_LABEL] = namespace.metadata.name
    namespace.status.phase = namespace.status.phase or "Active"


class NamespaceStrategy(BuiltinStrategy[Namespace]):
    """The rules of namespaces."""

    split = True

    def __init__(self, *, names: NameGenerator | None = None) -> None:
        super().__init__(NAMESPACES, names=names, name_rule=dns_label_name)

    def selectable_fields(self, obj: Namespace) -> Mapping[str, str]:
        """``name`` is accepted beside ``metadata.name``, as it always was."""
        more = {"status.phase": obj.status.phase, "name": obj.metadata.name}
        return selectable(obj, more, namespaced=False)

    def literal_fields(self) -> Collection[str]:
        return self.selectable_fields(Namespace())

    def prepare_for_create(self, ctx: Context, obj: Namespace) -> None:
        obj.status = NamespaceStatus(phase="Active")
        if FINALIZER not in obj.spec.finalizers:
            obj.spec.finalizers.append(FINALIZER)

    def check(self, errs: ErrorList, obj: Namespace) -> None:
        for name in obj.spec.finalizers:
            _check_finalizer(errs, Path("spec", "finalizers"), name)

    def prepare_for_update(self, ctx: Context, obj: Namespace, old: Namespace) -> None:
        obj.spec.finalizers = old.spec.finalizers
        obj.status = old.status

    def validate_update(self, ctx: Context, obj: Namespace, old: Namespace) -> ErrorList:
        errs = self.validate(ctx, obj)
        errs += validate_object_meta_update(obj.metadata, old.metadata)
        return errs

    def canonicalize(self, obj: Namespace) -> None:
        """The label says the name, also one that was generated."""
        obj.metadata.labels[NAME_LABEL] = obj.metadata.name

    def get_reset_fields(self) -> Mapping[str, Sequence[str]]:
        return {"v1": ("status", "spec.finalizers")}


class NamespaceStatusStrategy(NamespaceStrategy):
    """An update stores status and metadata."""

    def prepare_for_update(self, ctx: Context, obj: Namespace, old: Namespace) -> None:
        keep_all_but_status(obj, old)

    def validate_update(self, ctx: Context, obj: Namespace, old: Namespace) -> ErrorList:
        errs = validate_object_meta_update(obj.metadata, old.metadata)
        phase = obj.status.phase
        deleting = obj.metadata.deletion_timestamp is not None
        if not deleting and phase != "Active":
            detail = "may only be 'Active' if `deletionTimestamp` is empty"
            errs.invalid(Path("status", "Phase"), phase, detail)
        elif deleting and phase != "Terminating":
            detail = "may only be 'Terminating' if `deletionTimestamp` is not empty"
            errs.invalid(Path("status", "Phase"), phase, detail)
        return errs

    def get_reset_fields(self) -> Mapping[str, Sequence[str]]:
        return {"v1": ("spec",)}


class NamespaceFinalizeStrategy(NamespaceStrategy):
    """An update stores ``spec.finalizers`` and metadata."""

    def prepare_for_update(self, ctx: Context, obj: Namespace, old: Namespace) -> None:
        obj.status = old.status

    def validate_update(self, ctx: Context, obj: Namespace, old: Namespace) -> ErrorList:
        errs = validate_object_meta_update(obj.metadata, old.metadata)
        for index, name in enumerate(obj.spec.finalizers):
            _check_finalizer(errs, Path("spec", "finalizers").index(index), name)
        return errs

    def get_reset_fields(self) -> Mapping[str, Sequence[str]]:
        return {"v1": ("status",)}


def _check_finalizer(errs: ErrorList, path: Path, name: str) -> None:
    """Source: ``ValidateFinalizerName`` of core."""
    messages = rules.qualified_name(name)
    for message in messages:
        errs.invalid(path, name, message)
    if not messages and "/" not in name and name not in _STANDARD:
        detail = "name is neither a standard finalizer name nor is it fully qualified"
        errs.invalid(path, name, detail)


class NamespaceStore(BuiltinStore[Namespace]):
    """Namespaces in *storage*.

    Args:
        storage: Where they are kept.
        update_strategy: Rules of another door, as of the finalize subresource.
        options: As for every Store.
    """

    def __init__(
        self,
        storage: Interface[Any],
        *,
        update_strategy: RESTUpdateStrategy[Namespace] | None = None,
        **options: Unpack[StoreOptions],
    ) -> None:
        super().__init__(
            NAMESPACES,
            storage,
            NamespaceStrategy(),
            update_strategy=update_strategy,
            return_deleted_object=True,
            tables=Columns(NAMESPACES.group_resource, COLUMNS),
            **options,
        )

    def delete(
        self,
        ctx: Context,
        name: str,
        *,
        validate: ValidateObject[Namespace] = validate_all_object,
        options: DeleteOptions | None = None,
    ) -> Deleted[Namespace]:
        """Mark the namespace as terminating; remove it once its finalizers are gone.

        Raises:
            NotFound: There is none (404).
            Conflict: A precondition does not hold (409).
        """
        request = NamespaceDeletion(self, ctx, name, options, validate)
        marked = request.mark()
        if marked is not None:
            return Deleted(marked, immediate=False)
        return super().delete(ctx, name, validate=validate, options=request.options)

    def should_delete_during_update(
        self, ctx: Context, key: str, obj: Namespace, old: Namespace
    ) -> bool:
        """Source: ``ShouldDeleteNamespaceDuringUpdate``."""
        return not obj.spec.finalizers


class NamespaceStorage:
    """All doors to namespaces.

    Attributes:
        namespace: Everything but status and ``spec.finalizers``.
        status: Writes status.
        finalize: Writes ``spec.finalizers``.
    """

    def __init__(self, storage: Interface[Any], **options: Unpack[StoreOptions]) -> None:
        status, finalize = NamespaceStatusStrategy(), NamespaceFinalizeStrategy()
        self.namespace = NamespaceStore(storage, **options)
        self.status = NamespaceStore(storage, update_strategy=status, **options)
        self.finalize = NamespaceStore(storage, update_strategy=finalize, **options)

    def rest_storage_map(self) -> dict[str, Store[Namespace]]:
        """The Stores by what a path says."""
        return {
            "namespaces": self.namespace,
            "namespaces/status": self.status,
            "namespaces/finalize": self.finalize,
        }
