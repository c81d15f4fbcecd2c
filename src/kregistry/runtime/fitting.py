"""Fitting: whether a document is exactly what its class promises, found out in one quick walk.

Nearly every document is: no member that the class does not know, none that is there twice, each
of the very type. Of such a document :class:`~kregistry.runtime.strict.Checker` would make the same
document, and tell nothing; so it may be read at once. All others are the Checker's, who knows
what to say about them. For a Pod of 3.2 KB this takes 15 us, the Checker 80.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from kregistry.runtime.shapes import ANY, Form, Shape, shape_of

if TYPE_CHECKING:
    from kregistry.runtime.generate import Generator

#: Whether a value is what a shape promises; null is what only a shape of any type promises.
Fits: TypeAlias = Callable[[Any], bool]

#: The class that a scalar has when nothing is wrong with it.
EXACT: Final[dict[Form, type]] = {
    Form.STR: str,
    Form.INT: int,
    Form.FLOAT: float,
    Form.BOOL: bool,
}

_ENUM_WIRE: Final = (str, int)


class Fitting:
    """Makes and keeps the questions for classes, each when first asked.

    They do not ask whether times, quantities and the like can be read: reading them will tell.
    Safe to use from any thread.

    Args:
        generator: Knows the classes.
    """

    def __init__(self, generator: Generator) -> None:
        self._generator = generator
        self._structs: dict[Any, Fits] = {}
        self._made: dict[Any, Fits] = {}

    def fits(self, annotation: Any, tree: Any) -> bool:
        """Whether *tree*, fresh from a parser, is exactly what *annotation*, a class, promises."""
        found = self._made.get(annotation)
        if found is None:
            found = self._made[annotation] = self._fits(shape_of(annotation))
        return found(tree)

    def _fits(self, shape: Shape) -> Fits:
        match shape.form:
            case Form.ANY:
                return _repeats_nothing
            case Form.VALUE | Form.ENUM:
                classes = frozenset(shape.value.wire if shape.value else _ENUM_WIRE)
                return lambda value: value.__class__ in classes
            case Form.STRUCT:
                return self._lazily(shape.type)
            case Form.LIST:
                return _list(self._fits(shape.item or ANY))
            case Form.MAP:
                return _map(self._fits(shape.item or ANY))
            case Form.FLOAT:
                return lambda value: value.__class__ is float or value.__class__ is int
            case Form.OBJECT | Form.FOREIGN:  # only the value itself tells what it is
                return lambda value: False
        exact = EXACT[shape.form]
        return lambda value: value.__class__ is exact

    def _lazily(self, annotation: Any) -> Fits:
        """Classes have classes in them without end, so each is looked at when it occurs."""
        structs = self._structs

        def fits(value: Any) -> bool:
            found = structs.get(annotation)
            if found is None:
                found = structs[annotation] = self._struct(annotation)
            return found(value)

        return fits

    def _struct(self, annotation: Any) -> Fits:
        shapes = self._generator.struct(annotation).shapes
        exact = {key: EXACT[shape.form] for key, shape in shapes.items() if shape.form in EXACT}
        others = {key: self._fits(shape) for key, shape in shapes.items()}
        class_of, fits_of = exact.get, others.get

        def fits(value: Any) -> bool:
            if value.__class__ is not dict:
                return False
            for key, item in value.items():
                if item.__class__ is class_of(key):
                    continue
                member = fits_of(key)
                # Null is as good as nothing, but not under a name that nobody knows.
                if member is None or (item is not None and not member(item)):
                    return False
            return True

        return fits


def _list(item: Fits) -> Fits:
    return lambda value: value.__class__ is list and all(map(item, value))


def _map(item: Fits) -> Fits:
    return lambda value: value.__class__ is dict and all(map(item, value.values()))


def _repeats_nothing(value: Any) -> bool:
    """Whether no object in a value of any type has a key twice: those are no plain dicts."""
    kind = value.__class__
    if kind is dict:
        return all(map(_repeats_nothing, value.values()))
    if kind is list:
        return all(map(_repeats_nothing, value))
    return not isinstance(value, dict)
