"""Input: bytes on their way to a process, of which only so many may wait."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final

from kregistry.core.pod.process.child import Child

_PART: Final = 65536
_MAX_TERMINAL: Final = 0xFFFF


class Input:
    """The way to the standard input and the terminal of a process. Safe to share.

    Args:
        limit: Bytes that may wait for the process, and a part of 64 KiB.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._condition = threading.Condition()
        self._child: Child | None = None
        self._submit: Callable[[Callable[[], None]], None] = lambda call: None
        self._unsent = 0
        self._open = False

    def begin(
        self, child: Child, submit: Callable[[Callable[[], None]], None], *, stdin: bool
    ) -> None:
        """Lead to *child*, whose thread *submit* reaches; *stdin* says whether it reads."""
        self._child = child
        self._submit = submit
        self._open = stdin

    def write(self, data: bytes, timeout: float | None) -> None:
        """Send *data*, waiting *timeout* seconds in all for room.

        Raises:
            TimeoutError: There was no room in time; some of it may be sent.
            BrokenPipeError: Nobody reads the input, or not any more.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        for start in range(0, len(data), _PART):
            self._write_part(bytes(data[start : start + _PART]), deadline)

    def close(self) -> None:
        """Let the process meet the end of its input, after what was written."""
        if self.end() and self._child is not None:
            self._submit(self._child.close_stdin)

    def resize(self, width: int, height: int) -> None:
        """Tell the terminal its size, if there is one."""
        check_size(width, height)
        child = self._child
        if child is not None:
            self._submit(lambda: child.resize(width, height))

    def took(self, count: int) -> None:
        """So many bytes wait no longer."""
        with self._condition:
            self._unsent -= count
            self._condition.notify_all()

    def end(self) -> bool:
        """Refuse all further input; whether any was taken until now."""
        with self._condition:
            was_open, self._open = self._open, False
            self._condition.notify_all()
            return was_open

    def _write_part(self, part: bytes, deadline: float | None) -> None:
        child = self._child
        with self._condition:
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            if not self._condition.wait_for(self._writable, left):
                raise TimeoutError("the process did not take its input in time")
            if child is None or not self._open:
                raise BrokenPipeError("nobody reads the input")
            self._unsent += len(part)
        self._submit(lambda: child.write(part))

    def _writable(self) -> bool:
        return self._unsent < self._limit or not self._open


def check_size(width: int, height: int) -> None:
    """Raise ValueError unless a terminal can have that size."""
    for value in (width, height):
        number = isinstance(value, int) and not isinstance(value, bool)
        if not number or not 1 <= value <= _MAX_TERMINAL:
            raise ValueError(f"no terminal has a side of {value!r} characters")
