from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, ClassVar

import attrs
import pytest

from kregistry.meta.context import Cancellation, Context
from kregistry.meta.object import Object
from kregistry.runtime.resource import Resource
from kregistry.runtime.unstructured import Unstructured
from kregistry.storage import ObjectStorage
from kregistry.storage.backend import Backend
from kregistry.storage.errors import KeyNotFound, RequestTimeout
from kregistry.storage.memory import MemoryBackend
from kregistry.storage.preconditions import Preconditions
from kregistry.storage.sqlite import SqliteBackend
from kregistry.storage.turns import Turn, Turns

PATIENCE = 30.0
LONG = 600.0
CTX = Context()
KEY = "/counters/a"


@attrs.define(kw_only=True)
class Counter(Object):
    api_version: ClassVar[str] = "test.example/v1"
    kind: ClassVar[str] = "Counter"
    count: int = 0


COUNTERS = Resource(Counter, plural="counters", prefix="counters")


def add(obj: Counter, _: object) -> Counter:
    obj.count += 1
    return obj


@pytest.fixture(params=["memory", "sqlite"])
def backend(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Backend]:
    made = MemoryBackend() if request.param == "memory" else SqliteBackend(tmp_path / "x.db")
    with made:
        yield made


@pytest.fixture
def counters(backend: Backend) -> ObjectStorage[Counter]:
    storage = ObjectStorage(backend, resource=COUNTERS)
    storage.create(CTX, KEY, Counter())
    return storage


@contextmanager
def running(*works: Callable[[], object]) -> Iterator[None]:
    """Run each in a thread of its own, and wait for all at the end."""
    threads = [threading.Thread(target=work, daemon=True) for work in works]
    for thread in threads:
        thread.start()
    yield
    for thread in threads:
        thread.join(PATIENCE)
        assert not thread.is_alive()


def queue_up(turns: Turns, turn: Turn) -> None:
    """Wait until somebody waits for *turn*."""
    pause = threading.Event()
    while not turn.wanted:
        pause.wait(0.001)


def losing_once(
    counters: ObjectStorage[Counter], then: Callable[[Counter], Counter]
) -> Callable[[Counter, object], Counter]:
    """An update that loses its first race, so that it has a turn when *then* runs."""
    runs: list[int] = []

    def update(obj: Counter, _: object) -> Counter:
        runs.append(obj.count)
        if len(runs) == 1:
            counters.guaranteed_update(CTX, KEY, add)
        else:
            obj = then(obj)
        return add(obj, None)

    return update


def test_a_key_is_busy_while_somebody_has_a_turn() -> None:
    turns = Turns()
    assert not turns.busy("/a")
    turn = turns.take("/a")
    assert turns.busy("/a")
    assert not turns.busy("/b")
    turn.end()
    turn.end()
    assert not turns.busy("/a")


def test_turns_come_in_the_order_of_asking() -> None:
    turns, order = Turns(), list[int]()
    turn = turns.take("/a", patience=LONG)
    ready = threading.Semaphore(0)

    def wait(number: int) -> None:
        ready.release()
        mine = turns.take("/a", patience=LONG)
        order.append(number)
        mine.end()

    threads = []
    for number in range(5):
        threads.append(threading.Thread(target=wait, args=(number,), daemon=True))
        threads[-1].start()
        ready.acquire(timeout=PATIENCE)
        while len(turns._lines["/a"].waiting) <= number:
            threading.Event().wait(0.001)
    turn.end()
    for thread in threads:
        thread.join(PATIENCE)
    assert order == [0, 1, 2, 3, 4]
    assert not turns.busy("/a")


def test_who_is_done_tells_the_next_and_nobody_else() -> None:
    turns, told = Turns(), list[Any]()
    turn = turns.take("/a", patience=LONG)
    assert turn.told is None

    def wait() -> None:
        mine = turns.take("/a", patience=LONG)
        told.append(mine.told)
        mine.end("unheard")

    with running(wait):
        queue_up(turns, turn)
        turn.end("news")
    assert told == ["news"]
    assert turns.take("/a").told is None


def test_a_turn_is_waited_for_but_not_for_ever() -> None:
    turns = Turns()
    turn = turns.take("/a")
    second: list[Any] = []
    with running(lambda: second.append(turns.take("/a"))):
        pass
    assert turn.lost
    assert not second[0].lost
    turn.end("late")  # has nothing to give away any more
    assert turns.busy("/a")
    second[0].end()
    assert not turns.busy("/a")


def test_one_thread_does_not_wait_for_itself() -> None:
    turns = Turns()
    taken = [turns.take("/a", patience=LONG) for _ in range(3)]
    for turn in reversed(taken):
        assert turns.busy("/a")
        turn.end()
    assert not turns.busy("/a")


def test_who_is_cancelled_leaves_the_line() -> None:
    turns = Turns()
    turn = turns.take("/a", patience=LONG)
    cancellation = Cancellation()
    with running(lambda: turns.take("/a", cancelled=lambda: cancellation.cancelled)):
        queue_up(turns, turn)
        cancellation.cancel()
    assert not turn.wanted
    turn.end()
    assert not turns.busy("/a")


def test_who_is_interrupted_while_waiting_leaves_the_line() -> None:
    turns = Turns()
    turn = turns.take("/a", patience=LONG)

    def interrupted() -> bool:
        raise KeyboardInterrupt

    def wait() -> None:
        with suppress(KeyboardInterrupt):
            turns.take("/a", cancelled=interrupted)

    with running(wait):
        pass
    assert not turn.wanted
    turn.end()
    assert not turns.busy("/a")


def test_a_writer_in_its_turn_may_wait_for_another_writer_of_the_same_object(
    counters: ObjectStorage[Counter],
) -> None:
    runs: list[int] = []

    def meddle(obj: Counter, meta: Any) -> Counter:
        runs.append(obj.count)
        if len(runs) <= 3:  # lose three times, the later ones while having the turn
            other = threading.Thread(
                target=counters.guaranteed_update, args=(CTX, KEY, add), daemon=True
            )
            other.start()
            other.join(PATIENCE)
        return add(obj, meta)

    assert counters.guaranteed_update(CTX, KEY, meddle).count == 4
    assert runs == [0, 1, 2, 3]


def test_a_callback_in_its_turn_may_update_the_same_object(
    counters: ObjectStorage[Counter],
) -> None:
    calls: list[int] = []

    def again(obj: Counter) -> Counter:
        calls.append(obj.count)
        if len(calls) == 1:
            counters.guaranteed_update(CTX, KEY, add)  # so this attempt loses as well
        return obj

    update = losing_once(counters, again)
    assert counters.guaranteed_update(CTX, KEY, update).count == 3
    assert calls == [1, 2]


def test_two_callbacks_in_their_turns_may_update_each_others_objects(
    counters: ObjectStorage[Counter],
) -> None:
    counters.create(CTX, "/counters/b", Counter())
    turns, meet = counters._turns, threading.Barrier(2)

    def cross(mine: str, other: str) -> None:
        turn = turns.take(mine, patience=0.05)
        meet.wait(PATIENCE)
        counters.guaranteed_update(CTX, other, add)
        turn.end()

    full = "/registry/counters/"
    with running(
        lambda: cross(f"{full}a", "/counters/b"), lambda: cross(f"{full}b", "/counters/a")
    ):
        pass
    assert [counters.get(CTX, key).count for key in (KEY, "/counters/b")] == [1, 1]
    assert not turns._lines


def test_many_writers_of_one_object_lose_nothing_and_each_gets_its_turn(
    counters: ObjectStorage[Counter],
) -> None:
    done: list[int] = []

    def work(number: int) -> None:
        for _ in range(25):
            counters.guaranteed_update(CTX, KEY, add)
            done.append(number)

    with running(*(lambda number=number: work(number) for number in range(8))):  # type: ignore[misc]
        pass
    assert counters.get(CTX, KEY).count == 200
    assert not counters._turns._lines
    assert {done.count(number) for number in range(8)} == {25}


def test_a_slow_writer_has_its_way_among_quick_ones(counters: ObjectStorage[Counter]) -> None:
    """It takes longer than anybody's patience, and yet comes to an end."""
    stop = threading.Event()
    attempts: list[int] = []

    def slow(obj: Counter, meta: Any) -> Counter:
        attempts.append(obj.count)
        stop.wait(0.15)
        return add(obj, meta)

    def quick() -> None:
        while not stop.is_set():
            counters.guaranteed_update(CTX, KEY, add)

    with running(quick, quick, quick):
        result = counters.guaranteed_update(CTX, KEY, slow)
        stop.set()
    assert result.count == attempts[-1] + 1
    assert len(attempts) <= 6  # 0.05 s of patience, then 0.1, 0.2: enough at the third turn


def test_what_a_callback_raises_ends_its_turn(counters: ObjectStorage[Counter]) -> None:
    def refuse(obj: Counter) -> Counter:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        counters.guaranteed_update(CTX, KEY, losing_once(counters, refuse))
    assert not counters._turns._lines
    assert counters.guaranteed_update(CTX, KEY, add).count == 2


def test_a_writer_that_waits_can_be_cancelled(counters: ObjectStorage[Counter]) -> None:
    turn = counters._turns.take(f"/registry{KEY}", patience=LONG)
    cancellation = Cancellation()
    errors: list[Exception] = []

    def wait() -> None:
        try:
            counters.guaranteed_update(Context(cancellation=cancellation), KEY, add)
        except RequestTimeout as error:
            errors.append(error)

    with running(wait):
        queue_up(counters._turns, turn)
        cancellation.cancel()
    turn.end()
    assert len(errors) == 1
    assert counters.get(CTX, KEY).count == 0


def pass_turn(
    counters: ObjectStorage[Counter],
    work: Callable[[], object],
    meanwhile: Callable[[], object] = lambda: None,
) -> None:
    """Have *work* stand in line behind an update, which tells it what it wrote.

    *meanwhile* runs after the update was written and before *work* is told.
    """
    full = f"/registry{KEY}"
    turns = counters._turns
    finish = turns._pass_on

    def pass_on(line: Any, told: Any) -> None:
        if told is not None:
            turns._pass_on = finish  # type: ignore[method-assign]
            meanwhile()
        finish(line, told)

    def then(obj: Counter) -> Counter:
        worker.start()
        while not turns._lines[full].waiting:
            threading.Event().wait(0.001)
        turns._pass_on = pass_on  # type: ignore[method-assign]
        turns._lines[full].head._patience = LONG
        return obj

    worker = threading.Thread(target=work, daemon=True)
    counters.guaranteed_update(CTX, KEY, losing_once(counters, then))
    worker.join(PATIENCE)
    assert not worker.is_alive()


def test_the_next_writer_works_on_what_it_is_told(counters: ObjectStorage[Counter]) -> None:
    seen: list[Counter] = []

    def update(obj: Counter, meta: Any) -> Counter:
        assert obj.metadata.resource_version == str(meta.resource_version)
        seen.append(obj)
        return add(obj, meta)

    pass_turn(counters, lambda: counters.guaranteed_update(CTX, KEY, update))
    assert [obj.count for obj in seen] == [3]
    assert counters.get(CTX, KEY).count == 3


def test_what_a_writer_is_told_is_its_own(counters: ObjectStorage[Counter]) -> None:
    kept: list[Counter] = []

    def keep(obj: Counter, _: object) -> Counter:
        obj.metadata.labels["told"] = "yes"
        return add(obj, None)

    pass_turn(counters, lambda: kept.append(counters.guaranteed_update(CTX, KEY, keep)))
    stored = counters.get(CTX, KEY)
    assert stored == kept[0]
    kept[0].metadata.labels["told"] = "changed"
    assert counters.get(CTX, KEY) == stored


def test_a_refusal_of_what_was_told_is_confirmed(
    backend: Backend, counters: ObjectStorage[Counter]
) -> None:
    """Another process may have written between the telling and the refusal."""
    other = ObjectStorage(backend, resource=COUNTERS)  # as from elsewhere: another line
    seen: list[int] = []

    def only_ten(obj: Counter, _: object) -> Counter:
        seen.append(obj.count)
        if obj.count != 10:
            raise ValueError(f"{obj.count} is not 10")
        return add(obj, None)

    def ten(obj: Counter, _: object) -> Counter:
        obj.count = 10
        return obj

    pass_turn(
        counters,
        lambda: counters.guaranteed_update(CTX, KEY, only_ten),
        lambda: other.guaranteed_update(CTX, KEY, ten),
    )
    assert seen == [2, 10]
    assert counters.get(CTX, KEY).count == 11


def test_a_precondition_that_does_not_hold_for_what_was_told_is_confirmed(
    backend: Backend, counters: ObjectStorage[Counter]
) -> None:
    other = ObjectStorage(backend, resource=COUNTERS)

    def replace() -> None:
        other.delete(CTX, KEY)
        fresh = Counter()
        fresh.metadata.uid = "new"
        other.create(CTX, KEY, fresh)

    pass_turn(
        counters,
        lambda: counters.guaranteed_update(CTX, KEY, add, preconditions=Preconditions(uid="new")),
        replace,
    )
    assert counters.get(CTX, KEY).count == 1


def test_a_change_that_changes_nothing_of_what_was_told_is_compared_with_what_is_there(
    backend: Backend, counters: ObjectStorage[Counter]
) -> None:
    other = ObjectStorage(backend, resource=COUNTERS)

    def two(obj: Counter, _: object) -> Counter:
        obj.count = 2
        return obj

    pass_turn(
        counters,
        lambda: counters.guaranteed_update(CTX, KEY, two),
        lambda: other.guaranteed_update(CTX, KEY, add),
    )
    assert counters.get(CTX, KEY).count == 2


def test_a_delete_stands_in_line_too(counters: ObjectStorage[Counter]) -> None:
    deleted: list[Counter] = []
    pass_turn(counters, lambda: deleted.append(counters.delete(CTX, KEY)))
    assert [obj.count for obj in deleted] == [2]
    with pytest.raises(KeyNotFound):
        counters.get(CTX, KEY)


def test_another_view_is_not_told_what_it_could_not_use(backend: Backend) -> None:
    root: ObjectStorage[Any] = ObjectStorage(backend)
    counters = root.for_resource(COUNTERS)
    counters.create(CTX, KEY, Counter())
    seen: list[type] = []

    def look(obj: Unstructured, _: object) -> Unstructured:
        seen.append(type(obj))
        obj.content["count"] += 1
        return obj

    pass_turn(counters, lambda: root.guaranteed_update(CTX, KEY, look))
    assert seen == [Unstructured]
    assert counters.get(CTX, KEY).count == 3
