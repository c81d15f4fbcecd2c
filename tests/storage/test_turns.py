from __future__ import annotations

import threading
from typing import Any, ClassVar

import attrs

from kregistry.meta.context import Context
from kregistry.meta.object import Object
from kregistry.runtime.resource import Resource
from kregistry.storage import ObjectStorage
from kregistry.storage.memory import MemoryBackend
from kregistry.storage.turns import Turns

PATIENCE = 30.0
CTX = Context()


@attrs.define(kw_only=True)
class Counter(Object):
    api_version: ClassVar[str] = "test.example/v1"
    kind: ClassVar[str] = "Counter"
    count: int = 0


COUNTERS = Resource(Counter, plural="counters", prefix="counters")


def add(obj: Counter, _: object) -> Counter:
    obj.count += 1
    return obj


def test_a_turn_is_waited_for_but_not_for_ever() -> None:
    turns = Turns()
    release = turns.take("/a")
    second: list[bool] = []

    def impatient() -> None:
        turns.take("/a")()
        second.append(True)

    thread = threading.Thread(target=impatient, daemon=True)
    thread.start()
    thread.join(PATIENCE)
    assert second == [True]
    release()


def test_one_thread_does_not_wait_for_itself() -> None:
    turns = Turns()
    releases = [turns.take("/a") for _ in range(3)]
    assert len(releases) == 3
    for release in releases:
        release()


def test_a_writer_in_its_turn_may_wait_for_another_writer_of_the_same_object() -> None:
    counters = ObjectStorage(MemoryBackend(), resource=COUNTERS)
    counters.create(CTX, "/counters/a", Counter())
    runs: list[int] = []

    def meddle(obj: Counter, meta: Any) -> Counter:
        runs.append(obj.count)
        if len(runs) <= 3:  # lose three times, the later ones while having the turn
            other = threading.Thread(
                target=counters.guaranteed_update, args=(CTX, "/counters/a", add), daemon=True
            )
            other.start()
            other.join(PATIENCE)
        return add(obj, meta)

    assert counters.guaranteed_update(CTX, "/counters/a", meddle).count == 4
    assert runs == [0, 1, 2, 3]
