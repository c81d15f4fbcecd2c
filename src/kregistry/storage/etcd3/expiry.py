"""Expiry: deletes the keys of this process when their time is up."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from kregistry.meta.clock import Clock
from kregistry.storage.errors import RevisionMismatch
from kregistry.storage.etcd3.members import Members
from kregistry.storage.etcd3.messages import (
    Lease,
    Method,
    range_request,
    read_leases,
    time_to_live_request,
)
from kregistry.storage.etcd3.names import bounds
from kregistry.storage.expiring import ExpiringKeys

_BATCH = 64


class Expiry:
    """Keys and their deadlines. Those of other processes show in their leases only.

    Args:
        delete: Deletes a key that is at a revision.
    """

    def __init__(self, members: Members, clock: Clock, delete: Callable[[str, int], int]) -> None:
        self._members = members
        self._delete = delete
        self._keys = ExpiringKeys(clock)

    def set(self, key: str, revision: int, ttl: float | None) -> None:
        """This process wrote the key at *revision*, to live *ttl* seconds; None for ever."""
        self._keys.set(key, revision, ttl)

    def next(self) -> float | None:
        """Seconds until a key is due; None if none will be."""
        return self._keys.next()

    def run(self) -> int:
        """Delete every key that is due; how many there were."""
        total = 0
        while due := self._keys.take(_BATCH):
            total += self._expire(due)
        return total

    def ttls(self, start: str, end: str) -> Mapping[str, float]:
        """See :meth:`~kregistry.storage.backend.Backend.ttls`."""
        before = self._keys.remaining(start, end)  # one of them may go while the others are read
        request = range_request(*bounds(start, end), keys_only=True)
        leases = self._members.read(Method.RANGE, request, read_leases)
        own = {**before, **self._keys.remaining(start, end)}
        left = {lease: self._left(lease) for lease in {leases[key] for key in leases - own.keys()}}
        found = {key: own.get(key, left.get(lease, 0.0)) for key, lease in leases.items()}
        return {key: seconds for key, seconds in found.items() if seconds >= 0}

    def _expire(self, due: Sequence[tuple[str, int]]) -> int:
        """Delete these keys. What cannot be deleted now stays due, the one that failed last."""
        deleted = 0
        for at, (key, revision) in enumerate(due):
            try:
                self._delete(key, revision)
                deleted += 1
            except RevisionMismatch:  # written meanwhile, or its lease was faster
                self._keys.done(key, revision)
            except BaseException:
                for each in (*due[at + 1 :], due[at]):
                    self._keys.give_back(*each)
                raise
        return deleted

    def _left(self, lease: int) -> float:
        """Seconds that a lease has, any grace included: it does not say how much that is."""
        request = time_to_live_request(lease)
        return float(self._members.read(Method.TIME_TO_LIVE, request, Lease.read).seconds)
