"""What generated code calls: the names it finds around it, and what cannot be generated.

The class of some values is known only when they are there: items of a list of any kind,
instances of a subclass, objects without a class of their own.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import attrs

from kregistry.meta.object import Object
from kregistry.meta.objectmeta import ObjectMeta
from kregistry.runtime import plain
from kregistry.runtime.engine import STDLIB
from kregistry.runtime.errors import DecodeError, EncodeError
from kregistry.runtime.unstructured import Unstructured

if TYPE_CHECKING:
    from kregistry.runtime.generate import Generator


_HOOKS_WANTED: Final = "give the Codec a cattrs converter with hooks for such a field"


def base_namespace(dynamic: Dynamic) -> dict[str, Any]:
    """What every generated function may call."""
    names: dict[str, Any] = {
        name: getattr(plain, name)
        for name in (
            *("plain", "copied", "too_deep", "as_str", "as_key", "as_int", "as_float"),
            *("as_bool", "as_list", "as_map", "as_instance", "Odd", "whole_number"),
            *("number", "survey", "as_object"),
        )
    }
    names.update(
        new=object.__new__,
        assign=object.__setattr__,
        shallow=copy.copy,
        deep=copy.deepcopy,
        quoted=json.encoder.encode_basestring,
        dumped=STDLIB.text,
        missing=_missing,
        rejected=_rejected,
        write_bare=dynamic.write_bare,
        write_object=dynamic.write_object,
        read_object=dynamic.read_object,
        copy_other=dynamic.copy,
        write_foreign=dynamic.write_foreign,
        read_foreign=dynamic.read_foreign,
    )
    return names


class Dynamic:
    """What depends on the class that a value has, not on the one its field declares."""

    def __init__(self, generator: Generator, foreign: Callable[[], Any]) -> None:
        self._generator = generator
        self._foreign = foreign

    def function(self, purpose: str, annotation: Any) -> Callable[..., Any] | None:
        """The function of an untyped class; None for a class that code is generated for."""
        if not isinstance(annotation, type) or not issubclass(annotation, Unstructured):
            return None
        functions: dict[str, Callable[..., Any]] = {
            "read": lambda data: self.read_object(data, annotation),
            "accept": _leave_to_others,
            "write": self._write_unstructured,
            "head": self._write_unstructured,
            "copy": self._copy_unstructured,
            "print": _leave_to_others,
            "print_head": _leave_to_others,
            "echo": _leave_to_others,
            "echo_head": _leave_to_others,
        }
        return functions[purpose]

    def write_object(self, obj: Any, room: int) -> dict[str, Any]:
        """An object with its type."""
        return self._write("head", obj, room)

    def write_bare(self, obj: Any, room: int) -> dict[str, Any]:
        """An object without its type, unless it is the only one to know that."""
        return self._write("write", obj, room)

    def read_object(self, data: dict[str, Any], cls: type[Object]) -> Object:
        """An object whose class has its kind per instance."""
        metadata = data.get("metadata")
        content = {
            key: value
            for key, value in data.items()
            if key not in ("apiVersion", "kind", "metadata")
        }
        read_metadata = self._generator.function("read", ObjectMeta)
        made = cls if issubclass(cls, Unstructured) else Unstructured
        obj = made(
            api_version=data.get("apiVersion") or "",
            kind=data.get("kind") or "",
            content=content,
        )
        if metadata is not None:
            obj.metadata = read_metadata(metadata)
            known = _metadata_members(self._generator)
            obj.unknown_metadata = {k: v for k, v in metadata.items() if k not in known}
        return obj

    def copy(self, obj: Any) -> Any:
        """A copy of any attrs instance."""
        if not attrs.has(type(obj)):
            raise EncodeError(f"a value of type {type(obj).__name__} is no attrs instance")
        return self._generator.function("copy", type(obj))(obj)

    def write_foreign(self, value: Any, annotation: Any, room: int) -> Any:
        """What cattrs makes of a value of a type that only cattrs may know."""
        try:
            tree = self._foreign().unstructure(value, unstructure_as=annotation)
        except Exception as error:  # hooks of strangers raise what they like
            raise EncodeError(f"{annotation}: {error}") from error
        try:
            return plain.plain(tree, room)
        except EncodeError as error:
            if tree is not value:  # it has hooks, and they are right or wrong on their own
                raise
            raise EncodeError(f"{error}; {_HOOKS_WANTED}") from None

    def read_foreign(self, value: Any, annotation: Any) -> Any:
        """The same backwards."""
        try:
            return self._foreign().structure(value, annotation)
        except Exception as error:
            raise DecodeError(f"{annotation}: {error}") from error

    def _write(self, purpose: str, obj: Any, room: int) -> dict[str, Any]:
        cls = type(obj)
        if not attrs.has(cls):
            raise EncodeError(f"a value of type {cls.__name__} is no attrs instance")
        written: dict[str, Any] = self._generator.function(purpose, cls)(obj, room)
        return written

    def _write_unstructured(self, obj: Unstructured, room: int) -> dict[str, Any]:
        clash = obj.content.keys() & {"apiVersion", "kind", "metadata"}
        if clash:
            raise EncodeError(f"content of an Unstructured has {sorted(clash)}; use the attributes")
        written = plain.plain(obj.content, room)
        metadata = self._generator.function("write", type(obj.metadata))(obj.metadata, room - 1)
        unknown = plain.plain(obj.unknown_metadata, room - 1)
        clash = unknown.keys() & metadata.keys()
        if clash:
            raise EncodeError(f"unknown_metadata has {sorted(clash)}; use the attributes")
        if unknown:
            metadata = dict(sorted({**unknown, **metadata}.items()))
        if obj.api_version:
            written["apiVersion"] = plain.as_str(obj.api_version, "Unstructured.api_version")
        if obj.kind:
            written["kind"] = plain.as_str(obj.kind, "Unstructured.kind")
        written["metadata"] = metadata
        return dict(sorted(written.items()))

    def _copy_unstructured(self, obj: Unstructured) -> Unstructured:
        copied = type(obj)(
            api_version=obj.api_version,
            kind=obj.kind,
            content=plain.copied(obj.content),
            unknown_metadata=plain.copied(obj.unknown_metadata),
        )
        copied.metadata = self.copy(obj.metadata)
        return copied


def _leave_to_others(*args: Any) -> Any:
    """An untyped object promises nothing that could be looked at quickly, or read for sure."""
    raise plain.Odd


def _metadata_members(generator: Generator) -> frozenset[str]:
    return frozenset(member.wire for member in generator.struct(ObjectMeta).members)


def _missing(cls: type, wire: str) -> DecodeError:
    return DecodeError(f"{cls.__name__}: missing required field {wire!r}")


def _rejected(cls: type, error: Exception) -> DecodeError:
    """What ``__init__`` of a class said, as an error about the document."""
    if isinstance(error, DecodeError):
        return error
    return DecodeError(f"{cls.__name__}: {error}")
