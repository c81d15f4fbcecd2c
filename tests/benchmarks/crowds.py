"""Crowds: many readers that wait, and the time until all of them have what was written.

The last reader to have seen everything tells, by counting with :func:`itertools.count`, whose
``next`` is one step to the interpreter: no lock of ours is part of what is measured.
"""

from __future__ import annotations

import asyncio
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from itertools import count
from queue import SimpleQueue
from typing import Any

from measuring import WALL

from kregistry.storage import Watch

_PATIENCE = 60.0
#: Seconds until readers who are about to wait certainly do.
_REST = 0.05


class Crowd(ABC):
    """Readers who wait. Each reads so many things, tells that it has them, and waits again."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._wanted = 0
        self._arrived, self._through = count(1), count(1)
        self._waiting, self._all = threading.Event(), threading.Event()
        self._end = 0.0

    def served(self, wanted: int, write: Callable[[], None]) -> float:
        """Seconds from before *write*, which writes *wanted* things, until all have all of them.

        Raises:
            TimeoutError: Somebody misses something.
        """
        self._wanted = wanted
        self._arrived, self._through = count(1), count(1)
        self._waiting.clear()
        self._all.clear()
        self._begin()
        if not self._waiting.wait(_PATIENCE):
            raise TimeoutError("not everybody is there")
        time.sleep(_REST)
        begin = WALL()
        write()
        if not self._all.wait(_PATIENCE):
            raise TimeoutError("not everybody has everything")
        return self._end - begin

    def _arriving(self) -> None:
        """Called by each reader just before it waits for the first thing."""
        if next(self._arrived) == self.size:
            self._waiting.set()

    def _finished(self) -> None:
        """Called by each reader when it has all that it wanted."""
        if next(self._through) == self.size:
            self._end = WALL()
            self._all.set()

    @abstractmethod
    def _begin(self) -> None:
        """Let everybody read again."""

    @abstractmethod
    def close(self) -> None:
        """Send everybody home."""


class Threads(Crowd):
    """A thread for each reader.

    Args:
        reads: What each calls to wait for one more thing.
    """

    def __init__(self, reads: Sequence[Callable[[], object]]) -> None:
        super().__init__(len(reads))
        self._over = False
        self._gate = threading.Barrier(self.size + 1)
        self._threads = [
            threading.Thread(target=self._run, args=(read,), daemon=True) for read in reads
        ]
        for thread in self._threads:
            thread.start()

    @classmethod
    def watching(cls, watches: Sequence[Watch[Any]]) -> Threads:
        """Readers of *watches*, who do not look at the objects."""
        return cls([watch.__next__ for watch in watches])

    @classmethod
    def queueing(cls, queues: Sequence[SimpleQueue[Any]]) -> Threads:
        """Readers of queues: the raw way to hand something to another thread."""
        return cls([queue.get for queue in queues])

    def _run(self, read: Callable[[], object]) -> None:
        while True:
            self._gate.wait()
            if self._over:
                return
            self._arriving()
            for _ in range(self._wanted):
                read()
            self._finished()

    def _begin(self) -> None:
        self._gate.wait(_PATIENCE)

    def close(self) -> None:
        self._over = True
        self._gate.wait(_PATIENCE)
        for thread in self._threads:
            thread.join(_PATIENCE)


class Loop(Crowd):
    """A coroutine for each reader, all on one event loop, which has a thread of its own."""

    def __init__(self, watches: Sequence[Watch[Any]]) -> None:
        super().__init__(len(watches))
        self._watches = watches
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def _begin(self) -> None:
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(_PATIENCE)

    async def _start(self) -> None:
        self._tasks = [asyncio.ensure_future(self._read(watch)) for watch in self._watches]

    async def _read(self, watch: Watch[Any]) -> None:
        wanted, seen = self._wanted, 0
        self._arriving()
        async for _ in watch:
            seen += 1
            if seen == wanted:
                break
        self._finished()

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_PATIENCE)
        self._loop.close()
