"""Plain JSON: the checked, ordered copy of whatever stands in a field of type Any.

Everything that leaves through a codec passes here or through generated code that checks the
same things: no cycles, no floats that are no numbers, integers of 64 bits, string keys.
"""

from __future__ import annotations

import math
from collections.abc import Container, Iterable, Mapping
from enum import Enum
from typing import Any, ClassVar, Final, Self

from kregistry.runtime.errors import EncodeError
from kregistry.runtime.limits import INT64_MAX, INT64_MIN


class Odd(Exception):
    """A value is not exactly what its class promises, which may be fine or not."""


_AS_THEY_ARE: Final = frozenset({str, bool, type(None)})
_NUMBERS: Final = (int, float)


class ExponentFloat(float):
    """A float whose text has an exponent; engines differ in how they would write it.

    Attributes:
        latest: The last one that was made, by any thread. Who finds the same one before and
            after a walk knows that the walk met none: no other walk can put an old one back.
    """

    __slots__ = ()

    latest: ClassVar[float] = 0.0

    @classmethod
    def of(cls, number: float) -> Self:
        """The same number."""
        ExponentFloat.latest = made = cls(number)
        return made


def plain(value: Any, room: int) -> Any:
    """A fresh copy of a JSON value, with the members of objects in order.

    Args:
        value: Dicts, lists, tuples, strings, numbers, booleans and None, nested.
        room: How many levels of nesting are left.

    Raises:
        EncodeError: It is no such value, or nested deeper than *room*.
    """
    kind = value.__class__
    if kind in _AS_THEY_ARE:
        return value
    if kind is int:
        return value if INT64_MIN <= value <= INT64_MAX else as_int(value, "")
    if kind is dict:
        if room <= 0:
            raise too_deep()
        return _plain_map(value, room - 1)
    if kind is list:
        if room <= 0:
            raise too_deep()
        return [plain(item, room - 1) for item in value]
    if kind is float:
        return as_float(value, "")
    return _plain_odd(value, room)


def _plain_map(value: Mapping[str, Any], room: int) -> dict[str, Any]:
    try:
        keys = sorted(value)
    except TypeError:
        raise EncodeError("keys of objects are strings; found keys of several types") from None
    result = {}
    for key in keys:
        name = key if key.__class__ is str else as_key(key, "")
        result[name] = plain(value[key], room)
    return result


def _plain_odd(value: Any, room: int) -> Any:
    """What is not exactly a JSON type, but a subclass or a cousin of one."""
    if isinstance(value, Enum) and not isinstance(value, str | int):
        return plain(value.value, room)
    if isinstance(value, str):
        return as_str(value, "")
    if isinstance(value, int):
        return as_int(value, "")
    if isinstance(value, float):
        return as_float(value, "")
    if isinstance(value, Mapping | list | tuple):
        if room <= 0:
            raise too_deep()
        if isinstance(value, Mapping):
            return _plain_map(value, room - 1)
        return [plain(item, room - 1) for item in value]
    raise EncodeError(f"{_type_name(value)} is no JSON value")


def copied(value: Any) -> Any:
    """A fresh copy of a JSON value; order and values stay as they are."""
    kind = value.__class__
    if kind is dict:
        return {key: copied(item) for key, item in value.items()}
    if kind is list:
        return [copied(item) for item in value]
    if isinstance(value, Mapping):
        return {key: copied(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [copied(item) for item in value]
    return value


def too_deep() -> EncodeError:
    """The error about a value that nests without end, or nearly so."""
    return EncodeError("nested too deeply, or contains itself")


def as_str(value: Any, where: str) -> str:
    """The exact string that a string of another class is; *where* names the field."""
    if isinstance(value, str):
        return str.__str__(value)
    raise _wrong(value, where, "a string")


def as_key(value: Any, where: str) -> str:
    """The exact string that a key is."""
    if isinstance(value, str):
        return str.__str__(value)
    raise _wrong(value, where, "a string as key")


def as_int(value: Any, where: str) -> int:
    """The exact integer, if it is one of 64 bits."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise _wrong(value, where, "an integer")
    if not INT64_MIN <= value <= INT64_MAX:
        raise EncodeError(f"{_at(where)}an integer of more than 64 bits")
    return int(value)


def whole_number(value: Any) -> None:
    """See that a value is an integer of 64 bits and of no other class.

    Raises:
        Odd: It is not.
    """
    if value.__class__ is not int or not INT64_MIN <= value <= INT64_MAX:
        raise Odd


def number(value: Any, classes: Container[type]) -> None:
    """See that a value is of one of these classes, and a number that JSON can hold.

    Raises:
        Odd: It is not.
    """
    if value.__class__ not in classes or (value.__class__ is float and not math.isfinite(value)):
        raise Odd
    if value.__class__ is int:
        whole_number(value)


def survey(value: Any, counts: list[int]) -> None:
    """See that a value, fresh from a parser, is JSON; add how many members its objects have.

    Raises:
        Odd: A number is none, or an object had a key twice: that is no plain dict.
    """
    kind = value.__class__
    if kind is dict:
        counts.append(len(value))
        for item in value.values():
            survey(item, counts)
    elif kind is list:
        for item in value:
            survey(item, counts)
    elif kind not in _AS_THEY_ARE:
        number(value, _NUMBERS)


def as_float(value: Any, where: str) -> float:
    """The float, if it is a number; integers are numbers too."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _wrong(value, where, "a number")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise EncodeError(f"{_at(where)}{number} is no JSON number")
    return ExponentFloat.of(number) if "e" in float.__repr__(number) else number


def as_bool(value: Any, where: str) -> bool:
    """The boolean, if it is one."""
    if isinstance(value, bool):
        return value
    raise _wrong(value, where, "a boolean")


def as_list(value: Any, where: str) -> list[Any]:
    """The items of what is a list in all but its class; text is none."""
    if isinstance(value, Mapping | str | bytes | bytearray) or not isinstance(value, Iterable):
        raise _wrong(value, where, "a list")
    return list(value)


def as_map(value: Any, where: str) -> dict[str, Any]:
    """The members of what is a dict in all but its class."""
    if isinstance(value, Mapping):
        return dict(value)
    raise _wrong(value, where, "a dict")


def as_object(value: Any) -> dict[str, Any]:
    """The members of what came in place of a dict from a parser.

    Raises:
        TypeError: It is nothing that has members.
    """
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"expected an object, found {_type_name(value)}")


def as_instance(value: Any, cls: type, where: str) -> Any:
    """The value, if it is of the class."""
    if isinstance(value, cls):
        return value
    raise _wrong(value, where, f"{cls.__name__}")


def _wrong(value: Any, where: str, wanted: str) -> EncodeError:
    return EncodeError(f"{_at(where)}expected {wanted}, found {_type_name(value)}")


def _at(where: str) -> str:
    return f"{where}: " if where else ""


def _type_name(value: Any) -> str:
    return "None" if value is None else f"a value of type {type(value).__name__}"
