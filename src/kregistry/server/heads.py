"""Heads: what header fields say about a request; what a client always says is read once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import attrs

from kregistry.server.entrance import Entrance
from kregistry.server.request import Headers
from kregistry.server.response import Response, text_response

#: So many heads are remembered, each with no more fields and bytes than that.
_KEPT: Final = 256
_MAX_FIELDS: Final = 16
_MAX_BYTES: Final = 4096

#: Fields whose values are kept no longer than they must.
_SECRETS: Final = frozenset({"authorization", "cookie", "proxy-authorization"})

#: Names and values as they came.
Fields = tuple[tuple[bytes, bytes], ...]


@attrs.frozen(kw_only=True)
class Head:
    """The header fields of a request, and what follows from them alone.

    Attributes:
        headers: The fields as text.
        malformed: The answer to a request that is not looked at any further, neither is what
            stands behind it; None for any other.
        stranger: The answer to who is wrong here; None for any other.
        has_body: Whether a body follows. In HTTP/1 the fields say so, in later versions not.
    """

    headers: Headers
    malformed: Response | None
    stranger: Response | None
    has_body: bool


class Heads:
    """Reads the header fields of requests.

    A client sends the same fields with nearly every request, so what they say is remembered: 1 us
    rather than 5. Not so where credentials are among them: those are nothing to keep. For one
    thread.

    Args:
        entrance: Knows under which names requests may come.
        fields: How many a request may have.
    """

    def __init__(self, entrance: Entrance, *, fields: int) -> None:
        self._entrance = entrance
        self._fields = fields
        self._known: dict[tuple[str, Fields], Head] = {}

    def __len__(self) -> int:
        """How many are remembered."""
        return len(self._known)

    def head(self, version: str, fields: Iterable[tuple[bytes, bytes]]) -> Head:
        """What *fields* say in that version of HTTP, such as ``1.1``."""
        said = version, tuple(fields)
        try:
            return self._known[said]
        except KeyError:
            return self._read(version, said[1])
        except TypeError:  # pairs that are lists, as some servers have them
            return self._read(version, tuple([(name, value) for name, value in said[1]]))

    def _read(self, version: str, fields: Fields) -> Head:
        headers = Headers(
            [(name.decode("latin-1"), value.decode("latin-1")) for name, value in fields]
        )
        coded = "transfer-encoding" in headers
        made = Head(
            headers=headers,
            malformed=self._malformed(version, headers),
            stranger=self._entrance.refused(headers),
            has_body=version not in ("1.0", "1.1") or coded or "content-length" in headers,
        )
        small = len(fields) <= _MAX_FIELDS and sum(map(_size, fields)) <= _MAX_BYTES
        if small and _SECRETS.isdisjoint(name for name, _ in headers):
            if len(self._known) >= _KEPT:
                self._known.clear()
            self._known[version, fields] = made
        return made

    def _malformed(self, version: str, headers: Headers) -> Response | None:
        if "content-length" in headers and "transfer-encoding" in headers:
            # HTTP allows to take the coding for right, and some servers do.
            return text_response(400, "a body has a length or a coding, not both\n")
        if version == "1.1" and "host" not in headers:
            return text_response(400, "a request names the host that it is for\n")
        if len(headers) > self._fields:
            return text_response(431, f"limit is {self._fields} header fields\n")
        return None


def _size(field: tuple[bytes, bytes]) -> int:
    return len(field[0]) + len(field[1])
