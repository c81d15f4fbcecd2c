"""Watch: events as they happen, for threads and for coroutines.

Source: ``k8s.io/apimachinery/pkg/watch`` Interface, Event.
"""

from __future__ import annotations

import threading
import time
import weakref
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Hashable, Iterator, Sequence
from enum import StrEnum
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from kregistry.meta.context import Cancellation
from kregistry.meta.object import Object
from kregistry.meta.status import Status
from kregistry.storage.wakers import LoopWaker, ThreadWaker

if TYPE_CHECKING:
    from kregistry.storage.encoded import Encoded
    from kregistry.storage.sharing import Shared

T = TypeVar("T", bound=Object)


#: Events that a stopped watch still delivers if they had happened before.
_AFTER_STOP = 100


class _Unread:
    """The type of :data:`UNREAD`."""


#: Stands for an object that has yet to be made.
UNREAD: Any = _Unread()

_TOUCHING = threading.Lock()


class EventType(StrEnum):
    """What an event says. Source: ``watch.EventType``."""

    ADDED = "ADDED"
    MODIFIED = "MODIFIED"
    DELETED = "DELETED"
    BOOKMARK = "BOOKMARK"
    ERROR = "ERROR"


class Event(Generic[T]):
    """One thing that happened. Immutable; equal to one with equal type and object.

    The object of an event that a store tells of is made when it is first looked at. Who counts
    events, or passes their bytes on, never pays for it.

    Attributes:
        type: What happened.
        object: The new object; for DELETED the last one, with the revision of the deletion;
            for BOOKMARK an empty one that carries a revision. The receiver's own. For ERROR
            it is a :class:`~kregistry.meta.status.Status`; see :attr:`status`.

    Source: ``watch.Event``.
    """

    __slots__ = ("__weakref__", "_object", "_shared", "_type")
    __match_args__ = ("type", "object")

    # Plain slots and no attrs: a thousand watchers make a thousand of these per change, and
    # the initializer of a frozen attrs class takes three times as long (0.4 instead of 0.12 us).
    def __init__(self, type: EventType, object: T, _shared: Shared[T] | None = None) -> None:
        self._type = type
        self._object = object
        self._shared = _shared

    @property
    def type(self) -> EventType:
        return self._type

    @property
    def object(self) -> T:
        """See above.

        Raises:
            DecodeError: The store holds something that begins and ends like a document and is
                none; CorruptObject if the store is so configured. What does not even look
                like one never gets here: it is an ERROR.
        """
        if self._shared is not None:
            self._touch(self._shared)
        return self._object

    @property
    def encoded(self) -> Encoded | None:
        """The bytes of the object, as long as nobody looked at it; else None.

        Whoever looked may have changed it. There are none for ERROR and BOOKMARK, nor for an
        event made by hand.
        """
        shared = self._shared
        return None if shared is None else shared.encoded

    @property
    def status(self) -> Status | None:
        """What went wrong, for an ERROR; else None."""
        found: Any = self._object
        return found if isinstance(found, Status) else None

    def frame(self, form: Hashable, make: Callable[[Event[T]], bytes]) -> bytes:
        """This event as a message, which all watchers that want it in the same form share.

        Args:
            form: Names everything that *make* goes by, besides the event.
            make: Makes the message. It is called once for all watchers who share the change
                and give an equal *form*; and always for an event whose object was looked at
                before, or that was made by hand. It may look at the object.
        """
        shared = self._shared
        if shared is None:
            return make(self)
        return shared.frame((self._type, form), lambda: make(self))

    def _touch(self, shared: Shared[T]) -> None:
        made = shared.fresh() if self._object is UNREAD else self._object
        with _TOUCHING:  # all who look at once get the same object
            if self._object is UNREAD:
                self._object = made
            self._shared = None

    def __eq__(self, other: Any) -> bool:
        if other.__class__ is not self.__class__:
            return NotImplemented
        return bool(self._type == other._type and self.object == other.object)

    def __hash__(self) -> int:
        return hash((self._type, self.object))

    def __repr__(self) -> str:
        return f"Event(type={self._type!r}, object={self.object!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return Event, (self._type, self.object)


class EventSource(ABC, Generic[T]):
    """Where a :class:`Watch` gets its events. Used by one reader at a time.

    The methods stand in the order in which they are called, again and again.
    """

    @abstractmethod
    def take(self) -> Sequence[Event[T]] | None:
        """The next events, without waiting; () if there are none now, None after the end.

        () as well where some way was made among what is not wanted: :meth:`park` knows better.

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

    #: What is ready are events to hand out, and there is nothing else to look at.
    _plain = False

    def __init__(self, source: EventSource[T], cancellation: Cancellation | None = None) -> None:
        self._source = source
        self._ready: Iterator[Event[T]] = iter(())
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
        if self._plain:
            for event in self._ready:  # the quickest way to the next one
                return event
        reading = self._enter()
        try:
            return self._wait(timeout)
        finally:
            reading.release()

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
        self._plain = False
        self._source.seal()

    def request_progress(self) -> None:
        """Ask for a BOOKMARK that tells how far the watch has come, once all is read.

        Source: ``storage.Interface.RequestWatchProgress``, for one watch.
        """
        self._source.ask_progress()

    def _cancel(self) -> None:
        self._cancelled = True
        self._plain = False
        self._source.seal()

    def _wait(self, timeout: float | None) -> Event[T] | None:
        """:meth:`next` for the one who reads."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            found = self._pop()
            if found is not None or self._ended:
                return found
            if self._refill():
                continue
            waker = ThreadWaker()
            if not self._source.park(waker):
                continue
            left = None if deadline is None else deadline - time.monotonic()
            if not waker.wait(left) and not self._refill():
                raise TimeoutError(f"no event within {timeout} seconds")

    def _pop(self) -> Event[T] | None:
        """The next event at hand; None if there is none, or after the end."""
        if self._cancelled:
            self._end()
        event = next(self._ready, None)
        if event is None:
            return None
        if self._stopped:
            self._left -= 1
            if self._left < 0:
                self._end()
                return None
        if event.type is EventType.ERROR:
            self._end()
        return event

    def _refill(self) -> bool:
        """Have the next events at hand, or know the end; False if that takes waiting."""
        events = self._source.take()
        if events is None:
            self._end()
            return True
        if not events:
            return False
        self._ready = iter(events)
        self._plain = True
        # In this order: stop and cancel, which may happen in between, say it the other way round.
        if self._stopped or self._cancelled:
            self._plain = False
        return True

    def _end(self) -> None:
        self._ended = True
        self._plain = False
        self._ready = iter(())
        self._forget()
        self._source.seal()

    def _enter(self) -> threading.Lock:
        """Take the lock of the reader, which the caller releases.

        A second reader would take events from the first, in no order; it is told so.
        """
        if not self._reading.acquire(blocking=False):
            raise RuntimeError("this watch is being read already; open another one")
        return self._reading

    def __iter__(self) -> Iterator[Event[T]]:
        return self

    def __next__(self) -> Event[T]:
        if self._plain:
            for event in self._ready:
                return event
        found = self.next()
        if found is None:
            raise StopIteration
        return found

    def __aiter__(self) -> AsyncIterator[Event[T]]:
        return self

    async def __anext__(self) -> Event[T]:
        if self._plain:
            for event in self._ready:
                return event
        reading = self._enter()
        try:
            found = await self._arrival()
        finally:
            reading.release()
        if found is None:
            raise StopAsyncIteration
        return found

    async def _arrival(self) -> Event[T] | None:
        """:meth:`next` for coroutines."""
        import asyncio

        found, waited = self._pop(), False
        while found is None and not self._ended:
            if self._refill():
                if not waited:  # let others run, however fast the events come
                    await asyncio.sleep(0)
                found = self._pop()
                continue
            waker = LoopWaker(asyncio.get_running_loop())
            if not self._source.park(waker):
                await asyncio.sleep(0)  # what there was is not for this watch, but there is more
                continue
            waited = True
            try:
                await waker.future
            except BaseException:  # cancelled: perhaps nobody reads on, so do not stay parked
                self._refill()
                raise
        return found

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def _canceller(watch: Watch[Any]) -> Callable[[], None]:
    """Cancels *watch* if it is still there; a request must not keep its watches alive."""
    weak = weakref.ref(watch)

    def cancel() -> None:
        found = weak()
        if found is not None:
            found._cancel()

    return cancel
