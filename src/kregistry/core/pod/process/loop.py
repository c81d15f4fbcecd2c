"""Loop: the one thread in which a ProcessKubelet reads and writes all of its pipes."""

from __future__ import annotations

import contextlib
import os
import selectors
import socket
import threading
from collections import deque
from collections.abc import Callable
from typing import Final

READ: Final = selectors.EVENT_READ
WRITE: Final = selectors.EVENT_WRITE

#: Seconds between two looks at processes, where the system does not tell when one ends.
_TICK: Final = 0.05


class Loop:
    """Waits for file descriptors and calls whoever asked for them.

    The thread starts with the first :meth:`submit` and ends with :meth:`close`. Methods that
    say so may be called by any thread, the others only from within a call of the loop.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: deque[Callable[[], None]] = deque()
        self._ticks: set[Callable[[], None]] = set()
        self._selector: selectors.BaseSelector | None = None
        self._waker: tuple[socket.socket, socket.socket] | None = None
        self._thread: threading.Thread | None = None
        self._closed = False
        self._pid = os.getpid()

    def submit(self, call: Callable[[], None]) -> None:
        """Have *call* called in the thread of the loop, soon and in order. Any thread may.

        Raises:
            RuntimeError: The loop is closed, or its thread is in another process.
        """
        if os.getpid() != self._pid:
            raise RuntimeError("the loop runs in another process")
        with self._lock:
            if self._closed:
                raise RuntimeError("the loop is closed")
            self._calls.append(call)
            self._wake()

    def close(self) -> None:
        """Run what was submitted, then end the thread and wait for it. Not from within.

        In a child process, where the thread is not, nothing happens.
        """
        if os.getpid() != self._pid:
            return
        with self._lock:
            if self._closed:
                return
            self._closed = True
            thread = self._thread
            if thread is not None:
                self._wake()
        if thread is not None:
            thread.join()

    def watch(self, fd: int, events: int, ready: Callable[[], None]) -> None:
        """Call *ready* whenever *fd* is; replaces what was said of *fd* before."""
        selector = self._require_selector()
        if fd in selector.get_map():
            selector.modify(fd, events, ready)
        else:
            selector.register(fd, events, ready)

    def forget(self, fd: int) -> None:
        """Watch *fd* no longer; to be called before it is closed."""
        selector = self._require_selector()
        if fd in selector.get_map():
            selector.unregister(fd)

    def on_tick(self, call: Callable[[], None]) -> None:
        """Call *call* every now and then, until :meth:`off_tick`."""
        self._ticks.add(call)

    def off_tick(self, call: Callable[[], None]) -> None:
        """Undo :meth:`on_tick`."""
        self._ticks.discard(call)

    def _require_selector(self) -> selectors.BaseSelector:
        if self._selector is None:
            raise RuntimeError("the loop does not run")
        return self._selector

    def _wake(self) -> None:
        """Start the thread, or make it look. The caller holds the lock."""
        if self._waker is None:
            self._waker = socket.socketpair()
            for end in self._waker:
                end.setblocking(False)
            self._selector = selectors.DefaultSelector()
            self._selector.register(self._waker[0], READ, self._drain)
            self._thread = threading.Thread(target=self._run, name="kregistry-kubelet", daemon=True)
            self._thread.start()
        with contextlib.suppress(BlockingIOError):  # it has been told often enough
            self._waker[1].send(b"\0")

    def _drain(self) -> None:
        if self._waker is not None:
            try:
                while self._waker[0].recv(4096):
                    pass
            except BlockingIOError:
                pass

    def _run(self) -> None:
        selector = self._require_selector()
        try:
            while self._run_calls():
                for key, _ in selector.select(_TICK if self._ticks else None):
                    _guarded(key.data)
                for call in list(self._ticks):
                    _guarded(call)
        finally:
            selector.close()
            for end in self._waker or ():
                end.close()

    def _run_calls(self) -> bool:
        """Whether the loop goes on."""
        while True:
            with self._lock:
                if not self._calls:
                    return not self._closed
                call = self._calls.popleft()
            _guarded(call)


def _guarded(call: Callable[[], None]) -> None:
    """One call that fails is reported as a thread's failure is, and takes no other along."""
    try:
        call()
    except Exception as error:
        thread = threading.current_thread()
        report = threading.ExceptHookArgs((type(error), error, error.__traceback__, thread))
        threading.excepthook(report)
