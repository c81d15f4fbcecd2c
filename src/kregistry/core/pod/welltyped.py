"""Whether every value of an object is of the very type that its field declares.

A look that names no place: nearly all objects pass it, at a tenth of what a search for wrong
values costs. One that does not pass need not be wrong, as its values may be of subclasses.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import cache
from operator import attrgetter
from types import NoneType
from typing import Any, Final

import attrs

from kregistry.runtime.shapes import Form, Shape, struct_of

#: The types of what is no struct; what stands for others, such as enums, is anybody's guess.
_TYPES: Final[dict[Form, tuple[type, ...]]] = {
    Form.STR: (str,),
    Form.INT: (int,),
    Form.FLOAT: (float,),
    Form.BOOL: (bool,),
    Form.LIST: (list, tuple),
    Form.MAP: (dict,),
}
_HOLDERS: Final = frozenset({Form.STRUCT, Form.LIST, Form.MAP})


@attrs.frozen
class _Plan:
    """What is to be looked at in objects of one class.

    Attributes:
        values_of: Fetches all that is declared in one call, and the class at the end.
        types: The types that each of them may have.
        deeper: The places of those that hold others, with the shape that tells what.
    """

    values_of: Callable[[Any], tuple[Any, ...]]
    types: tuple[Collection[type], ...]
    deeper: tuple[tuple[int, Shape], ...]


def is_well_typed(obj: Any, *, depth: int) -> bool:
    """Whether there is certainly no value of a wrong type in *obj*, an API object.

    Args:
        obj: The object; only read.
        depth: How many levels are looked into; what lies deeper is not certain.
    """
    plan = _plan(obj.__class__)
    if plan is None or not depth:
        return False
    try:
        values = plan.values_of(obj)
    except AttributeError:
        return False
    for value, types in zip(values, plan.types, strict=False):
        if value.__class__ not in types:
            return False
    for place, shape in plan.deeper:
        value = values[place]
        if value and not _holds(value, shape, depth - 1):
            return False
    return True


def _holds(value: Any, shape: Shape, depth: int) -> bool:
    """Whether what *value*, which is of the right type itself, holds is well typed, too."""
    if shape.form is Form.STRUCT:
        return is_well_typed(value, depth=depth)
    assert shape.item is not None
    items = value
    if shape.form is Form.MAP:
        if not all(key.__class__ is str for key in value):
            return False
        items = value.values()
    if shape.item.form is Form.ANY:
        return True
    types = _types(shape.item)
    deeper = shape.item.form in _HOLDERS
    for item in items:
        if item.__class__ not in types or (deeper and not _holds(item, shape.item, depth - 1)):
            return False
    return True


@cache
def _plan(cls: type) -> _Plan | None:
    """None for a class without fields, and for one with fields of which nothing is certain."""
    members = struct_of(cls).attributes if attrs.has(cls) else ()
    types = tuple(_types(member.shape) for member in members)
    if not all(types):
        return None
    names = (member.attribute for member in members)
    holders = (
        (place, member.shape)
        for place, member in enumerate(members)
        if member.shape.form in _HOLDERS
    )
    return _Plan(attrgetter(*names, "__class__"), types, tuple(holders)) if members else None


def _types(shape: Shape) -> tuple[type, ...]:
    """The types that certainly are right; none for a shape that is not understood here."""
    if shape.form in (Form.STRUCT, Form.VALUE) and isinstance(shape.type, type):
        right: tuple[type, ...] = (shape.type,)
    else:
        right = _TYPES.get(shape.form, ())
    return (*right, NoneType) if right and shape.optional else right
