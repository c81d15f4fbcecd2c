"""Failpoints: named places in the code where a test may make something happen.

A component holds ``Failpoints | None`` and asks only when there is one, so that a program
without tests pays one comparison::

    if self._failpoints is not None:
        self._failpoints.hit("sqlite.before_commit")

Source: the idea of ``go.etcd.io/gofail``.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Failpoints:
    """Actions armed under names; safe to share between threads.

    An action runs in the thread that reaches the point, without any lock of this class held.
    It may block, to hold the thread still, or raise, to make the place fail.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._actions: dict[str, Callable[[], None]] = {}
        self._hits: dict[str, int] = {}

    def arm(self, name: str, action: Callable[[], None]) -> None:
        """Run *action* each time *name* is reached, in place of an earlier action."""
        if not callable(action):
            raise TypeError(f"the action of failpoint {name!r} cannot be called")
        with self._lock:
            self._actions[name] = action

    def arm_error(self, name: str, error: BaseException, *, times: int = 1) -> None:
        """Raise *error* the next *times* times that *name* is reached."""
        left = times

        def fail() -> None:
            nonlocal left
            with self._lock:
                spent, left = left <= 0, left - 1
            if not spent:
                raise error

        self.arm(name, fail)

    def disarm(self, name: str) -> None:
        """Let *name* pass again. Unknown names are let pass anyway."""
        with self._lock:
            self._actions.pop(name, None)

    @contextmanager
    def armed(self, name: str, action: Callable[[], None]) -> Iterator[None]:
        """:meth:`arm` for the length of a block."""
        self.arm(name, action)
        try:
            yield
        finally:
            self.disarm(name)

    def hit(self, name: str) -> None:
        """Say that *name* is reached; what its action raises comes out here."""
        with self._lock:
            self._hits[name] = self._hits.get(name, 0) + 1
            action = self._actions.get(name)
        if action is not None:
            action()

    def hits(self, name: str) -> int:
        """How often *name* was reached, armed or not."""
        with self._lock:
            return self._hits.get(name, 0)
