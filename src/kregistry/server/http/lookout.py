"""Lookout: notices who comes and who leaves while everybody else is busy."""

from __future__ import annotations

import selectors
import socket
import threading
from contextlib import suppress
from typing import Protocol


class Leaver(Protocol):
    """Whoever wants to know that its client has left."""

    socket: socket.socket

    def leave(self) -> None:
        """The client has left."""


class Lookout:
    """Waits for a listening socket and for streams whose clients say something, or leave.

    One thread calls :meth:`wait`; the rest may be called from any.

    Args:
        listener: The listening socket, which stays the caller's to close.
    """

    def __init__(self, listener: socket.socket) -> None:
        self._selector = selectors.DefaultSelector()
        self._lock = threading.Lock()
        self._listener = listener
        self._watched: set[Leaver] = set()
        self._closed = False
        self._near, self._far = socket.socketpair()
        for each in (self._near, self._far):
            each.setblocking(False)
        self._selector.register(self._near, selectors.EVENT_READ)
        self._selector.register(listener, selectors.EVENT_READ)

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for something to happen; whether somebody wants to connect.

        Streams whose clients said or did something are told to end: an honest client waits.

        Args:
            seconds: How long to wait; None for as long as it takes.
        """
        knocked = False
        for key, _ in self._selector.select(seconds):
            if key.fileobj is self._listener:
                knocked = True
            elif key.fileobj is self._near:
                with suppress(BlockingIOError):
                    self._near.recv(4096)
            else:
                self._dismiss(key.data)
        return knocked

    def watch(self, leaver: Leaver) -> None:
        """Call ``leaver.leave()`` once its client says or does anything."""
        with self._lock:
            if self._closed:
                return
            self._watched.add(leaver)
            self._selector.register(leaver.socket, selectors.EVENT_READ, leaver)
            self._ring()

    def forget(self, leaver: Leaver) -> None:
        """The counterpart of :meth:`watch`; to be called before the socket is closed."""
        with self._lock:
            self._drop(leaver)

    def wake(self) -> None:
        """End the current :meth:`wait`, or the next one."""
        with self._lock:
            if not self._closed:
                self._ring()

    def close(self) -> None:
        """Let go of everything but the listener. Nobody may be waiting; idempotent."""
        with self._lock:
            self._closed = True
            self._watched.clear()
            self._selector.close()
            self._near.close()
            self._far.close()

    def _ring(self) -> None:
        with suppress(BlockingIOError):
            self._far.send(b"!")

    def _dismiss(self, leaver: Leaver) -> None:
        """Only if the stream is still there, and so is what the client said.

        Both may have changed since: the stream may have ended in order, and the client gone on
        to its next request.
        """
        with self._lock:
            if leaver not in self._watched or not _readable(leaver.socket):
                return
            self._drop(leaver)
        leaver.leave()

    def _drop(self, leaver: Leaver) -> None:
        if leaver in self._watched:
            self._watched.remove(leaver)
            self._selector.unregister(leaver.socket)


def _readable(sock: socket.socket) -> bool:
    with selectors.DefaultSelector() as once:
        once.register(sock, selectors.EVENT_READ)
        return bool(once.select(0))
