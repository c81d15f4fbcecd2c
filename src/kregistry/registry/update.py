"""The way of an update through a Store.

Source: ``genericregistry.Store.Update``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Generic, TypeVar

from kregistry.meta.context import Context
from kregistry.meta.errors import BadRequest, Conflict, InternalError, Invalid, NotFound
from kregistry.meta.field import ErrorList, Path
from kregistry.meta.gvk import GroupKind
from kregistry.meta.object import Object
from kregistry.meta.options import CreateOptions, DeleteOptions, UpdateOptions
from kregistry.registry.before import before_create, before_update, ensure_name_matches
from kregistry.registry.creation import explain_create
from kregistry.registry.managedfields import keep_timestamps
from kregistry.registry.outcome import Updated, finalize_delete
from kregistry.registry.receiving import STUMBLES, require_writable
from kregistry.registry.translate import STORAGE_ERRORS, translate
from kregistry.registry.updatedobject import UpdatedObjectInfo
from kregistry.storage.errors import KeyNotFound
from kregistry.storage.interface import ResponseMeta, WithTTL

if TYPE_CHECKING:
    from kregistry.registry.store import Store, ValidateObject, ValidateObjectUpdate

T = TypeVar("T", bound=Object)

#: Source: ``registry.OptimisticLockErrorMsg``.
MODIFIED: Final = (
    "the object has been modified; please apply your changes to the latest version and try again"
)


class _LastFinalizerGone(Exception):
    """The update leaves nothing to wait for. Never leaves this module.

    Source: ``errEmptiedFinalizers``.
    """


class Update(Generic[T]):
    """One request to update one object. Used once, by one thread.

    Args:
        store: Where the object is.
        ctx: The request.
        name: Name of the object.
        info: Makes the new object.
        options: What the request says besides.
        validate_create: Last check if the object is created; gets a copy.
        validate_update: Last check if it is updated; gets copies of new and old.
        force_allow_create: Create what is not there, whatever the strategy says.
    """

    def __init__(
        self,
        store: Store[T],
        ctx: Context,
        name: str,
        info: UpdatedObjectInfo[T],
        options: UpdateOptions,
        *,
        validate_create: ValidateObject[T] | None,
        validate_update: ValidateObjectUpdate[T] | None,
        force_allow_create: bool,
    ) -> None:
        if not isinstance(info, UpdatedObjectInfo):
            raise TypeError(
                f"update takes an UpdatedObjectInfo, not a {type(info).__name__}; replace takes "
                "an object, modify a function"
            )
        self._store = store
        self._ctx = ctx
        self._name = name
        self._info = info
        self._options = options
        self._validate_create = validate_create
        self._validate_update = validate_update
        self._allow_create = force_allow_create or store.update_strategy.allow_create_on_update()
        self._dry_run = bool(options.dry_run)
        self._key = store.keys.key(ctx, name)
        self._creating = False
        self._new: T | None = None

    def run(self) -> Updated[T]:
        """Do it, and tell the hooks."""
        store = self._store
        try:
            stored = store.storage.guaranteed_update(
                self._ctx,
                self._key,
                self._apply,
                ignore_not_found=self._allow_create,
                preconditions=self._info.preconditions(),
                dry_run=self._dry_run,
            )
        except _LastFinalizerGone:
            return Updated(self._delete(), created=False)
        except STORAGE_ERRORS as error:
            raise self._explain(error) from error
        if self._creating:
            store.after_create(stored, self._create_options())
        else:
            store.after_update(stored, self._options)
        store.decorate(stored)
        return Updated(stored, created=self._creating)

    def _apply(self, existing: T, meta: ResponseMeta) -> T | WithTTL[T]:
        """The new object for *existing*. Runs again when another writer came between."""
        if meta.resource_version == 0 and not self._allow_create:
            raise NotFound(self._store.resource.group_resource, self._name)
        obj = self._store.received(self._info.updated_object(self._ctx, existing))
        ensure_name_matches(self._name, obj.metadata)
        self._new = obj
        self._creating = meta.resource_version == 0
        try:
            if self._creating:
                return self._apply_create(obj)
            return self._apply_update(obj, existing, meta)
        except STUMBLES:
            require_writable(self._store.codec, obj)
            raise

    def _apply_create(self, obj: T) -> T | WithTTL[T]:
        store, ctx = self._store, self._ctx
        ttl: int | None = None
        store.system.fill(obj.metadata)
        with store.begin_create(ctx, obj, self._create_options()):
            before_create(store.create_strategy, ctx, obj)
            if self._validate_create is not None:
                self._validate_create(ctx, store.codec.copy(obj))
            ttl = store.time_to_live(obj, 0, update=False)
        if ttl is None:
            raise InternalError("begin_create kept an error to itself")
        return WithTTL(obj, ttl) if ttl else obj

    def _apply_update(self, obj: T, existing: T, meta: ResponseMeta) -> T | WithTTL[T]:
        store, ctx = self._store, self._ctx
        ttl: int | None = None
        self._check_version(obj, meta.resource_version)
        with store.begin_update(ctx, obj, existing, self._options):
            before_update(store.update_strategy, ctx, obj, existing)
            keep_timestamps(obj, existing)
            if self._validate_update is not None:
                copy = store.codec.copy
                self._validate_update(ctx, copy(obj), copy(existing))
            if store.deletes_during_update(ctx, self._key, obj, existing):
                raise _LastFinalizerGone
            ttl = store.time_to_live(obj, meta.ttl, update=True)
        if ttl is None:
            raise InternalError("begin_update kept an error to itself")
        return WithTTL(obj, ttl) if ttl != meta.ttl else obj

    def _check_version(self, obj: T, current: int) -> None:
        """The object must come from what is stored, or not say where it comes from."""
        store = self._store
        versioner = store.storage.versioner()
        try:
            version = versioner.object_resource_version(obj)
        except ValueError as error:
            raise BadRequest(str(error)) from error
        if version == current:
            return
        if version:
            raise Conflict(store.resource.group_resource, self._name, MODIFIED)
        if not store.update_strategy.allow_unconditional_update():
            path = Path("metadata", "resourceVersion")
            errs = ErrorList().invalid(path, version, "must be specified for an update")
            kind = GroupKind(store.resource.group, store.resource.plural)
            raise Invalid(kind, self._name, errs)
        versioner.update_object(obj, current)

    def _delete(self) -> T:
        """Remove the object for which nothing holds out any longer.

        Source: ``Store.deleteWithoutFinalizers``.
        """
        store = self._store
        if self._new is None:
            raise InternalError("nothing was updated")
        last = self._new
        try:
            last = store.storage.delete(
                self._ctx,
                self._key,
                preconditions=self._info.preconditions(),
                dry_run=self._dry_run,
            )
        except KeyNotFound:
            pass  # another update took the last finalizer away at the same time
        except STORAGE_ERRORS as error:
            raise translate(error, "delete", store.resource.group_resource, self._name) from error
        finalize_delete(store, last, DeleteOptions(dry_run=self._options.dry_run))
        return self._new

    def _explain(self, error: Exception) -> Exception:
        if self._creating and self._new is not None:
            return explain_create(self._store, self._new, error)
        return translate(error, "update", self._store.resource.group_resource, self._name)

    def _create_options(self) -> CreateOptions:
        """Source: ``newCreateOptionsFromUpdateOptions``."""
        return CreateOptions(
            dry_run=self._options.dry_run,
            field_manager=self._options.field_manager,
            field_validation=self._options.field_validation,
        )
