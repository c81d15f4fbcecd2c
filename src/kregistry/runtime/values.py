"""Value types: immutable Python values that are one string or number in JSON."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import attrs

from kregistry.meta.intstr import IntOrString
from kregistry.meta.quantity import Quantity
from kregistry.meta.time import MicroTime, Time


@attrs.frozen
class ValueType:
    """How one type is written and read.

    Attributes:
        name: What messages call it.
        cls: Class of the values; equal to the annotation but for subclasses.
        write: From the value to a JSON string or integer.
        read: Back; raises ValueError for what is no such value.
        wire: Classes of JSON values that *read* takes.
        held: Attribute of *cls* itself in which the result of *write* stands ready; "" for none.
        known: Answers like *read* for text and integers, sooner where it knows the value.
    """

    name: str
    cls: type
    write: Callable[[Any], str | int]
    read: Callable[[Any], Any]
    wire: tuple[type, ...] = (str,)
    held: str = ""
    known: Mapping[Any, Any] | None = attrs.field(default=None, eq=False, repr=False)

    def recall(self, wire: Any) -> Any:
        """As *read*, sooner where the value is known. Generated code does this in place."""
        if self.known is not None and (wire.__class__ is str or wire.__class__ is int):
            return self.known[wire]
        return self.read(wire)


def _write_bytes(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")


def _read_bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text.replace("\n", "").replace("\r", ""), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("illegal base64 data") from None


def _write_datetime(value: datetime) -> str:
    if value.tzinfo is None:
        raise ValueError("a datetime without a time zone has no place in time")
    return _in_utc(value).isoformat().replace("+00:00", "Z")


def _read_datetime(text: str) -> datetime:
    value = datetime.fromisoformat(text)
    if value.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    return _in_utc(value)


def _in_utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"time {value.isoformat()} is out of range") from None


#: Text longer than this is no usual value and is not remembered.
_KNOWN_LENGTH: Final = 40
_KNOWN_VALUES: Final = 4096


class _Known(dict[Any, Any]):
    """Recent values by what stands for them: the same few times and ports occur all the time.

    Generated code asks by subscript, which for a known text calls no function of Python: 20 ns
    instead of 150 with a cache behind a function, for some 22 values in a Pod. It asks with
    nothing but text and integers, as 1, 1.0 and True would find each other's values.
    """

    __slots__ = ("_read",)

    def __init__(self, read: Callable[[Any], Any]) -> None:
        super().__init__()
        self._read = read

    def __missing__(self, wire: Any) -> Any:
        value = self._read(wire)
        if wire.__class__ is int or (wire.__class__ is str and len(wire) <= _KNOWN_LENGTH):
            if len(self) >= _KNOWN_VALUES:
                self.clear()
            self[wire] = value
        return value


def _read_quantity(wire: str | float) -> Quantity:
    return Quantity(wire if isinstance(wire, str) else repr(wire))


def _write_int_or_string(value: IntOrString) -> str | int:
    return value.value


def _kept_as_text(
    name: str, cls: type, read: Callable[[Any], Any], wire: tuple[type, ...] = (str,)
) -> ValueType:
    """A type whose values make their text once and keep it."""
    return ValueType(name, cls, str, read, wire, held="_text", known=_Known(read))


#: Every value type by its annotation.
VALUE_TYPES: Final[dict[type, ValueType]] = {
    each.cls: each
    for each in (
        _kept_as_text("time", Time, Time),
        _kept_as_text("time", MicroTime, MicroTime),
        _kept_as_text("quantity", Quantity, _read_quantity, (str, int, float)),
        ValueType(
            "integer or string",
            IntOrString,
            _write_int_or_string,
            IntOrString,
            (int, str),
            held="_value",
            known=_Known(IntOrString),
        ),
        ValueType("base64 string", bytes, _write_bytes, _read_bytes),
        ValueType("time", datetime, _write_datetime, _read_datetime),
    )
}
