"""The way of a delete of a namespace: the step that comes before the ordinary one.

Source: ``k8s.io/kubernetes/pkg/registry/core/namespace/storage`` REST.Delete.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from kregistry.core.v1 import Namespace
from kregistry.meta.context import Context
from kregistry.meta.errors import Conflict
from kregistry.meta.options import DeleteOptions, Preconditions
from kregistry.registry.translate import STORAGE_ERRORS, translate
from kregistry.registry.validation.options import require_valid, validate_delete_options
from kregistry.storage import preconditions
from kregistry.storage.interface import ResponseMeta

if TYPE_CHECKING:
    from kregistry.registry.store import Store, ValidateObject


class NamespaceDeletion:
    """One request to delete a namespace. Used once, by one thread.

    Args:
        store: Where the namespace is.
        ctx: The request.
        name: Name of the namespace.
        options: What the request says.
        validate: Last check, on the newest state.
    """

    def __init__(
        self,
        store: Store[Namespace],
        ctx: Context,
        name: str,
        options: DeleteOptions | None,
        validate: ValidateObject[Namespace],
    ) -> None:
        self._store = store
        self._ctx = ctx
        self._name = name
        self._validate = validate
        #: What the request says; after :meth:`mark` it is about this very namespace.
        self.options = options if options is not None else DeleteOptions(grace_period_seconds=0)

    def mark(self) -> Namespace | None:
        """See to it that the namespace is terminating.

        Returns:
            The namespace as it is now; None if nothing holds it any longer.

        Raises:
            NotFound: There is none (404).
            Conflict: A precondition does not hold (409).
        """
        require_valid("DeleteOptions", validate_delete_options(self.options))
        found = self._store.get(self._ctx, self._name)
        self._insist_on(found)
        if found.metadata.deletion_timestamp is None:
            return self._terminate()
        return found if found.spec.finalizers else None

    def _insist_on(self, found: Namespace) -> None:
        """The one that is meant; from here on, no other of the same name is."""
        meta = found.metadata
        asked = self.options.preconditions or Preconditions()
        for member, wanted, present in (
            ("UID", asked.uid, meta.uid),
            ("ResourceVersion", asked.resource_version, meta.resource_version),
        ):
            if wanted is not None and wanted != present:
                detail = (
                    f"Precondition failed: {member} in precondition: {wanted}, "
                    f"{member} in object meta: {present}"
                )
                raise Conflict(self._store.resource.group_resource, self._name, detail)
        self.options = attrs.evolve(self.options, preconditions=attrs.evolve(asked, uid=meta.uid))

    def _terminate(self) -> Namespace:
        store = self._store
        asked = self.options.preconditions or Preconditions()
        try:
            return store.storage.guaranteed_update(
                self._ctx,
                store.keys.key(self._ctx, self._name),
                self._apply,
                preconditions=preconditions.Preconditions(
                    uid=asked.uid, resource_version=asked.resource_version
                ),
                dry_run=bool(self.options.dry_run),
            )
        except STORAGE_ERRORS as error:
            resource = store.resource.group_resource
            raise translate(error, "update", resource, self._name) from error

    def _apply(self, existing: Namespace, meta: ResponseMeta) -> Namespace:
        """Runs again when another writer came between."""
        self._validate(self._ctx, existing)
        if existing.metadata.deletion_timestamp is None:
            existing.metadata.deletion_timestamp = self._store.system.now()
        existing.status.phase = "Terminating"
        existing.metadata.finalizers = self._finalizers(existing.metadata.finalizers)
        return existing

    def _finalizers(self, present: list[str]) -> list[str]:
        """The finalizers that the collector needs to do as the request says."""
        wanted = {
            "orphan": self._wants("Orphan", True, "orphan" in present),
            "foregroundDeletion": self._wants("Foreground", False, "foregroundDeletion" in present),
        }
        kept = [name for name in present if wanted.get(name, True)]
        return kept + [name for name, want in wanted.items() if want and name not in kept]

    def _wants(self, policy: str, orphaning: bool, present: bool) -> bool:
        """Whether a request wants the finalizer of *policy*; silence leaves it as it is.

        Source: ``shouldHaveOrphanFinalizer``, ``shouldHaveDeleteDependentsFinalizer``.
        """
        if self.options.orphan_dependents is not None:
            return self.options.orphan_dependents is orphaning
        if self.options.propagation_policy is not None:
            return self.options.propagation_policy == policy
        return present
