"""FeedStream: a place in a log that can be taken away, and everybody who has one.

For backends that do not make every change themselves: what cannot be told any more must end
the streams with a reason.
"""

from __future__ import annotations

import copy
import weakref
from collections.abc import Callable, Sequence

from kregistry.storage.backend import Change, ChangeStream
from kregistry.storage.errors import BackendError
from kregistry.storage.log.changelog import LogStream


class FeedStream(ChangeStream):
    """A place in the log that can be taken away with an error."""

    def __init__(self, inner: LogStream, leave: Callable[[FeedStream], None]) -> None:
        self._inner = inner
        self._leave = leave
        self.failure: BackendError | None = None

    def poll(self, limit: int = 256) -> Sequence[Change]:
        if self.failure is not None:
            raise copy.copy(self.failure)
        return self._inner.poll(limit)

    def park(self, wake: Callable[[], None]) -> bool:
        return self.failure is None and self._inner.park(wake)

    @property
    def position(self) -> int:
        return self._inner.position

    def wake(self) -> None:
        """Wake a parked reader, who finds that it ends here. Call it without any lock."""
        self._inner.close()

    def close(self) -> None:
        self._leave(self)
        if self.failure is None:
            self._inner.close()


class Streams:
    """The streams of a store that are in use. Held weakly: who forgets to close leaves, too."""

    def __init__(self) -> None:
        # Not a WeakSet, which breaks when one thread goes through it while another leaves.
        self._streams: dict[int, weakref.ref[FeedStream]] = {}

    def __bool__(self) -> bool:
        return bool(self._streams)

    def enter(self, inner: LogStream) -> FeedStream:
        """One more."""
        stream = FeedStream(inner, self._leave)
        name, streams = id(stream), self._streams
        streams[name] = weakref.ref(stream, lambda _: streams.pop(name, None))
        return stream

    def fail(self, error: BackendError) -> list[FeedStream]:
        """End every one of them with *error*. From then on they are not in use.

        Returns:
            Who may wait, to be woken when the caller holds no lock any more.
        """
        ended = self._present()
        for stream in ended:
            stream.failure = error
        self._streams.clear()
        return ended

    def abandon(self, error: BackendError) -> None:
        """In a forked child: the locks of the log may be held by threads that are not here."""
        for stream in self._present():
            stream.failure = error

    def _present(self) -> list[FeedStream]:
        found = [reference() for reference in list(self._streams.values())]
        return [stream for stream in found if stream is not None]

    def _leave(self, stream: FeedStream) -> None:
        self._streams.pop(id(stream), None)
