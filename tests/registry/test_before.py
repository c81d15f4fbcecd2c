"""The steps before storage: their order, what they fill, restore and refuse."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from widgetshop import REGIONS, WIDGETS, GracefulStrategy, Region, Widget, WidgetStrategy, widget

from kregistry.meta.context import Context
from kregistry.meta.errors import BadRequest, InternalError, Invalid
from kregistry.meta.field import ErrorList, Path
from kregistry.meta.gvk import GroupVersionKind
from kregistry.meta.object import Object
from kregistry.meta.objectmeta import ObjectMeta
from kregistry.meta.options import DeleteOptions
from kregistry.meta.time import Time
from kregistry.registry import (
    DeletionStep,
    Strategy,
    SystemFields,
    before_create,
    before_delete,
    before_update,
    random_uid,
)
from kregistry.registry.before import ensure_namespace_matches
from kregistry.registry.systemfields import has_values, reset_for_status, wipe
from kregistry.testing.clock import FakeClock

NOW = Time.of(FakeClock().now())


class Logging(WidgetStrategy):
    """Writes down which method ran."""

    def __init__(self) -> None:
        super().__init__(WIDGETS)
        self.log: list[str] = []

    def namespace_scoped(self) -> bool:
        self.log.append("namespace_scoped")
        return True

    def prepare_for_create(self, ctx: Context, obj: Widget) -> None:
        assert obj.metadata.namespace == "default"
        self.log.append("prepare_for_create")

    def validate(self, ctx: Context, obj: Widget) -> ErrorList:
        self.log.append("validate")
        return super().validate(ctx, obj)

    def warnings_on_create(self, ctx: Context, obj: Widget) -> Sequence[str]:
        self.log.append("warnings_on_create")
        return ["created"]

    def prepare_for_update(self, ctx: Context, obj: Widget, old: Widget) -> None:
        self.log.append("prepare_for_update")
        super().prepare_for_update(ctx, obj, old)

    def validate_update(self, ctx: Context, obj: Widget, old: Widget) -> ErrorList:
        self.log.append("validate_update")
        return ErrorList()

    def warnings_on_update(self, ctx: Context, obj: Widget, old: Widget) -> Sequence[str]:
        self.log.append("warnings_on_update")
        return ["updated"]

    def canonicalize(self, obj: Widget) -> None:
        self.log.append("canonicalize")


@pytest.fixture
def strategy() -> Logging:
    return Logging()


def test_create_runs_its_steps_in_order(strategy: Logging, ctx: Context) -> None:
    obj = widget(uid="u")
    before_create(strategy, ctx, obj)
    assert strategy.log == [
        "namespace_scoped",
        "prepare_for_create",
        "validate",
        "warnings_on_create",
        "canonicalize",
    ]
    assert ctx.warnings == ["created"]
    assert obj.metadata.namespace == "default"


def test_create_stops_at_the_first_rules_that_are_broken(strategy: Logging, ctx: Context) -> None:
    with pytest.raises(Invalid) as caught:
        before_create(strategy, ctx, widget("BAD", size=0, uid="u"))
    assert strategy.log[-1] == "validate"
    assert [error.path for error in caught.value.errors] == ["spec.size"]
    strategy.log.clear()
    with pytest.raises(Invalid, match=r"metadata\.name"):
        before_create(strategy, ctx, widget("BAD", uid="u"))
    assert strategy.log[-1] == "validate"


@pytest.mark.parametrize(
    ("meta", "message"),
    [
        (ObjectMeta(name="a"), "system metadata was not initialized"),
        (ObjectMeta(generate_name="a", uid="u"), "metadata.name was not generated"),
    ],
)
def test_create_refuses_what_was_not_prepared(
    strategy: Logging, ctx: Context, meta: ObjectMeta, message: str
) -> None:
    with pytest.raises(InternalError) as caught:
        before_create(strategy, ctx, Widget(metadata=meta))
    assert str(caught.value) == f"Internal error occurred: {message}"


def test_a_kind_that_the_strategy_does_not_know_is_an_internal_error(ctx: Context) -> None:
    with pytest.raises(InternalError, match="no kind is registered for the type Region"):
        before_create(Strategy(WIDGETS), ctx, Region())  # type: ignore[arg-type]

    class Knows(WidgetStrategy):
        def object_kinds(self, obj: Object) -> tuple[list[GroupVersionKind], bool]:
            return [], False

    with pytest.raises(InternalError, match="knows no kind of Widget"):
        before_create(Knows(WIDGETS), ctx, widget(uid="u"))


def test_update_runs_its_steps_in_order(strategy: Logging, ctx: Context) -> None:
    old = widget(uid="u", namespace="default", resource_version="1", generation=5)
    obj = widget(size=2, resource_version="1", generation=99)
    before_update(strategy, ctx, obj, old)
    assert strategy.log == [
        "namespace_scoped",
        "prepare_for_update",
        "validate_update",
        "warnings_on_update",
        "canonicalize",
    ]
    assert ctx.warnings == ["updated"]
    assert (obj.metadata.uid, obj.metadata.generation) == ("u", 6)


def test_update_restores_what_the_server_owns(strategy: Logging, ctx: Context) -> None:
    old = widget(
        uid="u",
        namespace="default",
        resource_version="1",
        creation_timestamp=NOW,
        deletion_timestamp=NOW,
        deletion_grace_period_seconds=3,
    )
    obj = widget(resource_version="1", creation_timestamp=Time("2001-01-01T00:00:00Z"))
    before_update(strategy, ctx, obj, old)
    assert obj.metadata == old.metadata


def test_update_collects_all_rules(strategy: Logging, ctx: Context) -> None:
    class Strict(Logging):
        def validate_update(self, ctx: Context, obj: Widget, old: Widget) -> ErrorList:
            return ErrorList().forbidden(Path("spec"), "never")

    old = widget(uid="u", namespace="default", resource_version="1")
    obj = widget("other", uid="u", resource_version="1")
    with pytest.raises(Invalid) as caught:
        before_update(Strict(), ctx, obj, old)
    assert [error.path for error in caught.value.errors] == ["metadata.name", "spec"]


@pytest.mark.case("RR05")
@pytest.mark.parametrize(
    ("wanted", "has", "gets"),
    [("", "", ""), ("", "foo", ""), ("foo", "", "foo"), ("foo", "foo", "foo")],
)
def test_r05_the_namespace_of_the_request_counts(wanted: str, has: str, gets: str) -> None:
    meta = ObjectMeta(namespace=has)
    ensure_namespace_matches(wanted, meta)
    assert meta.namespace == gets


@pytest.mark.case("RR05")
def test_r05_another_namespace_is_refused() -> None:
    with pytest.raises(BadRequest):
        ensure_namespace_matches("foo", ObjectMeta(namespace="bar"))


def test_a_cluster_scoped_kind_ignores_the_namespace_of_the_request(ctx: Context) -> None:
    region = Region(metadata=ObjectMeta(name="eu", uid="u"))
    before_create(Strategy(REGIONS), ctx, region)
    assert region.metadata.namespace == ""


@pytest.mark.case("RR02", "RR03", "RR04")
def test_r02_r03_r04_system_fields_are_wiped_filled_and_recognised() -> None:
    meta = ObjectMeta(
        uid="u",
        creation_timestamp=NOW,
        deletion_timestamp=NOW,
        deletion_grace_period_seconds=1,
        self_link="/x",
    )
    wipe(meta)
    assert meta == ObjectMeta()
    assert not has_values(meta)
    SystemFields(clock=FakeClock(), uids=lambda: "made").fill(meta)
    assert meta == ObjectMeta(uid="made", creation_timestamp=NOW)
    assert has_values(meta)


def test_one_time_serves_one_second() -> None:
    clock = FakeClock()
    system = SystemFields(clock=clock)
    first = system.now()
    clock.advance(0.5)
    assert system.now() is first
    clock.advance(0.5)
    assert system.now() == Time.of(clock.now()) != first


def test_uids_are_random_and_look_like_it() -> None:
    made = [random_uid() for _ in range(1000)]
    assert len(set(made)) == 1000
    for text in made:
        read = uuid.UUID(text)
        assert (str(read), read.version, read.variant) == (text, 4, uuid.RFC_4122)
    assert {text[19] for text in made} == set("89ab")


def test_threads_do_not_make_the_same_uids() -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: [random_uid() for _ in range(1000)], range(8), timeout=30))
    assert len({uid for some in made for uid in some}) == 8000


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no process forks here")
def test_a_forked_process_makes_other_uids_than_its_parent() -> None:
    program = "; ".join(
        (
            "import os",
            "from kregistry.registry import random_uid",
            "random_uid()",
            "child = os.fork()",
            "os.write(1, f'{random_uid()} '.encode())",
            "child and os.waitpid(child, 0)",
        )
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    made = done.stdout.split()
    assert len(made) == len(set(made)) == 2


def test_a_status_update_keeps_what_is_not_its_own() -> None:
    old = ObjectMeta(labels={"a": "b"}, annotations={"c": "d"}, finalizers=["f"], generation=3)
    new = ObjectMeta(labels={"x": "y"}, resource_version="7")
    reset_for_status(new, old)
    assert new == ObjectMeta(
        labels={"a": "b"},
        annotations={"c": "d"},
        finalizers=["f"],
        generation=3,
        resource_version="7",
    )
    assert new.labels is not old.labels


GRACEFUL, AT_ONCE, PENDING = DeletionStep.GRACEFUL, DeletionStep.AT_ONCE, DeletionStep.PENDING


@pytest.mark.case("RR01", "RS17")
@pytest.mark.parametrize(
    ("has", "asked", "step", "options_after", "has_after"),
    [
        (-1, -1, PENDING, 1, 1),
        (-1, 0, GRACEFUL, 0, 0),
        (-1, 1, PENDING, 1, 1),
        (-1, 2, PENDING, 2, 1),
        (0, -1, AT_ONCE, 1, 0),
        (0, 0, AT_ONCE, 0, 0),
        (0, 1, AT_ONCE, 1, 0),
        (0, 2, AT_ONCE, 2, 0),
        (1, -1, PENDING, 1, 1),
        (1, 0, GRACEFUL, 0, 0),
        (1, 1, PENDING, 1, 1),
        (1, 2, PENDING, 2, 1),
        (2, -1, GRACEFUL, 1, 1),
        (2, 0, GRACEFUL, 0, 0),
        (2, 1, GRACEFUL, 1, 1),
        (2, 2, PENDING, 2, 2),
    ],
)
def test_r01_a_deletion_under_way_can_only_become_shorter(
    ctx: Context,
    has: int,
    asked: int,
    step: DeletionStep,
    options_after: int,
    has_after: int,
) -> None:
    obj = widget(deletion_timestamp=NOW, deletion_grace_period_seconds=has)
    options = DeleteOptions(grace_period_seconds=asked)
    plan = before_delete(GracefulStrategy(WIDGETS), ctx, obj, options, NOW)
    assert plan.step is step
    assert plan.options.grace_period_seconds == options_after
    assert obj.metadata.deletion_grace_period_seconds == has_after
    assert options.grace_period_seconds == asked


@pytest.mark.case("RR01")
@pytest.mark.parametrize(("asked", "has_after"), [(50, 1), (0, 0)])
def test_r01_a_time_that_is_over_ends_now(ctx: Context, asked: int, has_after: int) -> None:
    expired = Time.of(NOW.datetime - timedelta(seconds=600))
    obj = widget(deletion_timestamp=expired, deletion_grace_period_seconds=60)
    options = DeleteOptions(grace_period_seconds=asked)
    plan = before_delete(GracefulStrategy(WIDGETS), ctx, obj, options, NOW)
    assert plan.step is GRACEFUL
    assert plan.options.grace_period_seconds == asked
    assert obj.metadata.deletion_timestamp == NOW
    assert obj.metadata.deletion_grace_period_seconds == has_after


def test_a_request_without_opinion_waits_for_what_was_granted(ctx: Context) -> None:
    obj = widget(deletion_timestamp=NOW, deletion_grace_period_seconds=9)
    plan = before_delete(GracefulStrategy(WIDGETS), ctx, obj, DeleteOptions(), NOW)
    assert (plan.step, plan.options.grace_period_seconds) == (PENDING, 9)


def test_the_generation_grows_once_with_the_mark(ctx: Context) -> None:
    for generation, after in ((0, 0), (3, 4)):
        obj = widget(generation=generation)
        plan = before_delete(GracefulStrategy(WIDGETS), ctx, obj, DeleteOptions(), NOW)
        assert (plan.step, plan.options.grace_period_seconds) == (GRACEFUL, 30)
        assert obj.metadata.generation == after


def test_a_mark_from_the_beginning_of_time_is_no_crash(ctx: Context) -> None:
    obj = widget(
        deletion_timestamp=Time("0001-01-01T00:00:01Z"), deletion_grace_period_seconds=10**12
    )
    options = DeleteOptions(grace_period_seconds=5)
    plan = before_delete(GracefulStrategy(WIDGETS), ctx, obj, options, NOW)
    assert plan.step is GRACEFUL
    assert obj.metadata.deletion_grace_period_seconds == 5
