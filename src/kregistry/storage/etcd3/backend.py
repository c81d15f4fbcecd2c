"""EtcdBackend: keys in an etcd cluster, which many machines can share.

etcd is a revision log itself, so there is little to translate: a put is a transaction that
compares the key's revision, a range is a range, and compaction is compaction. What is left to
do here is to share one watch between all watchers, and to fail over and fail clearly.

Source: ``k8s.io/apiserver/pkg/storage/etcd3``, ``client/v3/kubernetes`` of etcd.
"""

from __future__ import annotations

import math
import os
import weakref
from collections.abc import Mapping

from kregistry.meta.clock import Clock, SystemClock
from kregistry.meta.failpoints import Failpoints
from kregistry.storage.backend import (
    Backend,
    Change,
    ChangeStream,
    Page,
    Snapshot,
    check_farthest,
)
from kregistry.storage.errors import (
    AccessDenied,
    BackendClosed,
    BackendUnavailable,
    ForkedStore,
    RevisionCompacted,
    RevisionMismatch,
    StorageFull,
    UnsafeStorage,
)
from kregistry.storage.etcd3.access import Access
from kregistry.storage.etcd3.advancing import count_up
from kregistry.storage.etcd3.compaction import Compaction
from kregistry.storage.etcd3.expiry import Expiry
from kregistry.storage.etcd3.faults import LeaseNotFound
from kregistry.storage.etcd3.feed import Feed
from kregistry.storage.etcd3.follower import Follower
from kregistry.storage.etcd3.leases import Leases
from kregistry.storage.etcd3.members import Members
from kregistry.storage.etcd3.messages import (
    ALARM_REQUEST,
    Alarm,
    Method,
    TxnResponse,
    delete_if_request,
    put_if_request,
    read_alarms,
)
from kregistry.storage.etcd3.names import FIRST, bounds, encode
from kregistry.storage.etcd3.reading import Reader
from kregistry.storage.etcd3.replay import Replay
from kregistry.storage.etcd3.scope import Scopes
from kregistry.storage.housekeeping import Chores, Housekeeper

_LARGEST = 2**63 - 1

#: Leases that may turn out to be gone until a key that needs one is not written.
_LEASES = 3

_TICK = 1.0


class EtcdBackend(Backend, Chores):
    """Keeps everything in an etcd cluster, durable once a majority of it has a write.

    Nothing is connected until the first call. Other writers are welcome, other programs among
    them: their changes are seen, and what they change in one transaction comes as changes of
    one revision.

    Args:
        access: Where the members are, and what they must be shown.
        prefix: What the keys of interest begin with; "" for any. Where etcd does not let all
            keys be watched, changes of other ones are not seen.
        request_timeout: Seconds until a call has failed, all members tried.
        clock: Measures times to live and the interval.
        compaction_interval: Seconds between compactions; each forgets what was history
            already at the one before. 0 for never.
        failpoints: ``etcd3.before_commit``, ``etcd3.after_commit``.

    Raises:
        ValueError: An argument makes no sense.
    """

    def __init__(
        self,
        access: Access,
        *,
        prefix: str = "",
        request_timeout: float = 5.0,
        clock: Clock | None = None,
        compaction_interval: float = 0.0,
        failpoints: Failpoints | None = None,
    ) -> None:
        if not 0 < request_timeout <= 3600:
            raise ValueError(f"request_timeout must be more than 0 s, not {request_timeout}")
        if not compaction_interval >= 0:
            raise ValueError(f"compaction_interval must not be negative: {compaction_interval}")
        self._clock = clock or SystemClock()
        self._failpoints = failpoints
        self._members = Members(access, timeout=request_timeout)
        scopes = Scopes(prefix)
        self._feed = Feed(Replay(self._members, scopes, lambda: self._feed.head).read)
        self._follower = Follower(self._members, self._feed, scopes)
        some_key = prefix.encode() or FIRST  # asked for when only the revision matters
        self._compaction = Compaction(self._members, some_key)
        self._reader = Reader(self._members, self._compaction, some_key)
        self._leases = Leases(self._members, self._clock)
        self._expiry = Expiry(self._members, self._clock, self._delete)
        self._interval = compaction_interval
        self._next_compaction = self._clock.monotonic() + compaction_interval
        self._history_mark = 0
        self._housekeeper = Housekeeper(self, clock=self._clock, name="kregistry-etcd3")
        self._pid = os.getpid()
        self._closed = False
        _open.add(self)
        if compaction_interval:
            self._housekeeper.nudge()

    def get(self, key: str) -> Snapshot:
        self._check()
        return self._reader.get(encode(key))

    def range(
        self,
        start: str,
        end: str,
        *,
        limit: int = 0,
        revision: int = 0,
        count: bool = False,
        keys_only: bool = False,
    ) -> Page:
        self._check()
        if not 0 <= limit < _LARGEST:
            raise ValueError(f"limit must not be negative: {limit}")
        if not 0 <= revision <= _LARGEST:
            raise ValueError(f"no revision can be {revision}")
        page = self._reader.range(
            *bounds(start, end), limit=limit, revision=revision, keys_only=keys_only
        )
        return page if count else page._replace(count=-1)

    def put(self, key: str, value: bytes, *, expected: int, ttl: float | None = None) -> int:
        self._check()
        name = encode(key)
        if not isinstance(value, bytes):
            raise TypeError(f"a value is bytes, not {type(value).__name__}")
        if not 0 <= expected <= _LARGEST:
            raise ValueError(f"no revision can be {expected}")
        if ttl is not None and not 0 < ttl < math.inf:
            raise ValueError(f"ttl must be positive, not {ttl}")
        self._hit("etcd3.before_commit")
        response = self._put(name, value, expected, ttl)
        if not response.succeeded:
            raise RevisionMismatch(response.record)
        self._expiry.set(key, response.revision, ttl)
        if ttl is not None:
            self._housekeeper.nudge()
        self._committed(key, value, expected, response)
        return response.revision

    def delete(self, key: str, *, expected: int) -> int:
        self._check()
        if not 1 <= expected <= _LARGEST:
            raise ValueError("expected must be the revision of a record")
        self._hit("etcd3.before_commit")
        request = delete_if_request(encode(key), expected, previous=self._feed.is_watched)
        response = self._write(request)
        if not response.succeeded:
            raise RevisionMismatch(response.record)
        self._expiry.set(key, response.revision, None)
        self._committed(key, None, expected, response)
        return response.revision

    def watch(self, start: str, end: str, *, after: int) -> ChangeStream:
        self._check()
        if not 0 <= after <= _LARGEST:
            raise ValueError(f"no revision can be {after}")
        while True:
            stream = self._feed.stream(start, end, after=after)
            if stream is None:
                self._feed.open(self.current_revision())
                continue
            try:
                self._follower.start()
                self._check_history(after)
            except BaseException:
                stream.close()
                raise
            self._housekeeper.nudge()
            return stream

    def current_revision(self) -> int:
        self._check()
        return self._reader.revision()

    def compacted_revision(self) -> int:
        self._check()
        return self._compaction.revision()

    def compact(self, revision: int) -> None:
        self._check()
        self._compaction.compact(min(revision, _LARGEST))
        self._feed.compact(self._compaction.known)

    def ttls(self, start: str, end: str) -> Mapping[str, float]:
        self._check()
        return self._expiry.ttls(start, end)

    def advance(self, revision: int) -> None:
        self._check()
        check_farthest(revision)
        count_up(self._members, revision, self._compact_what_was_told)

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        _open.discard(self)
        if os.getpid() != self._pid:
            return
        self._housekeeper.close()
        self._follower.stop()
        self._feed.close(BackendClosed("the store is closed"))
        self._members.close()

    def ready(self) -> None:
        self._check()
        self.current_revision()
        try:
            alarms = self._members.read(Method.ALARM, ALARM_REQUEST, read_alarms)
        except AccessDenied:  # not everybody may ask; that reading works is what counts
            return
        if Alarm.CORRUPT in alarms:
            raise UnsafeStorage("etcd found its members to disagree (CORRUPT)")
        if Alarm.NOSPACE in alarms:
            raise StorageFull("etcd has run out of its quota (NOSPACE) and takes no writes")

    def expire_now(self) -> int:
        """Delete every key of this process whose time is up. The housekeeper does it by itself.

        Returns:
            How many keys were deleted. Each deletion has a revision of its own.
        """
        return self._expiry.run()

    def do_chores(self) -> float | None:
        if self._closed:
            return None
        delays = []
        if self._feed.is_open:
            self._follower.check(self._reader.known)
            delays.append(_TICK)
        self.expire_now()
        if self._interval:
            delays.append(self._compact_if_due())
        due = self._expiry.next()
        if due is not None:
            delays.append(due)
        return min(delays, default=None)

    def _compact_if_due(self) -> float:
        """Compact to where the store was one interval ago; seconds until the next time."""
        now = self._clock.monotonic()
        if now >= self._next_compaction:
            self._next_compaction = now + self._interval
            mark, self._history_mark = self._history_mark, self.current_revision()
            self.compact(mark)
        return self._next_compaction - now

    def _check(self) -> None:
        if self._closed:
            raise BackendClosed("the store is closed")
        if os.getpid() != self._pid:
            raise self._forked()

    def _forked(self) -> ForkedStore:
        return ForkedStore(
            f"the store at {self._members} was opened before this process was forked; "
            "open it anew here"
        )

    def _check_history(self, after: int) -> None:
        """Refuse to tell what is compacted already."""
        compaction = self._compaction
        if after < compaction.known:
            raise RevisionCompacted(after, compaction.known)
        if not self._feed.holds(after) and not compaction.is_readable(max(after, 1)):
            raise RevisionCompacted(after, compaction.revision())

    def _compact_what_was_told(self, revision: int) -> None:
        """Compact once the watchers of this process know what happened until then."""
        self._feed.wait_for(revision, self._members.timeout)
        self.compact(revision)

    def _put(self, name: bytes, value: bytes, expected: int, ttl: float | None) -> TxnResponse:
        previous = self._feed.is_watched
        if ttl is None:
            return self._write(put_if_request(name, value, expected, previous=previous))
        for _ in range(_LEASES):
            lease = self._leases.lease_for(ttl)
            request = put_if_request(name, value, expected, lease=lease, previous=previous)
            try:
                return self._write(request)
            except LeaseNotFound:  # it has run out, or somebody has revoked it
                self._leases.forget(lease)
        raise BackendUnavailable(f"etcd at {self._members} forgets the leases that it grants")

    def _write(self, request: bytes) -> TxnResponse:
        response = self._members.write(Method.TXN, request, TxnResponse.read)
        self._reader.note(response.revision)
        return response

    def _committed(
        self, key: str, value: bytes | None, expected: int, response: TxnResponse
    ) -> None:
        """Tell the watchers of this process, if the answer says enough for that."""
        before = response.record
        if before is not None or expected == 0:
            previous = before.value if before is not None else None
            self._feed.publish(Change(key, response.revision, value, previous, expected))
        self._hit("etcd3.after_commit")

    def _delete(self, key: str, revision: int) -> int:
        return self.delete(key, expected=revision)

    def _hit(self, name: str) -> None:
        if self._failpoints is not None:
            self._failpoints.hit(name)


_open: weakref.WeakSet[EtcdBackend] = weakref.WeakSet()


def _disown() -> None:
    """In a forked child: nobody here fills the feeds, and their locks may be held for good."""
    for backend in list(_open):
        backend._feed.abandon(backend._forked())
    _open.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_disown)
