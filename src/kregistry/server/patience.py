"""Patience: one limit for many short waits of a task, for the price of one timer."""

from __future__ import annotations

import asyncio
from types import TracebackType


class Patience:
    """Ends a wait of its task that takes too long.

    ::

        with patience:
            await send(piece)

    For waits that nearly always are none, and that come by the thousand: ``asyncio.timeout``
    sets a timer for each and takes it back, which is 8 us, and this only notes the time, 0.5 us.
    One timer looks after it. On one loop, for one task; to be closed.

    Args:
        seconds: How long a wait may take.
    """

    __slots__ = ("_alarm", "_loop", "_seconds", "_since", "_task", "_tired")

    def __init__(self, seconds: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._task = asyncio.current_task()
        self._seconds = seconds
        self._since: float | None = None
        self._tired = False
        self._alarm = self._loop.call_later(seconds, self._look)

    def close(self) -> None:
        """Forget about it."""
        self._alarm.cancel()

    def _look(self) -> None:
        """Interrupt the wait if it began too long ago, or look again when it may have."""
        now = self._loop.time()
        since = now if self._since is None else self._since
        if now - since >= self._seconds and self._task is not None:
            self._tired = True
            self._task.cancel()
        else:
            self._alarm = self._loop.call_at(since + self._seconds, self._look)

    def __enter__(self) -> None:
        self._since = self._loop.time()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Raises TimeoutError in place of the interruption."""
        self._since = None
        if self._tired and self._task is not None:
            self._tired = False
            others = self._task.uncancel()
            if others == 0 and isinstance(error, asyncio.CancelledError):
                raise TimeoutError from error
