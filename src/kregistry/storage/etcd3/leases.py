"""Leases: what lets a key of a process that is gone go with it, in time.

A key with a time to live is deleted by the process that wrote it, on time and with a revision
of its own, as on every other backend. Should that process not be there any more, the key's
lease deletes it a little later. So leases need not be exact, and keys that end at about the
same time share one, as they do upstream.

Source: ``etcd3/lease_manager.go``.
"""

from __future__ import annotations

import math
import threading
from typing import NamedTuple

from kregistry.meta.clock import Clock
from kregistry.storage.etcd3.members import Members
from kregistry.storage.etcd3.messages import Lease, Method, grant_request

#: Seconds that a lease may outlast the time to live of its keys.
GRACE = 30.0

#: The longest that etcd grants, in seconds: 285 years. Source: ``lease.MaxLeaseTTL``.
LONGEST = 9_000_000_000

#: Keys that share a lease: it deletes them in one revision, which must not grow too large.
MOST_KEYS = 1000


class _Granted(NamedTuple):
    """A lease, the moment before which it does not end, and how many keys were promised to it."""

    lease: int
    ends: float
    keys: int


class Leases:
    """Grants leases, as few as will do."""

    def __init__(self, members: Members, clock: Clock) -> None:
        self._members = members
        self._clock = clock
        self._lock = threading.Lock()
        self._latest: _Granted | None = None

    def lease_for(self, ttl: float) -> int:
        """A lease that lasts *ttl* seconds, and not much longer.

        Raises:
            BackendError: None could be had.
        """
        with self._lock:
            found = self._latest
            if found is not None and self._will_do(found, ttl):
                self._latest = found._replace(keys=found.keys + 1)
                return found.lease
        granted = self._grant(ttl)  # meanwhile, nobody has to wait for a server that may be slow
        with self._lock:
            self._latest = granted
        return granted.lease

    def forget(self, lease: int) -> None:
        """The server does not know this lease any more."""
        with self._lock:
            if self._latest is not None and self._latest.lease == lease:
                self._latest = None

    def _will_do(self, granted: _Granted, ttl: float) -> bool:
        """Whether enough of the grace is left, and not too much, for one key more."""
        left = granted.ends - self._clock.monotonic()
        return ttl + GRACE / 2 <= left <= ttl + GRACE + 1 and granted.keys < MOST_KEYS

    def _grant(self, ttl: float) -> _Granted:
        seconds = min(math.ceil(ttl + GRACE), LONGEST)
        ends = self._clock.monotonic() + seconds
        # Asking twice makes at worst a lease without keys, which ends by itself.
        granted = self._members.read(Method.GRANT, grant_request(seconds), Lease.read)
        return _Granted(granted.id, ends, 1)
