"""Document: a body that clients may keep, and whether theirs is still good."""

from __future__ import annotations

import re
from typing import Any, Final

import attrs

from kregistry.runtime.engine import StdlibEngine

JSON: Final = "application/json"
TEXT: Final = "text/plain; charset=utf-8"

_ENGINE: Final = StdlibEngine()
_TAG: Final = re.compile(r'\s*(?:W/)?("[^"]*")\s*(?:,|$)', re.ASCII)


@attrs.frozen
class Document:
    """The body of an answer together with the headers that depend on it.

    Attributes:
        body: As it goes over the wire.
        media_type: For ``Content-Type``.
        etag: For ``ETag``, in its double quotes; "" if clients are not to keep the body.
        headers: More headers, by name.
    """

    body: bytes = attrs.field(repr=False)
    media_type: str = JSON
    etag: str = ""
    headers: tuple[tuple[str, str], ...] = ()

    def is_known_to(self, if_none_match: str) -> bool:
        """Whether the answer to a client with that ``If-None-Match`` is 304, without a body.

        Args:
            if_none_match: Value of the header, "" if there was none: ETags with commas
                between, or ``*``.
        """
        if not self.etag:
            return False
        return if_none_match.strip() == "*" or self.etag in _tags(if_none_match)


def json_document(tree: Any) -> Document:
    """Compact JSON and a line feed, not to be kept by clients."""
    return Document(_ENGINE.dumps(tree) + b"\n")


def indented_document(tree: Any) -> Document:
    """JSON indented by two spaces, as the API server writes for people to read.

    Source: ``responsewriters.WriteRawJSON``.
    """
    # Imported here: the engine prints compact text only, and this is asked for rarely.
    import json

    return Document(json.dumps(tree, indent=2, ensure_ascii=False).encode())


def kept_document(
    tree: Any, *, media_type: str = JSON, headers: tuple[tuple[str, str], ...] = ()
) -> Document:
    """Compact JSON with an ETag made from it.

    Source: ``aggregated.computeETag``; ``handler3`` of kube-openapi does the same.
    """
    body = _ENGINE.dumps(tree)
    return Document(body, media_type, f'"{digest(body)}"', headers)


def digest(body: bytes) -> str:
    """SHA-512 as upper-case hexadecimal digits."""
    import hashlib  # where it is used: it loads OpenSSL, and many a server is never asked

    return hashlib.sha512(body).hexdigest().upper()


def _tags(header: str) -> list[str]:
    """The ETags of a header up to the first thing that is none.

    A weak one counts like a strong one, as it does where bodies are not changed but read.
    """
    found, at = [], 0
    while match := _TAG.match(header, at):
        found.append(match[1])
        at = match.end()
    return found
