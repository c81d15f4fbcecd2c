"""The caretaker: controllers work when something happened, and go on after what goes wrong."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest
from estate import Estate, to

from kregistry.controllers import Caretaker, Collected
from kregistry.meta.context import Context
from kregistry.meta.errors import InternalError
from kregistry.meta.object import Object
from kregistry.storage.memory import MemoryBackend
from kregistry.storage.objects import ObjectStorage
from kregistry.storage.sqlite import SqliteBackend

TIMEOUT = 30.0


class Looks:
    """What a caretaker is given to do: counts, and does it."""

    def __init__(self, collect: Callable[[], Collected] = Collected) -> None:
        self.collect = collect
        self.count = 0
        self._changed = threading.Condition()

    def __call__(self) -> Collected:
        try:
            return self.collect()
        finally:
            with self._changed:
                self.count += 1
                self._changed.notify_all()

    def wait_for(self, count: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: self.count >= count, TIMEOUT), self.count


@pytest.fixture
def storage() -> Iterator[ObjectStorage[Object]]:
    with ObjectStorage[Object](MemoryBackend()) as storage:
        yield storage


@pytest.fixture
def estate(storage: ObjectStorage[Object]) -> Estate:
    return Estate(storage)


@contextmanager
def settled(estate: Estate, storage: ObjectStorage[Object]) -> Iterator[Callable[[set[str]], None]]:
    """Waits until exactly these objects are left."""
    changed = threading.Event()
    backend = storage.backend
    with closing(backend.watch("/", "0", after=backend.current_revision())) as stream:

        def wait_for(paths: set[str]) -> None:
            while estate.paths() != paths:
                changed.clear()
                if not stream.poll() and stream.park(changed.set):
                    assert changed.wait(TIMEOUT), estate.paths()

        yield wait_for


def test_dependents_go_without_being_asked_for(
    estate: Estate, storage: ObjectStorage[Object]
) -> None:
    with Caretaker(storage.backend, estate.collect), settled(estate, storage) as wait_for:
        owner = estate.add("widgets/owner")
        estate.add("gadgets/a", to(owner))
        estate.add("widgets/other")
        estate.delete("widgets/owner")
        wait_for({"widgets/other"})


@pytest.mark.parametrize(("policy", "left"), [("Foreground", set()), ("Orphan", {"gadgets/a"})])
def test_owners_that_wait_are_let_go(
    estate: Estate, storage: ObjectStorage[Object], policy: str, left: set[str]
) -> None:
    with Caretaker(storage.backend, estate.collect), settled(estate, storage) as wait_for:
        estate.add("gadgets/a", to(estate.add("widgets/owner"), block=True))
        estate.delete("widgets/owner", policy)
        wait_for(left)


def test_what_was_left_undone_before_the_start_is_done(
    estate: Estate, storage: ObjectStorage[Object]
) -> None:
    estate.add("gadgets/a", to(estate.add("widgets/owner")))
    estate.delete("widgets/owner")
    with settled(estate, storage) as wait_for, Caretaker(storage.backend, estate.collect):
        wait_for(set())


def test_what_concerns_nobody_is_not_looked_at(
    estate: Estate, storage: ObjectStorage[Object]
) -> None:
    looks = Looks()
    with Caretaker(storage.backend, looks):
        looks.wait_for(1)
        for number in range(20):
            estate.add(f"widgets/{number}")
        estate.delete("widgets/0")
        looks.wait_for(2)
    assert looks.count == 2


def test_while_something_waits_every_change_may_be_what_it_waited_for(
    estate: Estate, storage: ObjectStorage[Object]
) -> None:
    estate.add("widgets/held", finalizers=["x.io/hold"])
    estate.delete("widgets/held")
    looks = Looks(estate.collect)
    with Caretaker(storage.backend, looks):
        looks.wait_for(1)
        estate.add("regions/north")
        looks.wait_for(2)


def test_what_fails_is_logged_and_tried_again(
    storage: ObjectStorage[Object], caplog: pytest.LogCaptureFixture
) -> None:
    def fail_once() -> Collected:
        if looks.count == 0:
            raise InternalError("no luck")
        return Collected()

    looks = Looks(fail_once)
    with Caretaker(storage.backend, looks):
        looks.wait_for(2)
    assert "no luck" in caplog.text


def test_a_mistake_of_a_controller_does_not_end_the_caretaker(
    storage: ObjectStorage[Object], caplog: pytest.LogCaptureFixture
) -> None:
    def stumble_once() -> Collected:
        if looks.count == 0:
            raise ZeroDivisionError
        return Collected()

    looks = Looks(stumble_once)
    with Caretaker(storage.backend, looks):
        looks.wait_for(2)
    assert "ZeroDivisionError" in caplog.text


def test_it_goes_on_after_compaction_took_what_it_had_not_read(
    estate: Estate, storage: ObjectStorage[Object]
) -> None:
    reached, go_on = threading.Event(), threading.Event()

    def hold_once() -> Collected:
        if looks.count == 0:
            reached.set()
            assert go_on.wait(TIMEOUT)
        return Collected()

    looks = Looks(hold_once)
    with Caretaker(storage.backend, looks):
        assert reached.wait(TIMEOUT)
        for number in range(3):
            estate.add(f"widgets/{number}")
        storage.compact(storage.current_resource_version(Context()))
        go_on.set()
        looks.wait_for(2)


def test_it_stops_in_the_middle_of_waiting_and_is_started_once(
    storage: ObjectStorage[Object],
) -> None:
    looks = Looks()
    caretaker = Caretaker(storage.backend, looks)
    caretaker.stop()  # nothing happens before the start
    caretaker = Caretaker(storage.backend, looks).start()
    looks.wait_for(1)
    with pytest.raises(RuntimeError, match="only once"):
        caretaker.start()
    caretaker.stop()
    caretaker.stop()
    assert "kregistry-caretaker" not in {thread.name for thread in threading.enumerate()}


def test_two_of_them_on_one_file_are_in_nobodys_way(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Each with a store of its own, as in two processes."""
    with ExitStack() as stack:
        stores = [
            stack.enter_context(ObjectStorage[Object](SqliteBackend(tmp_path / "store.db")))
            for _ in range(2)
        ]
        estates = [Estate(store) for store in stores]
        wait_for = stack.enter_context(settled(estates[0], stores[0]))
        for store, estate in zip(stores, estates, strict=True):
            stack.enter_context(Caretaker(store.backend, estate.collect))
        policies = ["Background", "Foreground", "Orphan"] * 4
        for number, policy in enumerate(policies):
            estate = estates[number % 2]
            owner = estate.add(f"widgets/owner-{number}")
            for name in "abc":
                estate.add(f"gadgets/{policy.lower()}-{number}-{name}", to(owner, block=True))
            estate.delete(f"widgets/owner-{number}", policy)
        orphans = {
            f"gadgets/orphan-{number}-{name}"
            for number, policy in enumerate(policies)
            if policy == "Orphan"
            for name in "abc"
        }
        wait_for(orphans)
        assert [estates[1].owners(path) for path in sorted(orphans)] == [[]] * len(orphans)
    assert "begins anew" not in caplog.text
