"""Counting an etcd up: nothing but writes moves its revision, so they are made, many at a time."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from kregistry.storage.backend import SCRATCH
from kregistry.storage.etcd3.members import Members
from kregistry.storage.etcd3.messages import (
    Method,
    RangeResponse,
    delete_request,
    put_request,
    range_request,
    read_revision,
)

#: Writes that are on their way at once, and writes between two compactions.
_AT_ONCE, _BATCH = 32, 5000

_KEY = SCRATCH.encode()


def count_up(members: Members, revision: int, compact: Callable[[int], None]) -> None:
    """Write until the store is at *revision*. What was written is deleted, and compacted.

    Can be cut off at any moment, and called again.

    Args:
        compact: Called with a revision now and then, and with the last one.

    Raises:
        BackendError: etcd takes no more writes.
    """
    found = members.read(Method.RANGE, range_request(_KEY), RangeResponse.read)
    if found.revision >= revision and not found.records:
        return
    current = _write(members, 0)
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        while (missing := revision - 1 - current) > 0:
            writes = threads.map(lambda each: _write(members, each), range(min(missing, _BATCH)))
            current = max(writes)
            compact(current)
    compact(members.read(Method.TXN, delete_request(_KEY), read_revision))


def _write(members: Members, number: int) -> int:
    """Take one revision; twice at worst, which does no harm here."""
    return members.read(Method.TXN, put_request(_KEY, b""), read_revision)
