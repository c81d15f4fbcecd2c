"""Namespace."""

from __future__ import annotations

from typing import ClassVar

from kregistry.meta.model import Model, field, model
from kregistry.meta.object import Object
from kregistry.meta.time import Time


@model
class NamespaceSpec(Model):
    """What must be cleaned up before a namespace may go."""

    finalizers: list[str] = field(factory=list, list_type="atomic")


@model
class NamespaceCondition(Model):
    """One thing that is true, false or unknown of a namespace on its way out."""

    type: str = field(default="", always=True)
    status: str = field(default="", always=True)
    last_transition_time: Time | None = field(default=None, always=True)
    reason: str = ""
    message: str = ""


@model
class NamespaceStatus(Model):
    """Whether a namespace is in use or going."""

    phase: str = field(default="", enum=("Active", "Terminating"))
    conditions: list[NamespaceCondition] = field(
        factory=list, list_type="map", keys=("type",), merge_key="type", strategy=("merge",)
    )


@model
class Namespace(Object):
    """A scope for names; deleting it deletes all that lives in it."""

    api_version: ClassVar[str] = "v1"
    kind: ClassVar[str] = "Namespace"

    spec: NamespaceSpec = field(factory=NamespaceSpec, always=True)
    status: NamespaceStatus = field(factory=NamespaceStatus, always=True)
