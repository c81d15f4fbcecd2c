"""Many threads on one object: nothing that was acknowledged is lost."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from widgetshop import WIDGETS, Widget, widget

from kregistry.meta.context import Context
from kregistry.meta.errors import AlreadyExists, NotFound
from kregistry.meta.object import Object
from kregistry.registry import Store, retry_on_conflict
from kregistry.storage import EventType, Interface

THREADS = 8
ROUNDS = 12


def together(action: Callable[[int], None]) -> None:
    """Run *action* in all threads at once; what one raises comes out."""
    start = threading.Barrier(THREADS)

    def run(number: int) -> None:
        start.wait(30)
        action(number)

    with ThreadPoolExecutor(THREADS) as pool:
        for future in [pool.submit(run, number) for number in range(THREADS)]:
            future.result(60)


def test_no_update_is_lost(storage: Interface[Object], ctx: Context) -> None:
    widgets = Store(WIDGETS, storage)
    widgets.create(ctx, widget(size=0))

    def grow(number: int) -> None:
        def change(obj: Widget) -> None:
            obj.spec.size += 1

        for _ in range(ROUNDS):
            widgets.modify(ctx, "anvil", change)

    together(grow)
    final = widgets.get(ctx, "anvil")
    assert final.spec.size == THREADS * ROUNDS
    assert final.metadata.generation == 1 + THREADS * ROUNDS


def test_no_update_is_lost_when_callers_retry(storage: Interface[Object], ctx: Context) -> None:
    widgets = Store(WIDGETS, storage)
    widgets.create(ctx, widget(size=0))

    def grow(number: int) -> None:
        def attempt() -> Widget:
            obj = widgets.get(ctx, "anvil")
            obj.spec.size += 1
            return widgets.replace(ctx, obj)

        for _ in range(3):
            retry_on_conflict(attempt, attempts=1000, delay=0.0005)

    together(grow)
    assert widgets.get(ctx, "anvil").spec.size == THREADS * 3


def test_one_creator_wins(storage: Interface[Object], ctx: Context) -> None:
    widgets = Store(WIDGETS, storage)
    winners: list[int] = []

    def create(number: int) -> None:
        try:
            widgets.create(ctx, widget(size=number + 1))
        except AlreadyExists:
            return
        winners.append(number)

    together(create)
    assert len(winners) == 1
    assert widgets.get(ctx, "anvil").spec.size == winners[0] + 1


def test_one_deleter_wins(storage: Interface[Object], ctx: Context) -> None:
    widgets = Store(WIDGETS, storage)
    widgets.create(ctx, widget())
    winners: list[int] = []

    def delete(number: int) -> None:
        try:
            widgets.delete(ctx, "anvil")
        except NotFound:
            return
        winners.append(number)

    together(delete)
    assert len(winners) == 1


def test_finalizers_taken_away_together_remove_the_object_once(
    storage: Interface[Object], ctx: Context
) -> None:
    widgets = Store(WIDGETS, storage)
    widgets.create(ctx, widget(finalizers=[f"x.io/{number}" for number in range(THREADS)]))
    widgets.delete(ctx, "anvil")

    def let_go(number: int) -> None:
        widgets.modify(ctx, "anvil", lambda obj: obj.metadata.finalizers.remove(f"x.io/{number}"))

    with widgets.watch(ctx) as watch:
        watch.next(timeout=10)
        together(let_go)
        seen = []
        while not seen or seen[-1] is not EventType.DELETED:
            event = watch.next(timeout=10)
            assert event is not None
            seen.append(event.type)
    assert seen == [EventType.MODIFIED] * (THREADS - 1) + [EventType.DELETED]


def test_generated_names_never_meet(storage: Interface[Object], ctx: Context) -> None:
    widgets = Store(WIDGETS, storage)

    def create(number: int) -> None:
        for _ in range(5):
            widgets.create(ctx, widget("", generate_name="w-"))

    together(create)
    found = widgets.list(ctx)
    assert len({obj.metadata.name for obj in found}) == THREADS * 5
    assert len({obj.metadata.uid for obj in found}) == THREADS * 5
