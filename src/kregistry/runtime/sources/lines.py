"""Lines of sources that several purposes have in common."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

#: One more than the largest integer that takes one digit inside of Python.
SMALL: Final = 2**30


def indented(lines: Iterable[str]) -> list[str]:
    """The same, one level further in."""
    return [f"    {line}" for line in lines]


def class_check(v: str, cls: str) -> list[str]:
    """The check that the value *v* is of that very class."""
    return [f"if {v}.__class__ is not {cls}:", "    raise Odd"]


def int_check(v: str) -> list[str]:
    """The check that *v* is an integer of 64 bits. Small constants compare fastest."""
    return [
        f"if {v}.__class__ is not int or not -1 < {v} < {SMALL}:",
        f"    whole_number({v})",
    ]
