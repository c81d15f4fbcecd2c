"""Protocol Buffers on the wire: numbers, bytes, and messages in messages.

A message is a row of fields, each a tag (field number and kind) and a value. That is all there
is to know, so no generated code, and no version of a protobuf library that must agree with
another one, is needed.

Source: https://protobuf.dev/programming-guides/encoding/
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

#: The kinds of values: what a tag says about how many bytes follow.
VARINT: Final = 0
FIXED64: Final = 1
BYTES: Final = 2
FIXED32: Final = 5

_SIGN: Final = 1 << 63
_WORD: Final = 1 << 64
_MAX_TAG: Final = 1 << 32


class WireError(ValueError):
    """Bytes that are no message."""


def encode(*fields: tuple[int, int | bytes]) -> bytes:
    """A message of *fields*: pairs of a number and a value. Zero and empty ones are left out."""
    return b"".join(encode_field(number, value) for number, value in fields if value)


def encode_field(number: int, value: int | bytes) -> bytes:
    """One field, even if it is empty: in a choice between messages that says something."""
    if isinstance(value, bytes):
        return b"%b%b%b" % (varint(number << 3 | BYTES), varint(len(value)), value)
    return varint(number << 3 | VARINT) + varint(value)


def varint(value: int) -> bytes:
    """A number in groups of seven bits, the lowest first; negative ones as 64 bits."""
    if 0 <= value < 0x80:
        return value.to_bytes(1, "little")
    value &= _WORD - 1
    groups = bytearray()
    while value >= 0x80:
        groups.append(value & 0x7F | 0x80)
        value >>= 7
    groups.append(value)
    return bytes(groups)


def read_varint(data: bytes, at: int) -> tuple[int, int]:
    """The number at *at*, without sign, and where the next field begins.

    Raises:
        IndexError: The data ends within the number.
    """
    value = data[at]
    at += 1
    if value < 0x80:
        return value, at
    value &= 0x7F
    shift = 7
    while True:
        group = data[at]
        at += 1
        value |= (group & 0x7F) << shift
        if group < 0x80:
            return value & _WORD - 1, at
        shift += 7
        if shift > 63:
            raise WireError("a number of more than 64 bits")


def signed(value: int) -> int:
    """A number as a signed one of 64 bits."""
    return value - _WORD if value & _SIGN else value


def fields(data: bytes, at: int = 0, end: int | None = None) -> Iterator[tuple[int, int, int]]:
    """The fields of the message ``data[at:end]``.

    Yields:
        The field's number and, for a number, its value and -1; for bytes, where they begin
        and end. Fields of other kinds are passed over.

    Raises:
        WireError: It is no message.
    """
    end = len(data) if end is None else end
    try:
        while at < end:
            tag, at = read_varint(data, at)
            kind = tag & 7
            if kind == VARINT:
                value, at = read_varint(data, at)
                yield tag >> 3, value, -1
            elif kind == BYTES:
                size, start = read_varint(data, at)
                at = start + size
                if at > end:
                    raise WireError("a field reaches beyond its message")
                yield tag >> 3, start, at
            else:
                at += _size_of_fixed(kind)
    except IndexError:
        raise WireError("the message ends within a field") from None


def tagged(data: bytes, at: int = 0, end: int | None = None) -> Iterator[tuple[int, int, int, int]]:
    """All fields of the message ``data[at:end]``, of every kind, held to its bounds.

    Slower than :func:`fields`, with which the answers of etcd are read.

    Yields:
        The field's number and kind and, for a varint, its value and where the next field
        begins; for every other kind, where its bytes begin and end.

    Raises:
        WireError: It is no message, or it has groups, which were given up before anybody used
            them here.
    """
    end = len(data) if end is None else end
    try:
        while at < end:
            tag, first = read_varint(data, at)
            kind = tag & 7
            if kind == VARINT:
                first, at = read_varint(data, first)
            elif kind == BYTES:
                size, first = read_varint(data, first)
                at = first + size
            else:
                at = first + _size_of_fixed(kind)
            if at > end:
                raise WireError("a field reaches beyond its message")
            if not 8 <= tag < _MAX_TAG:
                raise WireError(f"no field has the number {tag >> 3}")
            yield tag >> 3, kind, first, at
    except IndexError:
        raise WireError("the message ends within a field") from None


def _size_of_fixed(kind: int) -> int:
    if kind == FIXED64:
        return 8
    if kind == FIXED32:
        return 4
    raise WireError(f"no field is of the kind {kind}")
