"""DryRunnableStorage: D01 to D11 of the catalogue, and what a rehearsal must not hide."""

from __future__ import annotations

import pytest
from widgetshop import WIDGETS, Widget, widget

from kregistry.meta.context import Context
from kregistry.meta.object import Object
from kregistry.registry import DryRunnableStorage
from kregistry.runtime.codec import Codec
from kregistry.storage import (
    Interface,
    InvalidObject,
    KeyExists,
    KeyNotFound,
    Preconditions,
    ResponseMeta,
    Unreachable,
    WithTTL,
)

KEY = "/shop.example/widgets/default/anvil"


@pytest.fixture
def dry(storage: Interface[Object]) -> DryRunnableStorage[Widget]:
    return DryRunnableStorage(storage.for_resource(WIDGETS), Codec())


@pytest.fixture
def stored(dry: DryRunnableStorage[Widget], ctx: Context) -> Widget:
    return dry.create(ctx, KEY, widget(uid="a", namespace="default"))


@pytest.mark.case("RD01")
def test_d01_a_rehearsed_create_leaves_nothing(
    dry: DryRunnableStorage[Widget], ctx: Context
) -> None:
    dry.create(ctx, KEY, widget(), dry_run=True)
    with pytest.raises(KeyNotFound):
        dry.get(ctx, KEY)


@pytest.mark.case("RD02")
def test_d02_a_rehearsed_create_returns_an_equal_object_of_its_own(
    dry: DryRunnableStorage[Widget], ctx: Context
) -> None:
    mine = widget(resource_version="7")
    made = dry.create(ctx, KEY, mine, dry_run=True)
    assert made == mine
    made.spec.size = 9
    assert mine.spec.size == 1


@pytest.mark.case("RD03")
def test_d03_a_rehearsed_create_over_something_fails(
    dry: DryRunnableStorage[Widget], ctx: Context, stored: Widget
) -> None:
    with pytest.raises(KeyExists) as caught:
        dry.create(ctx, KEY, widget(), dry_run=True)
    assert caught.value.key == KEY


@pytest.mark.case("RD04")
def test_d04_a_rehearsed_update_of_nothing_fails(
    dry: DryRunnableStorage[Widget], ctx: Context
) -> None:
    with pytest.raises(KeyNotFound):
        dry.guaranteed_update(ctx, KEY, lambda obj, meta: obj, dry_run=True)


@pytest.mark.case("RD05")
def test_d05_a_rehearsed_update_checks_preconditions(
    dry: DryRunnableStorage[Widget], ctx: Context, stored: Widget
) -> None:
    with pytest.raises(InvalidObject):
        dry.guaranteed_update(
            ctx, KEY, lambda obj, meta: obj, preconditions=Preconditions(uid="b"), dry_run=True
        )
    right = Preconditions(uid="a")
    dry.guaranteed_update(ctx, KEY, lambda obj, meta: obj, preconditions=right, dry_run=True)


def grow(obj: Widget, meta: ResponseMeta) -> WithTTL[Widget]:
    assert str(meta.resource_version or "") == obj.metadata.resource_version
    obj.spec.size += 1
    return WithTTL(obj, 60)


@pytest.mark.case("RD06", "RD07")
def test_d06_d07_a_rehearsed_update_returns_the_new_object_and_keeps_the_old(
    dry: DryRunnableStorage[Widget], ctx: Context, stored: Widget
) -> None:
    updated = dry.guaranteed_update(ctx, KEY, grow, dry_run=True)
    assert updated.spec.size == 2
    assert updated.metadata.resource_version == stored.metadata.resource_version
    assert dry.get(ctx, KEY) == stored


def test_a_rehearsed_update_may_create(dry: DryRunnableStorage[Widget], ctx: Context) -> None:
    made = dry.guaranteed_update(ctx, KEY, grow, ignore_not_found=True, dry_run=True)
    assert made.spec.size == 2
    with pytest.raises(KeyNotFound):
        dry.get(ctx, KEY)


@pytest.mark.case("RD08", "RD10")
def test_d08_d10_a_rehearsed_delete_returns_the_object_and_keeps_it(
    dry: DryRunnableStorage[Widget], ctx: Context, stored: Widget
) -> None:
    assert dry.delete(ctx, KEY, dry_run=True) == stored
    assert dry.get(ctx, KEY) == stored


@pytest.mark.case("RD09")
def test_d09_a_rehearsed_delete_of_nothing_fails(
    dry: DryRunnableStorage[Widget], ctx: Context
) -> None:
    with pytest.raises(KeyNotFound):
        dry.delete(ctx, KEY, dry_run=True)


@pytest.mark.case("RD11")
def test_d11_a_rehearsed_delete_checks_preconditions_and_asks(
    dry: DryRunnableStorage[Widget], ctx: Context, stored: Widget
) -> None:
    with pytest.raises(InvalidObject):
        dry.delete(ctx, KEY, preconditions=Preconditions(uid="b"), dry_run=True)
    dry.delete(ctx, KEY, preconditions=Preconditions(uid="a"), dry_run=True)

    def refuse(ctx: Context, obj: Widget | None) -> None:
        assert obj == stored
        raise PermissionError

    with pytest.raises(PermissionError):
        dry.delete(ctx, KEY, validate=refuse, dry_run=True)


def test_a_rehearsed_create_does_not_take_an_error_for_absence(
    dry: DryRunnableStorage[Widget], ctx: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object, **options: object) -> Widget:
        raise Unreachable(KEY)

    monkeypatch.setattr(dry.storage, "get", fail)
    with pytest.raises(Unreachable):
        dry.create(ctx, KEY, widget(), dry_run=True)


def test_without_rehearsal_everything_is_done(
    dry: DryRunnableStorage[Widget], ctx: Context, stored: Widget
) -> None:
    assert dry.guaranteed_update(ctx, KEY, lambda obj, meta: grow(obj, meta).obj).spec.size == 2
    assert [obj.spec.size for obj in dry.get_list(ctx, KEY)] == [2]
    assert dry.stats(ctx).object_count == 1
    dry.readiness_check()
    dry.delete(ctx, KEY)
    with pytest.raises(KeyNotFound):
        dry.get(ctx, KEY)
