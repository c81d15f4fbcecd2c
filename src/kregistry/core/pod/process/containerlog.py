"""ContainerLog: the last lines that a container wrote, and readers that follow it."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from datetime import datetime
from typing import Final

import attrs

from kregistry.core.pod.process.lent import Lent
from kregistry.core.pod.streams import ByteStream, Channel
from kregistry.meta.clock import Clock

#: Longer lines are cut into parts, as container runtimes do.
MAX_LINE: Final = 16 * 1024
_CHUNK: Final = 65536

#: What a line takes besides its data: a container may write empty lines only.
_LINE: Final = 128


@attrs.frozen
class LogLine:
    """One line, or a part of a long one.

    Attributes:
        time: When it was complete.
        data: With the newline that ends it, if one does.
    """

    time: datetime
    data: bytes

    def stamped(self) -> bytes:
        """The line with its time in front, to the nanosecond as kubelets write it."""
        moment = self.time.strftime("%Y-%m-%dT%H:%M:%S.%f")
        return f"{moment}000Z ".encode() + self.data


class LogEnded(ValueError):
    """Somebody writes into a log that was ended."""


class ContainerLog:
    """A log that forgets its oldest lines. Safe to share between threads.

    Args:
        clock: Says when a line came.
        limit: Bytes of memory that the lines may take, more or less.
    """

    def __init__(self, clock: Clock, limit: int) -> None:
        self._clock = clock
        self._limit = limit
        self._condition = threading.Condition()
        self._lines: deque[LogLine] = deque()
        self._first = 0
        self._kept = 0
        self._partial: dict[Channel, bytes] = {}
        self._ended = False

    def append(self, data: bytes, channel: Channel = Channel.STDOUT) -> None:
        """The container wrote *data*, which may be any part of any number of lines.

        Raises:
            LogEnded: Nothing can be written any more.
        """
        with self._condition:
            if self._ended:
                raise LogEnded("the log has ended")
            now = self._clock.now()
            *lines, rest = (self._partial.pop(channel, b"") + data).split(b"\n")
            for line in lines:
                *parts, last = _parts(line)
                for part in parts:
                    self._add(now, part)
                self._add(now, last + b"\n")
            *parts, rest = _parts(rest)
            for part in parts:
                self._add(now, part)
            if rest:
                self._partial[channel] = rest
            self._condition.notify_all()

    def end(self) -> None:
        """Nothing will be written any more. A second call does nothing."""
        with self._condition:
            for rest in self._partial.values():
                self._add(self._clock.now(), rest)
            self._partial.clear()
            self._ended = True
            self._condition.notify_all()

    @property
    def ended(self) -> bool:
        """Whether :meth:`end` was called."""
        return self._ended

    def start(self, tail: int | None) -> tuple[int, int]:
        """The number of the line to start with, and the one after the last."""
        with self._condition:
            end = self._first + len(self._lines)
            return (self._first if tail is None else max(self._first, end - tail)), end

    def take(self, start: int, end: int | None) -> tuple[int, list[LogLine]]:
        """Some lines from *start* on; and the number to go on with. Does not wait."""
        with self._condition:
            start = max(start, self._first)
            last = self._first + len(self._lines)
            taken: list[LogLine] = []
            size = 0
            while start < (last if end is None else min(end, last)) and size < _CHUNK:
                line = self._lines[start - self._first]
                taken.append(line)
                size += len(line.data)
                start += 1
            return start, taken

    def wait(self, start: int, stop: Callable[[], bool], timeout: float | None) -> bool:
        """Wait for line *start*, the end or *stop*; False if *timeout* seconds went by."""
        with self._condition:
            return self._condition.wait_for(
                lambda: self._ended or stop() or start < self._first + len(self._lines), timeout
            )

    def wake(self) -> None:
        """Make readers look whether they are to stop."""
        with self._condition:
            self._condition.notify_all()

    def _add(self, now: datetime, line: bytes) -> None:
        """The caller holds the lock."""
        self._lines.append(LogLine(now, line))
        self._kept += len(line) + _LINE
        while self._kept > self._limit and len(self._lines) > 1:
            self._kept -= len(self._lines.popleft().data) + _LINE
            self._first += 1


def _parts(line: bytes) -> list[bytes]:
    """*line* in parts, of which only the first may be empty."""
    return [line[start : start + MAX_LINE] for start in range(0, len(line) or 1, MAX_LINE)]


class LogReader(Lent, ByteStream):
    """Reads a log from some line on.

    Args:
        log: Which.
        follow: Wait for lines that are not there yet, until the log ends.
        tail: At most so many lines that are there already.
        since: Only lines from then on.
        timestamps: Put the time in front of each line.
        limit: At most so many bytes.
    """

    def __init__(
        self,
        log: ContainerLog,
        *,
        follow: bool = False,
        tail: int | None = None,
        since: datetime | None = None,
        timestamps: bool = False,
        limit: int | None = None,
    ) -> None:
        super().__init__()
        self._log = log
        self._next, end = log.start(tail)
        self._end = None if follow else end
        self._since = since
        self._timestamps = timestamps
        self._left = limit
        self._closed = False

    def read(self, timeout: float | None = None) -> bytes:
        deadline = None if timeout is None else time.monotonic() + timeout
        while not self._closed and self._left != 0:
            self._next, lines = self._log.take(self._next, self._end)
            if data := self._formatted(lines):
                return data
            if lines:
                continue
            if self._end is not None or self._is_over():
                break
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            if not self._log.wait(self._next, lambda: self._closed, left):
                raise TimeoutError("nothing was logged in time")
        return b""

    def close(self) -> None:
        self._closed = True
        self._log.wake()
        self._returned()

    def _is_over(self) -> bool:
        """Whether the log ended, and every line of it was read."""
        return self._log.ended and self._next >= self._log.start(0)[1]

    def _formatted(self, lines: list[LogLine]) -> bytes:
        data = b"".join(
            line.stamped() if self._timestamps else line.data
            for line in lines
            if self._since is None or line.time >= self._since
        )
        if self._left is not None:
            data = data[: self._left]
            self._left -= len(data)
        return data
