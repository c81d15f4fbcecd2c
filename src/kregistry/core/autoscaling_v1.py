"""Scale, of the group ``autoscaling``."""

from __future__ import annotations

from typing import ClassVar

from kregistry.meta.model import Model, field, model
from kregistry.meta.object import Object


@model
class ScaleSpec(Model):
    """How many are wanted."""

    replicas: int = 0


@model
class ScaleStatus(Model):
    """How many there are, and how to find them."""

    replicas: int = field(default=0, always=True)
    selector: str = ""


@model
class Scale(Object):
    """The size of something that has one, whatever its kind."""

    api_version: ClassVar[str] = "autoscaling/v1"
    kind: ClassVar[str] = "Scale"

    spec: ScaleSpec = field(factory=ScaleSpec, always=True)
    status: ScaleStatus = field(factory=ScaleStatus, always=True)
