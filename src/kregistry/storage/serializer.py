"""Serializer: objects of one type to stored bytes and back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Generic, TypeVar, cast

import attrs

from kregistry.meta.errors import RequestEntityTooLarge
from kregistry.meta.object import Object
from kregistry.runtime.codec import Codec
from kregistry.runtime.errors import EncodeError
from kregistry.runtime.resource import Resource
from kregistry.runtime.unstructured import Unstructured
from kregistry.storage.backend import Record
from kregistry.storage.encoded import Encoded, item_pieces, opening_of
from kregistry.storage.errors import CorruptObject, InternalStorageError
from kregistry.storage.transformer import IDENTITY, Transformer
from kregistry.storage.versioner import VERSIONER

T = TypeVar("T", bound=Object)


@attrs.frozen
class Stored(Generic[T]):
    """One object as it is stored. Source: ``etcd3.objState``.

    Attributes:
        obj: The object, fresh, with its resourceVersion.
        data: Its bytes before transformation; b"" for an object that does not exist.
        revision: Of its last write; 0 for an object that does not exist.
        stale: The transformer would write it differently today.
    """

    obj: T
    data: bytes
    revision: int
    stale: bool


def _opening_of(serializer: Serializer[Any]) -> bytes:
    resource = serializer.resource
    return opening_of(resource.api_version, resource.kind) if resource is not None else b""


def _unreadable(obj: Object, error: Exception) -> EncodeError:
    kind = type(obj).__name__
    return EncodeError(f"cannot store a {kind}, because it could not be read back: {error}")


@attrs.frozen
class Serializer(Generic[T]):
    """Turns objects into stored bytes and back; stores no resourceVersion and no selfLink.

    Attributes:
        codec: Objects to bytes.
        transformer: Bytes to stored bytes.
        resource: What the objects are; None to go by what their bytes say.
        max_bytes: Largest stored value.
        tag_corrupt: Raise CorruptObject for what cannot be read, in place of the cause.
    """

    codec: Codec
    transformer: Transformer
    resource: Resource[T] | None
    max_bytes: int
    tag_corrupt: bool = False
    _opening: bytes = attrs.field(
        init=False, repr=False, default=attrs.Factory(_opening_of, takes_self=True)
    )

    @property
    def is_plain(self) -> bool:
        """Whether values are stored as the codec writes them."""
        return self.transformer is IDENTITY

    def new(self) -> T:
        """An empty object."""
        if self.resource is not None:
            return self.resource.new()
        return cast(T, Unstructured())

    def encode(self, obj: T) -> bytes:
        """The bytes of *obj*, which is not changed.

        Raises:
            EncodeError: It is of another class than the resource has, or cannot be written.
        """
        return self.codec.encode(self._bare(obj))

    def decode(self, data: bytes, revision: int) -> T:
        """A fresh object, with *revision* as resourceVersion. What the codec raises comes out."""
        if self.resource is not None:
            obj = self.codec.decode(data, self.resource.cls)
        else:
            obj = cast(T, self.codec.decode_any(data))
        VERSIONER.update_object(obj, revision)
        return obj

    def encode_readable(self, obj: T) -> bytes:
        """The bytes of *obj* as :meth:`round_trip` gives them, for who does not want the object."""
        bare = self._bare(obj)
        try:
            return self.codec.encode_readable(bare, self._cls)
        except EncodeError:
            raise
        except Exception as error:
            raise _unreadable(obj, error) from error

    def round_trip(self, obj: T) -> tuple[bytes, T]:
        """The bytes of *obj*, and the object that they hold, fresh; neither has a version.

        Read before anything is stored: one object that cannot be read would fail every list.

        Raises:
            EncodeError: It is of another class than the resource has, cannot be written, or
                could not be read back.
        """
        bare = self._bare(obj)
        try:
            data, stored = self.codec.round_trip(bare, self._cls)
            VERSIONER.update_object(stored, 0)
        except EncodeError:
            raise
        except Exception as error:
            raise _unreadable(obj, error) from error
        return data, stored

    def copy(self, obj: T) -> T:
        """A deep copy."""
        return self.codec.copy(obj)

    def to_storage(self, key: str, data: bytes) -> bytes:
        """Bytes to store.

        Raises:
            InternalStorageError: The transformer failed.
            RequestEntityTooLarge: They are too many.
        """
        try:
            value = _require_bytes(self.transformer.to_storage(data, key.encode()))
        except Exception as error:
            raise InternalStorageError(str(error)) from error
        if len(value) > self.max_bytes:
            raise RequestEntityTooLarge(f"limit is {self.max_bytes}")
        return value

    def from_storage(self, key: str, value: bytes) -> tuple[bytes, bool]:
        """The bytes behind a stored value, and whether it is stale.

        Raises:
            InternalStorageError: The transformer failed; CorruptObject if so configured.
        """
        try:
            data, stale = self.transformer.from_storage(value, key.encode())
            return _require_bytes(data), stale
        except Exception as error:
            if self.tag_corrupt:
                text = f"data from the storage is not transformable revision=0: {error}"
                raise CorruptObject(key, 0, text) from error
            raise InternalStorageError(str(error)) from error

    def clear(self, key: str, value: bytes) -> bytes:
        """The bytes behind a stored value."""
        return value if self.is_plain else self.from_storage(key, value)[0]

    def load(self, record: Record) -> Stored[T]:
        """What *record* holds."""
        data, stale = self.from_storage(record.key, record.value)
        return Stored(
            self.decoded(record.key, data, record.mod_revision), data, record.mod_revision, stale
        )

    def read(self, key: str, value: bytes, revision: int) -> T:
        """The object in a stored value."""
        data, _ = self.from_storage(key, value)
        return self.decoded(key, data, revision)

    def object(self, record: Record) -> T:
        """The object in a record."""
        return self.read(record.key, record.value, record.mod_revision)

    def encoded(self, record: Record) -> Encoded:
        """The bytes of what *record* holds."""
        data, _ = self.from_storage(record.key, record.value)
        return Encoded(data, record.mod_revision, self._opening)

    def readable(self, record: Record) -> Encoded:
        """The same, unless it is doubtful and, being tried, cannot be read."""
        found = self.encoded(record)
        if not is_document(found.data):
            self.unpack(record.key, found)
        return found

    def unpack(self, key: str, encoded: Encoded) -> T:
        """A fresh object of its bytes."""
        return self.decoded(key, encoded.data, encoded.revision)

    def item_pieces(self, records: Iterable[Record]) -> list[bytes | memoryview]:
        """What *records* hold as the items of a typed list, in pieces."""
        if self.transformer is IDENTITY:
            documents = [(record.value, record.mod_revision) for record in records]
        else:
            documents = [
                (self.from_storage(record.key, record.value)[0], record.mod_revision)
                for record in records
            ]
        return item_pieces(documents, self._opening)

    def doubtful(self, records: Sequence[Record]) -> Sequence[Record]:
        """Those of *records* that do not look like anything that was written here.

        What is written here has been read back before. To learn once more that it can be read
        is not worth decoding it; what somebody else left, or what a disk or a key has spoilt,
        does not begin and end like a document.
        """
        if self.is_plain:
            return [record for record in records if not is_document(record.value)]
        return [record for record in records if not self._is_readable(record)]

    def _is_readable(self, record: Record) -> bool:
        try:
            return is_document(self.from_storage(record.key, record.value)[0])
        except Exception:
            return False

    def nothing(self) -> Stored[T]:
        """What stands for an object that does not exist."""
        return Stored(self.new(), b"", 0, False)

    def suggested(self, cached: T | None) -> Stored[T] | None:
        """What the caller believes to be stored, as a copy.

        None when there is no such belief, or none that could be checked: without a
        resourceVersion it cannot be compared with what is really there.
        """
        if cached is None:
            return None
        try:
            revision = VERSIONER.object_resource_version(cached)
        except ValueError:
            return None
        if revision == 0:
            return None
        return Stored(self.copy(cached), self.encode(cached), revision, False)

    def _bare(self, obj: T) -> T:
        """*obj* without what is never stored; refused if it is of another class."""
        if self.resource is not None and not isinstance(obj, self.resource.cls):
            raise EncodeError(f"a {type(obj).__name__} is no {self.resource.kind}")
        return VERSIONER.prepared(obj)

    @property
    def _cls(self) -> type[T] | None:
        return self.resource.cls if self.resource is not None else None

    def decoded(self, key: str, data: bytes, revision: int) -> T:
        """:meth:`decode`, where what cannot be read is a CorruptObject if so configured."""
        try:
            return self.decode(data, revision)
        except Exception as error:
            if not self.tag_corrupt:
                raise
            text = f"object not decodable revision={revision}: {error}"
            raise CorruptObject(key, 0, text) from error


def is_document(data: bytes) -> bool:
    """Whether *data* begins and ends like a document of ours."""
    return data.startswith(b'{"') and data.endswith(b"}")


def _require_bytes(data: bytes) -> bytes:
    if not isinstance(data, bytes):
        raise TypeError(f"the transformer made a {type(data).__name__} where bytes are wanted")
    return data
