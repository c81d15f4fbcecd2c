"""Streams: the watches that are open, and how they come to an end before their time."""

from __future__ import annotations

import json
import threading
import weakref
from enum import Enum
from typing import Final

from kregistry.server import Frames


class BrokenStream(ConnectionError):
    """The connection breaks in the middle of an answer."""


class Ending(Enum):
    """How a stream ends before its time."""

    #: Properly, as a server does from time to time.
    END = "end"
    #: In the middle, as when the network fails.
    BREAK = "break"

    @property
    def told(self) -> str:
        """For a sentence."""
        return {Ending.END: "ends", Ending.BREAK: "breaks"}[self]

    def cut(self, frames: Frames, after: int) -> Frames:
        """The first *after* of these frames."""
        return _CutFrames(frames, self, after)


class _CutFrames(Frames):
    def __init__(self, frames: Frames, ending: Ending, after: int) -> None:
        self._frames = frames
        self._ending = ending
        self._left = after

    def __next__(self) -> bytes:
        self._count(StopIteration)
        return next(self._frames)

    async def __anext__(self) -> bytes:
        self._count(StopAsyncIteration)
        return await self._frames.__anext__()

    def close(self) -> None:
        self._frames.close()

    def _count(self, stop: type[Exception]) -> None:
        if self._left > 0:
            self._left -= 1
            return
        self.close()
        raise stop if self._ending is Ending.END else BrokenStream("injected by a test")


_EXPIRED: Final = {
    "kind": "Status",
    "apiVersion": "v1",
    "metadata": {},
    "status": "Failure",
    "message": "The resourceVersion for the provided watch is too old.",
    "reason": "Expired",
    "code": 410,
}

#: The event that tells a watch that it has to begin anew.
EXPIRED_EVENT: Final = json.dumps({"type": "ERROR", "object": _EXPIRED}).encode() + b"\n"


class OpenStream(Frames):
    """The frames of one answer, which may be told to end.

    Args:
        frames: What the answer is made of.
        expirable: Whether they are the events of a watch.
    """

    def __init__(self, frames: Frames, *, expirable: bool) -> None:
        self._frames = frames
        self._last: bytes | None = None
        self._over = False
        self.expirable = expirable

    def __next__(self) -> bytes:
        try:
            return next(self._frames)
        except StopIteration:
            if (last := self._take_last()) is None:
                raise
            return last

    async def __anext__(self) -> bytes:
        try:
            return await self._frames.__anext__()
        except StopAsyncIteration:
            if (last := self._take_last()) is None:
                raise
            return last

    def close(self) -> None:
        self._over = True
        self._frames.close()

    def expire(self) -> bool:
        """End with a 410 after what has happened so far; whether there was anything to end."""
        if self._over or not self.expirable:
            return False
        self._over = True
        self._last = EXPIRED_EVENT
        self._frames.close()
        return True

    def _take_last(self) -> bytes | None:
        self._over = True
        last, self._last = self._last, None
        return last


class OpenStreams:
    """The streams of one server that are being read. Safe to share between threads.

    Attributes:
        closed: Set once they are closed for good.
    """

    def __init__(self) -> None:
        self.closed = threading.Event()
        self._lock = threading.Lock()
        self._streams: weakref.WeakSet[OpenStream] = weakref.WeakSet()

    def add(self, stream: OpenStream) -> None:
        """One more; it is closed at once if all are."""
        with self._lock:
            self._streams.add(stream)
        if self.closed.is_set():
            stream.close()

    def expire(self) -> int:
        """Let every open watch end with a 410.

        Returns:
            How many there were.
        """
        return sum(stream.expire() for stream in self._all())

    def close(self) -> None:
        """Close all of them, and every later one."""
        self.closed.set()
        for stream in self._all():
            stream.close()

    def _all(self) -> list[OpenStream]:
        with self._lock:
            return list(self._streams)
