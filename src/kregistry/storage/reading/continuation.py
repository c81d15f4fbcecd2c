"""Continue tokens: where a list that was cut by a limit goes on.

A token is unpadded base64url of ``{"v":"meta.k8s.io/v1","rv":5,"start":"ns/b"}``. It names a
place and a revision, nothing else, and is not signed: it is read against the prefix and the
selectors of the request that brings it.

Source: ``k8s.io/apiserver/pkg/storage/continue.go``.
"""

from __future__ import annotations

import base64
import binascii
import json
import posixpath
from typing import Any, NamedTuple

_VERSION = "meta.k8s.io/v1"

#: Go's JSON escapes these so that a token can stand in HTML; tokens must match byte for byte.
_GO_ESCAPES = str.maketrans(
    {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
)

_TO_URL = bytes.maketrans(b"+/", b"-_")

_JSON_BEGINS = frozenset(bytes([first]) for first in b'{["-0123456789tfn')

#: Made once: ``json.dumps`` makes one for each call, which takes as long as the printing.
_print = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

#: Longer than the token of any key that a backend accepts.
_MAX_TOKEN = 64 * 1024


class Continuation(NamedTuple):
    """A place to go on from.

    Attributes:
        start: Full key of the first candidate.
        revision: Read at this revision; negative for the newest.
    """

    start: str
    revision: int


def encode_continue(start: str, prefix: str, revision: int) -> str:
    """The token for a list below *prefix* that goes on at *start*.

    Raises:
        ValueError: *start* does not lie below *prefix*.

    Source: ``storage.EncodeContinue``.
    """
    relative = start.removeprefix(prefix)
    if relative == start and prefix:
        raise ValueError("unable to encode next field: the key and key prefix do not match")
    text = f'{{"v":"{_VERSION}","rv":{revision},"start":{_print(relative)}}}'
    if _may_need_escapes(relative):
        text = text.translate(_GO_ESCAPES)
    return binascii.b2a_base64(text.encode(), newline=False).translate(_TO_URL, b"=").decode()


def _may_need_escapes(text: str) -> bool:
    """Whether to look at each character, which takes three times as long as all the rest."""
    return not text.isascii() or "<" in text or ">" in text or "&" in text


def decode_continue(token: str, prefix: str) -> Continuation:
    """Where *token* points to below *prefix*.

    Raises:
        ValueError: The token is not one of ours, or tries to leave the prefix.

    Source: ``storage.DecodeContinue``.
    """
    body = _parse(token)
    if body["v"] != _VERSION:
        raise ValueError(
            f"continue key is not valid: server does not recognize this encoded version {body['v']}"
        )
    if body["rv"] == 0:
        raise ValueError(
            "continue key is not valid: incorrect encoded start resourceVersion "
            f"(version {_VERSION})"
        )
    start = body["start"]
    if not start:
        raise ValueError(f"continue key is not valid: encoded start key empty (version {_VERSION})")
    rooted = start if start.startswith("/") else f"/{start}"
    if rooted.startswith("//") or posixpath.normpath(rooted) != rooted:
        raise ValueError(f"continue key is not valid: {start}")
    return Continuation(prefix + rooted[1:], body["rv"])


def _parse(token: str) -> dict[str, Any]:
    """The members of the token, each of its type."""
    try:
        body = json.loads(_text(_unpack(token)))
        if not isinstance(body, dict):
            raise ValueError("not a JSON object")
        return {
            "v": _member(body, "v", str, ""),
            "rv": _member(body, "rv", int, 0),
            "start": _member(body, "start", str, ""),
        }
    except (ValueError, RecursionError) as error:
        raise ValueError(f"continue key is not valid: {error}") from None


def _unpack(token: str) -> bytes:
    if not isinstance(token, str) or len(token) > _MAX_TOKEN:
        raise ValueError("not a continue token")
    if not token.isascii() or "=" in token or "+" in token or "/" in token:
        raise ValueError("illegal base64 data")
    padded = token.replace("-", "+").replace("_", "/") + "=" * (-len(token) % 4)
    try:
        return base64.b64decode(padded, validate=True)
    except binascii.Error:
        raise ValueError("illegal base64 data") from None


def _text(data: bytes) -> str:
    """The JSON text that *data* holds; what is none at its first byte is told as Go tells it."""
    first = data.lstrip(b" \t\r\n")[:1]
    if not first:
        raise ValueError("unexpected end of JSON input")
    if first not in _JSON_BEGINS:
        shown = "'\\''" if first == b"'" else repr(first)[1:]
        raise ValueError(f"invalid character {shown} looking for beginning of value")
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise ValueError("invalid UTF-8") from None


def _member(body: dict[str, Any], name: str, kind: type, default: Any) -> Any:
    value: Any = body.get(name)
    if value is None:
        return default
    if type(value) is not kind:
        raise ValueError(f"{name} has the wrong type")
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise ValueError(f"{name} is out of range")
    if isinstance(value, str):
        value.encode()  # lone surrogates are no text
    return value
