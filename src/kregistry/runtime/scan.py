"""The look at a document before anything parses it: size, encoding, depth."""

from __future__ import annotations

from itertools import accumulate
from typing import Final

from kregistry.runtime.errors import DecodeError
from kregistry.runtime.limits import Limits

_NOT_BRACKETS: Final = bytes(set(range(256)) - set(b"[]{}"))
_STEPS: Final = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}


def text_of(data: bytes | bytearray | memoryview, limits: Limits) -> str:
    """The document as text, if it is one that may be parsed.

    Raises:
        DecodeError: It is too long, not UTF-8, or nested too deeply.
    """
    data = bytes(data)
    if len(data) > limits.max_body_bytes:
        raise DecodeError(f"Request entity too large: limit is {limits.max_body_bytes}")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DecodeError(f"the document is not UTF-8: byte {error.start} is wrong") from None
    if data.count(b"{") + data.count(b"[") > limits.max_depth < depth(data):
        raise DecodeError(f"exceeded max depth: the limit is {limits.max_depth} levels")
    return text


def depth(data: bytes) -> int:
    """How deeply arrays and objects nest, without recursion and without parsing."""
    # Escaped backslashes first: what quotes are left with one before them are escaped.
    data = data.replace(b"\\\\", b"").replace(b'\\"', b"")
    outside_strings = b"".join(data.split(b'"')[::2])
    brackets = outside_strings.translate(None, _NOT_BRACKETS)
    return max(accumulate(map(_STEPS.__getitem__, brackets), initial=0))
