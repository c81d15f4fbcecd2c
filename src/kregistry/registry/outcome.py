"""What update and delete return.

Source: the result tuples of ``rest.Updater`` and ``rest.GracefulDeleter``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

import attrs

from kregistry.meta.object import Object
from kregistry.meta.options import DeleteOptions
from kregistry.meta.status import Status, StatusDetails

if TYPE_CHECKING:
    from kregistry.registry.store import Store

T = TypeVar("T", bound=Object)


@attrs.frozen
class Updated(Generic[T]):
    """The object as it is stored now.

    Attributes:
        obj: The object. If the update took away the last finalizer of an object that was
            being deleted, it is gone, and this is the last that it looked like.
        created: There was none before.
    """

    obj: T
    created: bool


@attrs.frozen
class Deleted(Generic[T]):
    """What became of an object that was to be deleted.

    Attributes:
        result: The object, if it stays for a while, or if the Store returns deleted objects;
            otherwise a Status that names it.
        immediate: It is gone. If not, it waits for its grace period or its finalizers.
    """

    result: T | Status
    immediate: bool


def deletion_result(store: Store[T], obj: T) -> T | Status:
    """The answer to a delete: *obj*, or a Status that names it.

    Source: ``Store.finalizeDelete``.
    """
    if store.return_deleted_object:
        store.decorate(obj)
        return obj
    details = StatusDetails(
        name=obj.metadata.name,
        group=store.resource.group,
        kind=store.resource.plural,
        uid=obj.metadata.uid,
    )
    return Status(status="Success", details=details)


def finalize_delete(store: Store[T], obj: T, options: DeleteOptions) -> T | Status:
    """Tell the hook that *obj* went, and make the answer."""
    store.after_delete(obj, options)
    return deletion_result(store, obj)
