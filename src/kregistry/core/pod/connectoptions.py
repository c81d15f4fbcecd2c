"""Options of connections as a program may hand them in: of the right class and types, or not.

Options that were read from a request are right; those that a program made may be anything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final, TypeVar, get_type_hints

import attrs

from kregistry.meta.errors import BadRequest, Invalid
from kregistry.meta.field import ErrorList, Path
from kregistry.meta.gvk import GroupKind
from kregistry.meta.model import wire_name
from kregistry.meta.time import Time

Options = TypeVar("Options")

_MAX_PORT: Final = 65535
_TEXT: Final = "a string in valid UTF-8"


def _is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_text(value: object) -> bool:
    """Whether it can be part of a URL: halves of characters cannot."""
    return isinstance(value, str) and not any("\ud800" <= each <= "\udfff" for each in value)


def _is_texts(value: object) -> bool:
    return isinstance(value, tuple | list) and all(map(_is_text, value))


def _is_ports(value: object) -> bool:
    return isinstance(value, tuple | list) and all(map(_is_int, value))


#: What values of a declared type are, and how it is called.
_TYPES: Final[dict[Any, tuple[Callable[[object], bool], str]]] = {
    bool: (lambda value: isinstance(value, bool), "true or false"),
    str: (_is_text, _TEXT),
    int | None: (lambda value: value is None or _is_int(value), "an integer"),
    str | None: (lambda value: value is None or _is_text(value), _TEXT),
    Time | None: (lambda value: value is None or isinstance(value, Time), "a time"),
    tuple[str, ...]: (_is_texts, "a list of strings in valid UTF-8"),
    tuple[int, ...]: (_is_ports, "a list of integers"),
}


def require_options(
    wanted: type[Options], options: Any, name: str, *, capital: bool = False
) -> Options:
    """*options* itself, if it is what is wanted, with values of the declared types.

    Args:
        wanted: Their class.
        options: What was handed in.
        name: Of the Pod.
        capital: Whether the text starts with a capital letter, as some in Kubernetes do.

    Raises:
        BadRequest: It is of another class. Upstream this is a 500.
        Invalid: Some values are of other types.
    """
    if not isinstance(options, wanted):
        word = "Invalid" if capital else "invalid"
        raise BadRequest(f"{word} options object: {type(options).__name__}")
    made: Any = wanted
    errs = ErrorList()
    for attribute in attrs.fields(made):
        fits, called = _TYPES[_hints(made)[attribute.name]]
        value = getattr(options, attribute.name)
        if not fits(value):
            errs.type_invalid(Path(wire_name(attribute)), value, f"must be {called}")
    if errs:
        raise Invalid(GroupKind("", wanted.__name__), name, errs)
    return options


@cache
def _hints(cls: type) -> dict[str, Any]:
    return get_type_hints(cls)


def require_headers(headers: Any) -> dict[str, str]:
    """A copy of *headers*. Raises BadRequest unless they are strings by strings."""
    if headers is None:
        return {}
    if not isinstance(headers, Mapping):
        raise BadRequest(f"headers are a mapping, not {type(headers).__name__}")
    found: dict[str, str] = {}
    for name, value in headers.items():
        if not (isinstance(name, str) and isinstance(value, str)):
            raise BadRequest("names and values of headers are strings")
        found[name] = value
    return found


def require_ports(ports: tuple[int, ...]) -> None:
    """Raise BadRequest unless all are ports. Source: the kubelet's portforward handler."""
    for port in ports:
        if not 1 <= port <= _MAX_PORT:
            raise BadRequest(f"unable to parse {port} as a port")
