"""Deletion of what cannot be read, for the day when nothing else helps.

It skips whatever needs the object: preconditions, and the object in the caller's veto. So it
is off unless configured, and refuses objects that can be read.

Source: ``k8s.io/apiserver/pkg/storage/etcd3/store.go`` conditionalDelete with
``ExpectTransformOrDecodeError``.
"""

from __future__ import annotations

from typing import TypeVar

from kregistry.meta.context import Context
from kregistry.meta.object import Object
from kregistry.storage.backend import Backend
from kregistry.storage.errors import (
    CorruptObject,
    InvalidObject,
    KeyNotFound,
    RequestTimeout,
    RevisionMismatch,
)
from kregistry.storage.interface import ValidateObjectFunc
from kregistry.storage.preconditions import Preconditions
from kregistry.storage.serializer import Serializer
from kregistry.storage.updating import TIMED_OUT
from kregistry.storage.versioner import VERSIONER

T = TypeVar("T", bound=Object)


def delete_unreadable(
    backend: Backend,
    serializer: Serializer[T],
    ctx: Context,
    key: str,
    preconditions: Preconditions,
    validate: ValidateObjectFunc[T],
) -> T:
    """Delete what lies under *key* and cannot be read.

    Returns:
        An empty object with the revision of the deletion.

    Raises:
        KeyNotFound: Nothing lies there.
        InvalidObject: It can be read.
        InternalStorageError: There are preconditions, which cannot be checked.
    """
    while not ctx.cancelled:
        record = backend.get(key).record
        if record is None:
            raise KeyNotFound(key)
        try:
            serializer.load(record)
        except CorruptObject:
            preconditions.check(key, None)
            validate(ctx, None)
        else:
            raise InvalidObject(
                key,
                record.mod_revision,
                "unsafe deletion is not allowed because the object is decodable from storage",
            )
        try:
            revision = backend.delete(key, expected=record.mod_revision)
        except RevisionMismatch:
            continue
        gone = serializer.new()
        VERSIONER.update_object(gone, revision)
        return gone
    raise RequestTimeout(key, 0, TIMED_OUT)
