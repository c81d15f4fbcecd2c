"""What every API class is made with: one decorator, one field function, one base class.

A class of this package reads as its fields::

    @model
    class ContainerPort(Model):
        name: str = ""
        container_port: int = field(default=0, always=True)
        protocol: str = field(default="", enum=("SCTP", "TCP", "UDP"))

Attributes are snake_case; on the wire the same field is ``containerPort``. A value that is
*empty* (``None``, ``""``, ``0``, ``False``, ``[]``, ``{}``) and equal to the field's default is
left out of the JSON, as Go's ``omitempty`` does, unless the field says ``always``. So the
default also tells what absence means: ``int | None`` keeps a 0 apart from nothing (Go: a
pointer), ``int`` does not.
"""

from __future__ import annotations

import inspect
import sys
import typing
from collections.abc import Callable
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, ClassVar, Final, TypeVar, dataclass_transform

import attrs

C = TypeVar("C", bound=type)

#: The key under which :func:`field` keeps a :class:`FieldFacts` in the attrs metadata.
FACTS: Final = "kregistry"


@attrs.frozen
class FieldFacts:
    """What is known of a field beyond its type; read by the codec, patch and validation.

    Attributes:
        json: Name on the wire, or "" for the camelCase of the attribute's name.
        always: Written even when empty (Go: no ``omitempty``).
        list_type: ``"atomic"``, ``"set"``, ``"map"`` or "": how server-side apply merges a list.
        map_type: ``"atomic"``, ``"granular"`` or "": the same for a map or struct.
        keys: Wire names of the keys of a list of type ``"map"``.
        merge_key: Wire name of the key that strategic merge patch uses, or "".
        strategy: Strategic merge patch strategies: ``merge``, ``replace``, ``retainKeys``.
        enum: The values that the API documents, or ().
        secret: The value never appears in a ``repr``, a difference or an error.
    """

    json: str = ""
    always: bool = False
    list_type: str = ""
    map_type: str = ""
    keys: tuple[str, ...] = ()
    merge_key: str = ""
    strategy: tuple[str, ...] = ()
    enum: tuple[str, ...] = ()
    secret: bool = False


NO_FACTS: Final = FieldFacts()


def field(
    *,
    default: Any = attrs.NOTHING,
    factory: Callable[[], Any] | None = None,
    json: str = "",
    always: bool = False,
    list_type: str = "",
    map_type: str = "",
    keys: tuple[str, ...] = (),
    merge_key: str = "",
    strategy: tuple[str, ...] = (),
    enum: tuple[str, ...] = (),
    secret: bool = False,
) -> Any:
    """An attrs field with facts about its place in the API; see :class:`FieldFacts`."""
    facts = FieldFacts(json, always, list_type, map_type, keys, merge_key, strategy, enum, secret)
    return attrs.field(default=default, factory=factory, metadata={FACTS: facts}, repr=not secret)


def facts_of(attribute: attrs.Attribute[Any]) -> FieldFacts:
    """The facts of one attrs attribute, whoever declared it."""
    found = attribute.metadata.get(FACTS, NO_FACTS)
    assert isinstance(found, FieldFacts)
    return found


def wire_name(attribute: attrs.Attribute[Any]) -> str:
    """The JSON name of an attribute: what it declares, or its name in camelCase."""
    return facts_of(attribute).json or camel_case(attribute.name)


def camel_case(name: str) -> str:
    """``pod_ip`` becomes ``podIp``; a trailing underscore, as in ``continue_``, is dropped."""
    head, *tail = name.rstrip("_").split("_")
    return head + "".join(word[:1].upper() + word[1:] for word in tail)


@dataclass_transform(kw_only_default=True, field_specifiers=(field, attrs.field))
def model(cls: C) -> C:
    """Make an attrs class of *cls*: keyword-only, with slots, equality from :class:`Model`."""
    if "__attrs_attrs__" in vars(cls):
        return cls  # attrs made it already
    return attrs.define(cls, kw_only=True, eq=False, repr=False, slots=True)


class Model:
    """Equality and ``repr`` of API values, once for all classes, so that classes stay cheap."""

    __slots__ = ()

    if TYPE_CHECKING:  # every subclass is made by attrs
        __attrs_attrs__: ClassVar[Any]

    #: ``"atomic"`` when server-side apply replaces such a struct as a whole.
    map_type: ClassVar[str] = ""

    def __eq__(self, other: object) -> bool:
        if other.__class__ is not self.__class__:
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in _names(self.__class__))

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        """The fields that differ from their defaults; secret ones as ``<hidden>``."""
        shown = []
        for attribute in _attributes(self.__class__):
            value = getattr(self, attribute.name)
            if value != _default(attribute):
                text = repr(value) if attribute.repr else "<hidden>"
                shown.append(f"{attribute.name}={text}")
        return f"{self.__class__.__name__}({', '.join(shown)})"


def _default(attribute: attrs.Attribute[Any]) -> Any:
    """The default as a value; ``attrs.NOTHING`` if there is none without an instance."""
    default: Any = attribute.default
    if not isinstance(default, attrs.Factory):  # type: ignore[arg-type]
        return default
    return attrs.NOTHING if default.takes_self else default.factory()


def _attributes(cls: type[Any]) -> tuple[attrs.Attribute[Any], ...]:
    attributes: tuple[attrs.Attribute[Any], ...] = attrs.fields(cls)
    return attributes


def _names(cls: type[Any]) -> tuple[str, ...]:
    return tuple(attribute.name for attribute in _attributes(cls))


def field_types(cls: type) -> dict[str, Any]:
    """The resolved type of every attrs attribute of *cls*, in order; made once per class.

    A name in an annotation is looked up in the module of the class that declares it, then in
    the package that this module is part of. So modules of one package may refer to each other
    under ``TYPE_CHECKING`` alone, and are imported when the type is first needed.

    Raises:
        TypeError: *cls* is no attrs class, or an annotation cannot be resolved.
    """
    known = vars(cls).get("__field_types__")
    if known is None:
        if not attrs.has(cls):
            raise TypeError(f"{cls.__module__}.{cls.__qualname__} is not an attrs class")
        known = {attribute.name: _type_of(cls, attribute) for attribute in attrs.fields(cls)}
        cls.__field_types__ = known  # type: ignore[attr-defined]
    return dict(known)


#: Annotations that mean the same everywhere; most fields have one of these.
_PLAIN: Final[dict[str, Any]] = {
    "str": str,
    "int": int,
    "bool": bool,
    "str | None": str | None,
    "int | None": int | None,
    "bool | None": bool | None,
    "list[str]": list[str],
    "dict[str, str]": dict[str, str],
}


def _type_of(cls: type, attribute: attrs.Attribute[Any]) -> Any:
    annotation = attribute.type
    if annotation is None:
        return Any
    if isinstance(annotation, str) and annotation in _PLAIN:
        return _PLAIN[annotation]
    owner = _declaring(cls, attribute.name)
    scope = vars(sys.modules[owner.__module__]) if owner.__module__ in sys.modules else {}
    try:
        near = _near_names(annotation, owner, scope)
        holder = SimpleNamespace(__annotations__={attribute.name: annotation})
        return typing.get_type_hints(holder, scope, near, include_extras=True)[attribute.name]
    except Exception as error:
        place = f"{cls.__module__}.{cls.__qualname__}.{attribute.name}"
        raise TypeError(f"{place}: cannot resolve {annotation!r}: {error}") from error


def _declaring(cls: type, name: str) -> type:
    """The class whose body annotates *name*: its module gives the annotation its meaning."""
    for base in cls.__mro__:
        if name in inspect.get_annotations(base):
            return base
    return cls


def _near_names(annotation: object, owner: type, scope: dict[str, Any]) -> dict[str, Any]:
    """What the module of *owner* does not define: *owner* itself and its package's names."""
    if not isinstance(annotation, str):
        return {}
    package = sys.modules.get(scope.get("__package__") or "")
    near = {}
    for name in compile(annotation, "<annotation>", "eval").co_names:
        if name in scope:
            continue
        if name == owner.__name__:
            near[name] = owner
        elif hasattr(package, name):
            near[name] = getattr(package, name)
    return near
