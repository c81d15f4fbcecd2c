from __future__ import annotations

import gc
import logging
import threading

import pytest

from kregistry.storage.housekeeping import Chores, Housekeeper
from kregistry.testing.clock import FakeClock

PATIENCE = 30.0


class Owner(Chores):
    def __init__(self, *, failures: int = 0) -> None:
        self.failures = failures
        self.done = threading.Semaphore(0)
        self.delay: float | None = None

    def do_chores(self) -> float | None:
        if self.failures:
            self.failures -= 1
            raise OSError("disk on fire")
        self.done.release()
        return self.delay


def test_there_is_no_thread_until_something_is_due() -> None:
    owner = Owner()
    keeper = Housekeeper(owner, clock=FakeClock())
    assert not keeper.running
    keeper.nudge()
    assert owner.done.acquire(timeout=PATIENCE)
    assert keeper.running
    keeper.close()
    keeper.join(PATIENCE)
    assert not keeper.running
    keeper.nudge()
    assert not keeper.running


def test_a_nudge_or_a_move_of_the_clock_makes_it_look_again() -> None:
    clock, owner = FakeClock(), Owner()
    keeper = Housekeeper(owner, clock=clock)
    keeper.nudge()
    assert owner.done.acquire(timeout=PATIENCE)
    keeper.nudge()
    assert owner.done.acquire(timeout=PATIENCE)
    clock.advance(1)
    assert owner.done.acquire(timeout=PATIENCE)
    keeper.close()
    keeper.join(PATIENCE)


def test_what_is_due_later_is_done_later() -> None:
    owner = Owner()
    owner.delay = 0.0
    keeper = Housekeeper(owner, clock=FakeClock())
    keeper.nudge()
    for _ in range(3):
        assert owner.done.acquire(timeout=PATIENCE)
    keeper.close()
    keeper.join(PATIENCE)


def test_a_chore_that_fails_is_logged_and_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    owner = Owner(failures=2)
    keeper = Housekeeper(owner, clock=FakeClock(), name="keeper", retry=0.001)
    with caplog.at_level(logging.WARNING):
        keeper.nudge()
        assert owner.done.acquire(timeout=PATIENCE)
    assert [record.getMessage() for record in caplog.records] == ["a chore of keeper failed"] * 2
    keeper.close()
    keeper.join(PATIENCE)


def test_the_thread_goes_away_with_its_owner() -> None:
    owner = Owner()
    keeper = Housekeeper(owner, clock=FakeClock())
    keeper.nudge()
    assert owner.done.acquire(timeout=PATIENCE)
    del owner
    gc.collect()
    keeper.join(PATIENCE)
    assert not keeper.running


def test_without_a_thread_to_be_had_the_caller_goes_on_and_the_next_one_tries_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    owner = Owner()
    keeper = Housekeeper(owner, clock=FakeClock(), name="keeper")

    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch, caplog.at_level(logging.WARNING):
        patch.setattr(threading.Thread, "start", refuse)
        keeper.nudge()
    assert "a chore of keeper failed" in caplog.text
    assert not keeper.running
    keeper.nudge()
    assert owner.done.acquire(timeout=PATIENCE)
    keeper.close()
    keeper.join(PATIENCE)
