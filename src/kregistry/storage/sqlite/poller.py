"""The poller: notices what other processes commit, while somebody watches."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable

from kregistry.storage.errors import BackendError
from kregistry.storage.sqlite import faults

#: Seconds between two looks. One look costs 6 microseconds.
INTERVAL = 0.007
_LINGER = 150
_INSPECT_EVERY = 64
_VERSION = "PRAGMA data_version"


class Poller:
    """One daemon thread, started when needed, that ends soon after nobody watches.

    Args:
        connect: Opens the connection that it looks through.
        wanted: Whether anybody watches.
        changed: Called when somebody, perhaps this process, committed.
        inspect: Called now and then; raises if the file is not in order.
        failed: Told what *inspect* or *changed* raised for good.
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

    def start(self) -> None:
        """Be at work from now on."""
        with self._lock:
            if self._thread is None and not self._stop.is_set():
                self._thread = threading.Thread(
                    target=self._work, name="kregistry-sqlite-poller", daemon=True
                )
                self._thread.start()

    def stop(self) -> None:
        """End the thread and wait for that. Idempotent."""
        self._stop.set()
        with self._lock:
            thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join()

    def _work(self) -> None:
        try:
            connection = self._connect()
        except (*faults.ENGINE_ERRORS, BackendError):
            connection = None
        try:
            self._watch(connection)
        finally:
            if connection is not None:
                connection.close()

    def _watch(self, connection: sqlite3.Connection | None) -> None:
        seen, looks, idle = -1, 0, 0
        while not self._stop.wait(INTERVAL):
            idle = 0 if self._wanted() else idle + 1
            if idle > _LINGER and self._retire():
                return
            looks += 1
            if looks % _INSPECT_EVERY == 0:
                self._inspect()
            seen = self._look(connection, seen)

    def _look(self, connection: sqlite3.Connection | None, seen: int) -> int:
        """Catch up if the file changed; failures are tried again at the next look."""
        try:
            version = -2 if connection is None else int(connection.execute(_VERSION).fetchone()[0])
            if version != seen:
                self._changed()
        except (*faults.ENGINE_ERRORS, BackendError):
            return -1
        return version

    def _retire(self) -> bool:
        with self._lock:
            if self._wanted():
                return False
            self._thread = None
            return True
