"""What is remembered about versions of keys."""

from __future__ import annotations

import threading

from kregistry.storage.reading.remembered import Remembered


def test_what_was_added_is_found_for_that_version_only() -> None:
    memory: Remembered[str] = Remembered(10)
    assert memory.get("/a", 1) is None
    assert memory.add("/a", 1, "one") == "one"
    assert memory.get("/a", 1) == "one"
    assert memory.get("/a", 2) is None
    memory.add("/a", 2, "two")
    assert memory.get("/a", 2) == "two"
    assert memory.get("/a", 1) is None


def test_the_first_to_add_a_version_decides_what_it_is() -> None:
    memory: Remembered[object] = Remembered(10)
    first, second = object(), object()
    assert memory.add("/a", 1, first) is first
    assert memory.add("/a", 1, second) is first
    assert memory.get("/a", 1) is first


def test_that_holds_across_generations() -> None:
    memory: Remembered[object] = Remembered(2)
    first = memory.add("/a", 1, object())
    memory.add("/b", 1, object())  # now /a is old
    assert memory.add("/a", 1, object()) is first


def test_a_reader_of_the_past_does_not_drive_out_the_present() -> None:
    memory: Remembered[str] = Remembered(10)
    memory.add("/a", 5, "new")
    assert memory.add("/a", 3, "old") == "old"
    assert memory.get("/a", 5) == "new"


def test_never_more_is_kept_than_allowed_and_what_is_used_stays() -> None:
    memory: Remembered[int] = Remembered(100)
    memory.add("/used", 1, -1)
    for number in range(10_000):
        memory.add(f"/{number}", 1, number)
        assert memory.get("/used", 1) == -1
        assert len(memory) <= 100
    assert memory.get("/9999", 1) == 9999
    assert memory.get("/0", 1) is None


def test_without_room_nothing_is_kept() -> None:
    memory: Remembered[str] = Remembered(0)
    assert memory.add("/a", 1, "one") == "one"
    assert memory.get("/a", 1) is None
    assert len(memory) == 0


def test_what_is_forgotten_is_gone_from_both_generations() -> None:
    memory: Remembered[str] = Remembered(2)
    memory.add("/a", 1, "a")
    memory.add("/b", 1, "b")
    memory.forget("/a")
    memory.forget("/b")
    memory.forget("/c")
    assert len(memory) == 0


def test_threads_that_come_at_once_get_the_same() -> None:
    memory: Remembered[object] = Remembered(8)
    barrier = threading.Barrier(4)
    seen: list[dict[int, object]] = [{} for _ in range(4)]

    def work(mine: dict[int, object]) -> None:
        for revision in range(1, 300):
            barrier.wait(30)
            mine[revision] = memory.add("/a", revision, object())

    threads = [threading.Thread(target=work, args=(mine,), daemon=True) for mine in seen]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert all(mine == seen[0] for mine in seen)
    assert len(seen[0]) == 299
