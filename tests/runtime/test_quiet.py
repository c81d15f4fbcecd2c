"""The collector is paused for a while, and for no longer than that."""

from __future__ import annotations

import gc
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from kregistry.runtime import quiet as module
from kregistry.runtime.quiet import quiet


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    yield
    assert gc.isenabled()
    assert module._pausing == 0


def test_the_collector_pauses_and_goes_on() -> None:
    with quiet():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_it_goes_on_when_the_work_fails() -> None:
    with pytest.raises(RuntimeError), quiet():
        raise RuntimeError
    assert gc.isenabled()


def test_it_goes_on_with_the_last_that_leaves() -> None:
    first, second = quiet(), quiet()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert not gc.isenabled()
    second.__exit__(None, None, None)
    assert gc.isenabled()


def test_one_that_is_switched_off_stays_so() -> None:
    gc.disable()
    try:
        with quiet():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def generation(made: object) -> int:
    return next(
        each for each in range(3) if any(made is one for one in gc.get_objects(generation=each))
    )


def test_what_lasts_is_looked_through_once_and_then_old() -> None:
    with quiet(lasting=True):
        made = [[] for _ in range(10)]
    assert generation(made) == 2


def test_for_what_lasts_a_collector_that_is_switched_off_does_nothing() -> None:
    gc.disable()
    try:
        with quiet(lasting=True):
            made: list[object] = []
        assert generation(made) == 0
    finally:
        gc.enable()


def test_those_who_follow_each_other_do_not_keep_it_off_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 100.0
    monkeypatch.setattr(module, "monotonic", lambda: now)
    first, second, third = quiet(), quiet(), quiet()
    first.__enter__()
    now += 0.01
    second.__enter__()
    first.__exit__(None, None, None)
    now += 1.0
    third.__enter__()
    assert not gc.isenabled()
    second.__exit__(None, None, None)
    assert gc.isenabled()
    with quiet():  # a pause of its own
        assert not gc.isenabled()
        third.__exit__(None, None, None)
        assert not gc.isenabled()


class Interrupted:
    """A collector at whose every move somebody else wants quiet in the same thread.

    As a signal handler may, or a finalizer.
    """

    def __init__(self) -> None:
        self.enabled = True
        self._busy = False

    def isenabled(self) -> bool:
        self._interrupt()
        return self.enabled

    def enable(self) -> None:
        self._interrupt()
        self.enabled = True
        self._interrupt()

    def disable(self) -> None:
        self._interrupt()
        self.enabled = False
        self._interrupt()

    def _interrupt(self) -> None:
        if not self._busy:
            self._busy = True
            with quiet():
                pass
            self._busy = False


def test_who_comes_between_in_the_same_thread_does_no_harm(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    collector: Any = Interrupted()
    monkeypatch.setattr(module, "gc", collector)
    seen: list[bool] = []

    def work() -> None:
        with quiet():
            seen.append(collector.enabled)
        seen.append(collector.enabled)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(10)
    assert seen == [False, True]


FORKING = """
import gc, os, signal, threading, warnings
from kregistry.runtime import quiet as module
from kregistry.runtime.quiet import quiet

warnings.simplefilter("ignore")  # that is why: there are threads
inside, leave = threading.Event(), threading.Event()

def work():
    with quiet():
        module._lock.acquire()
        inside.set()
        leave.wait(30)
        module._lock.release()

thread = threading.Thread(target=work)
thread.start()
inside.wait(30)
child = os.fork()
if child == 0:
    signal.alarm(20)
    good = gc.isenabled()
    with quiet():
        good = good and not gc.isenabled()
    os._exit(0 if good and gc.isenabled() else 1)
_, status = os.waitpid(child, 0)
leave.set()
thread.join(30)
raise SystemExit(os.waitstatus_to_exitcode(status) or not gc.isenabled())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there are no forks")
def test_a_forked_child_has_its_collector() -> None:
    done = subprocess.run([sys.executable, "-c", FORKING], timeout=60, check=False)
    assert done.returncode == 0
