"""Strict reading: what a client sent, checked against the classes it is meant for.

Two steps before generated code may trust the data. :func:`parse` turns bytes into a tree and
refuses what JSON libraries let pass. :class:`Checker` walks the tree beside the shapes of
the classes, in the order of the document, refuses values of the wrong type, collects unknown
and duplicate fields, and returns the tree without nulls and without duplicates.

Most documents have nothing to refuse or collect. :func:`parse_simply` is for the one quick look
that finds that out (:mod:`~kregistry.runtime.sources.reading`), and leaves the others to these two.

Source: ``sigs.k8s.io/json`` UnmarshalStrict, ``k8s.io/apimachinery/pkg/runtime/serializer/json``.
"""

from __future__ import annotations

import json
import math
import sys
from collections import Counter
from collections.abc import Callable, Container, Iterable
from typing import Any, Final

from kregistry.meta.objectmeta import ObjectMeta
from kregistry.runtime.engine import STDLIB
from kregistry.runtime.errors import DecodeError, EncodeError
from kregistry.runtime.generate import Generator
from kregistry.runtime.limits import INT64_MAX, INT64_MIN, Limits
from kregistry.runtime.plain import Odd
from kregistry.runtime.scan import text_of
from kregistry.runtime.shapes import ANY, EXACT, TYPE_META, Form, Shape, shape_of

_INT64_DIGITS: Final = 20

_SPACE: Final = b" \t\n\r"

_ZERO: Final[dict[Form, type]] = {
    Form.STR: str,
    Form.INT: int,
    Form.FLOAT: float,
    Form.BOOL: bool,
    Form.LIST: list,
    Form.MAP: dict,
    Form.STRUCT: dict,
    Form.OBJECT: dict,
}


class _Repeating(dict[str, Any]):
    """An object in which a key occurs more than once; the last value counts."""

    __slots__ = ("pairs",)

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self.pairs = pairs


def parse(data: bytes | bytearray | memoryview, limits: Limits) -> Any:
    """The tree of a document from a client.

    Raises:
        DecodeError: The document is too long or too deep, not UTF-8, not JSON, or has
            numbers beyond 64 bits or strings that are no text.
    """
    text = text_of(data, limits)
    try:
        tree = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise DecodeError(
            f"not JSON: {error.msg} at line {error.lineno}, column {error.colno}"
        ) from None
    if r"\ud" in text or r"\uD" in text:
        _refuse_surrogates(tree)
    return tree


def parse_simply(data: bytes, limits: Limits) -> tuple[Any, int]:
    """The tree of a document, and how many names of members its text has, at least.

    To look for keys that are there twice takes the parser as long again as everything else. It
    need not look if names are counted: without what is escaped, and without space, each ends in
    ``":``, and hardly anything else does. A tree that has fewer members may have lost some.

    Raises:
        DecodeError: As from :func:`parse`.
        Odd: A string may be no text, or a number take long to read: Python itself refuses the
            longest, unless somebody has told it not to.
        ValueError: It is not JSON.
    """
    if not 0 < sys.get_int_max_str_digits() <= sys.int_info.default_max_str_digits:
        raise Odd
    text = text_of(data, limits)
    if b"\\" in data:
        if b"\\ud" in data or b"\\uD" in data:
            raise Odd
        data = data.replace(b"\\\\", b"").replace(b'\\"', b"")
    return _SIMPLE_DECODER.decode(text), data.translate(None, _SPACE).count(b'":')


def _refuse_surrogates(tree: Any) -> None:
    try:
        STDLIB.dumps(tree)
    except EncodeError as error:
        raise DecodeError(str(error)) from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    return made if len(made) == len(pairs) else _Repeating(pairs)


def _integer(text: str) -> int:
    if len(text) <= _INT64_DIGITS:
        value = int(text)
        if INT64_MIN <= value <= INT64_MAX:
            return value
    raise DecodeError(f"the number {_shortened(text)} does not fit into 64 bits")


def _float(text: str) -> float:
    value = float(text)
    if math.isfinite(value):
        return value
    raise DecodeError(f"the number {_shortened(text)} does not fit into 64 bits")


def _constant(text: str) -> Any:
    raise DecodeError(f"{text} is no JSON number")


def _shortened(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:20]}...{text[-10:]}"


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_integer, parse_float=_float, parse_constant=_constant
)


#: Numbers are looked at later, by who knows what they are for: a call for each would double it.
_SIMPLE_DECODER: Final = json.JSONDecoder(parse_constant=_constant)


def repeated_fields(tree: Any, path: tuple[str | int, ...] = ()) -> list[str]:
    """A text for each key that occurs more than once in an object of *tree*, in order.

    Args:
        tree: What :func:`parse` made.
        path: Where it stands in the document.
    """
    found: list[str] = []
    if isinstance(tree, dict):
        if isinstance(tree, _Repeating):
            counts = Counter(key for key, _ in tree.pairs)
            again = [key for key, times in counts.items() if times > 1]
            found += [f'duplicate field "{path_text((*path, key))}"' for key in again]
        for key, item in tree.items():
            found += repeated_fields(item, (*path, key))
    elif isinstance(tree, list):
        for index, item in enumerate(tree):
            found += repeated_fields(item, (*path, index))
    return found


class Checker:
    """One walk over one document.

    Attributes:
        problems: Unknown and duplicate fields in the order of the document, each once.
    """

    def __init__(self, generator: Generator, limits: Limits) -> None:
        self.problems: list[str] = []
        self._generator = generator
        self._limits = limits
        self._path: list[str | int] = []
        self._structs_left = limits.max_structs
        self._by_form: dict[Form, Callable[[Shape, Any], Any]] = {
            Form.STR: self._scalar,
            Form.INT: self._scalar,
            Form.FLOAT: self._scalar,
            Form.BOOL: self._scalar,
            Form.VALUE: self._simple,
            Form.ENUM: self._simple,
            Form.STRUCT: self._struct,
            Form.LIST: self._list,
            Form.MAP: self._map,
            Form.OBJECT: self._object,
            Form.ANY: self._free,
            Form.FOREIGN: self._free,
        }

    def check(self, annotation: Any, tree: Any) -> dict[str, Any]:
        """The members that the class knows, of the right types, without nulls.

        An untyped object keeps all members; only its metadata has types.

        Raises:
            DecodeError: A value has the wrong type.
        """
        checked: dict[str, Any] = self._present(shape_of(annotation), tree)
        return checked

    def _present(self, shape: Shape, value: Any) -> Any:
        """The value, which is not null, checked."""
        return self._by_form[shape.form](shape, value)

    def _scalar(self, shape: Shape, value: Any) -> Any:
        form = shape.form
        if value.__class__ is EXACT[form]:
            return value
        if form is Form.FLOAT and isinstance(value, int | float) and value.__class__ is not bool:
            return value
        raise self._wrong_type(value, form.value)

    def _struct(self, shape: Shape, value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise self._wrong_type(value, "object")
        self._structs_left -= 1
        if self._structs_left < 0:
            limit = self._limits.max_structs
            raise DecodeError(f"too many objects in the document: the limit is {limit}")
        if isinstance(value, _Repeating):
            value = self._without_repetition(shape, value)
        shapes = self._generator.struct(shape.type).shapes
        checked: dict[str, Any] = {}
        path = self._path
        for key, item in value.items():
            member = shapes.get(key)
            if member is None:
                path.append(key)
                self._report("unknown")
                path.pop()
            elif item.__class__ is EXACT.get(member.form):
                checked[key] = item
            elif item is not None:
                path.append(key)
                checked[key] = self._by_form[member.form](member, item)
                path.pop()
        return checked

    def _without_repetition(self, shape: Shape, value: _Repeating) -> dict[str, Any]:
        """The last value of each key. What is wrong with any of them is told here, in order."""
        shapes = self._generator.struct(shape.type).shapes
        for key, item in self._told_pairs(value, shapes):
            member = shapes.get(key)
            self._path.append(key)
            if member is None:
                self._report("unknown")
            elif item is not None:
                self._present(member, item)
            self._path.pop()
        return dict(value)

    def _object(self, shape: Shape, value: Any) -> dict[str, Any]:
        """An untyped object: everything is kept, what metadata does not know is reported."""
        if not isinstance(value, dict):
            raise self._wrong_type(value, "object")
        checked: dict[str, Any] = {}
        for key, item in self._told_pairs(value):
            self._path.append(key)
            if key == "metadata" and item is not None:
                checked[key] = self._untyped_metadata(item)
            elif item is not None:
                checked[key] = self._present(TYPE_META.get(key, ANY), item)
            else:
                checked[key] = None
            self._path.pop()
        return checked

    def _untyped_metadata(self, value: Any) -> dict[str, Any]:
        known = self._struct(Shape(Form.STRUCT, type=ObjectMeta), value)
        members = self._generator.struct(ObjectMeta).shapes
        unknown = {key: _settled(item) for key, item in value.items() if key not in members}
        return {**unknown, **known}

    def _list(self, shape: Shape, value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise self._wrong_type(value, "array")
        item = shape.item or ANY
        checked = []
        path = self._path
        for index, each in enumerate(value):
            path.append(index)
            checked.append(self._item(item, each))
            path.pop()
        return checked

    def _map(self, shape: Shape, value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise self._wrong_type(value, "object")
        item = shape.item or ANY
        checked: dict[str, Any] = {}
        path = self._path
        for key, each in self._told_pairs(value):
            path.append(key)
            checked[key] = self._item(item, each)
            path.pop()
        return checked

    def _told_pairs(
        self, value: dict[str, Any], told: Container[str] | None = None
    ) -> Iterable[tuple[str, Any]]:
        """All members in order; one that has occurred before is reported on the way.

        Args:
            value: The members.
            told: Only these are reported; None for all.
        """
        if not isinstance(value, _Repeating):
            yield from value.items()
            return
        seen: set[str] = set()
        for key, item in value.pairs:
            if key in seen and (told is None or key in told):
                self._path.append(key)
                self._report("duplicate")
                self._path.pop()
            seen.add(key)
            yield key, item

    def _item(self, shape: Shape, value: Any) -> Any:
        """An item of a list or map; null is the zero value of a type that has no null."""
        if value is not None:
            return self._by_form[shape.form](shape, value)
        if shape.optional or shape.form in (Form.ANY, Form.FOREIGN):
            return None
        if shape.form in (Form.VALUE, Form.ENUM):
            raise self._wrong_type(value, _simple_name(shape))
        zero = _ZERO[shape.form]()
        return self._struct(shape, zero) if shape.form is Form.STRUCT else zero

    def _simple(self, shape: Shape, value: Any) -> Any:
        wire = shape.value.wire if shape.value is not None else (str, int)
        if not isinstance(value, wire) or value.__class__ is bool:
            raise self._wrong_type(value, _simple_name(shape))
        try:
            if shape.value is not None:
                shape.value.recall(value)
            else:
                shape.type(value)
        except ValueError as error:
            raise DecodeError(f"{path_text(self._path)}: {error}") from None
        return value

    def _free(self, shape: Shape, value: Any) -> Any:
        """A value of any type; only repeated keys are looked for."""
        path = self._path
        if isinstance(value, dict):
            members: dict[str, Any] = {}
            for key, item in self._told_pairs(value):
                path.append(key)
                members[key] = self._free(shape, item)
                path.pop()
            return members
        if isinstance(value, list):
            items = []
            for index, item in enumerate(value):
                path.append(index)
                items.append(self._free(shape, item))
                path.pop()
            return items
        return value

    def _report(self, problem: str) -> None:
        text = f'{problem} field "{path_text(self._path)}"'
        if text not in self.problems and len(self.problems) < self._limits.max_problems:
            self.problems.append(text)

    def _wrong_type(self, value: Any, wanted: str) -> DecodeError:
        where = path_text(self._path)
        into = f"field {where}" if where else "the document"
        return DecodeError(
            f"json: cannot unmarshal {json_type(value)} into {into} of type {wanted}"
        )


def path_text(path: Iterable[str | int]) -> str:
    """A path as messages show it: ``spec.containers[0].name``."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".")


def json_type(value: Any) -> str:
    """What JSON calls a value."""
    match value:
        case None:
            return "null"
        case bool():
            return "bool"
        case str():
            return "string"
        case int() | float():
            return "number"
        case list():
            return "array"
    return "object"


def _simple_name(shape: Shape) -> str:
    return shape.value.name if shape.value is not None else str(shape.type.__name__)


def _settled(value: Any) -> Any:
    """A value with plain dicts only."""
    if isinstance(value, dict):
        return {key: _settled(item) for key, item in value.items()}
    return [_settled(item) for item in value] if isinstance(value, list) else value
