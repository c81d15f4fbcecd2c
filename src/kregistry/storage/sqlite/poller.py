"""The poller: notices what other processes commit, while somebody watches."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable

from kregistry.storage.errors import BackendError, BackendUnavailable
from kregistry.storage.sqlite import faults

#: Seconds between two looks. One look costs 6 microseconds.
INTERVAL = 0.007
_LINGER = 150
_INSPECT_EVERY = 64
_VERSION = "PRAGMA data_version"

_log = logging.getLogger(__name__)
_log.addHandler(logging.NullHandler())


class Poller:
    """One daemon thread, started when needed, that ends soon after nobody watches.

    Args:
        connect: Opens the connection that it looks through.
        wanted: Whether anybody watches.
        changed: Called when somebody, perhaps this process, committed.
        inspect: Called now and then, to look after the file.
    """

    def __init__(
        self,
        connect: Callable[[], sqlite3.Connection],
        *,
        wanted: Callable[[], bool],
        changed: Callable[[], None],
        inspect: Callable[[], None],
    ) -> None:
        self._connect = connect
        self._wanted = wanted
        self._changed = changed
        self._inspect = inspect
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()
        self._connection: sqlite3.Connection | None = None
        self._seen = -1
        self._complained = False

    def start(self) -> None:
        """Be at work from now on.

        Raises:
            BackendUnavailable: The system allows no further thread.
        """
        with self._lock:
            if self._thread is not None or self._stop.is_set():
                return
            thread = threading.Thread(
                target=self._work, name="kregistry-sqlite-poller", daemon=True
            )
            try:
                thread.start()
            except RuntimeError as error:
                raise BackendUnavailable(f"watching needs a thread: {error}") from error
            self._thread = thread

    def stop(self) -> None:
        """End the thread and wait for that. Idempotent."""
        self._stop.set()
        with self._lock:
            thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join()

    def _work(self) -> None:
        looks = idle = 0
        try:
            while not self._stop.wait(INTERVAL):
                idle = 0 if self._wanted() else idle + 1
                if idle > _LINGER and self._retire():
                    return
                looks += 1
                self._look(inspect=looks % _INSPECT_EVERY == 0)
        finally:
            self._disconnect()

    def _look(self, *, inspect: bool) -> None:
        """Catch up if the file changed. What fails is tried again at the next look.

        Whatever it is: without this thread, watchers would wait for ever.
        """
        try:
            if inspect:
                self._inspect()
            if self._connection is None:
                self._connection = self._connect()
            version = int(self._connection.execute(_VERSION).fetchone()[0])
            if version != self._seen:
                self._changed()
            self._seen = version
            self._complained = False
        except Exception as error:
            self._disconnect()
            if not isinstance(error, (*faults.ENGINE_ERRORS, BackendError)):
                self._complain()

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        self._seen = -1
        if connection is not None:
            connection.close()

    def _complain(self) -> None:
        if not self._complained:
            self._complained = True
            _log.exception("looking for what others committed failed; it is tried again")

    def _retire(self) -> bool:
        with self._lock:
            if self._wanted():
                return False
            self._thread = None
            return True
