"""Listener: the socket of a server for a test."""

from __future__ import annotations

import threading
from typing import Final

from kregistry.kube.front import Front
from kregistry.server.threaded import ThreadedServer

#: Seconds after which whatever has not ended is cut off.
_END: Final = 2.0

#: How often another port is asked for if one was in use before.
_TRIES: Final = 16

_USED: Final[set[int]] = set()
_USED_LOCK: Final = threading.Lock()


class Listener:
    """Listens on loopback, on a port that no other server of this process had.

    Clients keep what they discovered of a server in files that are named after host and port;
    a second server at the same place would be taken for the first.

    Args:
        front: Takes the requests.

    Attributes:
        url: Where it listens.
    """

    def __init__(self, front: Front) -> None:
        for _ in range(_TRIES):
            self._server = _started(front)
            if _is_fresh(self._server.port):
                break
            self._server.stop(_END)
        else:
            self._server = _started(front)
        self.url = self._server.url

    def close(self) -> None:
        """End every connection, and wait for that for a few seconds at most. Idempotent."""
        self._server.stop(_END)


def _started(front: Front) -> ThreadedServer:
    return ThreadedServer(front).start()


def _is_fresh(port: int) -> bool:
    with _USED_LOCK:
        fresh = port not in _USED
        _USED.add(port)
        return fresh
