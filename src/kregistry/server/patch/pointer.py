"""JSON pointers, as the API server reads them.

It is more lenient than RFC 6901: what stands before the first slash is ignored, a tilde that
begins no escape stands for itself, and an index may have a sign and leading zeros. A negative
index counts from the end.

Source: ``findObject`` and ``decodePatchKey`` of ``gopkg.in/evanphx/json-patch.v4``.
"""

from __future__ import annotations

import re
from typing import Final

from kregistry.meta.goformat import quote

_INDEX: Final = re.compile(r"[+-]?[0-9]+")
_INT64_DIGITS: Final = 19


class PointerError(ValueError):
    """The pointer does not lead anywhere in this document."""


def steps(pointer: str) -> list[str]:
    """The names and indexes of *pointer*, unescaped; none for the whole document."""
    return [_unescaped(part) for part in pointer.split("/")[1:]]


def _unescaped(part: str) -> str:
    return part.replace("~1", "/").replace("~0", "~") if "~" in part else part


def position(step: str, count: int) -> int:
    """Which of *count* places in a list *step* means.

    Raises:
        PointerError: It is no number, or there is no such place.
    """
    index = _number(step)
    if not -count <= index < count:
        raise PointerError(f"Unable to access invalid index: {index}: invalid index referenced")
    return index + count if index < 0 else index


def _number(step: str) -> int:
    """Source: ``strconv.Atoi``."""
    if not _INDEX.fullmatch(step):
        raise PointerError(f"strconv.Atoi: parsing {quote(step)}: invalid syntax")
    digits = step.lstrip("+-").lstrip("0")
    number = int(digits or "0") if len(digits) <= _INT64_DIGITS else 1 << 63
    if number >= 1 << 63:
        raise PointerError(f"strconv.Atoi: parsing {quote(step)}: value out of range")
    return -number if step[0] == "-" else number
