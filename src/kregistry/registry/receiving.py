"""What a Store takes in.

Go's compiler, and the decoder in front of a Store, see to it that only objects of the right
type come in. Here a program may hand in anything.
"""

from __future__ import annotations

from typing import Any, TypeVar

from kregistry.meta.errors import BadRequest, Invalid
from kregistry.meta.object import Object
from kregistry.meta.objectmeta import ObjectMeta
from kregistry.registry.validation.metadata import METADATA
from kregistry.registry.validation.metatypes import validate_meta_types
from kregistry.runtime.resource import Resource

T = TypeVar("T", bound=Object)


def require_object(resource: Resource[T], obj: Any) -> T:
    """*obj* itself, if it can be stored under *resource*.

    Raises:
        BadRequest: It is of another class or kind.
        Invalid: Its metadata holds values of other types than declared.
    """
    if not isinstance(obj, resource.cls):
        raise BadRequest(f"{type(obj).__name__} cannot be handled as a {resource.kind}")
    if not isinstance(obj.metadata, ObjectMeta):
        raise BadRequest("object does not implement the Object interfaces")
    if obj.api_version != resource.api_version or obj.kind != resource.kind:
        raise BadRequest(
            f"{obj.kind} in version {obj.api_version} cannot be handled as a "
            f"{resource.kind} in version {resource.api_version}"
        )
    if errs := validate_meta_types(obj.metadata, METADATA):
        name = obj.metadata.name
        raise Invalid(resource.group_kind, name if isinstance(name, str) else "", errs)
    return obj
