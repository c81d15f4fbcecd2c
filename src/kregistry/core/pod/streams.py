"""Streams to and from containers: bytes one way, bytes both ways, and sessions of a process.

Source: ``k8s.io/apimachinery/pkg/util/remotecommand`` and ``k8s.io/streaming``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from enum import IntEnum
from types import TracebackType
from typing import Final, Self

import attrs

from kregistry.meta.status import Status, StatusCause, StatusDetails

#: Reason and cause of the Status that tells how a command failed.
NON_ZERO_EXIT_CODE: Final = "NonZeroExitCode"
EXIT_CODE: Final = "ExitCode"


class Closing(ABC):
    """Something that is closed after use, at the end of a ``with`` or by hand."""

    @abstractmethod
    def close(self) -> None:
        """Let go of everything at once. A second call does nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class ByteStream(Closing):
    """Bytes that come one after another, such as a log. One thread reads, any may close."""

    @abstractmethod
    def read(self, timeout: float | None = None) -> bytes:
        """The bytes that came since the last call; b"" once the stream is over or closed.

        Args:
            timeout: Seconds to wait for something to come; None to wait until the end.

        Raises:
            TimeoutError: Nothing came in time.
        """

    def __iter__(self) -> Iterator[bytes]:
        while chunk := self.read():
            yield chunk

    def read_all(self, timeout: float | None = None) -> bytes:
        """Everything up to the end, waiting at most *timeout* seconds for each next part."""
        parts = []
        while chunk := self.read(timeout):
            parts.append(chunk)
        return b"".join(parts)


class FixedBytes(ByteStream):
    """A stream of bytes that are all there already; without any it is over at once."""

    def __init__(self, data: bytes = b"") -> None:
        self._left = data

    def read(self, timeout: float | None = None) -> bytes:
        data, self._left = self._left, b""
        return data

    def close(self) -> None:
        self._left = b""


class DuplexStream(ByteStream):
    """Bytes both ways, such as a connection to a port."""

    @abstractmethod
    def write(self, data: bytes, timeout: float | None = None) -> None:
        """Send all of *data*.

        Raises:
            TimeoutError: The other side did not take it in time; some of it may be sent.
            BrokenPipeError: The other side takes nothing any more.
        """

    @abstractmethod
    def close_write(self) -> None:
        """Tell the other side that nothing more comes; it may still send."""


class Channel(IntEnum):
    """What a message of a session belongs to; the number is the first byte on the wire.

    Source: ``remotecommand`` protocol v5.channel.k8s.io.
    """

    STDIN = 0
    STDOUT = 1
    STDERR = 2
    ERROR = 3
    RESIZE = 4


@attrs.frozen
class Frame:
    """Something that a process wrote.

    Attributes:
        channel: STDOUT or STDERR.
        data: The bytes, never none.
    """

    channel: Channel
    data: bytes


@attrs.frozen
class ExitStatus:
    """How a command ended.

    Attributes:
        code: Its exit code; 128 and the number of the signal if one ended it. None if it
            could not be run to its end, which *message* explains.
        message: Why there is no exit code.
    """

    code: int | None
    message: str = ""

    def to_status(self) -> Status:
        """What is sent over the ERROR channel."""
        if self.code == 0:
            return Status(status="Success")
        if self.code is None:
            return Status(
                status="Failure",
                reason="InternalError",
                code=500,
                message=f"Internal error occurred: {self.message}",
                details=StatusDetails(causes=[StatusCause(message=self.message)]),
            )
        cause = StatusCause(reason=EXIT_CODE, message=str(self.code))
        return Status(
            status="Failure",
            reason=NON_ZERO_EXIT_CODE,
            message=f"command terminated with non-zero exit code: exit status {self.code}",
            details=StatusDetails(causes=[cause]),
        )


class StreamSession(Closing):
    """A running process, seen through its standard streams.

    One thread may write while another reads; any thread may close. Closing ends a command
    that ``exec`` started; it leaves alone a container that ``attach`` connected to.
    """

    @abstractmethod
    def write(self, data: bytes, timeout: float | None = None) -> None:
        """Send *data* to standard input; it may wait until the process takes it.

        Raises:
            TimeoutError: There was no room for it in time; some of it may be sent.
            BrokenPipeError: There is no standard input, or nobody reads it any more.
        """

    @abstractmethod
    def close_stdin(self) -> None:
        """Let the process meet the end of its input, after what was written."""

    @abstractmethod
    def resize(self, width: int, height: int) -> None:
        """Tell the size of the terminal in characters; without a terminal nothing happens.

        Raises:
            ValueError: No terminal is so small or large.
        """

    @abstractmethod
    def read(self, timeout: float | None = None) -> Frame | None:
        """What the process wrote next; None once it ended and everything was read.

        Raises:
            TimeoutError: It wrote nothing in time.
        """

    @abstractmethod
    def wait(self, timeout: float | None = None) -> ExitStatus:
        """How the process ended. Output that nobody read is kept up to a limit.

        A process that wants to write more than that waits for a reader, so read first.

        Raises:
            TimeoutError: It has not ended in time.
        """

    def __iter__(self) -> Iterator[Frame]:
        while (frame := self.read()) is not None:
            yield frame

    def output(self, timeout: float | None = None) -> tuple[bytes, bytes]:
        """All of standard output and error up to the end, waiting *timeout* for each part."""
        parts: dict[Channel, list[bytes]] = {Channel.STDOUT: [], Channel.STDERR: []}
        while (frame := self.read(timeout)) is not None:
            parts[frame.channel].append(frame.data)
        return b"".join(parts[Channel.STDOUT]), b"".join(parts[Channel.STDERR])
