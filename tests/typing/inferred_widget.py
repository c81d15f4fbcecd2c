"""What type checkers infer of the example, without a single annotation by its user."""

from __future__ import annotations

from typing import assert_type

from example_widget import WIDGETS, Widget, WidgetStrategy

import kregistry as k
from kregistry.meta import Status
from kregistry.registry import Deleted, Updated


def inferred(storage: k.Interface[k.Object], ctx: k.Context) -> None:
    """Never run; read by mypy and pyright."""
    widgets = k.Store(WIDGETS, storage, WidgetStrategy(WIDGETS))
    assert_type(widgets, k.Store[Widget])
    assert_type(k.Store(WIDGETS, storage), k.Store[Widget])
    assert_type(widgets.get(ctx, "a"), Widget)
    assert_type(widgets.get(ctx, "a").spec.size, int)
    assert_type(widgets.create(ctx, Widget()), Widget)
    assert_type(widgets.list(ctx), k.ObjectList[Widget])
    assert_type([widget.spec.colour for widget in widgets.list(ctx)], list[str])
    assert_type(widgets.watch(ctx), k.Watch[Widget])
    assert_type([event.object.spec.size for event in widgets.watch(ctx)], list[int])
    assert_type(widgets.replace(ctx, Widget()), Widget)
    assert_type(widgets.modify(ctx, "a", lambda widget: widget), Widget)
    assert_type(widgets.delete(ctx, "a"), Deleted[Widget])
    assert_type(widgets.delete(ctx, "a").result, Widget | Status)
    assert_type(k.retry_on_conflict(lambda: widgets.get(ctx, "a")), Widget)
    assert_type(k.Store(k.Resource(k.Unstructured, plural="x"), storage), k.Store[k.Unstructured])
    result: Updated[Widget] | None = None
    if result is not None:
        assert_type(result.obj, Widget)
