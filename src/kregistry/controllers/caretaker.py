"""Caretaker: controllers at work beside a store, as long as it is open.

Source: ``cmd/kube-controller-manager``, which runs such controllers beside an API server.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self

from kregistry.controllers.collected import Collected
from kregistry.controllers.convergence import NotConverged
from kregistry.meta.errors import StatusError
from kregistry.storage.backend import Backend, Change, ChangeStream, prefix_end
from kregistry.storage.errors import BackendError, RevisionCompacted, StorageError

_LOG: Final = logging.getLogger(__name__)

#: Whoever looks at everything keeps a processor busy: at most for one part in so many.
_SHARE: Final = 10
#: Seconds until what failed is tried again; doubled each time.
_FIRST_RETRY, _LAST_RETRY = 0.25, 30.0
#: Seconds from the first change to the look at it, and at all that came meanwhile. One thread at
#: a time runs Python, so to be woken by each change costs whoever writes 0.2 ms.
_NAP: Final = 0.05
#: Failures that are logged of one look.
_TOLD: Final = 3

#: Members of objects that controllers care about. What only looks like one costs one look.
_MARKS: Final = (b'"deletionTimestamp"', b'"ownerReferences"')


class Caretaker:
    """Lets controllers collect whenever something happened that may concern them.

    ::

        with Caretaker(backend, tidying.collect):
            ...

    A thread reads the changes of the store. Nothing is looked at again as long as nobody
    deletes anything, and nobody writes an object that is being deleted or has owners. So what
    others write is noticed, too, whichever process they are. Several caretakers of one store
    are in nobody's way: what one did, the others find done.

    What goes wrong is logged and tried again.

    Args:
        backend: Where everything is kept, as JSON. Stays the caller's to close, after the
            caretaker was stopped.
        collect: Does all that there is to do, such as
            :func:`~kregistry.controllers.collect_until_quiet`. Called by one thread.
        prefix: Where the keys of all objects begin.
    """

    def __init__(
        self, backend: Backend, collect: Callable[[], Collected], *, prefix: str = "/registry/"
    ) -> None:
        self._backend = backend
        self._collect = collect
        self._keys = prefix, prefix_end(prefix)
        self._end = threading.Event()
        #: Set when there may be changes, or it is time to stop.
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None
        #: Whether objects wait for something that no change of theirs may tell.
        self._waiting = False
        #: When a look may be taken again, so that the processor is left to others.
        self._rested = 0.0
        self._retry = _FIRST_RETRY

    def start(self) -> Self:
        """Begin, with a look at everything.

        Raises:
            RuntimeError: It was started before.
        """
        if self._thread is not None:
            raise RuntimeError("a caretaker is started only once; make another one")
        self._thread = threading.Thread(target=self._run, name="kregistry-caretaker", daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        """End once what is being done is done. Idempotent; does nothing before the start."""
        self._end.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _run(self) -> None:
        """Attend to the store from now on, and again from now on when that goes wrong."""
        while not self._end.is_set():
            try:
                stream = self._backend.watch(*self._keys, after=self._backend.current_revision())
                try:
                    self._attend(stream)
                finally:
                    stream.close()
            except RevisionCompacted:  # more was written than could be read: look at it all
                continue
            except Exception:
                _LOG.exception("the caretaker begins anew")
                self._wait(self._backoff())

    def _attend(self, stream: ChangeStream) -> None:
        """Look at everything, and again after changes that matter."""
        due: float | None = 0.0
        while not self._end.is_set():
            left = None if due is None else due - time.monotonic()
            if left is not None and left <= 0:
                due = self._look()
                continue
            self._wake.clear()
            changes = stream.poll()
            idle = not changes and not self._end.is_set() and stream.park(self._wake.set)
            if idle and self._wake.wait(left):
                self._end.wait(_NAP)
            if any(map(self._concerns, changes)):
                due = self._rested if due is None else min(due, self._rested)

    def _look(self) -> float | None:
        """Let the controllers collect. Returns when to try again; None if nothing failed."""
        began = time.monotonic()
        try:
            found = self._collect()
            failed = [f"{failure.object}: {failure.error}" for failure in found.failures]
            self._waiting = bool(found.waiting)
        except (StatusError, NotConverged, StorageError, BackendError) as error:
            failed = [str(error)]
        now = time.monotonic()
        self._rested = now + (now - began) * (_SHARE - 1)
        if not failed:
            self._retry = _FIRST_RETRY
            return None
        _LOG.warning("not everything could be tidied up: %s", "; ".join(failed[:_TOLD]))
        return max(now + self._backoff(), self._rested)

    def _backoff(self) -> float:
        """Seconds until the next attempt, more each time until one succeeds."""
        seconds, self._retry = self._retry, min(self._retry * 2, _LAST_RETRY)
        return seconds

    def _wait(self, seconds: float) -> None:
        self._wake.clear()
        if not self._end.is_set():
            self._wake.wait(seconds)

    def _concerns(self, change: Change) -> bool:
        """Whether there may be something to do because of it.

        While something waits, any change may be what it waited for, such as a dependent that
        has lost its reference to an owner.
        """
        value = change.value
        return value is None or self._waiting or any(mark in value for mark in _MARKS)
