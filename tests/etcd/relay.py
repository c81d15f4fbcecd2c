"""Relay: a wire between a client and a server that a test can cut and mend."""

from __future__ import annotations

import contextlib
import socket
import threading
from types import TracebackType
from typing import Self


class Relay:
    """Passes bytes on between whoever connects to it and a port on 127.0.0.1.

    Args:
        target: The port that it leads to.
        speed: Bytes a second, roughly; 0 for as fast as it goes.

    Attributes:
        port: The port to connect to instead.
    """

    def __init__(self, target: int, *, speed: float = 0.0) -> None:
        self._target = target
        self._speed = speed
        self._lock = threading.Lock()
        self._ends: set[socket.socket] = set()
        self._whole = True
        self._flows = threading.Event()
        self._flows.set()
        self._gone = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def endpoint(self) -> str:
        """The URL to connect to."""
        return f"http://127.0.0.1:{self.port}"

    def cut(self) -> None:
        """End all connections; new ones end at once."""
        self._flows.set()
        with self._lock:
            self._whole = False
            ends, self._ends = self._ends, set()
        for end in ends:
            _end(end)

    def hold(self) -> None:
        """Keep all connections, and what is sent on them."""
        self._flows.clear()

    def mend(self) -> None:
        """Let everything through from now on."""
        self._whole = True
        self._flows.set()

    def close(self) -> None:
        self._gone.set()
        self.cut()
        _end(self._listener)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            self._connect(near)

    def _connect(self, near: socket.socket) -> None:
        with self._lock:
            if not self._whole:
                near.close()
                return
            try:
                far = socket.create_connection(("127.0.0.1", self._target))
            except OSError:
                near.close()
                return
            self._ends |= {near, far}
        for source, sink in ((near, far), (far, near)):
            threading.Thread(target=self._pump, args=(source, sink), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                self._flows.wait()
                if self._speed:
                    self._gone.wait(len(data) / self._speed)
                sink.sendall(data)
        _end(source)
        _end(sink)


def _end(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()
