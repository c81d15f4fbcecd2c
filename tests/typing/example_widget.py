"""A kind of one's own from its declaration to a stale write, as the README shows it."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import attrs

import kregistry as k


@attrs.define
class WidgetSpec:
    size: int = 1
    colour: str = "red"


@attrs.define
class Widget(k.Object):
    api_version: ClassVar[str] = "shop.example/v1"
    kind: ClassVar[str] = "Widget"
    spec: WidgetSpec = attrs.field(factory=WidgetSpec)


WIDGETS = k.Resource(Widget, "widgets")


class WidgetStrategy(k.Strategy[Widget]):
    def validate(self, ctx: k.Context, obj: Widget) -> k.ErrorList:
        errs = k.ErrorList()
        if obj.spec.size < 1:
            errs.invalid(k.Path("spec") / "size", obj.spec.size, "must be positive")
        return errs


def main(folder: Path) -> list[str]:
    """Create, watch, update with retry, and fail properly; returns what happened."""
    story: list[str] = []
    with k.factory.create(k.Config(type="sqlite", path=str(folder / "shop.db"))) as storage:
        widgets = k.Store(WIDGETS, storage, WidgetStrategy(WIDGETS))
        ctx = k.Context(namespace="default")

        watch = widgets.watch(ctx)
        anvil = Widget(metadata=k.ObjectMeta(name="anvil"), spec=WidgetSpec(size=3))
        stale = widgets.create(ctx, anvil)

        def grow() -> Widget:
            widget = widgets.get(ctx, "anvil")
            widget.spec.size += 1
            return widgets.replace(ctx, widget)

        grown = k.retry_on_conflict(grow)
        story.append(f"size {grown.spec.size}, generation {grown.metadata.generation}")

        try:
            widgets.replace(ctx, stale)
        except k.Conflict as conflict:
            story.append(str(conflict))

        try:
            widgets.create(ctx, Widget(metadata=k.ObjectMeta(name="dot"), spec=WidgetSpec(size=0)))
        except k.Invalid as invalid:
            story.append(str(invalid))

        for _ in range(2):
            event = watch.next(timeout=10)
            if event is not None:
                story.append(f"{event.type} {event.object.metadata.name} {event.object.spec.size}")
        watch.stop()
    return story
