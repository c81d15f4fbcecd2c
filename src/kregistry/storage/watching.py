"""ObjectEvents: from changes of bytes to events about objects.

Source: ``k8s.io/apiserver/pkg/storage/etcd3/watcher.go``.
"""

from __future__ import annotations

import threading
import weakref
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from kregistry.meta.object import Object
from kregistry.storage.backend import Backend, ChangeStream, Page, Record
from kregistry.storage.errors import BackendClosed
from kregistry.storage.keys import KeyRange
from kregistry.storage.lens import Lens, ends_in_error, error_event
from kregistry.storage.serializer import Serializer
from kregistry.storage.watch import Event, EventSource, EventType

T = TypeVar("T", bound=Object)

#: On the bookmark that ends the initial events. Source: ``metav1.InitialEventsAnnotationKey``.
INITIAL_EVENTS_END = "k8s.io/initial-events-end"

#: Records of the initial state in one read.
INITIAL_PAGE = 10_000

#: Changes in one read: so often a coroutine that reads a fast stream lets others run.
_BATCH = 128


class Failed(EventSource[T]):
    """A watch that is over before it began: one ERROR."""

    def __init__(self, error: Exception) -> None:
        self._events: list[Event[T]] | None = [error_event(error)]

    def take(self) -> Sequence[Event[T]] | None:
        events, self._events = self._events, None
        return events

    def park(self, wake: Callable[[], None]) -> bool:
        return False

    def seal(self) -> None:
        pass


class Initial:
    """What exists when a watch begins, page by page as of one revision."""

    def __init__(self, backend: Backend, keys: KeyRange) -> None:
        self._backend = backend
        self._keys = keys
        page = backend.range(*keys, limit=INITIAL_PAGE)
        self.revision = page.revision
        self._keep(page)

    def take(self) -> list[Record]:
        """Some more records; empty at the end."""
        if not self._records and self._more:
            start = f"{self._last}\0"
            self._keep(
                self._backend.range(
                    start, self._keys.end, limit=INITIAL_PAGE, revision=self.revision
                )
            )
        return [self._records.popleft() for _ in range(min(_BATCH, len(self._records)))]

    def _keep(self, page: Page) -> None:
        self._records = deque(page.records)
        self._more = page.more
        self._last = page.records[-1].key if page.records else ""


class ObjectEvents(EventSource[T], Generic[T]):
    """The events of one watch.

    Args:
        lens: What is seen of the changes.
        initial: Delivered as ADDED before anything else; None for nothing.
        bookmark: Deliver the bookmark that ends the initial events.
        progress: Deliver a bookmark when all is read, now and after :meth:`ask_progress`.
        future: The store has yet to come to where *stream* begins.
    """

    def __init__(
        self,
        serializer: Serializer[T],
        lens: Lens[T],
        stream: ChangeStream,
        *,
        initial: Initial | None = None,
        bookmark: bool = False,
        progress: bool = False,
        future: bool = False,
    ) -> None:
        self._serializer = serializer
        self._lens = lens
        self._stream = stream
        self._waits_for = stream.position + 1 if future else 0
        self._initial = initial
        self._bookmark = bookmark
        self._progress = progress
        self._wake: Callable[[], None] | None = None
        self._sealed = False
        self._over = False

    def take(self) -> Sequence[Event[T]] | None:
        if self._over:
            return None
        try:
            events = self._take_initial() if self._initial is not None else self._take_changes()
        except BackendClosed:
            events = None
        except Exception as error:
            events = [error_event(error)]
        if events is None or ends_in_error(events):
            self._over = True
            self._stream.close()
        return events

    def park(self, wake: Callable[[], None]) -> bool:
        self._wake = wake
        if self._over or self._initial is not None or self._progress_due():
            return False
        return self._stream.park(wake)

    def seal(self) -> None:
        self._sealed = True
        self._stream.close()

    def ask_progress(self) -> None:
        """Deliver a bookmark once all that has happened was delivered. From any thread."""
        self._progress = True
        wake = self._wake
        if wake is not None:
            wake()

    def _take_initial(self) -> Sequence[Event[T]]:
        initial = self._initial
        assert initial is not None
        records = initial.take()
        if records:
            return self._lens.records(records)
        self._initial = None
        if not self._bookmark:
            return self.take() or ()
        return [self._bookmark_at(initial.revision, {INITIAL_EVENTS_END: "true"})]

    def _take_changes(self) -> Sequence[Event[T]] | None:
        if changes := self._stream.poll(_BATCH):
            return self._lens.changes(changes)
        if self._sealed:
            return None
        if self._progress_due():
            self._progress = False
            return [self._bookmark_at(self._stream.position, {})]
        return ()

    def _progress_due(self) -> bool:
        """A bookmark is due, and the watch is not waiting for a revision yet to come."""
        return self._progress and self._stream.position >= self._waits_for

    def _bookmark_at(self, revision: int, annotations: dict[str, str]) -> Event[T]:
        obj = self._serializer.new()
        obj.metadata.resource_version = str(revision)
        obj.metadata.annotations = annotations
        return Event(EventType.BOOKMARK, obj)


class Followers:
    """The watches of a store that want to be told how far it has come.

    Held weakly, so that nobody has to leave. Safe to share between threads.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._events: weakref.WeakSet[ObjectEvents[Any]] = weakref.WeakSet()

    def add(self, events: ObjectEvents[Any]) -> None:
        """One more."""
        with self._lock:
            self._events.add(events)

    def ask_progress(self) -> None:
        """Tell them all."""
        with self._lock:
            following = list(self._events)
        for events in following:
            events.ask_progress()
