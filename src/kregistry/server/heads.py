"""Heads: header fields of requests as text; what a client always says is read once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from kregistry.server.request import Headers

#: So many heads are remembered, each with no more fields and bytes than that.
_KEPT: Final = 256
_MAX_FIELDS: Final = 16
_MAX_BYTES: Final = 4096

#: Names and values as they came.
Fields = Iterable[tuple[bytes, bytes]]


class Heads:
    """Reads the header fields of requests.

    A client sends the same fields with nearly every request, so they are remembered, credentials
    among them: 0.5 us rather than 2, of four fields. What they are worth is for others to find
    out each time. For one thread.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[tuple[bytes, bytes], ...], Headers] = {}

    def __call__(self, fields: Fields) -> Headers:
        """The fields as text."""
        raw = tuple(fields)
        try:
            return self._known[raw]
        except KeyError:
            return self._read(raw)
        except TypeError:  # pairs that are lists, as some servers have them
            return self._read(tuple([(name, value) for name, value in raw]))

    def __len__(self) -> int:
        """How many are remembered."""
        return len(self._known)

    def _read(self, raw: tuple[tuple[bytes, bytes], ...]) -> Headers:
        made = Headers([(name.decode("latin-1"), value.decode("latin-1")) for name, value in raw])
        size = sum([len(name) + len(value) for name, value in raw])
        if len(raw) <= _MAX_FIELDS and size <= _MAX_BYTES:
            if len(self._known) >= _KEPT:
                self._known.clear()
            self._known[raw] = made
        return made
