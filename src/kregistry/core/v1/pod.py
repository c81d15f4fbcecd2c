"""Pod."""

from __future__ import annotations

from typing import ClassVar

from kregistry.core.v1.podspec import PodSpec
from kregistry.core.v1.podstatus import PodStatus
from kregistry.meta.model import field, model
from kregistry.meta.object import Object


@model
class Pod(Object):
    """Containers that share a node, an address and volumes, and live and die together."""

    api_version: ClassVar[str] = "v1"
    kind: ClassVar[str] = "Pod"

    spec: PodSpec = field(factory=PodSpec, always=True)
    status: PodStatus = field(factory=PodStatus, always=True)
