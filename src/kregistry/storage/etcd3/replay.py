"""Replay: changes from before the feed's log began, read from etcd by a watch that looks back."""

from __future__ import annotations

import time
from collections.abc import Callable

from kregistry.storage.backend import Change
from kregistry.storage.errors import BackendUnavailable
from kregistry.storage.etcd3.members import Members
from kregistry.storage.etcd3.scope import Scopes
from kregistry.storage.etcd3.watchcall import WatchCall
from kregistry.storage.log.changelog import History
from kregistry.storage.log.window import size_of

#: A watch that looks back begins only after a pause of the server's, so it is made worth while:
#: it reads on until it has found so many changes, read so many, or so many bytes.
_FOUND, _READ, _BYTES = 1000, 10_000, 8 << 20

_ASKING = _PAUSE = 0.05


class Replay:
    """Reads history.

    Args:
        head: A revision up to which the log knows everything.
    """

    def __init__(self, members: Members, scopes: Scopes, head: Callable[[], int]) -> None:
        self._members = members
        self._scopes = scopes
        self._head = head

    def read(self, start: str, end: str, after: int, limit: int) -> History:
        """See :data:`~kregistry.storage.log.changelog.ReadHistory`."""
        deadline = time.monotonic() + self._members.timeout
        while True:
            try:
                return self._look_back(start, end, after, deadline)
            except BackendUnavailable:
                if time.monotonic() + _PAUSE >= deadline:
                    raise
            time.sleep(_PAUSE)  # another member will know

    def _look_back(self, start: str, end: str, after: int, deadline: float) -> History:
        found: list[Change] = []
        goal = max(self._head(), after + 1)
        upto, read, size = after, 0, 0
        call = WatchCall(
            self._members,
            self._scopes,
            after=after,
            asking=_ASKING,
            timeout=max(deadline - time.monotonic(), _PAUSE),
        )
        try:
            for changes, upto in call.batches():
                found += [change for change in changes if start <= change.key < end]
                read += len(changes)
                size += sum(map(size_of, changes))
                if upto >= goal or len(found) >= _FOUND or read >= _READ or size >= _BYTES:
                    break
        except BackendUnavailable:
            if upto == after:
                raise
        finally:
            call.cancel()
        return History(found, upto)
