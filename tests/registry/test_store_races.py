"""Stale ideas and changes in between: a Store decides on the newest state."""

from __future__ import annotations

import pytest
from widgetshop import Widget, believe, widget

from kregistry.meta.context import Context
from kregistry.meta.errors import NotFound
from kregistry.registry import DefaultUpdatedObjectInfo, Store

HOLD = "x.io/hold"


@pytest.mark.case("RS33")
def test_a_stale_idea_of_an_object_without_finalizers_does_not_delete_it(
    widgets: Store[Widget], ctx: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = widgets.create(ctx, widget())
    widgets.modify(ctx, "anvil", lambda obj: obj.metadata.finalizers.append(HOLD))
    believe(widgets, old, monkeypatch)

    assert not widgets.delete(ctx, "anvil").immediate

    meta = widgets.get(ctx, "anvil").metadata
    assert meta.finalizers == [HOLD]
    assert meta.deletion_timestamp is not None


@pytest.mark.case("RS34")
def test_a_stale_idea_of_an_object_with_another_uid_does_not_fail_an_update(
    widgets: Store[Widget], ctx: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = widgets.create(ctx, widget())
    widgets.delete(ctx, "anvil")
    wanted = widgets.create(ctx, widget())
    assert old.metadata.uid != wanted.metadata.uid
    believe(widgets, old, monkeypatch)

    wanted.spec.size = 5
    done = widgets.update(ctx, "anvil", DefaultUpdatedObjectInfo(wanted))

    assert (done.obj.spec.size, done.obj.metadata.uid) == (5, wanted.metadata.uid)


@pytest.mark.case("RS35")
@pytest.mark.parametrize("finalizers", [[], [HOLD]], ids=["free", "held"])
def test_a_delete_is_checked_again_when_the_object_changed_meanwhile(
    widgets: Store[Widget], ctx: Context, finalizers: list[str]
) -> None:
    widgets.create(ctx, widget(finalizers=finalizers))
    seen: list[int] = []

    def check(ctx: Context, obj: Widget) -> None:
        seen.append(obj.spec.size)
        if len(seen) == 1:
            widgets.modify(ctx, "anvil", lambda other: setattr(other.spec, "size", 9))

    deleted = widgets.delete(ctx, "anvil", validate=check)

    assert seen == [1, 9]
    assert deleted.immediate is not bool(finalizers)
    if deleted.immediate:
        with pytest.raises(NotFound):
            widgets.get(ctx, "anvil")
