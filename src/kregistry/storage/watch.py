"""Watch: events as they happen, for threads and for coroutines.

Source: ``k8s.io/apimachinery/pkg/watch`` Interface, Event.
"""

from __future__ import annotations

import threading
import time
import weakref
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from enum import StrEnum
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

import attrs

from kregistry.meta.context import Cancellation
from kregistry.meta.object import Object
from kregistry.meta.status import Status
from kregistry.storage.wakers import LoopWaker, ThreadWaker

T = TypeVar("T", bound=Object)

#: Events that a stopped watch still delivers if they had happened before.
_AFTER_STOP = 100


class EventType(StrEnum):
    """What an event says. Source: ``watch.EventType``."""

    ADDED = "ADDED"
    MODIFIED = "MODIFIED"
    DELETED = "DELETED"
    BOOKMARK = "BOOKMARK"
    ERROR = "ERROR"


@attrs.frozen
class Event(Generic[T]):
    """One thing that happened.

    Attributes:
        type: What happened.
        object: The new object; for DELETED the last one, with the revision of the deletion;
            for BOOKMARK an empty one that carries a revision. The receiver's own. For ERROR
            it is a :class:`~kregistry.meta.status.Status`; see :attr:`status`.
    """

    type: EventType
    object: T

    @property
    def status(self) -> Status | None:
        """What went wrong, for an ERROR; else None."""
        found: Any = self.object
        return found if isinstance(found, Status) else None


class EventSource(ABC, Generic[T]):
    """Where a :class:`Watch` gets its events. Used by one reader at a time.

    The methods stand in the order in which they are called, again and again.
    """

    @abstractmethod
    def take(self) -> Sequence[Event[T]] | None:
        """The next events, without waiting; () if there are none now, None after the end.

        Does not raise: what goes wrong is an ERROR event, and then the end.
        """

    @abstractmethod
    def park(self, wake: Callable[[], None]) -> bool:
        """Ask to be woken once there is something; False if :meth:`take` should be called."""

    @abstractmethod
    def seal(self) -> None:
        """End after what has happened until now. Wakes the reader. From any thread."""

    def ask_progress(self) -> None:
        """Deliver a bookmark once all that has happened was delivered. From any thread.

        A source that does not know how far it has come does nothing.
        """


class Watch(Generic[T]):
    """A stream of events, read with ``for``, ``async for`` or :meth:`next`.

    It ends when it was stopped, when its request was cancelled, after an ERROR, or when the
    store is closed. A reader that is slow misses nothing; it ends with an ERROR of code 410
    once compaction has removed what it should have read. Waiting costs no thread of its own.

    One reader at a time. :meth:`stop` may be called from anywhere.

    Source: ``watch.Interface``.
    """

    def __init__(self, source: EventSource[T], cancellation: Cancellation | None = None) -> None:
        self._source = source
        self._ready: deque[Event[T]] = deque()
        self._reading = threading.Lock()
        self._stopped = False
        self._left = _AFTER_STOP
        self._cancelled = False
        self._ended = False
        self._forget: Callable[[], None] = lambda: None
        if cancellation is not None:
            self._forget = cancellation.on_cancel(_canceller(self))

    def next(self, timeout: float | None = None) -> Event[T] | None:
        """The next event, or None after the end.

        Args:
            timeout: Seconds to wait for it; None waits as long as it takes, 0 not at all.

        Raises:
            TimeoutError: There was none in time. The watch goes on.
            RuntimeError: Somebody else is reading.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        with self._reader():
            while True:
                if self._fill():
                    return self._pop()
                waker = ThreadWaker()
                if not self._source.park(waker):
                    continue
                left = None if deadline is None else deadline - time.monotonic()
                if not waker.wait(left) and not self._fill():
                    raise TimeoutError(f"no event within {timeout} seconds")

    def __del__(self) -> None:
        """A request that lives on must not remember every watch that was dropped."""
        forget = getattr(self, "_forget", None)  # nothing if __init__ failed
        if forget is not None:
            forget()

    def stop(self) -> None:
        """End the watch. Does not wait. Idempotent.

        Up to a hundred events that had happened before can still be read.

        Source: ``watch.Interface.Stop``.
        """
        self._forget()
        self._stopped = True
        self._source.seal()

    def request_progress(self) -> None:
        """Ask for a BOOKMARK that tells how far the watch has come, once all is read.

        Source: ``storage.Interface.RequestWatchProgress``, for one watch.
        """
        self._source.ask_progress()

    def _cancel(self) -> None:
        self._cancelled = True
        self._source.seal()

    def _fill(self) -> bool:
        """Have an event ready, or know the end; False if it takes waiting."""
        if self._cancelled:
            self._end()
        if self._ready or self._ended:
            return True
        events = self._source.take()
        if events is None:
            self._end()
            return True
        self._ready.extend(events)
        return bool(events)

    def _pop(self) -> Event[T] | None:
        if self._stopped:
            self._left -= 1
        if self._left < 0:
            self._end()
        if not self._ready:
            return None
        event = self._ready.popleft()
        if event.type is EventType.ERROR:
            self._end()
        return event

    def _end(self) -> None:
        self._ended = True
        self._ready.clear()
        self._forget()
        self._source.seal()

    def _reader(self) -> threading.Lock:
        """The lock of the reader; the caller releases it.

        A second reader would take events from the first, in no order; it is told so.
        """
        if not self._reading.acquire(blocking=False):
            raise RuntimeError("this watch is being read already; open another one")
        return _Held(self._reading)  # type: ignore[return-value]

    def __iter__(self) -> Iterator[Event[T]]:
        return self

    def __next__(self) -> Event[T]:
        event = self.next()
        if event is None:
            raise StopIteration
        return event

    def __aiter__(self) -> AsyncIterator[Event[T]]:
        return self

    async def __anext__(self) -> Event[T]:
        import asyncio

        with self._reader():
            fresh = not self._ready
            while not self._fill():
                waker = LoopWaker(asyncio.get_running_loop())
                if self._source.park(waker):
                    fresh = False
                    await self._woken(waker)
            if fresh:  # let others run, however fast the events come
                await asyncio.sleep(0)
            event = self._pop()
        if event is None:
            raise StopAsyncIteration
        return event

    async def _woken(self, waker: LoopWaker) -> None:
        try:
            await waker.future
        except BaseException:  # cancelled: perhaps nobody reads on, so do not stay parked
            self._fill()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


class _Held:
    """A lock that is held already, as a context manager that releases it."""

    __slots__ = ("_lock",)

    def __init__(self, lock: threading.Lock) -> None:
        self._lock = lock

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        self._lock.release()


def _canceller(watch: Watch[Any]) -> Callable[[], None]:
    """Cancels *watch* if it is still there; a request must not keep its watches alive."""
    weak = weakref.ref(watch)

    def cancel() -> None:
        found = weak()
        if found is not None:
            found._cancel()

    return cancel
