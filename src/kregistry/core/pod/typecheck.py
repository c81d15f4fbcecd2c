"""Values of the wrong type in an object that a program built by hand.

A decoder lets none through, and checking every field of every Pod would cost as much as all
other rules together. So the rules take types for granted; when one of them stumbles, this
looks for the reason and says it as field errors.
"""

from __future__ import annotations

from functools import cache
from types import TracebackType
from typing import Any, Final

from kregistry.core.pod.welltyped import is_well_typed
from kregistry.meta.errors import Invalid
from kregistry.meta.field import ErrorList, Path
from kregistry.meta.gvk import GroupVersionKind
from kregistry.meta.object import Object
from kregistry.runtime.shapes import Form, Shape, Struct, struct_of

_STUMBLES: Final = (AttributeError, TypeError, ValueError, LookupError, ArithmeticError)

#: Deeper than any Pod; what lies below is a cycle.
_MAX_DEPTH: Final = 50

_SCALARS: Final[dict[Form, tuple[type, str]]] = {
    Form.STR: (str, "a string"),
    Form.INT: (int, "an integer"),
    Form.FLOAT: (float, "a number"),
    Form.BOOL: (bool, "true or false"),
}


class explaining_wrong_types:
    """Run rules over *obj*; if one stumbles over a value of the wrong type, say which.

    Raises:
        Invalid: Some values are of other types than declared. What else the rules raise comes
            out as it is.
    """

    __slots__ = ("_obj",)

    def __init__(self, obj: Object) -> None:
        self._obj = obj

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if isinstance(error, _STUMBLES):
            errs = type_errors(self._obj)
            if errs:
                raise wrong_types(self._obj, errs) from error


def wrong_types(obj: Object, errs: ErrorList) -> Invalid:
    """What is raised for *obj* when its values are of other types than declared."""
    kind = GroupVersionKind.of(obj.api_version, obj.kind).group_kind
    name = getattr(obj.metadata, "name", "")
    return Invalid(kind, name if isinstance(name, str) else "", errs)


def type_errors(obj: Object) -> ErrorList:
    """An error for each value of *obj* that is of another type than its field says."""
    errs = ErrorList()
    if is_well_typed(obj, depth=_MAX_DEPTH):
        return errs
    cls: Any = type(obj)
    for member in _struct(cls).attributes:
        _check(errs, Path(member.wire), getattr(obj, member.attribute), member.shape, _MAX_DEPTH)
    return errs


@cache
def _struct(cls: type) -> Struct:
    return struct_of(cls)


def _check(errs: ErrorList, path: Path, value: Any, shape: Shape, depth: int) -> None:
    if value is None:
        if not shape.optional:
            errs.type_invalid(path, None, "must not be None")
    elif depth == 0:
        errs.type_invalid(path, "...", "is nested too deeply")
    elif shape.form in _SCALARS:
        wanted, called = _SCALARS[shape.form]
        right = isinstance(value, wanted) and (wanted is bool or not isinstance(value, bool))
        if not right:
            errs.type_invalid(path, value, f"must be {called}")
    elif shape.form is Form.STRUCT:
        _check_struct(errs, path, value, shape.type, depth)
    elif shape.form is Form.VALUE:
        if not isinstance(value, shape.type):
            errs.type_invalid(path, value, f"must be a {shape.type.__name__}")
    elif shape.item is not None:
        _check_items(errs, path, value, shape, depth)


def _check_struct(errs: ErrorList, path: Path, value: Any, cls: type, depth: int) -> None:
    if not isinstance(value, cls):
        errs.type_invalid(path, str(type(value).__name__), f"must be a {cls.__name__}")
        return
    for member in _struct(cls).attributes:
        inner = getattr(value, member.attribute, None)
        _check(errs, path / member.wire, inner, member.shape, depth - 1)


def _check_items(errs: ErrorList, path: Path, value: Any, shape: Shape, depth: int) -> None:
    assert shape.item is not None
    if shape.form is Form.MAP:
        if not isinstance(value, dict):
            errs.type_invalid(path, type(value).__name__, "must be a dict")
            return
        for key, item in value.items():
            if isinstance(key, str):
                _check(errs, path.key(key), item, shape.item, depth - 1)
            else:
                errs.type_invalid(path, key, "must be a string")
    elif not isinstance(value, list | tuple):
        errs.type_invalid(path, type(value).__name__, "must be a list")
    else:
        for index, item in enumerate(value):
            _check(errs, path.index(index), item, shape.item, depth - 1)
