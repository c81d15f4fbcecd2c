"""Store: the verbs of one resource over storage.

Each verb is a short recipe; the longer ones have a file each: creation, update, deletion.

Source: ``k8s.io/apiserver/pkg/registry/generic/registry/store.go``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeAlias, TypeVar

from kregistry.meta.clock import Clock
from kregistry.meta.context import Context
from kregistry.meta.object import Object, ObjectList
from kregistry.meta.options import (
    CreateOptions,
    DeleteOptions,
    GetOptions,
    ListOptions,
    UpdateOptions,
)
from kregistry.meta.table import Table, TableOptions
from kregistry.registry.creation import ValidateObject as ValidateObject
from kregistry.registry.creation import create, create_encoded
from kregistry.registry.decorating import DecoratedWatch
from kregistry.registry.deletecollection import CollectionDeletion
from kregistry.registry.deletion import Deletion
from kregistry.registry.dryrun import DryRunnableStorage
from kregistry.registry.hooks import StoreHooks
from kregistry.registry.keys import Keys
from kregistry.registry.outcome import Deleted, Updated
from kregistry.registry.receiving import require_context, require_instance, require_object
from kregistry.registry.selection import Selection, read_options
from kregistry.registry.standard import Strategy
from kregistry.registry.strategy import (
    RESTCreateStrategy,
    RESTDeleteStrategy,
    RESTStrategy,
    RESTUpdateStrategy,
)
from kregistry.registry.systemfields import SystemFields, random_uid
from kregistry.registry.tables import Columns, TableConvertor
from kregistry.registry.translate import STORAGE_ERRORS, translate
from kregistry.registry.update import Update
from kregistry.registry.updatedobject import (
    DefaultUpdatedObjectInfo,
    ModifiedObject,
    UpdatedObjectInfo,
)
from kregistry.registry.validation.options import (
    require_valid,
    validate_delete_options,
    validate_update_options,
)
from kregistry.runtime.codec import Codec
from kregistry.runtime.resource import Resource
from kregistry.storage.encoded import Encoded
from kregistry.storage.interface import Interface, validate_all_object
from kregistry.storage.watch import Watch

T = TypeVar("T", bound=Object)

#: ``validate(ctx, obj, old)`` raises if *obj* must not take *old*'s place. Gets copies.
#: Source: ``rest.ValidateObjectUpdateFunc``.
ValidateObjectUpdate: TypeAlias = Callable[[Context, T, T], None]


class Store(StoreHooks[T], Generic[T]):
    """Objects of one resource, with the rules of their kind and of Kubernetes.

    ::

        widgets = Store(WIDGETS, storage)
        widgets.create(Context(namespace="default"), Widget(...))

    Objects handed in are copied, objects handed out are the caller's. Safe to share between
    threads. What fails raises a :class:`~kregistry.StatusError`; what a caller's own callback
    raises comes out as it is.

    A subclass may override the hooks of :class:`~kregistry.registry.hooks.StoreHooks`.

    Args:
        resource: What is kept here.
        storage: Where; narrowed to the resource, so one storage serves many Stores.
        strategy: The rules of the kind; those that suit any kind when not given.
        create_strategy: Other rules for create.
        update_strategy: Other rules for update, as of a status subresource.
        delete_strategy: Other rules for delete.
        enable_garbage_collection: Let requests and strategies decide what happens to
            dependents, by finalizers that a collector must take away.
        return_deleted_object: Answer a delete with the object instead of a Status.
        delete_collection_workers: Threads that one delete_collection may use.
        tables: Makes tables of the objects; with name and creation time when not given.
        decorator: Changes each object that is handed out, never what is stored.
        clock: Where creation and deletion times come from.
        uids: Makes the uid of a new object.
        codec: Copies objects; that of *storage* when not given.
    """

    def __init__(
        self,
        resource: Resource[T],
        storage: Interface[Any],
        strategy: RESTStrategy[T] | None = None,
        *,
        create_strategy: RESTCreateStrategy[T] | None = None,
        update_strategy: RESTUpdateStrategy[T] | None = None,
        delete_strategy: RESTDeleteStrategy[T] | None = None,
        enable_garbage_collection: bool = True,
        return_deleted_object: bool = False,
        delete_collection_workers: int = 1,
        tables: TableConvertor[T] | None = None,
        decorator: Callable[[T], None] | None = None,
        clock: Clock | None = None,
        uids: Callable[[], str] = random_uid,
        codec: Codec | None = None,
    ) -> None:
        require_instance(resource, Resource, "resource of a Store")
        require_instance(storage, Interface, "storage of a Store")
        rules = strategy if strategy is not None else Strategy(resource)
        require_instance(rules, RESTStrategy, "strategy of a Store")
        self.resource = resource
        self.create_strategy = create_strategy or rules
        self.update_strategy = update_strategy or rules
        self.delete_strategy = delete_strategy or rules
        self.enable_garbage_collection = enable_garbage_collection
        self.return_deleted_object = return_deleted_object
        self.delete_collection_workers = delete_collection_workers
        self.tables = tables if tables is not None else Columns(resource.group_resource)
        self.codec = codec if codec is not None else storage.codec
        self.system = SystemFields(clock=clock, uids=uids)
        self.keys = Keys(f"/{resource.prefix}", self.create_strategy.namespace_scoped())
        self.storage = DryRunnableStorage(storage.for_resource(resource), self.codec)
        self._selection = Selection(resource, self.keys, rules)
        self._decorator = decorator

    def create(
        self,
        ctx: Context,
        obj: T,
        *,
        validate: ValidateObject[T] | None = None,
        options: CreateOptions | None = None,
    ) -> T:
        """Store a new object.

        Args:
            ctx: Says the namespace.
            obj: The object. If it has ``generate_name`` and no name, it gets one.
            validate: Last check before it is stored.
            options: Dry run and field manager.

        Returns:
            The object as stored.

        Raises:
            Invalid: The object breaks rules (422).
            AlreadyExists: The name is taken (409).
            BadRequest: It is meant for another namespace, or is no such object (400).
        """
        return create(self, ctx, obj, validate, options)

    def create_encoded(
        self,
        ctx: Context,
        obj: T,
        *,
        validate: ValidateObject[T] | None = None,
        options: CreateOptions | None = None,
    ) -> Encoded:
        """:meth:`create` for who passes on what was stored as it is: its bytes.

        *obj* is given away, and may be changed. The revision is 0 if nothing was stored.
        """
        if self._decorator is None and type(self).after_create is StoreHooks.after_create:
            return create_encoded(self, ctx, obj, validate, options)
        return self.storage.encoded(self.create(ctx, obj, validate=validate, options=options))

    def get(
        self, ctx: Context, name: str, options: GetOptions | None = None, *, shared: bool = False
    ) -> T:
        """The object of that name.

        Args:
            ctx: Says the namespace.
            name: Which object.
            options: How old the answer may be.
            shared: The one that everybody shares and nobody may change, as storage's own
                options say; with a decorator a fresh one all the same.

        Raises:
            NotFound: There is none (404).
            Timeout: ``options.resource_version`` is ahead of the store (504).
        """
        key = self.keys.key(ctx, name)
        shared = shared and self._decorator is None
        try:
            found = self.storage.get(ctx, key, read_options(options, shared=shared))
        except STORAGE_ERRORS as error:
            raise translate(error, "get", self.resource.group_resource, name) from error
        self.decorate(found)
        return found

    def get_encoded(self, ctx: Context, name: str, options: GetOptions | None = None) -> Encoded:
        """:meth:`get` for who passes the object on as it is: its bytes."""
        if self._decorator is not None:
            return self.storage.encoded(self.get(ctx, name, options))
        key = self.keys.key(ctx, name)
        try:
            return self.storage.get_encoded(ctx, key, read_options(options))
        except STORAGE_ERRORS as error:
            raise translate(error, "get", self.resource.group_resource, name) from error

    def list(
        self, ctx: Context, options: ListOptions | None = None, *, shared: bool = False
    ) -> ObjectList[T]:
        """The objects of the namespace of *ctx*, or of all if it has none.

        Args:
            ctx: Says the namespace.
            options: Selectors, limit and continue token, and which version is wanted.
            shared: As for :meth:`get`.

        Raises:
            BadRequest: A selector or token cannot be understood (400).
            Invalid: The options contradict each other (422).
            Expired: The version asked for is gone (410); its ``continue_token``, if any,
                goes on in another snapshot.
        """
        wanted = options or ListOptions()
        shared = shared and self._decorator is None
        selected = self._selection.for_list(ctx, wanted, shared=shared)
        try:
            found = self.storage.get_list(selected.ctx, selected.key, selected.options)
        except STORAGE_ERRORS as error:
            raise translate(error, "list", self.resource.group_resource) from error
        if self._decorator is not None:
            for obj in found:
                self._decorator(obj)
        return found

    def watch(self, ctx: Context, options: ListOptions | None = None) -> Watch[T]:
        """Follow what happens to the objects that :meth:`list` would return.

        Without a resourceVersion, the watch begins with an ADDED for each of them. What goes
        wrong later is an ERROR event with a Status, and then the end.
        """
        options = options or ListOptions()
        selected = self._selection.for_watch(ctx, options)
        try:
            self.storage.versioner().parse_resource_version(options.resource_version)
            watch = self.storage.watch(selected.ctx, selected.key, selected.options)
        except STORAGE_ERRORS as error:
            raise translate(error, "watch", self.resource.group_resource) from error
        return watch if self._decorator is None else DecoratedWatch(watch, self._decorator)

    def update(
        self,
        ctx: Context,
        name: str,
        info: UpdatedObjectInfo[T],
        *,
        create_validation: ValidateObject[T] | None = None,
        update_validation: ValidateObjectUpdate[T] | None = None,
        force_allow_create: bool = False,
        options: UpdateOptions | None = None,
    ) -> Updated[T]:
        """Store what *info* makes of the stored object.

        Args:
            ctx: Says the namespace.
            name: Which object.
            info: Makes the new object; called again when another writer comes between.
            create_validation: Last check if there was no object.
            update_validation: Last check if there was one.
            force_allow_create: Create the object if it is not there, whatever the kind says.
            options: Dry run and field manager.

        Raises:
            Conflict: The new object was made from an old version (409).
            NotFound: There is no such object, and none may be created (404).
            Invalid: The object, or the step to it, breaks rules (422).
        """
        options = options if options is not None else UpdateOptions()
        require_valid("UpdateOptions", validate_update_options(options))
        request = Update(
            self,
            ctx,
            name,
            info,
            options,
            validate_create=create_validation,
            validate_update=update_validation,
            force_allow_create=force_allow_create,
        )
        return request.run()

    def replace(self, ctx: Context, obj: T, *, options: UpdateOptions | None = None) -> T:
        """Store *obj* in place of the object of its name.

        Its resourceVersion says which version it was made from: if that is no longer the
        stored one, this is a Conflict. See :func:`~kregistry.retry_on_conflict`.
        """
        name = self.received(obj).metadata.name
        info = DefaultUpdatedObjectInfo(obj, codec=self.codec)
        return self.update(ctx, name, info, options=options).obj

    def modify(
        self,
        ctx: Context,
        name: str,
        change: Callable[[T], T | None],
        *,
        options: UpdateOptions | None = None,
    ) -> T:
        """Apply *change* to the stored object, again if another writer comes between.

        Args:
            ctx: Says the namespace.
            name: Which object.
            change: Changes the object it gets, or returns another. It may run several times.
            options: Dry run and field manager.
        """
        info = ModifiedObject(change, codec=self.codec)
        return self.update(ctx, name, info, options=options).obj

    def delete(
        self,
        ctx: Context,
        name: str,
        *,
        validate: ValidateObject[T] = validate_all_object,
        options: DeleteOptions | None = None,
    ) -> Deleted[T]:
        """Delete the object, now or when its time is over and its finalizers are gone.

        Args:
            ctx: Says the namespace.
            name: Which object.
            validate: Last check, on the newest state.
            options: Grace period, preconditions, propagation, dry run. None asks for no
                grace at all, which differs from options that say nothing.

        Raises:
            NotFound: There is none (404).
            Conflict: A precondition does not hold (409).
        """
        asked = options if options is not None else DeleteOptions(grace_period_seconds=0)
        require_valid("DeleteOptions", validate_delete_options(asked))
        return Deletion(self, ctx, name, asked, validate).run()

    def delete_collection(
        self,
        ctx: Context,
        *,
        validate: ValidateObject[T] = validate_all_object,
        options: DeleteOptions | None = None,
        list_options: ListOptions | None = None,
    ) -> ObjectList[T]:
        """Delete whatever :meth:`list` would show, each object by a delete of its own.

        It is no transaction: when one cannot be deleted, others are gone already, and its
        error comes out. *validate* and *options* are as for :meth:`delete`.

        Returns:
            The objects as they were before. Some may still wait for their finalizers.
        """
        require_context(ctx)
        wanted = list_options or ListOptions()
        return CollectionDeletion(self, ctx, options, wanted, validate).run()

    def convert_to_table(
        self, obj: T | ObjectList[T], options: TableOptions | None = None
    ) -> Table:
        """One object, or a list of them, as rows for people to read. Nothing is read for it.

        Raises:
            NotAcceptable: It is nothing that could be shown (406).
        """
        now = self.system.now().datetime
        return self.tables.convert_to_table(obj, now=now, options=options or TableOptions())

    def new(self) -> T:
        """An empty object of the kind."""
        return self.resource.new()

    def readiness_check(self) -> None:
        """Raise unless requests can be served."""
        try:
            self.storage.readiness_check()
        except STORAGE_ERRORS as error:
            raise translate(error, "get", self.resource.group_resource) from error

    # What the verbs share.

    def decorate(self, obj: T) -> None:
        """Change an object that is about to be handed out. Source: ``Store.Decorator``."""
        if self._decorator is not None:
            self._decorator(obj)

    def received(self, obj: Any) -> T:
        """*obj* itself, if it is an object that this Store can keep.

        Raises:
            BadRequest: It is none.
            Invalid: Its metadata holds values of other types than declared.
        """
        return require_object(self.resource, obj)

    def deletes_during_update(self, ctx: Context, key: str, obj: T, old: T) -> bool:
        """Whether an update took away the last thing that a deletion waited for.

        Source: ``registry.ShouldDeleteDuringUpdate``.
        """
        if obj.metadata.finalizers or old.metadata.deletion_timestamp is None:
            return False
        if old.metadata.deletion_grace_period_seconds:
            return False
        return self.should_delete_during_update(ctx, key, obj, old)
