"""The way of a delete through a Store.

Most deletions are one step: the record goes. If the object gets time to end, or something
waits for it, the record is first *marked*, in one guaranteed update, and goes in a later
request; or in this one, if marking showed that there is nothing to wait for.

Source: ``genericregistry.Store.Delete``, updateForGracefulDeletionAndFinalizers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

import attrs

from kregistry.meta.context import Context
from kregistry.meta.object import Object
from kregistry.meta.options import DeleteOptions
from kregistry.registry.deletionplan import DeletionStep, before_delete, mark_as_deleting
from kregistry.registry.finalizers import finalizers_for_collection
from kregistry.registry.outcome import Deleted, deletion_result, finalize_delete
from kregistry.registry.translate import STORAGE_ERRORS, translate
from kregistry.storage.errors import KeyNotFound
from kregistry.storage.interface import ResponseMeta
from kregistry.storage.preconditions import UNCONDITIONAL, Preconditions

if TYPE_CHECKING:
    from kregistry.registry.store import Store, ValidateObject

T = TypeVar("T", bound=Object)


class _DeleteNow(Exception):
    """Marking found nothing to wait for, so it wrote nothing. Source: ``errDeleteNow``."""


class _AlreadyDeleting(Exception):
    """Marking found the mark made. Source: ``errAlreadyDeleting``."""


@attrs.frozen
class _Marked(Generic[T]):
    """How the mark phase ended.

    Attributes:
        obj: The object with its mark; None if nothing had to be written.
        goes_on: The record is to be removed right away.
    """

    obj: T | None
    goes_on: bool


class Deletion(Generic[T]):
    """One request to delete one object. Used once, by one thread.

    Args:
        store: Where the object is.
        ctx: The request.
        name: Name of the object.
        options: What the request says.
        validate: Last check, on the newest state, before each step that writes.
    """

    def __init__(
        self,
        store: Store[T],
        ctx: Context,
        name: str,
        options: DeleteOptions,
        validate: ValidateObject[T],
    ) -> None:
        self._store = store
        self._ctx = ctx
        self._name = name
        self._options = options
        self._validate = validate
        self._dry_run = bool(options.dry_run)
        self._key = store.keys.key(ctx, name)
        self._preconditions = _preconditions(options)
        self._has_finalizers = False
        self._last_marked: T | None = None

    def run(self) -> Deleted[T]:
        """Do it, and tell the hooks."""
        store = self._store
        obj = self._read()
        step = self._plan(obj)
        if step is DeletionStep.PENDING:
            return Deleted(deletion_result(store, obj), immediate=False)
        if step is DeletionStep.GRACEFUL or obj.metadata.finalizers or self._collector(obj):
            try:
                marked = self._mark()
            except _AlreadyDeleting:
                return Deleted(finalize_delete(store, obj, self._options), immediate=False)
            if marked.obj is not None and (not marked.goes_on or self._dry_run):
                return Deleted(marked.obj, immediate=marked.goes_on)
        return Deleted(finalize_delete(store, self._remove(), self._options), immediate=True)

    def _read(self) -> T:
        try:
            return self._store.storage.get(self._ctx, self._key)
        except STORAGE_ERRORS as error:
            raise self._explain("delete", error) from error

    def _plan(self, obj: T) -> DeletionStep:
        """What comes next for *obj*; settles the grace period."""
        store = self._store
        plan = before_delete(
            store.delete_strategy, self._ctx, obj, self._options, store.system.now()
        )
        self._options = plan.options
        return plan.step

    def _collector(self, obj: T) -> list[str] | None:
        """The finalizers that the garbage collector needs on *obj*, None for no change."""
        store = self._store
        if not store.enable_garbage_collection:
            return None
        policy = store.delete_strategy.default_garbage_collection_policy(self._ctx)
        return finalizers_for_collection(obj.metadata.finalizers, policy, self._options)

    def _mark(self) -> _Marked[T]:
        """Write the deletion times and the collector's finalizers, if they are needed."""
        try:
            marked = self._store.storage.guaranteed_update(
                self._ctx,
                self._key,
                self._apply_mark,
                preconditions=self._preconditions,
                dry_run=self._dry_run,
            )
        except _DeleteNow:
            return _Marked(None, goes_on=True)
        except STORAGE_ERRORS as error:
            raise self._explain("update", error) from error
        if self._has_finalizers or self._options.grace_period_seconds:
            return _Marked(marked, goes_on=False)
        self._follow(marked)
        return _Marked(marked, goes_on=True)

    def _apply_mark(self, existing: T, meta: ResponseMeta) -> T:
        """Mark *existing*. Runs again when another writer came between."""
        self._validate(self._ctx, existing)
        step = self._plan(existing)
        if step is DeletionStep.PENDING:
            raise _AlreadyDeleting
        changed = self._collector(existing)
        if changed is not None:
            existing.metadata.finalizers = changed
        self._has_finalizers = bool(existing.metadata.finalizers)
        if step is DeletionStep.GRACEFUL:
            self._last_marked = existing
            return existing
        if not self._has_finalizers:
            raise _DeleteNow
        mark_as_deleting(existing.metadata, self._store.system.now())
        return existing

    def _follow(self, marked: T) -> None:
        """A version that the caller insists on has become the version of the mark."""
        if self._preconditions.resource_version is not None:
            self._preconditions = attrs.evolve(
                self._preconditions, resource_version=marked.metadata.resource_version
            )

    def _remove(self) -> T:
        """Take the record away.

        Returns:
            Its last state. If somebody else was faster after it was marked, the mark.
        """
        try:
            return self._store.storage.delete(
                self._ctx,
                self._key,
                preconditions=self._preconditions,
                validate=self._validate_stored,
                dry_run=self._dry_run,
            )
        except KeyNotFound as error:
            if self._last_marked is None:
                raise self._explain("delete", error) from error
            return self._last_marked
        except STORAGE_ERRORS as error:
            raise self._explain("delete", error) from error

    def _validate_stored(self, ctx: Context, obj: T | None) -> None:
        if obj is not None:
            self._validate(ctx, obj)

    def _explain(self, verb: str, error: Exception) -> Exception:
        return translate(error, verb, self._store.resource.group_resource, self._name)


def _preconditions(options: DeleteOptions) -> Preconditions:
    wanted = options.preconditions
    if wanted is None:
        return UNCONDITIONAL
    return Preconditions(uid=wanted.uid, resource_version=wanted.resource_version)
