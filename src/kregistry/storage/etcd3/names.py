"""Keys as etcd has them: bytes, and ranges of them."""

from __future__ import annotations

FIRST = b"\0"


def encode(key: str) -> bytes:
    """A key as etcd has it.

    Raises:
        TypeError: It is no text.
        ValueError: It is empty, or cannot be written as UTF-8.
    """
    if not isinstance(key, str):
        raise TypeError(f"a key is text, not {type(key).__name__}")
    if not key:
        raise ValueError("a key must not be empty")
    try:
        return key.encode()
    except UnicodeEncodeError:
        raise ValueError(f"the key {key!r} cannot be written as UTF-8") from None


def bounds(start: str, end: str) -> tuple[bytes, bytes]:
    """A range as etcd has it, where a zero byte as the end means all that follow."""
    first, last = (bound.encode("utf-8", "surrogateescape") for bound in (start, end))
    first = first or FIRST
    if last <= first:  # nothing lies between
        return b"\1", b"\1"
    return first, last
