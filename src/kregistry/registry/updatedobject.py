"""UpdatedObjectInfo: how an update makes the new object from the stored one.

Source: ``k8s.io/apiserver/pkg/registry/rest/update.go``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Generic, TypeVar

from kregistry.meta.context import Context
from kregistry.meta.object import Object
from kregistry.runtime.codec import Codec
from kregistry.storage.preconditions import UNCONDITIONAL, Preconditions

T = TypeVar("T", bound=Object)

#: Makes a newer object of ``(ctx, new, old)``; *new* may be changed and returned, *old* not.
Transformer = Callable[[Context, T, T], T]


class UpdatedObjectInfo(ABC, Generic[T]):
    """The new object, or how to come to it. Source: ``rest.UpdatedObjectInfo``."""

    def preconditions(self) -> Preconditions:
        """What must hold of the stored object, checked before anything else."""
        return UNCONDITIONAL

    @abstractmethod
    def updated_object(self, ctx: Context, old: T) -> T:
        """The object to store in place of *old*, which is empty when nothing is stored.

        Runs again, with a newer *old*, each time another writer came between; the object
        that is returned is the Store's to change. What is raised here reaches the caller
        untouched.
        """


class DefaultUpdatedObjectInfo(UpdatedObjectInfo[T]):
    """A whole new object, as a PUT carries it, and what is done to it on the way.

    If the object has a uid, the stored one must have the same.

    Args:
        obj: The new object. It is copied, so it stays the caller's.
        transformers: Run in order, each on what the one before returned.

    Source: ``rest.DefaultUpdatedObjectInfo``.
    """

    def __init__(self, obj: T, *transformers: Transformer[T], codec: Codec | None = None) -> None:
        self._obj = obj
        self._transformers = transformers
        self._codec = codec if codec is not None else Codec()

    def preconditions(self) -> Preconditions:
        uid = self._obj.metadata.uid
        return Preconditions(uid=uid) if uid else UNCONDITIONAL

    def updated_object(self, ctx: Context, old: T) -> T:
        new = self._codec.copy(self._obj)
        for transform in self._transformers:
            new = transform(ctx, new, old)
        return new


class ModifiedObject(UpdatedObjectInfo[T]):
    """A change applied to what is stored, as a PATCH does it.

    Source: ``rest.DefaultUpdatedObjectInfo`` with no object and a patching transformer.
    """

    def __init__(self, change: Callable[[T], T | None], *, codec: Codec | None = None) -> None:
        """Apply *change* to a copy of the stored object.

        Args:
            change: Changes the object it gets, or returns another. It may run several times.
            codec: Makes the copy.
        """
        self._change = change
        self._codec = codec if codec is not None else Codec()

    def updated_object(self, ctx: Context, old: T) -> T:
        new = self._codec.copy(old)
        changed = self._change(new)
        return new if changed is None else changed


class WrappedUpdatedObjectInfo(UpdatedObjectInfo[T]):
    """Another's object, transformed further; the preconditions stay.

    Source: ``rest.WrapUpdatedObjectInfo``.
    """

    def __init__(self, inner: UpdatedObjectInfo[T], *transformers: Transformer[T]) -> None:
        self._inner = inner
        self._transformers = transformers

    def preconditions(self) -> Preconditions:
        return self._inner.preconditions()

    def updated_object(self, ctx: Context, old: T) -> T:
        new = self._inner.updated_object(ctx, old)
        for transform in self._transformers:
            new = transform(ctx, new, old)
        return new
