"""API classes seen as their fields, for rules that hold for all of them."""

from __future__ import annotations

import copy
from typing import Any, TypeVar

import attrs

from kregistry.meta.model import Model, facts_of

M = TypeVar("M", bound=Model)


def attributes(cls: type[Model]) -> tuple[attrs.Attribute[Any], ...]:
    """The fields of an API class, in the order of their declaration."""
    made: Any = cls
    found: tuple[attrs.Attribute[Any], ...] = attrs.fields(made)
    return found


def enum_of(cls: type[Model], name: str) -> tuple[str, ...]:
    """The values that the API documents for one field."""
    return next(facts_of(found).enum for found in attributes(cls) if found.name == name)


def changed(obj: M, **values: Any) -> M:
    """A copy of *obj* with some fields replaced; the others are shared."""
    made = copy.copy(obj)
    for name, value in values.items():
        setattr(made, name, value)
    return made
