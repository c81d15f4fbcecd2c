"""Sessions of processes: what the process writes is kept for a reader, within bounds."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Final

from kregistry.core.pod.process.child import Child, Receiver
from kregistry.core.pod.process.input import Input, check_size
from kregistry.core.pod.process.lent import Lent
from kregistry.core.pod.process.programs import Reply
from kregistry.core.pod.streams import Channel, ExitStatus, Frame, StreamSession

_CLOSED: Final = ExitStatus(None, "the session was closed")

#: What a frame takes besides its data: a process may write single bytes.
_FRAME: Final = 128


class Mailbox(Lent, StreamSession, Receiver):
    """The half of a session that keeps what the process wrote until somebody reads it.

    Args:
        limit: Bytes of memory that the output may take, more or less.
    """

    def __init__(self, limit: int) -> None:
        super().__init__()
        self._condition = threading.Condition()
        self._frames: deque[Frame] = deque()
        self._kept = 0
        self._limit = limit
        self._status: ExitStatus | None = None
        self._closed = False

    def read(self, timeout: float | None = None) -> Frame | None:
        with self._condition:
            if not self._condition.wait_for(self._readable, timeout):
                raise TimeoutError("the process wrote nothing in time")
            if not self._frames:
                return None
            frame = self._frames.popleft()
            full = self._kept >= self._limit
            self._kept -= len(frame.data) + _FRAME
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
        self._let_go(ended=ended)
        self._returned()

    def wrote(self, channel: Channel, data: bytes) -> bool:
        with self._condition:
            if self._closed:
                return True
            self._frames.append(Frame(channel, data))
            self._kept += len(data) + _FRAME
            self._condition.notify_all()
            return self._kept < self._limit

    def took(self, count: int) -> None:
        """There is no input here."""

    def stopped_reading(self) -> None:
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

    def __init__(self, limit: int) -> None:
        super().__init__(limit)
        self._input = Input(limit)
        self._child: Child | None = None
        self._submit: Callable[[Callable[[], None]], None] = lambda call: None

    def begin(
        self, child: Child, submit: Callable[[Callable[[], None]], None], *, stdin: bool
    ) -> None:
        """Connect to *child*, which has been started; *submit* reaches its thread."""
        self._input.begin(child, submit, stdin=stdin)
        with self._condition:
            self._submit = submit
            self._child = child
            over = self._status is not None
        if over:  # the end came while the process was being started
            self._let_go(ended=False)

    def write(self, data: bytes, timeout: float | None = None) -> None:
        self._input.write(data, timeout)

    def close_stdin(self) -> None:
        self._input.close()

    def resize(self, width: int, height: int) -> None:
        self._input.resize(width, height)

    def took(self, count: int) -> None:
        self._input.took(count)

    def stopped_reading(self) -> None:
        self._input.end()

    def ended(self, status: ExitStatus) -> None:
        self._input.end()
        super().ended(status)

    def _read_on(self) -> None:
        if self._child is not None:
            self._submit(self._child.resume)

    def _let_go(self, *, ended: bool) -> None:
        self._input.end()
        if self._child is not None and not ended:
            self._submit(self._child.kill)


class ReplySession(Mailbox):
    """A command that only seems to have run."""

    def __init__(self, reply: Reply, channels: frozenset[Channel]) -> None:
        super().__init__(1)
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
