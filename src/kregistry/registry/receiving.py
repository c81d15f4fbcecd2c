"""What a Store takes in.

Go's compiler, and the decoder in front of a Store, see to it that only objects of the right
type come in. Here a program may hand in anything.
"""

from __future__ import annotations

from typing import Any, Final, TypeVar

import attrs

from kregistry.meta.context import Context
from kregistry.meta.errors import BadRequest, Invalid
from kregistry.meta.object import Object
from kregistry.meta.objectmeta import ObjectMeta
from kregistry.registry.validation.metadata import METADATA
from kregistry.registry.validation.metatypes import validate_meta_types
from kregistry.runtime.codec import Codec
from kregistry.runtime.errors import CodecError
from kregistry.runtime.resource import Resource

T = TypeVar("T", bound=Object)

#: What the rules of a kind run into when values are of other types than declared.
STUMBLES: Final = (TypeError, AttributeError, ValueError, LookupError)


def require_object(resource: Resource[T], obj: Any) -> T:
    """*obj* itself, if it can be stored under *resource*.

    Raises:
        BadRequest: It is of another class or kind, or changes while it is looked at.
        Invalid: Its metadata holds values of other types than declared.
    """
    if not isinstance(obj, resource.cls):
        raise BadRequest(f"{type(obj).__name__} cannot be handled as a {resource.kind}")
    if type(obj) is not resource.cls and (lost := _fields(type(obj)) - _fields(resource.cls)):
        raise BadRequest(
            f"{type(obj).__name__} cannot be handled as a {resource.kind}: "
            f"{', '.join(sorted(lost))} would be lost"
        )
    if not isinstance(obj.metadata, ObjectMeta):
        raise BadRequest("object does not implement the Object interfaces")
    if obj.api_version != resource.api_version or obj.kind != resource.kind:
        raise BadRequest(
            f"{_told(obj.kind)} in version {_told(obj.api_version)} cannot be handled as a "
            f"{resource.kind} in version {resource.api_version}"
        )
    try:
        errs = validate_meta_types(obj.metadata, METADATA)
    except RuntimeError as error:  # another thread changes it
        raise BadRequest(f"cannot read the metadata of a {resource.kind}: {error}") from error
    if errs:
        name = obj.metadata.name
        raise Invalid(resource.group_kind, name if isinstance(name, str) else "", errs)
    return obj


def _told(value: Any) -> str:
    """What an object says it is; anything but text may be too deep, or endless, to be shown."""
    return value if isinstance(value, str) else f"a {type(value).__name__}"


def require_context(ctx: Any) -> None:
    """Refuse what is no request.

    Raises:
        TypeError: *ctx* is something else, as when it was forgotten.
    """
    if not isinstance(ctx, Context):
        raise TypeError(
            f"the first argument is a Context, such as Context(namespace='default'), "
            f"not {type(ctx).__name__}"
        )


def require_instance(value: Any, kind: type, what: str) -> None:
    """Refuse what nothing can be made of.

    Args:
        value: What was handed in.
        kind: What it must be.
        what: What it is for, such as ``storage of a Store``.

    Raises:
        TypeError: It is something else.
    """
    if isinstance(value, kind):
        return
    found = f"the class {value.__name__}" if isinstance(value, type) else type(value).__name__
    raise TypeError(f"{what}: expected {kind.__name__}, found {found}")


def require_writable(codec: Codec, obj: Object) -> None:
    """Refuse what could not be stored; for when a rule stumbled over *obj*.

    Raises:
        BadRequest: Something in it is of another type than declared.
    """
    try:
        codec.encode(obj)
    except CodecError as error:
        raise BadRequest(str(error)) from error


def _fields(cls: type[Object]) -> set[str]:
    return {attribute.name for attribute in attrs.fields(cls)}
