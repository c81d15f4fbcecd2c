"""ConfigMap and Secret: settings that Pods read."""

from __future__ import annotations

from typing import ClassVar

from kregistry.meta.model import field, model
from kregistry.meta.object import Object


@model
class ConfigMap(Object):
    """Settings by key; text in ``data``, bytes in ``binary_data``."""

    api_version: ClassVar[str] = "v1"
    kind: ClassVar[str] = "ConfigMap"

    immutable: bool | None = None
    data: dict[str, str] = field(factory=dict)
    binary_data: dict[str, bytes] = field(factory=dict)


@model
class Secret(Object):
    """Confidential bytes by key. ``string_data`` takes text on writing and is never read."""

    api_version: ClassVar[str] = "v1"
    kind: ClassVar[str] = "Secret"

    immutable: bool | None = None
    data: dict[str, bytes] = field(factory=dict, secret=True)
    string_data: dict[str, str] = field(factory=dict, secret=True)
    type: str = ""
