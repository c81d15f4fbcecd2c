"""WatchCall: one watch on one member, as batches of changes.

Source: ``etcd3/watcher.go``, ``etcd3/event.go``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from threading import Event
from typing import NamedTuple

import grpc

from kregistry.meta.wire import WireError
from kregistry.storage.backend import Change
from kregistry.storage.errors import (
    AccessDenied,
    BackendUnavailable,
    RevisionCompacted,
    UnsafeStorage,
)
from kregistry.storage.etcd3 import faults
from kregistry.storage.etcd3.members import CallFailed, Members, failure
from kregistry.storage.etcd3.messages import (
    PROGRESS_REQUEST,
    STATUS_REQUEST,
    Method,
    Status,
    WatchResponse,
    range_request,
    read_revision,
    watch_request,
)
from kregistry.storage.etcd3.messages import Event as EtcdEvent
from kregistry.storage.etcd3.scope import Scopes


class Batch(NamedTuple):
    """Some changes, in order, and up to which revision there are no others in the scope."""

    changes: list[Change]
    upto: int


class WatchCall:
    """A watch that has begun.

    Args:
        members: The cluster; its current member is watched.
        scopes: What to watch; more may be told of than is of interest.
        after: Tell what happened after this revision.
        asking: Seconds between questions to the server how far the watch has come; it answers
            with empty batches. A watch of all keys shows that by itself.
        timeout: Seconds until the watch ends by itself; None for never.
        known: A revision up to which nobody needs to be told any more, by now. What was before
            those changes may be compacted already.

    Raises:
        BackendError: The member does not take it, or not in time.
    """

    def __init__(
        self,
        members: Members,
        scopes: Scopes,
        *,
        after: int,
        asking: float,
        timeout: float | None = None,
        known: Callable[[], int] = lambda: 0,
    ) -> None:
        self.member = members.current
        self._members = members
        self._after = after
        self._known = known
        self._over = Event()
        self._pending: list[EtcdEvent] = []
        self._scopes = scopes
        self._version = self._ask_version()
        self._scope = scopes.choose(self._version)
        self._call = self.member.stream(
            Method.WATCH, self._requests(asking), members.metadata(), timeout
        )

    def batches(self) -> Iterator[Batch]:
        """What happens, as long as the watch lasts; first an empty batch, once it has begun.

        Raises:
            RevisionCompacted: What should come next is compacted: nobody can tell it.
            BackendError: The watch is over. Another one can go on where it ended.
        """
        past = 0
        try:
            for data in self._call:
                response = WatchResponse.read(data)
                if response.canceled or response.compact_revision:
                    self._check_login(response)
                    raise self._ended(response)
                if response.created:
                    past = response.revision
                told, batch = self._after, self._batch(response)
                if batch is None:
                    continue
                if told < past or _spans_revisions(batch.changes):
                    self._check_for_holes(told, response.revision)
                yield batch
        except grpc.RpcError as error:
            if not self._over.is_set():
                self._members.leave(self.member)
            raise self._failed(failure(error)) from None
        except (WireError, IndexError) as error:
            raise faults.no_etcd(str(self.member.endpoint), error) from error
        finally:
            self._over.set()
        raise BackendUnavailable("etcd ended the watch")

    @property
    def unfinished(self) -> int:
        """How many changes have come of a revision that is not complete."""
        return len(self._pending)

    def cancel(self) -> None:
        """End it. From any thread; idempotent."""
        self._over.set()
        self._call.cancel()

    def _requests(self, asking: float) -> Iterator[bytes]:
        """What is asked of the server. Runs in a thread of gRPC's."""
        yield watch_request(self._scope.start, self._scope.end, self._after + 1)
        while not self._over.wait(None if self._scope.whole else asking):
            yield PROGRESS_REQUEST

    def _ask_version(self) -> str:
        """What can be watched, and how, depends on what this very member can do."""
        members, seconds = self._members, self._members.timeout / 2
        try:
            data = self.member.ask(Method.STATUS, STATUS_REQUEST, seconds, members.metadata())
        except CallFailed as failed:
            members.leave(self.member)
            raise self._failed(failed) from None
        try:
            return Status.read(data).version
        except (WireError, IndexError) as error:
            raise faults.no_etcd(str(self.member.endpoint), error) from error

    def _failed(self, failed: CallFailed) -> Exception:
        if failed.verdict is faults.Verdict.LOGGED_OUT:
            self._members.renew_login()
        if failed.verdict is faults.Verdict.REFUSED:
            return faults.refusal(failed.code, failed.details)
        return BackendUnavailable(f"{self.member.endpoint} is not watched: {failed.details}")

    def _check_login(self, response: WatchResponse) -> None:
        """Log in anew if that is why the watch is over.

        A watch with a token that is not known any more, as after a restart of the member, is
        refused like one that is not allowed. Reads are told the difference.
        """
        if response.compact_revision:
            return
        scope = self._scope
        request = range_request(scope.start, scope.end, limit=1, keys_only=True)
        try:
            self._members.read(Method.RANGE, request, read_revision)
        except AccessDenied:
            return
        raise BackendUnavailable(f"the watch was refused once: {response.cancel_reason}")

    def _ended(self, response: WatchResponse) -> Exception:
        if response.compact_revision:
            return RevisionCompacted(self._after, response.compact_revision)
        error = faults.refusal("CANCELLED", response.cancel_reason or "the watch was cancelled")
        if not isinstance(error, AccessDenied) or not self._scope.whole:
            return error
        try:
            self._scopes.narrow(self._version)
        except UnsafeStorage as refusal:
            return refusal
        return BackendUnavailable("all keys may not be watched; those of interest are tried")

    def _check_for_holes(self, told: int, upto: int) -> None:
        """Refuse what etcd has looked up in its history if a part of that is compacted.

        etcd forgets a deletion at the very revision to which it is compacted, and yet lets a
        watch begin there. So what was *told* last must still be readable now that more was told.
        """
        told = max(told, self._known(), 1)
        if told >= upto:
            return
        request = range_request(self._scope.start, revision=told, count_only=True)
        try:
            self._members.read(Method.RANGE, request, read_revision)
        except RevisionCompacted:
            raise RevisionCompacted(told, told + 1) from None

    def _batch(self, response: WatchResponse) -> Batch | None:
        if response.created:
            return Batch([], self._after)
        self._pending += response.events
        events = self._take_whole_revisions(response.fragment)
        if response.fragment and not events:
            return None
        if not events:  # how far the watch has come
            self._after = max(self._after, response.revision)
            return Batch([], self._after)
        known = self._known()
        changes = [self._change(each) for each in events if each.record.mod_revision > known]
        self._after = events[-1].record.mod_revision
        return Batch(changes, self._after)

    def _take_whole_revisions(self, fragment: bool) -> list[EtcdEvent]:
        """The events that are told completely: not those of a revision that may go on."""
        events = self._pending
        whole = len(events)
        while fragment and whole and _revision(events[whole - 1]) == _revision(events[-1]):
            whole -= 1
        self._pending = events[whole:]
        return events[:whole]

    def _change(self, event: EtcdEvent) -> Change:
        """What an event says. One that lacks what was before is of no use to anybody.

        Source: ``etcd3.parseEvent``.
        """
        (key, value, revision, created), before, deleted = event
        if before is None:
            if deleted or created != revision:  # compacted while it was on its way
                raise RevisionCompacted(revision - 1, revision)
            return Change(key, revision, value, None, 0)
        return Change(key, revision, None if deleted else value, before.value, before.mod_revision)


def _revision(event: EtcdEvent) -> int:
    return event.record.mod_revision


def _spans_revisions(changes: list[Change]) -> bool:
    """Whether these were looked up. What happens just now is told revision by revision."""
    return bool(changes) and changes[0].revision != changes[-1].revision
