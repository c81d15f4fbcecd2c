"""Planted faults: backends that are wrong in one way each, to prove that a suite has teeth.

Each is the model with one step broken, as a real backend might break it. A suite that stays
green over one of them does not check what it says.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from kregistry.storage.backend import Backend, Change, Page, Record, Snapshot
from kregistry.storage.errors import RevisionMismatch
from kregistry.testing.model import ModelBackend, ModelStream, State


class StaleReadCache(ModelBackend):
    """Reads come from a cache that deletions forget to clear."""

    def __init__(self) -> None:
        super().__init__()
        self.cache: dict[str, Record] = {}

    def get(self, key: str) -> Snapshot:
        fresh = super().get(key)
        if fresh.record is not None:
            self.cache[key] = fresh.record
        return Snapshot(self.cache.get(key), fresh.revision)


class LostUpdate(ModelBackend):
    """A write only asks whether the key exists, not whether it changed since."""

    def check_expected(self, key: str, expected: int) -> None:
        current = self.state().get(key)
        if (current is None) != (expected == 0):
            raise RevisionMismatch(current)


class RevisionOutsideTransaction(ModelBackend):
    """The counter is drawn before the write is decided, so a refused write leaves a gap."""

    def check_expected(self, key: str, expected: int) -> None:
        try:
            super().check_expected(key, expected)
        except RevisionMismatch:
            self.revision += 1
            raise


class RevisionAheadOfData(ModelBackend):
    """The revision of a list is read after its records, outside their snapshot."""

    def range(self, start: str, end: str, **how: Any) -> Page:
        page = super().range(start, end, **how)
        threading.Event().wait(0.0005)
        return page._replace(revision=self.revision)


class ListWithoutSnapshot(ModelBackend):
    """A list reads its keys first and their records one after the other."""

    def range(self, start: str, end: str, **how: Any) -> Page:
        page = super().range(start, end, **how)
        if how.get("revision"):
            return page
        threading.Event().wait(0.0005)
        fresh = [self.get(record.key).record for record in page.records]
        return page._replace(records=[record for record in fresh if record])


class PageAtWrongRevision(ModelBackend):
    """A page of the past shows the present."""

    def range(self, start: str, end: str, **how: Any) -> Page:
        self.check_readable(how.pop("revision", 0))
        return super().range(start, end, **how)


class AckBeforeCommit(ModelBackend):
    """A write is acknowledged and done later, with the next one."""

    def __init__(self) -> None:
        super().__init__()
        self.pending: Callable[[], object] | None = None

    def put(self, key: str, value: bytes, *, expected: int, ttl: float | None = None) -> int:
        with self.lock:
            pending, self.pending = self.pending, None
            if pending is not None:
                pending()
            self.check_expected(key, expected)
            self.pending = lambda: super(AckBeforeCommit, self).put(
                key, value, expected=expected, ttl=ttl
            )
            return self.revision + 1


class RefusedWriteApplied(ModelBackend):
    """A write over something newer is refused, and done."""

    def check_expected(self, key: str, expected: int) -> None:
        try:
            super().check_expected(key, expected)
        except RevisionMismatch:
            self.commit(key, b"applied")
            raise


class RevisionReusedAfterCompaction(ModelBackend):
    """After a compaction the counter continues from the newest record that is left."""

    def compact(self, revision: int) -> None:
        super().compact(revision)
        left = [record.mod_revision for record in self.state().values()]
        self.revision = max([1, *left])


class DeletionWithoutRevision(ModelBackend):
    """A deletion does not count as a change of its own."""

    def commit(self, key: str, value: bytes | None) -> int:
        if value is None:
            self.revision -= 1
        return super().commit(key, value)


class DoubleApply(ModelBackend):
    """A write whose answer is thought lost is done again."""

    def commit(self, key: str, value: bytes | None) -> int:
        super().commit(key, value)
        return super().commit(key, value)


class LiveKeyCompacted(ModelBackend):
    """Compaction takes the latest version of a key along, if that is old."""

    def compact(self, revision: int) -> None:
        super().compact(revision)
        self.base = {}


class HistoryRewrittenByCompaction(ModelBackend):
    """Compaction keeps the newest state instead of the state at its revision."""

    def compact(self, revision: int) -> None:
        newest = self.state()
        super().compact(revision)
        self.base = newest


class CompactionReadable(ModelBackend):
    """What was compacted is shown as far as it is left, instead of refused."""

    def check_readable(self, revision: int) -> None:
        super().check_readable(revision if revision > self.compacted else 0)


class KeysAsPatterns(ModelBackend):
    """Ranges match with a pattern in which ``_`` stands for any character."""

    def state(self, revision: int = 0) -> State:
        found = dict(super().state(revision))
        if "/aXb" in found and "/a_b" in found:
            found["/a_b"] = found["/aXb"]
        return found


class ValuesUnasked(ModelBackend):
    """A range of keys only brings the values all the same."""

    def range(self, start: str, end: str, **how: Any) -> Page:
        return super().range(start, end, **{**how, "keys_only": False})


class KeysAsWords(ModelBackend):
    """Keys sort as people sort words."""

    def range(self, start: str, end: str, **how: Any) -> Page:
        page = super().range(start, end, **how)
        return page._replace(records=sorted(page.records, key=lambda r: r.key.casefold()))


class KeysEndAtNul(ModelBackend):
    """A key ends at its first NUL."""

    def get(self, key: str) -> Snapshot:
        return super().get(key.split("\0")[0])


class TimeToLiveKept(ModelBackend):
    """A write without a time to live keeps that of the write before."""

    def set_deadline(self, key: str, ttl: float | None) -> None:
        if ttl is not None:
            super().set_deadline(key, ttl)


class TimesOfEverybody(ModelBackend):
    """The times left are those of all keys, whatever range was asked for."""

    def ttls(self, start: str, end: str) -> Mapping[str, float]:
        return super().ttls("", chr(0x10FFFF))


class TimesPutDown(ModelBackend):
    """The times left stay what they were when the keys were written."""

    def ttls(self, start: str, end: str) -> Mapping[str, float]:
        found = super().ttls(start, end)
        return {key: max(seconds, 100.0) for key, seconds in found.items()}


class AdvanceGoesBack(ModelBackend):
    """A store lets itself be set back."""

    def advance(self, revision: int) -> None:
        self.jump(max(revision, 1))


class AdvanceUncompacted(ModelBackend):
    """After an advance the revisions that it skipped seem to be readable."""

    def jump(self, revision: int) -> None:
        compacted = self.compacted
        super().jump(revision)
        self.compacted = compacted


class AdvanceOneShort(ModelBackend):
    """The next write gets the very revision that was advanced to."""

    def jump(self, revision: int) -> None:
        super().jump(revision - 1)


class AdvanceRewritesRecords(ModelBackend):
    """Records say that the advance changed them."""

    def jump(self, revision: int) -> None:
        super().jump(revision)
        self.base = {
            key: record._replace(mod_revision=revision) for key, record in self.base.items()
        }


class AdvanceLosesReaders(ModelBackend):
    """An advance takes every reader along, whatever it had still to read."""

    def jump(self, revision: int) -> None:
        super().jump(revision)
        for stream in self.streams:
            stream.at = max(stream.at, revision)


class AdvanceEndsReaders(ModelBackend):
    """An advance ends every reader, also those that have read all."""

    def jump(self, revision: int) -> None:
        places = [(stream, stream.at) for stream in self.streams]
        super().jump(revision)
        for stream, at in places:
            stream.at = at


class FaultyStream(ModelBackend):
    """The model with another stream.

    Attributes:
        stream: Class of its streams.
    """

    stream: type[ModelStream] = ModelStream

    def open_stream(self, start: str, end: str, after: int) -> ModelStream:
        return self.stream(self, start, end, after)


class SkippingStream(ModelStream):
    """Streams leave out the last of several changes that come together."""

    def poll(self, limit: int = 256) -> Sequence[Change]:
        found = super().poll(limit)
        return found[:-1] if len(found) > 1 else found


class SkippedEvent(FaultyStream):
    """Streams leave out the last of several changes that come together."""

    stream = SkippingStream


class RepeatingStream(ModelStream):
    """Streams repeat the last change when they are polled again."""

    def poll(self, limit: int = 256) -> Sequence[Change]:
        found = super().poll(limit)
        if len(found) == 1 and found[0].revision % 2:
            return [*found, *found]
        return found


class DuplicatedEvent(FaultyStream):
    """Streams repeat the last change when they are polled again."""

    stream = RepeatingStream


class TurningStream(ModelStream):
    """Streams turn the changes that come together round."""

    def poll(self, limit: int = 256) -> Sequence[Change]:
        return super().poll(limit)[::-1]


class ReorderedEvents(FaultyStream):
    """Streams turn the changes that come together round."""

    stream = TurningStream


class HastyStream(ModelStream):
    """Streams say that they are further than they have delivered."""

    @property
    def position(self) -> int:
        return self.backend.revision


class EarlyBookmark(FaultyStream):
    """Streams say that they are further than they have delivered."""

    stream = HastyStream


class OffByOneResume(FaultyStream):
    """Streams begin one change too late."""

    def open_stream(self, start: str, end: str, after: int) -> ModelStream:
        return super().open_stream(start, end, after + 1)


class RepeatingResume(FaultyStream):
    """Streams begin with the change that the reader has seen."""

    def open_stream(self, start: str, end: str, after: int) -> ModelStream:
        return super().open_stream(start, end, max(after - 1, self.compacted))


class ExpiredTooLate(FaultyStream):
    """A stream from before a compaction begins after it, and says nothing."""

    def watch(self, start: str, end: str, *, after: int) -> ModelStream:
        with self.lock:
            stream = super().watch(start, end, after=max(after, self.compacted))
            assert isinstance(stream, ModelStream)
            return stream


class GappyStream(ModelStream):
    """A reader that fell behind a compaction goes on after it."""

    def following(self) -> list[Change]:
        self.at = max(self.at, self.backend.compacted)
        return super().following()


class SilentGap(FaultyStream):
    """A reader that fell behind a compaction goes on after it."""

    stream = GappyStream


class SleepingStream(ModelStream):
    """A parked reader is never woken."""

    def wake(self) -> None:
        self.waker = None


class LostWakeup(FaultyStream):
    """A parked reader is never woken."""

    stream = SleepingStream


class EventOutsideRange(FaultyStream):
    """Streams tell of every key."""

    def open_stream(self, start: str, end: str, after: int) -> ModelStream:
        return super().open_stream("", chr(0x10FFFF), after)


class ForgetfulStream(ModelStream):
    """Streams do not say what was there before."""

    def poll(self, limit: int = 256) -> Sequence[Change]:
        return [change._replace(previous=None) for change in super().poll(limit)]


class PreviousForgotten(FaultyStream):
    """Streams do not say what was there before."""

    stream = ForgetfulStream


#: Every planted fault.
FAULTS: tuple[Callable[[], Backend], ...] = (
    StaleReadCache,
    LostUpdate,
    RevisionOutsideTransaction,
    RevisionAheadOfData,
    ListWithoutSnapshot,
    PageAtWrongRevision,
    AckBeforeCommit,
    RefusedWriteApplied,
    RevisionReusedAfterCompaction,
    DeletionWithoutRevision,
    DoubleApply,
    LiveKeyCompacted,
    HistoryRewrittenByCompaction,
    CompactionReadable,
    KeysAsPatterns,
    KeysAsWords,
    ValuesUnasked,
    KeysEndAtNul,
    TimeToLiveKept,
    TimesOfEverybody,
    TimesPutDown,
    AdvanceGoesBack,
    AdvanceUncompacted,
    AdvanceOneShort,
    AdvanceRewritesRecords,
    AdvanceLosesReaders,
    AdvanceEndsReaders,
    SkippedEvent,
    DuplicatedEvent,
    ReorderedEvents,
    EarlyBookmark,
    OffByOneResume,
    RepeatingResume,
    ExpiredTooLate,
    SilentGap,
    LostWakeup,
    EventOutsideRange,
    PreviousForgotten,
)
