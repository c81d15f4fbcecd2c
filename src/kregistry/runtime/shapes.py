"""Shapes: what a field's type means in JSON.

The annotations of a class are read once, when the class is first met by a codec, and become
shapes; everything else (generated code, strict reading) works on shapes alone.
"""

from __future__ import annotations

import enum
import functools
import operator
import types
import typing
from collections import abc
from collections.abc import Mapping
from typing import Any, Final, Literal, TypeVar, Union

import attrs

from kregistry.meta.model import FieldFacts, facts_of, field_types, wire_name
from kregistry.meta.object import Object
from kregistry.runtime.unstructured import Unstructured
from kregistry.runtime.values import VALUE_TYPES, ValueType


class Form(enum.Enum):
    """The forms a value can have on the wire."""

    ANY = "any"
    STR = "string"
    INT = "integer"
    FLOAT = "number"
    BOOL = "boolean"
    VALUE = "value"
    ENUM = "enum"
    STRUCT = "struct"
    LIST = "list"
    MAP = "map"
    OBJECT = "object"
    FOREIGN = "foreign"

    # That of Enum is written in Python, and forms are looked up for every value of a document.
    __hash__ = object.__hash__


@attrs.frozen
class Shape:
    """One type.

    Attributes:
        form: Which kind of type it is.
        optional: None is one of its values.
        type: The class of a struct, enum or object; the annotation of a foreign type.
        item: Shape of what a list or map holds.
        container: What a list is in Python: list, tuple, set or frozenset.
        value: How a value type is written and read.
        bare: An object whose type stands outside, as with the items of a list.
    """

    form: Form
    optional: bool = False
    type: Any = None
    item: Shape | None = None
    container: type = list
    value: ValueType | None = None
    bare: bool = False


ANY: Final = Shape(Form.ANY)

#: Members that every kind has, whatever its class declares.
TYPE_META: Final = {"apiVersion": Shape(Form.STR), "kind": Shape(Form.STR)}

#: The class that a scalar has when nothing is wrong with it.
EXACT: Final[dict[Form, type]] = {
    Form.STR: str,
    Form.INT: int,
    Form.FLOAT: float,
    Form.BOOL: bool,
}

_SCALARS: Final[dict[Any, Form]] = {
    str: Form.STR,
    int: Form.INT,
    float: Form.FLOAT,
    bool: Form.BOOL,
    Any: Form.ANY,
    object: Form.ANY,
}
_LISTS: Final[dict[Any, type]] = {
    list: list,
    abc.Sequence: list,
    abc.MutableSequence: list,
    abc.Iterable: list,
    abc.Collection: list,
    set: set,
    abc.Set: frozenset,
    abc.MutableSet: set,
    frozenset: frozenset,
}
_MAPS: Final = (dict, abc.Mapping, abc.MutableMapping)


@attrs.frozen
class Member:
    """One field of a class as one member of a JSON object.

    Attributes:
        attribute: Name in Python.
        argument: Name in ``__init__``.
        wire: Name in JSON.
        shape: What it holds.
        facts: What else the class says about it.
        default: Value, ``attrs.Factory`` or ``attrs.NOTHING`` when it must be given.
        init: Whether ``__init__`` takes it; what it does not take is not on the wire.
    """

    attribute: str
    argument: str
    wire: str
    shape: Shape
    facts: FieldFacts
    default: Any
    init: bool = True

    @property
    def required(self) -> bool:
        """Whether there is no default."""
        return self.default is attrs.NOTHING

    @property
    def always(self) -> bool:
        """Written even when empty."""
        return self.facts.always or self.required


@attrs.frozen
class Struct:
    """One attrs class.

    Attributes:
        cls: The class, without type arguments.
        members: What is on the wire, in order of the names there.
        attributes: The same and what is not on the wire, in order of declaration.
        api_version: What the class declares, "" for a class that is no kind.
        kind: The same.
        shapes: The shapes of what may stand in a document, by name; of a kind, its type too.
        plain_init: Instances may be filled field by field: nothing happens in ``__init__``
            but assignments.
    """

    cls: type
    members: tuple[Member, ...]
    attributes: tuple[Member, ...]
    api_version: str
    kind: str
    shapes: Mapping[str, Shape]
    plain_init: bool

    @property
    def head(self) -> dict[str, str]:
        """The type that the class declares, as members."""
        head = {"apiVersion": self.api_version, "kind": self.kind}
        return {wire: value for wire, value in head.items() if value}


def struct_of(annotation: Any) -> Struct:
    """Read an attrs class, or one with type arguments such as ``Box[int]``.

    Raises:
        TypeError: It is no attrs class, or two fields have one name on the wire.
    """
    cls = typing.get_origin(annotation) or annotation
    if not (isinstance(cls, type) and attrs.has(cls)):
        raise TypeError(f"{annotation!r} is not an attrs class")
    arguments = _type_arguments(cls, annotation)
    hints = field_types(cls)
    members = [
        Member(
            attribute.name,
            attribute.alias or attribute.name,
            wire_name(attribute),
            shape_of(_substitute(hints[attribute.name], arguments)),
            facts_of(attribute),
            attribute.default,
            attribute.init,
        )
        for attribute in attrs.fields(cls)
    ]
    on_wire = sorted((each for each in members if each.init), key=lambda each: each.wire)
    _refuse_shared_names(cls, on_wire)
    kind = _declared_kind(cls)
    shapes = {**(TYPE_META if kind[1] else {}), **{each.wire: each.shape for each in on_wire}}
    return Struct(cls, tuple(on_wire), tuple(members), *kind, shapes, _has_plain_init(cls))


def shape_of(annotation: Any, *, optional: bool = False) -> Shape:
    """What an annotation means in JSON; foreign if nothing here knows."""
    annotation = _unwrap(annotation)
    if annotation is None or annotation is types.NoneType:
        return Shape(Form.ANY, True)
    if isinstance(annotation, TypeVar):
        bound = shape_of(annotation.__bound__ or Any, optional=optional)
        return attrs.evolve(bound, bare=True)
    form = _SCALARS.get(annotation)
    if form is not None:
        return Shape(form, optional or form is Form.ANY)
    value = VALUE_TYPES.get(annotation) if isinstance(annotation, type) else None
    if value is not None:
        return Shape(Form.VALUE, optional, annotation, value=value)
    origin = typing.get_origin(annotation)
    if origin in (Union, types.UnionType):
        return _union_shape(annotation, optional)
    if origin is Literal:
        return _literal_shape(annotation, optional)
    return _container_shape(annotation, origin, optional) or _class_shape(annotation, optional)


def _class_shape(annotation: Any, optional: bool) -> Shape:
    cls = typing.get_origin(annotation) or annotation
    if isinstance(cls, type):
        if issubclass(cls, enum.Enum):
            return Shape(Form.ENUM, optional, cls)
        if cls is Object or issubclass(cls, Unstructured):
            return Shape(Form.OBJECT, optional, cls)
        if attrs.has(cls):
            return Shape(Form.STRUCT, optional, annotation)
    return Shape(Form.FOREIGN, optional, annotation)


def _container_shape(annotation: Any, origin: Any, optional: bool) -> Shape | None:
    base = origin or annotation
    arguments = typing.get_args(annotation)
    if base in _LISTS:
        item = shape_of(arguments[0]) if arguments else ANY
        return Shape(Form.LIST, optional, item=item, container=_LISTS[base])
    if base is tuple and (not arguments or arguments[1:] == (Ellipsis,)):
        item = shape_of(arguments[0]) if arguments else ANY
        return Shape(Form.LIST, optional, item=item, container=tuple)
    if base in _MAPS and (not arguments or _unwrap(arguments[0]) in (str, Any)):
        item = shape_of(arguments[1]) if arguments else ANY
        return Shape(Form.MAP, optional, item=item)
    return None


def _union_shape(annotation: Any, optional: bool) -> Shape:
    choices = [_unwrap(choice) for choice in typing.get_args(annotation)]
    rest = [choice for choice in choices if choice is not types.NoneType]
    optional = optional or len(rest) < len(choices)
    if len(rest) == 1:
        return shape_of(rest[0], optional=optional)
    return Shape(Form.FOREIGN, optional, functools.reduce(operator.or_, rest))


def _literal_shape(annotation: Any, optional: bool) -> Shape:
    kinds = {type(choice) for choice in typing.get_args(annotation)}
    if types.NoneType in kinds:
        kinds.discard(types.NoneType)
        optional = True
    form = _SCALARS.get(kinds.pop()) if len(kinds) == 1 else None
    return Shape(form or Form.ANY, optional)


def _unwrap(annotation: Any) -> Any:
    """What stands behind Annotated, NewType, ``type X = ...`` and the like."""
    while True:
        origin = typing.get_origin(annotation)
        if origin in (typing.Annotated, typing.Required, typing.NotRequired, typing.Final):
            annotation = typing.get_args(annotation)[0]
        elif isinstance(annotation, typing.NewType):
            annotation = annotation.__supertype__
        elif type(annotation).__name__ == "TypeAliasType":  # new in Python 3.12
            annotation = annotation.__value__
        else:
            return annotation


def _type_arguments(cls: type, annotation: Any) -> dict[Any, Any]:
    parameters = getattr(cls, "__parameters__", ())
    return dict(zip(parameters, typing.get_args(annotation), strict=False))


def _substitute(annotation: Any, arguments: dict[Any, Any]) -> Any:
    """The annotation with type variables replaced by what they stand for."""
    if not arguments:
        return annotation
    if isinstance(annotation, TypeVar):
        return arguments.get(annotation, annotation)
    parameters = getattr(annotation, "__parameters__", ())
    if not parameters:
        return annotation
    return annotation[tuple(arguments.get(each, each) for each in parameters)]


def _declared_kind(cls: type) -> tuple[str, str]:
    """What a class says as ClassVar; "" where instances say it, or nobody."""
    api_version, kind = getattr(cls, "api_version", ""), getattr(cls, "kind", "")
    if isinstance(api_version, str) and isinstance(kind, str) and kind:
        return api_version, kind
    return "", ""


def _has_plain_init(cls: type) -> bool:
    """Whether ``__init__`` only assigns, so that it may be left out."""
    if any(getattr(cls, name) is not getattr(object, name) for name in _ASSIGNING):
        return False
    if any(hasattr(cls, hook) for hook in _INIT_HOOKS) or not _init_by_attrs(cls):
        return False
    return all(_plain_attribute(attribute) for attribute in attrs.fields(cls))


_ASSIGNING: Final = ("__new__", "__setattr__")
_INIT_HOOKS: Final = ("__attrs_pre_init__", "__attrs_post_init__", "__attrs_init__")


def _init_by_attrs(cls: type) -> bool:
    code = getattr(vars(cls).get("__init__"), "__code__", None)
    return code is not None and code.co_filename.startswith("<attrs generated")


def _plain_attribute(attribute: attrs.Attribute[Any]) -> bool:
    takes_self: bool = getattr(attribute.default, "takes_self", False)
    return (
        attribute.init
        and attribute.validator is None
        and attribute.converter is None
        and not takes_self
    )


def _refuse_shared_names(cls: type, members: list[Member]) -> None:
    names: dict[str, str] = {"apiVersion": "", "kind": ""} if _declared_kind(cls)[1] else {}
    for member in members:
        if member.wire in names:
            other = names[member.wire] or "the type of the object"
            raise TypeError(
                f"{cls.__qualname__}: {member.attribute} and {other} "
                f"are both called {member.wire!r} on the wire"
            )
        names[member.wire] = member.attribute
