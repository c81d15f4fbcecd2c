"""Wakers: how a waiting reader is woken, alone or together with a thousand others.

A writer that has to wake a thousand readers wakes one. That one, being awake anyway, wakes
sixteen more before it goes about its own business, and each of them the next. A waker that
nobody waits for any more is passed over, so no chain ends early.

More at once would be slower, because only one thread runs Python at a time: those who wait for
their turn take the processor from the one who has it. Fewer would wait for each other where
others keep the processors busy. Until the last of 1,000 threads is awake it takes 50 ms with a
queue for each, 40 with a tree in which each wakes two, 32 with sixteen chains; on processors
that others want, too, 77, 69 and 51, and 88 with two chains.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Hashable, Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import asyncio


#: Threads of a crowd that are on their way at the same time.
_CHAINS: Final = 16


class Waker(ABC):
    """A callable that wakes one reader, once, and can wake others of its crowd with it."""

    __slots__ = ()

    #: Wakers with equal crowds can be woken together.
    crowd: Hashable

    @abstractmethod
    def __call__(self) -> None:
        """Wake this reader. Never blocks, never raises; later calls do nothing."""

    @abstractmethod
    def wake_all(self, crowd: Mapping[Any, Waker]) -> None:
        """Wake every reader of *crowd*, this one among them, at the cost of waking one.

        Args:
            crowd: Wakers of this one's crowd; nobody changes it any more.
        """


class ThreadWaker(Waker):
    """Wakes a thread that waits in :meth:`wait`. For one wait only."""

    __slots__ = ("_bell", "_errand", "_retired", "_state")

    crowd = "threads"

    def __init__(self) -> None:
        self._bell = threading.Lock()
        self._bell.acquire()
        self._state = threading.Lock()
        self._retired = False
        self._errand: _Chains | None = None

    def wait(self, timeout: float | None = None) -> bool:
        """Wait to be woken, then wake those whom this one was charged with.

        Returns:
            Whether it was woken; False when *timeout* seconds passed.
        """
        limit = -1.0 if timeout is None else min(max(timeout, 0.0), threading.TIMEOUT_MAX)
        try:
            return self._bell.acquire(timeout=limit)
        finally:  # even if a signal handler raised: others rely on this one
            self._run_errand()

    def __call__(self) -> None:
        self._ring(None)

    def wake_all(self, crowd: Mapping[Any, Waker]) -> None:
        chains = _Chains(crowd)
        if not self._ring(chains):
            chains.go_on()

    def _ring(self, errand: _Chains | None) -> bool:
        """Wake the thread and charge it with *errand*; False if nobody waits any more."""
        with self._state:
            if self._retired:
                return False
            if errand is not None:
                self._errand = errand
            if self._bell.locked():
                self._bell.release()
            return True

    def _run_errand(self) -> None:
        with self._state:
            self._retired = True
            errand, self._errand = self._errand, None
        if errand is not None:
            errand.go_on()


class _Chains:
    """A crowd of threads of which each, once it is awake, wakes the next."""

    __slots__ = ("_crowd", "_rest")

    def __init__(self, crowd: Mapping[Any, Waker]) -> None:
        self._crowd = crowd
        self._rest: Iterator[Waker] | None = None

    def go_on(self) -> None:
        """Wake the next; the first time, begin the chains."""
        begun = 1
        if self._rest is None:
            # The writer must not pay for listing the crowd; its first member does.
            self._rest, begun = iter(list(self._crowd.values())), _CHAINS
        for _ in range(begun):
            self._wake_next(self._rest)

    def _wake_next(self, rest: Iterator[Any]) -> None:
        for waker in rest:
            if waker._ring(self):
                return


class LoopWaker(Waker):
    """Wakes a coroutine that awaits :attr:`future`. For one wait only."""

    __slots__ = ("_loop", "crowd", "future")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = self.crowd = loop
        self.future: asyncio.Future[None] = loop.create_future()

    def __call__(self) -> None:
        self._call_loop(self._set)

    def wake_all(self, crowd: Mapping[Any, Waker]) -> None:
        self._call_loop(_set_all, crowd)

    def _call_loop(self, callback: Any, *arguments: Any) -> None:
        with suppress(RuntimeError):  # the loop is closed, so nobody waits
            self._loop.call_soon_threadsafe(callback, *arguments)

    def _set(self) -> None:
        if not self.future.done():
            self.future.set_result(None)


def _set_all(crowd: Mapping[Any, LoopWaker]) -> None:
    """Runs in the loop, so that the writer pays for one call however many wait."""
    for waker in crowd.values():
        future = waker.future
        if not future.done():
            future.set_result(None)
