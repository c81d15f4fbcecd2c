"""Fitting: whether a document is exactly what its class promises, found out in one quick walk.

Nearly every document is: no member that the class does not know, none that is there twice, each
of the very type. Of such a document :class:`~kregistry.runtime.strict.Checker` would make the same
document, and tell nothing; so it may be read at once. All others are the Checker's, who knows
what to say about them. For a Pod of 3.2 KB this takes 15 us, the Checker 80.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from kregistry.runtime.shapes import ANY, Form, Shape, shape_of

if TYPE_CHECKING:
    from kregistry.runtime.generate import Generator

#: How many members the objects in a value have, if it is what a shape promises; raises Misfit
#: otherwise. Null is what only a shape of any type promises.
Count: TypeAlias = Callable[[Any], int]

#: The class that a scalar has when nothing is wrong with it.
EXACT: Final[dict[Form, type]] = {
    Form.STR: str,
    Form.INT: int,
    Form.FLOAT: float,
    Form.BOOL: bool,
}

_ENUM_WIRE: Final = (str, int)


class Misfit(Exception):
    """A document is not exactly what its class promises."""


class Fitting:
    """Makes and keeps the questions for classes, each when first asked.

    They do not ask whether times, quantities and the like can be read: reading them will tell.
    Safe to use from any thread.

    Args:
        generator: Knows the classes.
    """

    def __init__(self, generator: Generator) -> None:
        self._generator = generator
        self._structs: dict[Any, Count] = {}
        self._made: dict[Any, Count] = {}

    def members(self, annotation: Any, tree: Any) -> int:
        """How many members all objects of *tree* have together.

        Args:
            annotation: The class that it is for.
            tree: Fresh from a parser.

        Raises:
            Misfit: It is not exactly what the class promises.
        """
        found = self._made.get(annotation)
        if found is None:
            found = self._made[annotation] = self._count(shape_of(annotation))
        return found(tree)

    def _count(self, shape: Shape) -> Count:
        match shape.form:
            case Form.ANY:
                return _count_any
            case Form.VALUE | Form.ENUM:
                return _count_scalar(shape.value.wire if shape.value else _ENUM_WIRE)
            case Form.STRUCT:
                return self._lazily(shape.type)
            case Form.LIST:
                return _count_list(self._count(shape.item or ANY))
            case Form.MAP:
                return _count_map(self._count(shape.item or ANY))
            case Form.FLOAT:
                return _count_scalar((float, int))
            case Form.OBJECT | Form.FOREIGN:  # only the value itself tells what it is
                return _count_scalar(())
        return _count_scalar((EXACT[shape.form],))

    def _lazily(self, annotation: Any) -> Count:
        """Classes have classes in them without end, so each is looked at when it occurs."""
        structs = self._structs

        def count(value: Any) -> int:
            found = structs.get(annotation)
            if found is None:
                found = structs[annotation] = self._struct(annotation)
            return found(value)

        return count

    def _struct(self, annotation: Any) -> Count:
        shapes = self._generator.struct(annotation).shapes
        exact = {key: EXACT[shape.form] for key, shape in shapes.items() if shape.form in EXACT}
        others = {key: self._count(shape) for key, shape in shapes.items()}
        class_of, count_of = exact.get, others.get

        def count(value: Any) -> int:
            if value.__class__ is not dict:
                raise Misfit
            found = len(value)
            for key, item in value.items():
                if item.__class__ is class_of(key):
                    continue
                member = count_of(key)
                if member is None:
                    raise Misfit
                if item is not None:  # null is as good as nothing
                    found += member(item)
            return found

        return count


def _count_scalar(classes: Iterable[type]) -> Count:
    known = frozenset(classes)

    def count(value: Any) -> int:
        if value.__class__ in known:
            return 0
        raise Misfit

    return count


def _count_list(item: Count) -> Count:
    def count(value: Any) -> int:
        if value.__class__ is list:
            return sum(map(item, value))
        raise Misfit

    return count


def _count_map(item: Count) -> Count:
    def count(value: Any) -> int:
        if value.__class__ is dict:
            return len(value) + sum(map(item, value.values()))
        raise Misfit

    return count


def _count_any(value: Any) -> int:
    """A value of any type fits, unless an object in it has a key twice: that is no plain dict."""
    kind = value.__class__
    if kind is dict:
        return len(value) + sum(map(_count_any, value.values()))
    if kind is list:
        return sum(map(_count_any, value))
    if isinstance(value, dict):
        raise Misfit
    return 0
