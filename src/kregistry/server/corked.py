"""Corked: a transport that sends the head of an answer together with what follows it."""

from __future__ import annotations

import asyncio
from typing import Any, Final

#: How answers begin; all but those that say that another one will follow.
_HEAD: Final = b"HTTP/1.1 "
_INTERIM: Final = b"HTTP/1.1 1"

#: More than this is not copied, only to be sent at once.
_SMALL: Final = 64 * 1024


class Corked:
    """Stands before a transport.

    uvicorn sends the head of an answer when the application says what it is, and the body when
    that comes, which is right away: two system calls, and a client that is woken twice. A
    quarter of the time of a small answer is gone with that. So a head waits for what is written
    next, which may be nothing, or for :meth:`release`: there are answers without a body.

    Args:
        transport: Where everything goes.
    """

    __slots__ = ("_held", "_transport")

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._held = b""

    def write(self, data: bytes) -> None:
        """Send *data*, soon."""
        held = self._held
        if held:
            self._held = b""
            if len(data) <= _SMALL:
                self._transport.write(held + data)
                return
            self._transport.write(held)
        elif data.startswith(_HEAD) and not data.startswith(_INTERIM):
            self._held = data
            return
        self._transport.write(data)

    def close(self) -> None:
        """Close it after everything is sent."""
        self.release()
        self._transport.close()

    def release(self) -> None:
        """Send what waits; to be called when an answer is complete."""
        held = self._held
        if held:
            self._held = b""
            self._transport.write(held)

    def is_closing(self) -> bool:
        """As that of the transport. Asked after each answer; through ``__getattr__`` it is slow."""
        return self._transport.is_closing()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)
