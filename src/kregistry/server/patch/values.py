"""JSON values as patches meet them: checked copies, exact comparison, and Go's words for them.

Types matter here as they do in Go: 1, 1.0 and True are three different values.
"""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any, Final, Literal

from kregistry.runtime.errors import EncodeError
from kregistry.runtime.limits import INT64_MAX, INT64_MIN

MAP: Final = "map[string]interface {}"
LIST: Final = "[]interface {}"
NIL: Final = "<nil>"

_ABSENT: Final = object()


def fresh(value: Any, room: int) -> Any:
    """A copy of a JSON value that shares nothing mutable with it.

    Integers beyond 64 bits become floats, as in every decoder of the API server.

    Args:
        value: Dicts, lists, strings, numbers, booleans and None, nested.
        room: How many levels of dicts and lists are left.

    Raises:
        EncodeError: It is no such value: nested deeper than *room*, a key that is no string,
            a float that is no number, text that UTF-8 cannot express.
    """
    if isinstance(value, str):
        return _text(value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if INT64_MIN <= value <= INT64_MAX else _beyond_64_bits(value)
    if isinstance(value, float):
        return _number(value)
    if not isinstance(value, dict | list | tuple):
        raise EncodeError(f"a value of type {type(value).__name__} is no JSON value")
    if room <= 0:
        raise EncodeError("exceeded max depth")
    if isinstance(value, dict):
        return {_key(key): fresh(item, room - 1) for key, item in value.items()}
    return [fresh(item, room - 1) for item in value]


def check_depth(value: Any, room: int) -> None:
    """Refuse a dict or list that nests deeper than *room*, however deep it is.

    Raises:
        EncodeError: It does.
    """
    level = [value]
    for _ in range(room):
        level = [
            child
            for each in level
            for child in (each.values() if isinstance(each, dict) else each)
            if isinstance(child, dict | list)
        ]
        if not level:
            return
    raise EncodeError("exceeded max depth")


def _key(key: Any) -> str:
    if isinstance(key, str):
        return _text(key)
    raise EncodeError(f"keys of objects are strings; found a {type(key).__name__}")


def _text(text: str) -> str:
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise EncodeError("a string holds a lone surrogate") from None
    return text


def _beyond_64_bits(number: int) -> float:
    try:
        return float(number)
    except OverflowError:
        raise EncodeError("json: cannot unmarshal number into Go value of type float64") from None


def _number(number: float) -> float:
    """The texts are those of a parser that meets the letters which Python writes."""
    if math.isnan(number):
        raise EncodeError("invalid character 'N' looking for beginning of value")
    if number == math.inf:
        raise EncodeError("invalid character 'I' looking for beginning of value")
    if number == -math.inf:
        raise EncodeError("invalid character 'I' in numeric literal")
    return number


def go_type(value: Any) -> str:
    """The type that Go's decoder gives to a JSON value, as ``%s`` of a ``reflect.Type``."""
    if isinstance(value, dict):
        return MAP
    if isinstance(value, list):
        return LIST
    if isinstance(value, str):
        return "string"
    if isinstance(value, bool):
        return "bool"
    if value is None:
        return NIL
    return "int64" if isinstance(value, int) else "float64"


def json_type(value: Any) -> str:
    """The word of Go's decoder for the kind of a JSON value."""
    if isinstance(value, dict):
        return "object"
    if isinstance(value, list):
        return "array"
    if isinstance(value, str):
        return "string"
    return "bool" if isinstance(value, bool) else "number"


def identity(value: Any) -> tuple[str, Any] | None:
    """What a scalar can be looked up by; None for a dict or a list, which Go cannot compare."""
    return None if isinstance(value, dict | list) else (go_type(value), value)


def same(left: Any, right: Any) -> bool:
    """Whether two JSON values are equal, types included."""
    if isinstance(left, dict) and isinstance(right, dict):
        return len(left) == len(right) and all(
            same(value, right.get(key, _ABSENT)) for key, value in left.items()
        )
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if right is _ABSENT or isinstance(left, dict | list) or isinstance(right, dict | list):
        return False
    return identity(left) == identity(right)


def go_text(value: Any, verb: Literal["v", "s"] = "v") -> str:
    """A JSON value as Go's ``fmt`` prints it: ``map[image:a:1 name:a]``.

    Args:
        value: The value.
        verb: ``v``, or ``s``, which complains about everything that is not text.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        members = (f"{key}:{go_text(value[key], verb)}" for key in sorted(value))
        return f"map[{' '.join(members)}]"
    if isinstance(value, list):
        return f"[{' '.join(go_text(item, verb) for item in value)}]"
    printed = _scalar_text(value)
    if verb == "v":
        return printed
    return "%!s(<nil>)" if value is None else f"%!s({go_type(value)}={printed})"


def _scalar_text(value: Any) -> str:
    if value is None:
        return NIL
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, float):
        return str(value)
    digits = float.__repr__(value)
    if value != 0 and not 1e-4 <= abs(value) < 1e21:
        return digits.removesuffix(".0")
    return f"{Decimal(digits):f}".removesuffix(".0")
