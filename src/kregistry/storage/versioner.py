"""Versioner: resource versions on objects and lists.

A resourceVersion is a revision in decimal; "" and "0" both stand for none.

Source: ``k8s.io/apiserver/pkg/storage/api_object_versioner.go``.
"""

from __future__ import annotations

import functools
from typing import Any, TypeVar

import attrs

from kregistry.meta.field import ErrorList, Path
from kregistry.meta.goformat import quote
from kregistry.meta.object import Object, ObjectList
from kregistry.storage.errors import InternalStorageError, InvalidResourceVersion

T = TypeVar("T", bound=Object)
V = TypeVar("V")

_MAX_UINT64 = 2**64 - 1


class Versioner:
    """Reads and writes resource versions. Has no state."""

    def update_object(self, obj: Object, revision: int) -> None:
        """Set the resourceVersion; revision 0 clears it.

        Raises:
            InternalStorageError: *obj* has no metadata.
        """
        metadata_of(obj).resource_version = str(revision) if revision else ""

    def update_list(
        self, objects: ObjectList[Any], revision: int, continue_: str, remaining: int | None
    ) -> None:
        """Set revision, continue token and remaining count, None for not known.

        Raises:
            ValueError: *revision* is 0, which no list can have.
        """
        if revision == 0:
            raise ValueError(f"illegal resource version from storage: {revision}")
        objects.metadata.resource_version = str(revision)
        objects.metadata.continue_ = continue_
        objects.metadata.remaining_item_count = remaining

    def prepare_object_for_storage(self, obj: Object) -> None:
        """Clear, in place, what is never stored: resourceVersion and selfLink."""
        meta = metadata_of(obj)
        meta.resource_version = ""
        meta.self_link = ""

    def prepared(self, obj: T) -> T:
        """*obj* without what is never stored; *obj* itself if it has nothing of that.

        Otherwise a shallow copy, so that an object that somebody else holds is left alone.
        """
        meta = metadata_of(obj)
        if not meta.resource_version and not meta.self_link:
            return obj
        bare, bare_meta = _shallow_copy(obj), _shallow_copy(meta)
        object.__setattr__(bare, "metadata", bare_meta)
        self.prepare_object_for_storage(bare)
        return bare

    def object_resource_version(self, obj: Object) -> int:
        """The object's revision, 0 if it has none.

        Raises:
            ValueError: Its resourceVersion is no number.
        """
        text = metadata_of(obj).resource_version
        return _parse_uint64(text) if text != "" else 0

    def parse_resource_version(self, text: str) -> int:
        """The revision that *text* stands for; "" and "0" are 0.

        Raises:
            InvalidResourceVersion: It is no unsigned 64-bit number.
        """
        if text == "" or text == "0":
            return 0
        try:
            return _parse_uint64(text)
        except ValueError as error:
            problem = ErrorList().invalid(Path("resourceVersion"), text, str(error))
            raise InvalidResourceVersion(problem.to_aggregate()) from None

    def compare_resource_version(self, left: Object, right: Object) -> int:
        """-1, 0 or 1, as *left* is older than, as old as, or newer than *right*.

        Raises:
            ValueError: One of the versions is no number.
        """
        one, other = self.object_resource_version(left), self.object_resource_version(right)
        return (one > other) - (one < other)


VERSIONER = Versioner()


@functools.cache
def _names(cls: type) -> tuple[str, ...]:
    return tuple(attribute.name for attribute in attrs.fields(cls))


def _shallow_copy(value: V) -> V:
    """Another object with the very same values; four times as fast as ``copy.copy``."""
    cls: Any = type(value)
    made: V = cls.__new__(cls)
    for name in _names(cls):
        object.__setattr__(made, name, getattr(value, name))
    return made


def metadata_of(obj: Object) -> Any:
    """The metadata of *obj*.

    Raises:
        InternalStorageError: It has none.
    """
    meta = getattr(obj, "metadata", None)
    if meta is None or not hasattr(meta, "resource_version"):
        raise InternalStorageError(f"object of type {type(obj).__name__} has no metadata")
    return meta


def _parse_uint64(text: str) -> int:
    """Source: ``strconv.ParseUint`` with base 10."""
    if not isinstance(text, str):
        raise ValueError(f"a resourceVersion is text, not {type(text).__name__}")
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f"strconv.ParseUint: parsing {quote(text)}: invalid syntax")
    digits = text.lstrip("0") or "0"
    if len(digits) > 20 or int(digits) > _MAX_UINT64:
        raise ValueError(f"strconv.ParseUint: parsing {quote(text)}: value out of range")
    return int(digits)
