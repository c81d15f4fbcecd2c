"""Deletion of an object that storage can no longer read.

Source: ``k8s.io/apiserver/pkg/registry/generic/registry/corrupt_obj_deleter.go``.
"""

from __future__ import annotations

from typing import Final, Generic, TypeVar

from kregistry.meta.context import Context
from kregistry.meta.errors import InternalError, Invalid, StatusError
from kregistry.meta.field import ErrorList, Path
from kregistry.meta.gvk import GroupKind
from kregistry.meta.object import Object
from kregistry.meta.options import DeleteOptions
from kregistry.meta.status import Status, StatusDetails
from kregistry.registry.outcome import Deleted
from kregistry.registry.store import Store, ValidateObject
from kregistry.registry.translate import STORAGE_ERRORS, translate
from kregistry.storage import interface
from kregistry.storage.errors import CorruptObject
from kregistry.storage.interface import validate_all_object

T = TypeVar("T", bound=Object)

_OPTION: Final = Path("ignoreStoreReadErrorWithClusterBreakingPotential")


class CorruptObjectDeleter(Generic[T]):
    """Deletes what cannot be read, past every rule that would have to read it.

    Such an object breaks every list that meets it. Removing it skips preconditions,
    finalizers, the caller's last check and all hooks, so whatever the object stood for outside
    of the store stays behind. Hence it is no part of the Store, refuses objects that can be
    read, and wants to be asked for in so many words::

        options = DeleteOptions(ignore_store_read_error_with_cluster_breaking_potential=True)
        CorruptObjectDeleter(secrets).delete(ctx, "broken", options=options)

    Args:
        store: Where the object is.
    """

    def __init__(self, store: Store[T]) -> None:
        self._store = store

    def delete(
        self,
        ctx: Context,
        name: str,
        *,
        validate: ValidateObject[T] = validate_all_object,
        options: DeleteOptions | None = None,
    ) -> Deleted[T]:
        """Delete the object, in the ordinary way if that has become possible meanwhile.

        Args:
            ctx: Says the namespace.
            name: Which object.
            validate: Last check if it goes the ordinary way.
            options: Must ask for it.

        Raises:
            InternalError: *options* do not ask for it (500).
            Invalid: The object can be read, or it is unknown whether it can (422).
            NotFound: Somebody else removed it meanwhile (404).
        """
        if options is None or (
            options.ignore_store_read_error_with_cluster_breaking_potential is not True
        ):
            raise InternalError("initialization error, expected normal deletion flow to be used")
        self._require_corrupt(ctx, name)
        try:
            return self._store.delete(ctx, name, validate=validate, options=options)
        except StatusError as error:
            if not isinstance(error.__cause__, CorruptObject):
                raise
        self._remove(ctx, name)
        return Deleted(self._answer(name), immediate=True)

    def _require_corrupt(self, ctx: Context, name: str) -> None:
        """Raise unless reading the object fails, and fails because of its content."""
        key = self._store.keys.key(ctx, name)
        try:
            self._store.storage.get(ctx, key)
        except CorruptObject:
            return
        except STORAGE_ERRORS as error:
            raise self._refused(name) from error
        raise self._refused(name)

    def _refused(self, name: str) -> Invalid:
        resource = self._store.resource
        detail = (
            "is exclusively used to delete corrupt object(s), try again by removing this option"
        )
        errs = ErrorList().invalid(_OPTION, True, detail)
        return Invalid(GroupKind(resource.group, resource.plural), name, errs)

    def _remove(self, ctx: Context, name: str) -> None:
        key = self._store.keys.key(ctx, name)
        unread = interface.DeleteOptions(ignore_store_read_error=True)
        try:
            self._store.storage.delete(ctx, key, options=unread)
        except STORAGE_ERRORS as error:
            resource = self._store.resource.group_resource
            raise translate(error, "delete", resource, name) from error

    def _answer(self, name: str) -> Status:
        """There is no object to show; this is what the one who asked is told."""
        resource = self._store.resource
        details = StatusDetails(name=name, group=resource.group, kind=resource.plural)
        return Status(status="Success", details=details)
