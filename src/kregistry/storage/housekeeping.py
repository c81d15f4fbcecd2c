"""Housekeeper: the one thread of a backend, for what is due later. Starts when needed.

Expiry of keys and compaction on an interval happen here. A store that needs neither never
has a thread.
"""

from __future__ import annotations

import os
import threading
import weakref
from abc import ABC, abstractmethod
from collections.abc import Callable

from kregistry.meta.clock import Clock


class Chores(ABC):
    """What a housekeeper does."""

    @abstractmethod
    def do_chores(self) -> float | None:
        """Do what is due.

        Returns:
            Seconds until something will be due, None if nothing will.
        """


class Housekeeper:
    """Calls :meth:`Chores.do_chores` whenever something is due.

    Holds its owner weakly: a store that nobody closes or uses any more goes away, and the
    thread with it. An error of a chore is logged, and the chore is tried again later.

    Args:
        owner: Has the chores.
        clock: If it has a ``subscribe`` method, as clocks for tests do, its moves are
            noticed; otherwise time is taken to pass as usual.
        name: Of the thread.
        retry: Seconds after which to try again when a chore failed.
    """

    def __init__(
        self, owner: Chores, *, clock: Clock, name: str = "kregistry", retry: float = 1.0
    ) -> None:
        self._owner = weakref.ref(owner, lambda _: self.close())
        self._clock = clock
        self._name = name
        self._retry = retry
        # Reentrant: the collector may drop the owner, and so close this, in the thread itself.
        self._changed = threading.Condition(threading.RLock())
        self._thread: threading.Thread | None = None
        self._pid = 0
        self._looks = 0
        self._closed = False

    @property
    def running(self) -> bool:
        """Whether there is a thread."""
        return self._thread is not None and self._thread.is_alive()

    def nudge(self) -> None:
        """Something may be due sooner than thought, or at all: look again."""
        with self._changed:
            if self._closed:
                return
            self._looks += 1
            self._changed.notify()
            if self._thread is None or self._pid != os.getpid():
                self._start()

    def close(self) -> None:
        """End the thread, without waiting for it. Idempotent."""
        with self._changed:
            self._closed = True
            self._changed.notify()

    def join(self, timeout: float) -> None:
        """Wait for the thread to end; does nothing in the thread itself."""
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(timeout)

    def _start(self) -> None:
        thread = threading.Thread(target=self._run, name=self._name, daemon=True)
        try:
            thread.start()
        except RuntimeError:  # no thread to be had: what called is done, and the next one tries
            _log_failure(self._name)
            return
        self._pid, self._thread = os.getpid(), thread

    def _run(self) -> None:
        forget = self._subscribe()
        try:
            while not self._closed:
                looks = self._looks
                delay = self._work()
                with self._changed:
                    if not self._closed and self._looks == looks:
                        self._changed.wait(delay)
        finally:
            forget()

    def _work(self) -> float | None:
        owner = self._owner()
        if owner is None:
            self._closed = True
            return 0.0
        try:
            delay = owner.do_chores()
        except Exception:
            if not self._closed:
                _log_failure(self._name)
            return self._retry
        return None if delay is None else min(max(delay, 0.001), threading.TIMEOUT_MAX)

    def _subscribe(self) -> Callable[[], None]:
        subscribe = getattr(self._clock, "subscribe", None)
        if subscribe is None:
            return lambda: None
        forget: Callable[[], None] = subscribe(self.nudge)
        return forget


def _log_failure(name: str) -> None:
    import logging

    logging.getLogger(__name__).warning("a chore of %s failed", name, exc_info=True)
