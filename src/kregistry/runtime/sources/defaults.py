"""What printing and reading have to agree on: defaults, and what need not be written."""

from __future__ import annotations

from typing import Any, Final

import attrs

from kregistry.runtime.shapes import Form, Member, Shape
from kregistry.runtime.sources.names import Names

_EMPTIABLE: Final = (str, bytes, int, float, list, tuple, dict, set, frozenset)
_LITERALS: Final = {list: "[]", dict: "{}", tuple: "()"}


def default_of(member: Member) -> Any:
    """The default as a value; one that needs the instance counts as not empty."""
    default = member.default
    if isinstance(default, attrs.Factory):  # type: ignore[arg-type]
        return attrs.NOTHING if default.takes_self else default.factory()
    return default


def is_empty(value: Any) -> bool:
    """Whether a value is one of those that Go's ``omitempty`` leaves out."""
    return value is None or (isinstance(value, _EMPTIABLE) and not value)


def default_text(member: Member, names: Names) -> str:
    """The expression for the default."""
    default = member.default
    if member.required or default is None:
        return "None"
    if isinstance(default, attrs.Factory):  # type: ignore[arg-type]
        return _LITERALS.get(default.factory) or f"{names.constant(default.factory)}()"
    return repr(default) if type(default) in (str, int, bool) else names.constant(default)


def written_when(member: Member) -> str:
    """The condition under which a member of *o* is written, "" for always."""
    if member.always:
        return ""
    default = default_of(member)
    if default is None:
        return f"o.{member.attribute} is not None"
    return f"o.{member.attribute}" if is_empty(default) else ""


def levels_of(shape: Shape) -> int:
    """How many levels of lists and maps the type itself nests."""
    if shape.form in (Form.LIST, Form.MAP) and shape.item is not None:
        return 1 + levels_of(shape.item)
    return 0
