"""Hooks of a Store: what they may change, in which order they run, what they are told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import Any

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from widgetshop import WIDGETS, Widget, WidgetStrategy, believe, widget

from kregistry.meta.context import Context
from kregistry.meta.errors import NotFound
from kregistry.meta.object import Object
from kregistry.meta.options import CreateOptions, DeleteOptions, UpdateOptions
from kregistry.registry import DefaultUpdatedObjectInfo, Store
from kregistry.storage import Interface


class CreatesOnUpdate(WidgetStrategy):
    def allow_create_on_update(self) -> bool:
        return True


class Failure(Exception):
    """What a hook raises."""


class Hooked(Store[Widget]):
    """Writes down which hook ran, and paints a label for it.

    Attributes:
        log: What ran, in order.
        told: The options that the last hook after a verb got.
        failing: Hooks that fail, and how many times more.
    """

    def __init__(self, storage: Interface[Object]) -> None:
        super().__init__(
            WIDGETS,
            storage,
            CreatesOnUpdate(WIDGETS),
            decorator=partial(self._ran, "decorate"),
        )
        self.log: list[str] = []
        self.told: Any = None
        self.failing: dict[str, int] = {}

    def _ran(self, hook: str, obj: Widget) -> None:
        failing = self.failing.get(hook, 0)
        self.log.append(f"{hook} fails" if failing else hook)
        if failing:
            self.failing[hook] = failing - 1
            raise Failure(hook)
        obj.metadata.labels[hook.replace(" ", "-")] = "ran"

    @contextmanager
    def _begun(self, what: str, obj: Widget) -> Iterator[None]:
        self._ran(f"begin {what}", obj)
        try:
            yield
        except BaseException:
            self.log.append(f"finish {what} failed")
            raise
        self.log.append(f"finish {what}")

    def begin_create(
        self, ctx: Context, obj: Widget, options: CreateOptions
    ) -> AbstractContextManager[None]:
        return self._begun("create", obj)

    def begin_update(
        self, ctx: Context, obj: Widget, old: Widget, options: UpdateOptions
    ) -> AbstractContextManager[None]:
        return self._begun("update", obj)

    def time_to_live(self, obj: Widget, existing: int, *, update: bool) -> int:
        self._ran("ttl", obj)
        return existing

    def after_create(self, obj: Widget, options: CreateOptions) -> None:
        self._ran("after create", obj)
        self.told = options

    def after_update(self, obj: Widget, options: UpdateOptions) -> None:
        self._ran("after update", obj)
        self.told = options

    def after_delete(self, obj: Widget, options: DeleteOptions) -> None:
        self._ran("after delete", obj)
        self.told = options


@pytest.fixture
def hooked(storage: Interface[Object]) -> Hooked:
    return Hooked(storage)


@pytest.fixture
def stored(hooked: Hooked, ctx: Context) -> Widget:
    made = hooked.create(ctx, widget())
    hooked.log.clear()
    return hooked.storage.get(ctx, f"{hooked.keys.prefix}/default/{made.metadata.name}")


@pytest.mark.case("RS08")
def test_what_hooks_of_a_create_change_is_seen_by_the_caller(hooked: Hooked, ctx: Context) -> None:
    made = hooked.create(ctx, widget())

    assert hooked.log == ["begin create", "ttl", "finish create", "after create", "decorate"]
    assert set(made.metadata.labels) == {"begin-create", "ttl", "after-create", "decorate"}
    found = hooked.storage.get(ctx, f"{hooked.keys.prefix}/default/anvil")
    assert set(found.metadata.labels) == {"begin-create", "ttl"}


@pytest.mark.case("RS08")
@pytest.mark.parametrize(
    ("hook", "log"),
    [
        ("begin create", ["begin create fails"]),
        ("ttl", ["begin create", "ttl fails", "finish create failed"]),
    ],
)
def test_a_hook_that_fails_ends_a_create(
    hooked: Hooked, ctx: Context, hook: str, log: list[str]
) -> None:
    hooked.failing = {hook: 1}

    with pytest.raises(Failure, match=hook):
        hooked.create(ctx, widget())

    assert hooked.log == log
    assert not hooked.list(ctx).items


@pytest.mark.case("RS11")
def test_what_hooks_of_an_update_change_is_seen_by_the_caller(
    hooked: Hooked, ctx: Context, stored: Widget
) -> None:
    stored.spec.size = 2

    done = hooked.replace(ctx, stored)

    assert hooked.log == ["begin update", "ttl", "finish update", "after update", "decorate"]
    assert {"begin-update", "after-update", "decorate"} <= set(done.metadata.labels)


@pytest.mark.case("RS11")
@pytest.mark.parametrize(
    ("hook", "log"),
    [
        ("begin update", ["begin update fails"]),
        ("ttl", ["begin update", "ttl fails", "finish update failed"]),
    ],
)
def test_a_hook_that_fails_ends_an_update(
    hooked: Hooked, ctx: Context, stored: Widget, hook: str, log: list[str]
) -> None:
    stored.spec.size = 2
    hooked.failing = {hook: 1}

    with pytest.raises(Failure, match=hook):
        hooked.replace(ctx, stored)

    assert hooked.log == log
    assert hooked.get(ctx, "anvil").spec.size == 1


@pytest.mark.case("RS12")
def test_an_update_that_creates_runs_the_hooks_of_a_create(hooked: Hooked, ctx: Context) -> None:
    done = hooked.replace(ctx, widget())

    assert hooked.log == ["begin create", "ttl", "finish create", "after create", "decorate"]
    assert {"begin-create", "after-create", "decorate"} <= set(done.metadata.labels)


@pytest.mark.case("RS12")
@pytest.mark.parametrize(
    ("hook", "log"),
    [
        ("begin create", ["begin create fails"]),
        ("ttl", ["begin create", "ttl fails", "finish create failed"]),
    ],
)
def test_a_hook_that_fails_ends_an_update_that_creates(
    hooked: Hooked, ctx: Context, hook: str, log: list[str]
) -> None:
    hooked.failing = {hook: 1}

    with pytest.raises(Failure, match=hook):
        hooked.replace(ctx, widget())

    assert hooked.log == log
    assert not hooked.list(ctx).items


@pytest.fixture
def stale(hooked: Hooked, ctx: Context, stored: Widget, monkeypatch: pytest.MonkeyPatch) -> Widget:
    """The object as it was; updates are made from that at first."""
    old = hooked.codec.copy(stored)
    hooked.modify(ctx, "anvil", lambda obj: setattr(obj.spec, "size", 7))
    believe(hooked, old, monkeypatch)
    hooked.log.clear()
    return old


@pytest.mark.case("RS13")
def test_hooks_run_again_on_the_newest_state(hooked: Hooked, ctx: Context, stale: Widget) -> None:
    hooked.failing = {"ttl": 1}

    done = hooked.modify(ctx, "anvil", lambda obj: setattr(obj.spec, "colour", "blue"))

    assert (done.spec.size, done.spec.colour) == (7, "blue")
    assert hooked.log == [
        *("begin update", "ttl fails", "finish update failed"),
        *("begin update", "ttl", "finish update", "after update", "decorate"),
    ]


@pytest.mark.case("RS13")
def test_hooks_that_fail_on_the_newest_state_too_have_the_last_word(
    hooked: Hooked, ctx: Context, stale: Widget
) -> None:
    hooked.failing = {"ttl": 99}

    with pytest.raises(Failure):
        hooked.modify(ctx, "anvil", lambda obj: setattr(obj.spec, "colour", "blue"))

    assert hooked.log == ["begin update", "ttl fails", "finish update failed"] * 2


@pytest.mark.case("RS15")
def test_only_a_delete_that_finds_something_tells_the_hook(hooked: Hooked, ctx: Context) -> None:
    with pytest.raises(NotFound):
        hooked.delete(ctx, "anvil")
    assert hooked.log == []

    hooked.create(ctx, widget())
    hooked.log.clear()
    assert hooked.delete(ctx, "anvil").immediate
    assert hooked.log == ["after delete"]
    with pytest.raises(NotFound):
        hooked.get(ctx, "anvil")


ANY_UPDATE = st.builds(
    UpdateOptions,
    dry_run=st.sampled_from([(), ("All",)]),
    field_manager=st.sampled_from(["", "me", "x" * 128]),
    field_validation=st.sampled_from(["", "Ignore", "Warn", "Strict"]),
)
FEW = settings(
    max_examples=20,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.mark.case("RS06")
@FEW
@given(options=ANY_UPDATE)
def test_the_options_of_an_update_are_those_of_the_create_that_it_becomes(
    memory: Interface[Object], options: UpdateOptions
) -> None:
    hooked, ctx = Hooked(memory), Context(namespace="default")
    hooked.update(ctx, "anvil", DefaultUpdatedObjectInfo(widget()), options=options)

    shared = {field.name for field in attrs.fields(CreateOptions)}
    assert type(hooked.told) is CreateOptions
    for name in shared & {field.name for field in attrs.fields(UpdateOptions)}:
        assert getattr(hooked.told, name) == getattr(options, name)
    if not options.dry_run:
        hooked.delete(ctx, "anvil")


@pytest.mark.case("RS07")
@FEW
@given(options=ANY_UPDATE)
def test_the_options_of_an_update_are_those_of_the_delete_that_it_becomes(
    memory: Interface[Object], options: UpdateOptions
) -> None:
    hooked, ctx = Hooked(memory), Context(namespace="default")
    if not hooked.list(ctx).items:
        hooked.create(ctx, widget(finalizers=["x.io/hold"]))
        hooked.delete(ctx, "anvil")

    hooked.modify(ctx, "anvil", lambda obj: obj.metadata.finalizers.clear(), options=options)

    assert hooked.told == DeleteOptions(dry_run=options.dry_run)
