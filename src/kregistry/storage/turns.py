"""Turns: courtesy between writers of one key that get in each other's way.

Several writers that change one object again and again would spend most of their time on
attempts that fail, and the slowest of them might never succeed. So the first that has lost
opens a line for the key; who comes while there is one stands at its end, and they go one
after the other. Who is done tells the next what is stored now, which saves that one the
reading.

Nothing depends on it: it is no lock. Writers check what they write against, whoever has had
the turn for too long loses it to the next, and a callback may do what it likes meanwhile, such
as wait for another writer of the same object. Whoever lost the turn that way, and then the
race as well, gets twice as long the next time, so that a slow one has its way in the end.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from time import monotonic
from typing import Any, Final

#: Seconds that a writer may have the turn, if others wait.
PATIENCE: Final = 0.05


class Turn:
    """One writer's place in the line of a key; used by one thread.

    Attributes:
        told: What the one before said is stored, or None. It was true once.
        lost: Others go on, because this writer took too long.
    """

    __slots__ = ("_gate", "_line", "_patience", "_thread", "_turns", "lost", "told")

    def __init__(self, turns: Turns, patience: float) -> None:
        self.told: Any = None
        self.lost = False
        self._turns = turns
        self._patience = patience
        self._thread = threading.get_ident()
        self._line: _Line | None = None
        self._gate = threading.Lock()

    @property
    def wanted(self) -> bool:
        """Whether somebody waits for this turn to end."""
        line = self._line
        return line is not None and line.head is self and bool(line.waiting)

    def end(self, told: Any = None) -> None:
        """Let the next one go. Does nothing the second time, or if the turn was lost.

        Args:
            told: What is stored now, if this writer knows; the next one's own from now on.
        """
        with self._turns._lock:
            line, self._line = self._line, None
            if line is None:
                return
            if line.head is self:
                self._turns._pass_on(line, told)
            elif self in line.waiting:
                line.waiting.remove(self)


class _Line:
    """Who writes a key, since when, and who waits. Changed under the lock of its Turns."""

    __slots__ = ("head", "key", "since", "waiting")

    def __init__(self, key: str, head: Turn) -> None:
        self.key = key
        self.head = head
        self.since = monotonic()
        self.waiting: deque[Turn] = deque()


class Turns:
    """Lets writers of one key go one after the other. Safe to share between threads."""

    def __init__(self) -> None:
        # Reentrant: the collector may run a finalizer that writes while a thread is in here.
        self._lock = threading.RLock()
        self._lines: dict[str, _Line] = {}

    def busy(self, key: str) -> bool:
        """Whether there is a line for the key. Costs one look-up, for those who meet nobody."""
        return key in self._lines

    def take(
        self, key: str, *, patience: float = PATIENCE, cancelled: Callable[[], bool] = bool
    ) -> Turn:
        """Line up, and wait for a turn.

        A thread whose own turn it is, as in a callback that updates the object once more, does
        not wait for itself: it goes in between.

        Args:
            key: Full key.
            patience: Seconds that this writer may take, if others wait.
            cancelled: Asked now and then whether there is still a reason to wait.

        Returns:
            The turn, to be ended in any case; without a place in the line if it was cancelled.
        """
        turn = Turn(self, patience)
        try:
            if self._line_up(key, turn):
                self._wait(turn, cancelled)
        except BaseException:
            turn.end()
            raise
        return turn

    def _line_up(self, key: str, turn: Turn) -> bool:
        """Take a place; whether one has to wait for it."""
        with self._lock:
            line = self._lines.get(key)
            if line is None:
                turn._line = self._lines[key] = _Line(key, turn)
                return False
            if line.head._thread == turn._thread:
                return False
            turn._gate.acquire()
            turn._line = line
            line.waiting.append(turn)
            return True

    def _wait(self, turn: Turn, cancelled: Callable[[], bool]) -> None:
        line = turn._line
        assert line is not None
        while not turn._gate.acquire(timeout=max(self._left(line), 0.001)):
            if cancelled():
                turn.end()
                return
            self._move_on(line)

    def _left(self, line: _Line) -> float:
        """Seconds until whoever has the turn loses it; short enough to notice a cancellation."""
        return min(line.since + line.head._patience - monotonic(), PATIENCE)

    def _move_on(self, line: _Line) -> None:
        """Take the turn from one who has had it for too long."""
        with self._lock:
            if line.waiting and line.since + line.head._patience <= monotonic():
                line.head.lost = True
                line.head._line = None
                self._pass_on(line, None)

    def _pass_on(self, line: _Line, told: Any) -> None:
        """Let the next one go, or end the line. Runs under the lock."""
        if not line.waiting:
            del self._lines[line.key]
            return
        line.head = following = line.waiting.popleft()
        line.since = monotonic()
        following.told = told
        following._gate.release()
