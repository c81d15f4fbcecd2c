"""Value types: immutable Python values that are one string or number in JSON."""

from __future__ import annotations

import base64
import binascii
import functools
from collections.abc import Callable
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
    """

    name: str
    cls: type
    write: Callable[[Any], str | int]
    read: Callable[[Any], Any]
    wire: tuple[type, ...] = (str,)


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
    text = value.astimezone(UTC).isoformat()
    return text.replace("+00:00", "Z")


def _read_datetime(text: str) -> datetime:
    value = datetime.fromisoformat(text)
    if value.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    return value.astimezone(UTC)


#: Text longer than this is no usual value and does not go into a cache.
_CACHED_LENGTH: Final = 40


def _cached(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Remember recent values: the same few times and quantities occur again and again."""
    remembered = functools.lru_cache(4096)(read)

    def read_cached(wire: Any) -> Any:
        if wire.__class__ is str and len(wire) <= _CACHED_LENGTH:
            return remembered(wire)
        return read(wire)

    return read_cached


def _read_quantity(wire: str | float) -> Quantity:
    return Quantity(wire if isinstance(wire, str) else repr(wire))


_write_time = functools.lru_cache(4096, typed=True)(str)


def _write_int_or_string(value: IntOrString) -> str | int:
    return value.value


#: Every value type by its annotation.
VALUE_TYPES: Final[dict[type, ValueType]] = {
    each.cls: each
    for each in (
        ValueType("time", Time, _write_time, _cached(Time)),
        ValueType("time", MicroTime, _write_time, _cached(MicroTime)),
        ValueType("quantity", Quantity, str, _cached(_read_quantity), (str, int, float)),
        ValueType("integer or string", IntOrString, _write_int_or_string, IntOrString, (int, str)),
        ValueType("base64 string", bytes, _write_bytes, _read_bytes),
        ValueType("time", datetime, _write_datetime, _read_datetime),
    )
}
