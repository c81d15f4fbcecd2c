"""Values as Go prints them, because the API's texts are made of such prints.

Source: Go ``strconv.Quote``, ``fmt`` verb ``%v`` and ``encoding/json.Marshal``.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Mapping, Sequence, Set
from datetime import datetime
from enum import Enum
from typing import Any, Final

import attrs

from kregistry.meta.intstr import IntOrString
from kregistry.meta.model import facts_of, wire_name

_SHORT: Final = {
    "\a": r"\a",
    "\b": r"\b",
    "\f": r"\f",
    "\n": r"\n",
    "\r": r"\r",
    "\t": r"\t",
    "\v": r"\v",
    '"': r"\"",
    "\\": r"\\",
}

_HTML: Final = str.maketrans(
    {"<": r"\u003c", ">": r"\u003e", "&": r"\u0026", "\u2028": r"\u2028", "\u2029": r"\u2029"}
)

#: Deeper than any value that belongs in a message; what lies below prints as ``null``.
_MAX_DEPTH: Final = 100


class Verbatim(str):
    """Text that stands for a value and is printed as it is, without quotes."""

    __slots__ = ()


def quote(text: str) -> str:
    """*text* in double quotes, as ``%q`` prints it."""
    if text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    return '"' + "".join(map(_quoted_character, text)) + '"'


def _quoted_character(character: str) -> str:
    short = _SHORT.get(character)
    if short is not None:
        return short
    if character.isprintable():
        return character
    number = ord(character)
    if number < 0x20 or number == 0x7F:
        return f"\\x{number:02x}"
    if 0xD800 <= number < 0xE000:  # no character at all
        return r"\ufffd"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def value_text(value: Any) -> str:
    """A bad value as a field error prints it: text quoted, numbers plain, the rest JSON."""
    if isinstance(value, Verbatim):
        return str(value)
    if isinstance(value, str) and not isinstance(value, Enum):
        return quote(value)
    if isinstance(value, float):
        return _float_text(value, largest=1e6)
    return json_text(value)


def json_text(value: Any) -> str:
    """*value* as compact JSON: API classes by their wire names, the rest as it stands."""
    text = json.dumps(_plain(value, 0), ensure_ascii=False, separators=(",", ":"), default=str)
    return text.translate(_HTML)


def list_text(values: Sequence[str]) -> str:
    """A slice of strings as ``%#v`` prints it: ``[]string{"a", "b"}``."""
    return "[]string{" + ", ".join(map(quote, values)) + "}"


def _plain(value: Any, depth: int) -> Any:
    if value is None or isinstance(value, bool | int | Verbatim) or depth > _MAX_DEPTH:
        return None if depth > _MAX_DEPTH else value
    if isinstance(value, Enum):
        return _plain(value.value, depth + 1)
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode() if not value.isascii() else value
    if isinstance(value, float):
        return _plain_float(value)
    if isinstance(value, bytes | bytearray):
        return base64.b64encode(value).decode()
    if isinstance(value, Mapping):
        return {str(key): _plain(value[key], depth + 1) for key in sorted(value, key=str)}
    if isinstance(value, Sequence | Set):
        return [_plain(item, depth + 1) for item in value]
    return _plain_object(value, depth)


def _plain_float(value: float) -> Any:
    if not math.isfinite(value):
        return _float_text(value, largest=1e21)
    return int(value) if value.is_integer() and abs(value) < 1e21 else value


def _plain_object(value: Any, depth: int) -> Any:
    """API classes by their fields; value types by what they print."""
    if isinstance(value, IntOrString):
        return value.value
    if isinstance(value, datetime):
        return value.isoformat()
    if not attrs.has(type(value)) or "__str__" in type(value).__dict__:
        return str(value)
    written: dict[str, Any] = {}
    for attribute in attrs.fields(type(value)):
        content = getattr(value, attribute.name)
        facts = facts_of(attribute)
        if facts.secret:
            continue
        if facts.always or not _is_left_out(content, attribute):
            written[wire_name(attribute)] = _plain(content, depth + 1)
    return written


def _is_left_out(content: Any, attribute: attrs.Attribute[Any]) -> bool:
    if content is None or content == [] or content == {}:
        return True
    return bool(content == "" or content == 0) and bool(attribute.default == content)


def _float_text(value: float, *, largest: float) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    if value.is_integer() and abs(value) < largest:
        return f"{value:.0f}"
    digits = repr(value)
    if "e" in digits or abs(value) < largest:
        return digits
    return _scientific(digits)


def _scientific(digits: str) -> str:
    """``1234567.5`` as ``1.2345675e+06``."""
    sign, digits = ("-", digits[1:]) if digits[0] == "-" else ("", digits)
    whole, _, fraction = digits.partition(".")
    mantissa = (whole[1:] + fraction).rstrip("0")
    point = f".{mantissa}" if mantissa else ""
    return f"{sign}{whole[0]}{point}e+{len(whole) - 1:02d}"
