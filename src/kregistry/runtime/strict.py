"""Strict reading: what a client sent, checked against the classes it is meant for.

Two steps before generated code may trust the data. :func:`parse` turns bytes into a tree and
refuses what JSON libraries let pass. :class:`Checker` walks the tree beside the shapes of
the classes, in the order of the document, refuses values of the wrong type, collects unknown
and duplicate fields, and returns the tree without nulls and without duplicates.

Source: ``sigs.k8s.io/json`` UnmarshalStrict, ``k8s.io/apimachinery/pkg/runtime/serializer/json``.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from typing import Any, Final

from kregistry.meta.objectmeta import ObjectMeta
from kregistry.runtime.engine import STDLIB
from kregistry.runtime.errors import DecodeError, EncodeError
from kregistry.runtime.generate import Generator
from kregistry.runtime.limits import INT64_MAX, INT64_MIN, Limits
from kregistry.runtime.scan import text_of
from kregistry.runtime.shapes import ANY, Form, Shape, shape_of

_INT64_DIGITS: Final = 20

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

_WANTED: Final = {
    Form.STR: "string",
    Form.INT: "integer",
    Form.FLOAT: "number",
    Form.BOOL: "boolean",
    Form.STRUCT: "object",
    Form.MAP: "object",
    Form.OBJECT: "object",
    Form.LIST: "array",
}

_ACCEPTED: Final[dict[Form, tuple[type, ...]]] = {
    Form.STR: (str,),
    Form.INT: (int,),
    Form.FLOAT: (int, float),
    Form.BOOL: (bool,),
    Form.STRUCT: (dict,),
    Form.MAP: (dict,),
    Form.OBJECT: (dict,),
    Form.LIST: (list,),
}

#: Members that every kind has, whatever its class declares.
_TYPE_META: Final = {"apiVersion": Shape(Form.STR), "kind": Shape(Form.STR)}


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

    def check(self, annotation: Any, tree: Any) -> dict[str, Any]:
        """The members that the class knows, of the right types, without nulls.

        An untyped object keeps all members; only its metadata has types.

        Raises:
            DecodeError: A value has the wrong type.
        """
        checked: dict[str, Any] = self._present(shape_of(annotation), tree)
        return checked

    def _value(self, shape: Shape, value: Any) -> Any:
        if value is None:
            return None
        return self._present(shape, value)

    def _present(self, shape: Shape, value: Any) -> Any:
        form = shape.form
        accepted = _ACCEPTED.get(form)
        if accepted is not None and (
            not isinstance(value, accepted) or (value.__class__ is bool and form is not Form.BOOL)
        ):
            raise self._wrong_type(value, _WANTED[form])
        match form:
            case Form.STR | Form.INT | Form.FLOAT | Form.BOOL:
                return value
            case Form.STRUCT:
                return self._struct(shape.type, value)
            case Form.LIST:
                return self._list(shape.item or ANY, value)
            case Form.MAP:
                return self._map(shape.item or ANY, value)
            case Form.OBJECT:
                return self._object(value)
            case Form.VALUE | Form.ENUM:
                return self._simple(shape, value)
        return self._free(value)

    def _struct(self, annotation: Any, value: dict[str, Any]) -> dict[str, Any]:
        struct = self._generator.struct(annotation)
        shapes = {member.wire: member.shape for member in struct.members}
        if struct.kind:
            shapes = {**_TYPE_META, **shapes}
        checked: dict[str, Any] = {}
        seen: set[str] = set()
        for key, item in _pairs(value):
            self._path.append(key)
            shape = shapes.get(key)
            if shape is None:
                self._report("unknown")
            else:
                if key in seen:
                    self._report("duplicate")
                seen.add(key)
                checked[key] = self._value(shape, item)
            self._path.pop()
        return {key: item for key, item in checked.items() if item is not None}

    def _object(self, value: dict[str, Any]) -> dict[str, Any]:
        """An untyped object: everything is kept, what metadata does not know is reported."""
        checked: dict[str, Any] = {}
        for key, item in _pairs(value):
            self._path.append(key)
            if key in checked:
                self._report("duplicate")
            if key == "metadata" and item is not None:
                checked[key] = self._untyped_metadata(item)
            else:
                checked[key] = self._value(_TYPE_META.get(key, ANY), item)
            self._path.pop()
        return checked

    def _untyped_metadata(self, value: Any) -> dict[str, Any]:
        known = self._present(Shape(Form.STRUCT, type=ObjectMeta), value)
        members = {member.wire for member in self._generator.struct(ObjectMeta).members}
        unknown = {key: _settled(item) for key, item in value.items() if key not in members}
        return {**unknown, **known}

    def _list(self, item: Shape, value: list[Any]) -> list[Any]:
        checked = []
        for index, each in enumerate(value):
            self._path.append(index)
            checked.append(self._item(item, each))
            self._path.pop()
        return checked

    def _map(self, item: Shape, value: dict[str, Any]) -> dict[str, Any]:
        checked: dict[str, Any] = {}
        for key, each in _pairs(value):
            self._path.append(key)
            if key in checked:
                self._report("duplicate")
            checked[key] = self._item(item, each)
            self._path.pop()
        return checked

    def _item(self, shape: Shape, value: Any) -> Any:
        """An item of a list or map; null is the zero value of a type that has no null."""
        if value is not None:
            return self._present(shape, value)
        if shape.optional or shape.form in (Form.ANY, Form.FOREIGN):
            return None
        if shape.form in (Form.VALUE, Form.ENUM):
            raise self._wrong_type(value, self._simple_name(shape))
        return _ZERO[shape.form]()

    def _simple(self, shape: Shape, value: Any) -> Any:
        wire = shape.value.wire if shape.value is not None else (str, int)
        if not isinstance(value, wire) or value.__class__ is bool:
            raise self._wrong_type(value, self._simple_name(shape))
        try:
            if shape.value is not None:
                shape.value.read(value)
            else:
                shape.type(value)
        except ValueError as error:
            raise DecodeError(f"{self._where()}: {error}") from None
        return value

    def _simple_name(self, shape: Shape) -> str:
        return shape.value.name if shape.value is not None else shape.type.__name__

    def _free(self, value: Any) -> Any:
        """A value of any type; only repeated keys are looked for."""
        if isinstance(value, dict):
            return self._map(ANY, value)
        if isinstance(value, list):
            return self._list(ANY, value)
        return value

    def _report(self, problem: str) -> None:
        text = f'{problem} field "{self._where()}"'
        if text not in self.problems and len(self.problems) < self._limits.max_problems:
            self.problems.append(text)

    def _wrong_type(self, value: Any, wanted: str) -> DecodeError:
        return DecodeError(
            f"json: cannot unmarshal {json_type(value)} into field {self._where()} of type {wanted}"
        )

    def _where(self) -> str:
        return path_text(self._path)


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


def _pairs(value: dict[str, Any]) -> Iterable[tuple[str, Any]]:
    return value.pairs if isinstance(value, _Repeating) else value.items()


def _settled(value: Any) -> Any:
    """A value with plain dicts only."""
    if isinstance(value, dict):
        return {key: _settled(item) for key, item in value.items()}
    return [_settled(item) for item in value] if isinstance(value, list) else value
