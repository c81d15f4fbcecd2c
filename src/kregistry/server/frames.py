"""Frames of a watch: one line of JSON for each event.

Source: ``k8s.io/apiserver/pkg/endpoints/handlers/watch.go`` watchServer.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from kregistry.meta.errors import InternalError
from kregistry.server.response import Frames
from kregistry.storage.lens import error_event
from kregistry.storage.watch import Event, Watch

if TYPE_CHECKING:
    from asyncio import TimerHandle

#: The last bookmark comes so many seconds before the end, so that nothing need be read twice.
_BEFORE_END: Final = 2.0

_LOG: Final = logging.getLogger("kregistry.server")


class WatchFrames(Frames):
    """The events of a watch as bytes, until its time is over.

    Waiting costs no thread: the watch itself is an iterator for both worlds.

    Args:
        watch: Where the events come from; stopped with the frames.
        encode: Makes a line of an event.
        seconds: After so long the frames end, as if nothing had happened.
        bookmark_seconds: Ask for a bookmark so often; None for never.
    """

    def __init__(
        self,
        watch: Watch[Any],
        encode: Callable[[Event[Any]], bytes],
        *,
        seconds: float,
        bookmark_seconds: float | None = None,
    ) -> None:
        self._watch = watch
        self._encode = encode
        self._end = time.monotonic() + seconds
        self._every = bookmark_seconds
        self._bookmark_at = self._next_bookmark()
        self._alarm: TimerHandle | None = None

    def __next__(self) -> bytes:
        while (left := self._wait()) is not None:
            try:
                event = self._watch.next(timeout=left)
            except TimeoutError:
                self._ask()
                continue
            if event is None:
                break
            return self._line(event)
        self.close()
        raise StopIteration

    async def __anext__(self) -> bytes:
        if self._alarm is None:
            self._set_alarm()
        try:
            if time.monotonic() < self._end:
                return self._line(await self._watch.__anext__())
        except StopAsyncIteration:
            pass
        self.close()
        raise StopAsyncIteration

    def close(self) -> None:
        self._watch.stop()
        if self._alarm is not None:
            self._alarm.cancel()

    def _set_alarm(self) -> None:
        """Do on the loop what is due, now and whenever something will be.

        One timer for the whole watch: to wait for each event with a time-out takes 15 us more.
        """
        import asyncio

        self._ask()
        if (left := self._wait()) is None:
            self._watch.stop()
        else:
            self._alarm = asyncio.get_running_loop().call_later(left, self._set_alarm)

    def _line(self, event: Event[Any]) -> bytes:
        """The event; if it cannot be told, an ERROR that says so, and then the end."""
        try:
            return self._encode(event)
        except Exception:
            _LOG.exception("a %s event cannot be told", event.type)
            self._end = -math.inf
            return self._encode(error_event(InternalError("unable to encode watch object")))

    def _wait(self) -> float | None:
        """Seconds until something is due; None when the time is over."""
        now = time.monotonic()
        if now >= self._end:
            return None
        due = self._end if self._bookmark_at is None else min(self._end, self._bookmark_at)
        return max(0.0, due - now)

    def _ask(self) -> None:
        """Ask for a bookmark if one is due; it comes as an event once all is read."""
        if self._bookmark_at is not None and time.monotonic() >= self._bookmark_at:
            self._watch.request_progress()
            self._bookmark_at = self._next_bookmark()

    def _next_bookmark(self) -> float | None:
        """Source: ``cacheWatcher.nextBookmarkTime``."""
        if self._every is None:
            return None
        now = time.monotonic()
        last = self._end - _BEFORE_END
        return min(now + self._every, last) if last > now else None
