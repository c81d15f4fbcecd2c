"""Kinds for the tests of the registry, as a user would declare them."""

from __future__ import annotations

from typing import Any, ClassVar

import attrs
import pytest

from kregistry.meta.context import Context
from kregistry.meta.field import ErrorList, Path
from kregistry.meta.object import Object
from kregistry.meta.objectmeta import ObjectMeta
from kregistry.meta.options import DeleteOptions
from kregistry.registry import Store, Strategy
from kregistry.runtime.resource import Resource
from kregistry.runtime.unstructured import Unstructured


@attrs.define
class WidgetSpec:
    size: int = 1
    colour: str = "red"


@attrs.define
class WidgetStatus:
    ready: int = 0


@attrs.define
class Widget(Object):
    api_version: ClassVar[str] = "shop.example/v1"
    kind: ClassVar[str] = "Widget"

    spec: WidgetSpec = attrs.field(factory=WidgetSpec)
    status: WidgetStatus = attrs.field(factory=WidgetStatus)


@attrs.define
class Region(Object):
    api_version: ClassVar[str] = "shop.example/v1"
    kind: ClassVar[str] = "Region"

    motto: str = ""


WIDGETS = Resource(Widget, plural="widgets")
REGIONS = Resource(Region, plural="regions", namespaced=False)
GADGETS = Resource(
    Unstructured, plural="gadgets", group="shop.example", version="v1", kind="Gadget"
)


class WidgetStrategy(Strategy[Widget]):
    """One rule: there is no widget smaller than 1."""

    def validate(self, ctx: Context, obj: Widget) -> ErrorList:
        errs = ErrorList()
        if obj.spec.size < 1:
            errs.invalid(Path("spec") / "size", obj.spec.size, "must be positive")
        return errs


class GracefulStrategy(WidgetStrategy):
    """Widgets get the time that is asked for, 30 seconds if nobody says."""

    def check_graceful_delete(
        self, ctx: Context, obj: Widget, options: DeleteOptions
    ) -> int | None:
        asked = options.grace_period_seconds
        return 30 if asked is None else asked


def widget(name: str = "anvil", *, size: int = 1, **meta: Any) -> Widget:
    return Widget(metadata=ObjectMeta(name=name, **meta), spec=WidgetSpec(size=size))


def believe(store: Store[Widget], old: Widget, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every update begin with *old*, as behind a cache that lags."""
    storage = store.storage.storage
    update = storage.guaranteed_update

    def suggested(*args: Any, **options: Any) -> Widget:
        return update(*args, **{**options, "cached": old})

    monkeypatch.setattr(storage, "guaranteed_update", suggested)
