"""Subresource: a part of an object with a door of its own, such as its status.

Source: ``pkg/registry/core/pod/storage`` StatusREST, EphemeralContainersREST, ResizeREST.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from kregistry.meta.context import Context
from kregistry.meta.object import Object
from kregistry.meta.options import GetOptions, UpdateOptions
from kregistry.registry import (
    DefaultUpdatedObjectInfo,
    ModifiedObject,
    Store,
    Updated,
    UpdatedObjectInfo,
    ValidateObject,
    ValidateObjectUpdate,
)

T = TypeVar("T", bound=Object)


class Subresource(Generic[T]):
    """Reads and updates objects by the rules of one of their parts; never creates any.

    Args:
        store: The objects, with the update strategy of the part.
    """

    def __init__(self, store: Store[T]) -> None:
        self.store = store

    def get(self, ctx: Context, name: str, options: GetOptions | None = None) -> T:
        """The whole object. Raises what :meth:`kregistry.registry.Store.get` raises."""
        return self.store.get(ctx, name, options)

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
        """Store what *info* makes of the part; what it says of the rest does not count.

        *force_allow_create* is taken, for the sake of callers that serve all resources alike,
        and ignored: a part of nothing cannot be written.

        Raises:
            NotFound: There is no such object (404).
        """
        return self.store.update(
            ctx,
            name,
            info,
            create_validation=create_validation,
            update_validation=update_validation,
            force_allow_create=False,
            options=options,
        )

    def replace(self, ctx: Context, obj: T, *, options: UpdateOptions | None = None) -> T:
        """Store the part of *obj*; see :meth:`kregistry.registry.Store.replace`."""
        name = self.store.received(obj).metadata.name
        info = DefaultUpdatedObjectInfo(obj, codec=self.store.codec)
        return self.update(ctx, name, info, options=options).obj

    def modify(
        self,
        ctx: Context,
        name: str,
        change: Callable[[T], T | None],
        *,
        options: UpdateOptions | None = None,
    ) -> T:
        """Apply *change* to the part; see :meth:`kregistry.registry.Store.modify`."""
        info = ModifiedObject(change, codec=self.store.codec)
        return self.update(ctx, name, info, options=options).obj

    def new(self) -> T:
        """An empty object of the kind."""
        return self.store.new()
