"""References: how one object names another, or a key or field of one."""

from __future__ import annotations

from typing import ClassVar

from kregistry.meta.model import Model, field, model
from kregistry.meta.quantity import Quantity


@model
class ObjectReference(Model):
    """Names any object, a version of it, or a part such as one container of a Pod."""

    map_type: ClassVar[str] = "atomic"

    kind: str = ""
    namespace: str = ""
    name: str = ""
    uid: str = ""
    api_version: str = ""
    resource_version: str = ""
    field_path: str = ""


@model
class LocalObjectReference(Model):
    """Names an object of a kind that the context tells, in the same namespace."""

    map_type: ClassVar[str] = "atomic"

    name: str = ""


@model
class TypedLocalObjectReference(Model):
    """Names an object of any kind in the same namespace."""

    map_type: ClassVar[str] = "atomic"

    api_group: str | None = field(default=None, always=True)
    kind: str = field(default="", always=True)
    name: str = field(default="", always=True)


@model
class TypedObjectReference(Model):
    """Names an object of any kind, in another namespace if it says so."""

    api_group: str | None = field(default=None, always=True)
    kind: str = field(default="", always=True)
    name: str = field(default="", always=True)
    namespace: str | None = None


@model
class ObjectFieldSelector(Model):
    """Takes the text of one field of the Pod, such as ``metadata.labels``."""

    map_type: ClassVar[str] = "atomic"

    api_version: str = ""
    field_path: str = field(default="", always=True)


@model
class ResourceFieldSelector(Model):
    """Takes what a container requests or may use at most, in units of the divisor."""

    map_type: ClassVar[str] = "atomic"

    container_name: str = ""
    resource: str = field(default="", always=True)
    divisor: Quantity = field(default=Quantity("0"), always=True)


@model
class ConfigMapKeySelector(Model):
    """Takes the value of one key of a ConfigMap."""

    map_type: ClassVar[str] = "atomic"

    name: str = ""
    key: str = field(default="", always=True)
    optional: bool | None = None


@model
class SecretKeySelector(Model):
    """Takes the value of one key of a Secret."""

    map_type: ClassVar[str] = "atomic"

    name: str = ""
    key: str = field(default="", always=True)
    optional: bool | None = None


@model
class FileKeySelector(Model):
    """Takes the value of one variable from a file of variables on a volume of the Pod."""

    map_type: ClassVar[str] = "atomic"

    volume_name: str = field(default="", always=True)
    path: str = field(default="", always=True)
    key: str = field(default="", always=True)
    optional: bool | None = None
