"""Reading: a message from a client, as the tree that the same object would be in JSON.

The bytes are nobody's promise. What does not fit the table ends in an error; a field that the
table does not have is passed over; of a value that is there twice the last counts, messages that
are there twice are one, and lists go on.

Source: ``Unmarshal`` in the ``generated.pb.go`` files of ``k8s.io/api``.
"""

from __future__ import annotations

import math
import struct
from base64 import b64encode
from collections.abc import Iterator, Sequence
from typing import Any, Final, TypeAlias

from kregistry.meta.wire import (
    BYTES,
    FIXED64,
    VARINT,
    WireError,
    read_varint,
    signed,
    tagged,
)
from kregistry.runtime.errors import DecodeError
from kregistry.runtime.limits import Limits
from kregistry.runtime.strict import parse
from kregistry.server.protobuf.table import Field, Label, Message, Table

#: Where the bytes of a message are.
Span: TypeAlias = tuple[int, int]

_KIND: Final = {
    "string": BYTES,
    "bytes": BYTES,
    "json": BYTES,
    "bool": VARINT,
    "int32": VARINT,
    "int64": VARINT,
    "double": FIXED64,
}
_ZERO: Final[dict[str, Any]] = {
    "string": "",
    "bytes": "",
    "bool": False,
    "int32": 0,
    "int64": 0,
    "double": 0.0,
}


class Reader:
    """Reads one document, and knows how much of it may still come.

    Args:
        table: Knows the messages.
        data: The document.
        limits: How deep the tree may be, and of how many objects.
    """

    def __init__(self, table: Table, data: bytes, limits: Limits) -> None:
        self._table = table
        self._data = data
        self._limits = limits
        self._messages_left = limits.max_structs

    def read(self, message: Message, span: Span) -> dict[str, Any]:
        """The members of the object that the bytes at *span* are.

        Raises:
            DecodeError: They are no such message, or break a limit.
        """
        try:
            tree: dict[str, Any] = self._message(message, [span], depth=1)
        except WireError as error:
            raise DecodeError(f"proto: {error}") from None
        except RecursionError:
            raise self._too_deep() from None
        return tree

    def _message(self, message: Message, spans: Sequence[Span], *, depth: int) -> Any:
        """What the bytes at *spans*, one after the other, are in JSON.

        Args:
            message: Its type.
            spans: Where it is; more than one if it came in pieces.
            depth: How many arrays and objects it lies in, itself included.
        """
        self._count(depth)
        tree: dict[str, Any] = {}
        parts: dict[int, list[Span]] = {}
        for at, end in spans:
            for number, kind, first, upto in tagged(self._data, at, end):
                field = message.fields.get(number)
                if field is None:
                    continue
                if field.is_message and field.label is Label.ONE:
                    _require(field, kind, BYTES)
                    self._note(parts.setdefault(number, []), (first, upto))
                else:
                    self._add(tree, field, kind, first, upto, depth=depth)
        for number, found in parts.items():
            self._put(tree, message, message.fields[number], found, depth=depth)
        if message.form is not None:
            return message.form(tree)
        if message.whole is not None:
            nothing: Any = None if message.whole.label is Label.ONE else []
            return tree.get(message.whole.name, nothing)
        return tree

    def _note(self, pieces: list[Span], piece: Span) -> None:
        """Keep where one more piece of a message is. Raises DecodeError: it is one too many."""
        if len(pieces) >= self._limits.max_structs:
            raise self._too_many()
        pieces.append(piece)

    def _put(
        self, tree: dict[str, Any], message: Message, field: Field, spans: list[Span], *, depth: int
    ) -> None:
        """Place a message in the one around it. What takes no place of its own is not deeper."""
        beside = field.inline or message.form is not None
        type_ = self._table.message(field.type)
        value = self._message(type_, spans, depth=depth if beside else depth + 1)
        if field.inline:
            tree.update(value)
        elif value is not None:
            tree[field.name] = value

    def _add(
        self, tree: dict[str, Any], field: Field, kind: int, first: int, upto: int, *, depth: int
    ) -> None:
        """Place a value that is no message, or one of many."""
        if field.label is Label.LIST:
            tree.setdefault(field.name, []).extend(
                self._items(field, kind, first, upto, depth=depth + 2)
            )
        elif field.label is Label.MAP:
            _require(field, kind, BYTES)
            key, value = self._entry(field, first, upto, depth=depth + 2)
            tree.setdefault(field.name, {})[key] = value
        elif (value := self._scalar(field, kind, first, upto)) or not field.omits_zero:
            tree[field.name] = value
        else:
            tree.pop(field.name, None)

    def _items(
        self, field: Field, kind: int, first: int, upto: int, *, depth: int
    ) -> Iterator[Any]:
        """The next item of a list; of numbers any number of them may be packed together."""
        if field.is_message:
            _require(field, kind, BYTES)
            yield self._message(self._table.message(field.type), [(first, upto)], depth=depth)
        elif kind == BYTES and _KIND[field.type] == VARINT:
            while first < upto:
                value, first = read_varint(self._data, first)
                yield self._scalar(field, VARINT, value, first)
            if first != upto:
                raise WireError("a field reaches beyond its message")
        else:
            yield self._scalar(field, kind, first, upto)

    def _entry(self, field: Field, first: int, upto: int, *, depth: int) -> tuple[str, Any]:
        """A key and its value; either may be missing, and then is empty."""
        key, value = "", _ZERO.get(field.type)
        spans: list[Span] = []
        for number, kind, at, end in tagged(self._data, first, upto):
            if number == 1:
                _require(field, kind, BYTES)
                key = self._text(field, at, end)
            elif number == 2 and field.is_message:
                _require(field, kind, BYTES)
                spans = [(at, end)]
            elif number == 2:
                value = self._scalar(field, kind, at, end)
        if field.is_message:
            value = self._message(self._table.message(field.type), spans, depth=depth)
        return key, value

    def _scalar(self, field: Field, kind: int, first: int, upto: int) -> Any:
        _require(field, kind, _KIND[field.type])
        match field.type:
            case "string":
                return self._text(field, first, upto)
            case "bytes":
                return b64encode(self._data[first:upto]).decode()
            case "json":
                return parse(self._data[first:upto], self._limits) if first < upto else None
            case "bool":
                return first != 0
            case "int32":
                return (first & 0xFFFFFFFF ^ 0x80000000) - 0x80000000
            case "int64":
                return signed(first)
        return self._float(field, first)

    def _text(self, field: Field, first: int, upto: int) -> str:
        try:
            return self._data[first:upto].decode()
        except UnicodeDecodeError:
            raise DecodeError(f"proto: field {field.name} is not UTF-8") from None

    def _float(self, field: Field, first: int) -> float:
        (value,) = struct.unpack_from("<d", self._data, first)
        if not math.isfinite(value):
            raise DecodeError(f"proto: field {field.name} is no JSON number")
        return float(value)

    def _count(self, depth: int) -> None:
        """Note one more message. Raises DecodeError: it is one too many, or one too deep."""
        if depth > self._limits.max_depth:
            raise self._too_deep()
        self._messages_left -= 1
        if self._messages_left < 0:
            raise self._too_many()

    def _too_many(self) -> DecodeError:
        limit = self._limits.max_structs
        return DecodeError(f"too many objects in the document: the limit is {limit}")

    def _too_deep(self) -> DecodeError:
        return DecodeError(f"exceeded max depth: the limit is {self._limits.max_depth} levels")


def _require(field: Field, kind: int, wanted: int) -> None:
    if kind != wanted:
        raise WireError(f"wrong wireType = {kind} for field {field.name}")
