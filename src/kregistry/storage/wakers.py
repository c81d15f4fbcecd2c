"""Wakers: how a waiting reader is woken, alone or together with a thousand others.

A writer that has to wake a thousand readers wakes one. That one, being awake anyway, wakes
two more before it goes about its own business, and so on. A waker that nobody waits for any
more passes its share on to whoever calls it, so the chain never ends early.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Hashable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import asyncio


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
        self._errand: tuple[Mapping[Any, Waker] | Sequence[ThreadWaker], int] | None = None

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
        if not self._ring((crowd, 0)):
            _pass_on(list(crowd.values()), 0)  # type: ignore[arg-type]

    def _ring(self, errand: tuple[Mapping[Any, Waker] | Sequence[ThreadWaker], int] | None) -> bool:
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
            crowd, place = errand
            # The writer must not pay for turning the crowd into a list; its first member does.
            members = list(crowd.values()) if isinstance(crowd, Mapping) else crowd
            _pass_on(members, place)  # type: ignore[arg-type]


def _pass_on(members: Sequence[ThreadWaker], place: int) -> None:
    """Wake the two members below *place* of a binary heap, or those below them if retired."""
    due = [2 * place + 1, 2 * place + 2]
    while due:
        at = due.pop()
        if at < len(members) and not members[at]._ring((members, at)):
            due += (2 * at + 1, 2 * at + 2)


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
