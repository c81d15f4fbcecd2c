"""Binding: how a Pod gets its node."""

from __future__ import annotations

from typing import ClassVar

from kregistry.core.v1.references import ObjectReference
from kregistry.meta.model import field, model
from kregistry.meta.object import Object


@model
class Binding(Object):
    """Puts a Pod on a node; written to ``pods/NAME/binding``, never stored."""

    api_version: ClassVar[str] = "v1"
    kind: ClassVar[str] = "Binding"

    target: ObjectReference = field(factory=ObjectReference, always=True)
