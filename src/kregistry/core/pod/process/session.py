"""Sessions of processes: output is kept for a reader, input for the process, both bounded."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Final

from kregistry.core.pod.process.child import Child, Receiver
from kregistry.core.pod.process.programs import Reply
from kregistry.core.pod.streams import Channel, ExitStatus, Frame, StreamSession
from kregistry.meta.context import Context

_MAX_TERMINAL: Final = 0xFFFF
_PART: Final = 65536
_CLOSED: Final = ExitStatus(None, "the session was closed")


class Mailbox(StreamSession, Receiver):
    """The half of a session that keeps what the process wrote until somebody reads it.

    Args:
        ctx: Closes the session when it is cancelled.
        limit: Bytes of output that are kept, more or less.
        released: Called once when the session is closed.
    """

    def __init__(self, ctx: Context, limit: int, released: Callable[[], None]) -> None:
        self._condition = threading.Condition()
        self._frames: deque[Frame] = deque()
        self._kept = 0
        self._limit = limit
        self._status: ExitStatus | None = None
        self._closed = False
        self._released = released
        self._forget_ctx: Callable[[], None] = lambda: None
        self._cancellation = ctx.cancellation

    def follow_ctx(self) -> None:
        """From now on the session ends with its request."""
        if self._cancellation is not None:
            self._forget_ctx = self._cancellation.on_cancel(self.close)

    def read(self, timeout: float | None = None) -> Frame | None:
        with self._condition:
            if not self._condition.wait_for(self._readable, timeout):
                raise TimeoutError("the process wrote nothing in time")
            if not self._frames:
                return None
            frame = self._frames.popleft()
            full = self._kept >= self._limit
            self._kept -= len(frame.data)
            roomy = full and self._kept < self._limit and self._status is None
        if roomy:
            self._read_on()
        return frame

    def wait(self, timeout: float | None = None) -> ExitStatus:
        with self._condition:
            if not self._condition.wait_for(lambda: self._status is not None, timeout):
                raise TimeoutError("the process has not ended in time")
            return self._status if self._status is not None else _CLOSED

    def close(self) -> None:
        with self._condition:
            if self._closed:
                return
            self._closed = True
            self._frames.clear()
            self._kept = 0
            ended = self._status is not None
            self._status = self._status or _CLOSED
            self._condition.notify_all()
        self._forget_ctx()
        self._let_go(ended=ended)
        self._released()

    def wrote(self, channel: Channel, data: bytes) -> bool:
        with self._condition:
            if self._closed:
                return True
            self._frames.append(Frame(channel, data))
            self._kept += len(data)
            self._condition.notify_all()
            return self._kept < self._limit

    def took(self, count: int) -> None:
        """There is no input here."""

    def ended(self, status: ExitStatus) -> None:
        with self._condition:
            self._status = self._status or status
            self._condition.notify_all()

    def _readable(self) -> bool:
        return bool(self._frames) or self._status is not None

    def _read_on(self) -> None:
        """There is room for output again."""

    def _let_go(self, *, ended: bool) -> None:
        """The session is closed."""


class ProcessSession(Mailbox):
    """A command that runs as a process of its own."""

    def __init__(self, ctx: Context, limit: int, released: Callable[[], None]) -> None:
        super().__init__(ctx, limit, released)
        self._child: Child | None = None
        self._submit: Callable[[Callable[[], None]], None] = lambda call: None
        self._unsent = 0
        self._input_open = False

    def begin(
        self, child: Child, submit: Callable[[Callable[[], None]], None], *, stdin: bool
    ) -> None:
        """Connect to *child*, which has been started; *submit* reaches its thread."""
        self._child = child
        self._submit = submit
        self._input_open = stdin
        self.follow_ctx()

    def write(self, data: bytes, timeout: float | None = None) -> None:
        deadline = None if timeout is None else time.monotonic() + timeout
        for start in range(0, len(data), _PART):
            self._write_part(bytes(data[start : start + _PART]), deadline)

    def close_stdin(self) -> None:
        with self._condition:
            was_open, self._input_open = self._input_open, False
        if was_open and self._child is not None:
            self._submit(self._child.close_stdin)

    def resize(self, width: int, height: int) -> None:
        child = self._child
        check_size(width, height)
        if child is not None:
            self._submit(lambda: child.resize(width, height))

    def took(self, count: int) -> None:
        with self._condition:
            self._unsent -= count
            self._condition.notify_all()

    def _write_part(self, part: bytes, deadline: float | None) -> None:
        child = self._child
        with self._condition:
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            if not self._condition.wait_for(self._writable, left):
                raise TimeoutError("the process did not take its input in time")
            if child is None or not self._input_open or self._status is not None:
                raise BrokenPipeError("nobody reads the input")
            self._unsent += len(part)
        self._submit(lambda: child.write(part))

    def _writable(self) -> bool:
        return self._unsent < self._limit or self._status is not None or not self._input_open

    def _read_on(self) -> None:
        if self._child is not None:
            self._submit(self._child.resume)

    def _let_go(self, *, ended: bool) -> None:
        if self._child is not None and not ended:
            self._submit(self._child.kill)


class ReplySession(Mailbox):
    """A command that only seems to have run."""

    def __init__(
        self, ctx: Context, reply: Reply, channels: frozenset[Channel], released: Callable[[], None]
    ) -> None:
        super().__init__(ctx, 1, released)
        for channel, data in ((Channel.STDOUT, reply.stdout), (Channel.STDERR, reply.stderr)):
            if data and channel in channels:
                self.wrote(channel, data)
        self.ended(ExitStatus(reply.code))

    def write(self, data: bytes, timeout: float | None = None) -> None:
        raise BrokenPipeError("nobody reads the input")

    def close_stdin(self) -> None:
        """There is no input."""

    def resize(self, width: int, height: int) -> None:
        check_size(width, height)


def check_size(width: int, height: int) -> None:
    """Raise ValueError unless a terminal can have that size."""
    for value in (width, height):
        if not isinstance(value, int) or not 1 <= value <= _MAX_TERMINAL:
            raise ValueError(f"no terminal has a side of {value!r} characters")
