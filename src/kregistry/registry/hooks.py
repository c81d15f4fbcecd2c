"""StoreHooks: where a kind may step in around the verbs of its Store.

Source: the function fields of ``genericregistry.Store``.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Generic, TypeVar

from kregistry.meta.context import Context
from kregistry.meta.object import Object
from kregistry.meta.options import CreateOptions, DeleteOptions, UpdateOptions

T = TypeVar("T", bound=Object)


class StoreHooks(Generic[T]):
    """What a Store calls on its way; here nothing happens.

    The methods stand in the order in which they run. They run in the thread of the request
    and around every attempt, so possibly more than once. A rehearsal runs them too; the
    options tell.
    """

    def begin_create(
        self, ctx: Context, obj: T, options: CreateOptions
    ) -> AbstractContextManager[None]:
        """Wraps a create: left normally if the object was stored, by exception if not.

        Entered before the strategy sees the object. Raising at the start ends the request.

        Source: ``Store.BeginCreate``.
        """
        return nullcontext()

    def begin_update(
        self, ctx: Context, obj: T, old: T, options: UpdateOptions
    ) -> AbstractContextManager[None]:
        """Wraps an update: left normally if it passed all checks, by exception if not.

        Source: ``Store.BeginUpdate``.
        """
        return nullcontext()

    def time_to_live(self, obj: T, existing: int, *, update: bool) -> int:
        """Seconds until storage deletes the object; 0 for never.

        Args:
            obj: What is about to be stored.
            existing: What it had; 0 if nothing is known.
            update: Whether there was one before.

        Source: ``Store.TTLFunc``.
        """
        return existing

    def should_delete_during_update(self, ctx: Context, key: str, obj: T, old: T) -> bool:
        """Whether an update that leaves nothing to wait for may remove the object.

        Asked only then.

        Source: ``Store.ShouldDeleteDuringUpdate``.
        """
        return True

    def after_create(self, obj: T, options: CreateOptions) -> None:
        """The object was stored, or would have been. Source: ``Store.AfterCreate``."""

    def after_update(self, obj: T, options: UpdateOptions) -> None:
        """The object was updated, or would have been. Source: ``Store.AfterUpdate``."""

    def after_delete(self, obj: T, options: DeleteOptions) -> None:
        """The object went, or would have gone. Source: ``Store.AfterDelete``."""

    def destroy(self) -> None:
        """The Store is not needed any more; may be called any number of times.

        Does nothing: the storage is the caller's to close.

        Source: ``Store.DestroyFunc``.
        """
