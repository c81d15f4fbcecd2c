"""FreshEtcds: an empty etcd for every test case, without waiting for it.

A new process is the only way to an etcd whose store is at revision 1. What that takes is mostly
time until a lone member elects itself, and a process does that on its own: some are always
started ahead of need, and used ones are left to die.

Started over a copy of a data folder that had been through its election, a member has to be elected
again all the same, and is not ready sooner; in a folder in memory it is slower, as the files that
it reserves for its log are then real pages.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from kregistry.testing.etcd.server import EtcdServer
from kregistry.testing.etcd.settings import EtcdSettings


class FreshEtcds:
    """Hands out servers that nobody has used. Safe to share between threads.

    No thread works in the background: the servers start by themselves while a test runs.

    Args:
        settings: How each is started.
        ahead: How many are started ahead of need. Each is a process of some 25 MB.

    Raises:
        EtcdNotFound: There is no etcd to run.
        ValueError: *ahead* is less than one.
    """

    def __init__(self, settings: EtcdSettings | None = None, *, ahead: int = 4) -> None:
        if ahead < 1:
            raise ValueError(f"at least one server has to be started ahead, not {ahead}")
        self._settings = settings or EtcdSettings()
        self._ahead = ahead
        self._lock = threading.Lock()
        self._waiting: deque[EtcdServer] = deque()
        self._taken: set[EtcdServer] = set()
        self._used: list[EtcdServer] = []
        self._closed = False
        with self._lock:
            self._launch(ahead)

    def take(self, *, timeout: float = 30.0) -> EtcdServer:
        """A server that serves and whose store is empty, at revision 1.

        Give it back with :meth:`discard`; what is not given back ends with :meth:`close`.

        Raises:
            EtcdFailed: It ended, or does not serve in *timeout* seconds.
            ValueError: This is closed.
        """
        end = time.monotonic() + timeout
        with self._lock:
            if self._closed:
                raise ValueError("take from FreshEtcds that are closed")
            self._launch(self._ahead + 1)
            server = self._waiting.popleft()
            self._taken.add(server)
            used, self._used = self._used, []
        for each in used:
            each.close()
        try:
            server.wait_ready(timeout=end - time.monotonic())
        except BaseException:
            self.discard(server)
            raise
        return server

    def discard(self, server: EtcdServer) -> None:
        """Have *server* killed, without waiting until it is gone."""
        server.kill(wait=False)
        with self._lock:
            if server in self._taken:
                self._taken.remove(server)
                self._used.append(server)

    @contextmanager
    def fresh(self, *, timeout: float = 30.0) -> Iterator[EtcdServer]:
        """As :meth:`take`, and :meth:`discard` at the end of the block."""
        server = self.take(timeout=timeout)
        try:
            yield server
        finally:
            self.discard(server)

    def close(self) -> None:
        """End all servers, those that were not given back included. May be called again."""
        with self._lock:
            self._closed = True
            servers = [*self._waiting, *self._taken, *self._used]
            self._waiting.clear()
            self._taken.clear()
            self._used.clear()
        for server in servers:
            server.kill(wait=False)
        for server in servers:
            server.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _launch(self, wanted: int) -> None:
        """Start servers until so many are waiting to be taken."""
        while len(self._waiting) < wanted:
            server = EtcdServer(self._settings)
            try:
                server.launch()
            except BaseException:
                server.close()
                raise
            self._waiting.append(server)
