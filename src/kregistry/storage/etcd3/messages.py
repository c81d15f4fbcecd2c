"""etcd's messages: the few fields of them that a backend sends and reads.

Requests are functions that return bytes; responses are tuples with a ``read`` of their own.
Records, changes and pages are the backend's own tuples, made without a step in between.

Source: ``etcdserverpb/rpc.proto``, ``mvccpb/kv.proto``.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from kregistry.meta.wire import (
    WireError,
    encode,
    encode_field,
    fields,
    signed,
)
from kregistry.storage.backend import Record


class Method(StrEnum):
    """What a member can be asked, by its path."""

    RANGE = "/etcdserverpb.KV/Range"
    TXN = "/etcdserverpb.KV/Txn"
    COMPACT = "/etcdserverpb.KV/Compact"
    WATCH = "/etcdserverpb.Watch/Watch"
    GRANT = "/etcdserverpb.Lease/LeaseGrant"
    TIME_TO_LIVE = "/etcdserverpb.Lease/LeaseTimeToLive"
    STATUS = "/etcdserverpb.Maintenance/Status"
    ALARM = "/etcdserverpb.Maintenance/Alarm"
    AUTHENTICATE = "/etcdserverpb.Auth/Authenticate"


_EQUAL, _MOD = 0, 2
_DELETE = 1

#: How a watch asks how far it has come.
PROGRESS_REQUEST = encode_field(3, b"")
STATUS_REQUEST = b""
ALARM_REQUEST = b""


def range_request(
    key: bytes,
    end: bytes = b"",
    *,
    limit: int = 0,
    revision: int = 0,
    keys_only: bool = False,
    count_only: bool = False,
) -> bytes:
    """``RangeRequest``; one key if there is no *end*."""
    return encode((1, key), (2, end), (3, limit), (4, revision), (8, keys_only), (9, count_only))


def put_if_request(
    key: bytes, value: bytes, expected: int, *, lease: int = 0, previous: bool = False
) -> bytes:
    """``TxnRequest``: put if the key is at *expected*, else read it.

    Args:
        lease: What the key's life depends on; 0 for nothing.
        previous: Also answer with what was there before.
    """
    put = encode((1, key), (2, value), (3, lease), (4, previous))
    return _txn_if(key, expected, encode_field(2, put))


def delete_if_request(key: bytes, expected: int, *, previous: bool = False) -> bytes:
    """``TxnRequest``: delete the key if it is at *expected*, else read it."""
    return _txn_if(key, expected, encode_field(3, encode((1, key), (3, previous))))


def _txn_if(key: bytes, expected: int, operation: bytes) -> bytes:
    compare = encode((1, _EQUAL), (2, _MOD), (3, key)) + encode_field(6, expected)
    read = encode_field(1, encode((1, key)))
    return encode((1, compare), (2, operation), (3, read))


def put_request(key: bytes, value: bytes) -> bytes:
    """``TxnRequest``: put, whatever is there."""
    return encode((2, encode_field(2, encode((1, key), (2, value)))))


def delete_request(key: bytes) -> bytes:
    """``TxnRequest``: delete, whatever is there."""
    return encode((2, encode_field(3, encode((1, key)))))


def compact_request(revision: int) -> bytes:
    """``CompactionRequest``."""
    return encode((1, revision))


def watch_request(key: bytes, end: bytes, revision: int) -> bytes:
    """``WatchRequest``: changes from *revision* on, what was before them, and progress."""
    notify = previous = fragment = True
    create = encode((1, key), (2, end), (3, revision), (4, notify), (6, previous), (8, fragment))
    return encode_field(1, create)


def grant_request(seconds: int) -> bytes:
    """``LeaseGrantRequest``; the server chooses the id."""
    return encode((1, seconds))


def time_to_live_request(lease: int) -> bytes:
    """``LeaseTimeToLiveRequest``."""
    return encode((1, lease))


def authenticate_request(name: str, password: str) -> bytes:
    """``AuthenticateRequest``."""
    return encode((1, name.encode()), (2, password.encode()))


class RangeResponse(NamedTuple):
    """Records, and the revision of the store at which they were read."""

    records: list[Record]
    revision: int
    more: bool
    count: int  # type: ignore[assignment]  # hides tuple.count

    @classmethod
    def read(cls, data: bytes, at: int = 0, end: int | None = None) -> RangeResponse:
        """Read ``RangeResponse``."""
        records: list[Record] = []
        revision = count = 0
        more = False
        for number, value, upto in fields(data, at, end):
            if number == 2:
                records.append(read_record(data, value, upto))
            elif number == 1:
                revision = _revision_of_header(data, value, upto)
            elif number == 3:
                more = bool(value)
            elif number == 4:
                count = value
        return cls(records, revision, more, count)


class TxnResponse(NamedTuple):
    """What came of a conditional write.

    Attributes:
        succeeded: Whether the condition held.
        revision: The write's own, if it did; else the store's.
        record: If it held, what was there before, if that was asked for; else what is there.
    """

    succeeded: bool
    revision: int
    record: Record | None

    @classmethod
    def read(cls, data: bytes) -> TxnResponse:
        """Read ``TxnResponse``, with the one answer of its one operation."""
        succeeded, revision = False, 0
        record: Record | None = None
        for number, value, upto in fields(data):
            if number == 1:
                revision = _revision_of_header(data, value, upto)
            elif number == 2:
                succeeded = bool(value)
            elif number == 3:
                record = _record_of_operation(data, value, upto)
        return cls(succeeded, revision, record)


class Event(NamedTuple):
    """One change.

    Attributes:
        record: What is there from now on; for a deletion the key and the revision of it.
        previous: What was there before; None for nothing, and for what is compacted.
        deleted: Whether it is a deletion.
    """

    record: Record
    previous: Record | None
    deleted: bool


class WatchResponse(NamedTuple):
    """What a watch says.

    Attributes:
        revision: The store's when this was sent.
        watch: Which of the stream's watches says it; -1 for all.
        created: The watch begins.
        canceled: It is over.
        compact_revision: It is over, because what it asks for is compacted up to here.
        cancel_reason: Why it is over.
        fragment: More events of the same response follow.
        events: What happened, in order.
    """

    revision: int
    watch: int
    created: bool
    canceled: bool
    compact_revision: int
    cancel_reason: str
    fragment: bool
    events: list[Event]

    @classmethod
    def read(cls, data: bytes) -> WatchResponse:
        """Read ``WatchResponse``."""
        revision = 0
        numbers = dict.fromkeys((2, 3, 4, 5, 7), 0)
        reason = ""
        events: list[Event] = []
        for number, value, upto in fields(data):
            if number == 11:
                events.append(_read_event(data, value, upto))
            elif number == 1:
                revision = _revision_of_header(data, value, upto)
            elif number == 6:
                reason = data[value:upto].decode(errors="replace")
            elif number in numbers:
                numbers[number] = signed(value)
        watch, created, canceled, compacted, fragment = numbers.values()
        return cls(
            revision,
            watch,
            bool(created),
            bool(canceled),
            compacted,
            reason,
            bool(fragment),
            events,
        )


class Status(NamedTuple):
    """A member's own account: its version, and what ails it."""

    version: str
    errors: list[str]

    @classmethod
    def read(cls, data: bytes) -> Status:
        """Read ``StatusResponse``."""
        version, errors = "", []
        for number, value, upto in fields(data):
            if number == 2:
                version = data[value:upto].decode(errors="replace")
            elif number == 8:
                errors.append(data[value:upto].decode(errors="replace"))
        return cls(version, errors)


class Lease(NamedTuple):
    """A lease as the server has it; *seconds* left, -1 if it is gone."""

    id: int
    seconds: int

    @classmethod
    def read(cls, data: bytes) -> Lease:
        """Read ``LeaseGrantResponse`` or ``LeaseTimeToLiveResponse``."""
        found = {2: 0, 3: 0}
        for number, value, _ in fields(data):
            if number in found:
                found[number] = signed(value)
        if not found[2]:
            raise WireError("a lease without an id")
        return cls(found[2], found[3])


class Alarm(StrEnum):
    """What a member has raised an alarm about. Source: ``etcdserverpb.AlarmType``."""

    NONE = "NONE"
    NOSPACE = "NOSPACE"
    CORRUPT = "CORRUPT"


def read_alarms(data: bytes) -> list[Alarm]:
    """The alarms of ``AlarmResponse``."""
    known = list(Alarm)
    raised = []
    for number, value, upto in fields(data):
        if number == 2:
            kinds = [kind for at, kind, _ in fields(data, value, upto) if at == 2]
            raised += [known[kind] for kind in kinds if 0 < kind < len(known)]
    return raised


def read_token(data: bytes) -> str:
    """The token of ``AuthenticateResponse``."""
    for number, value, upto in fields(data):
        if number == 2:
            return data[value:upto].decode(errors="replace")
    raise WireError("an authentication without a token")


def read_revision(data: bytes) -> int:
    """The store's revision, from the header of any response."""
    for number, value, upto in fields(data):
        if number == 1:
            return _revision_of_header(data, value, upto)
    return 0


def read_leases(data: bytes) -> dict[str, int]:
    """The lease of each key of a ``RangeResponse`` that has one."""
    leases = {}
    for number, value, upto in fields(data):
        if number == 2:
            key, lease = b"", 0
            for at, first, last in fields(data, value, upto):
                if at == 1:
                    key = data[first:last]
                elif at == 6:
                    lease = first
            if lease:
                leases[text_of(key)] = lease
    return leases


def read_record(data: bytes, at: int, end: int) -> Record:
    """The ``KeyValue`` at ``data[at:end]``. Written out: a list spends its time here.

    Numbers are read in place, as a call for each would cost more than reading it: while the
    highest bit says so another group follows, and takes that bit back as it is added.
    """
    key = value = b""
    mod_revision = create_revision = 0
    while at < end:
        tag, number = data[at], data[at + 1]
        at += 2
        shift = 7
        while number >> shift:
            if shift > 63:
                raise WireError("a number of more than 64 bits")
            number += (data[at] - 1) << shift
            at += 1
            shift += 7
        if tag == 0x0A:
            key = data[at : at + number]
            at += number
        elif tag == 0x2A:
            value = data[at : at + number]
            at += number
        elif tag == 0x18:
            mod_revision = number
        elif tag == 0x10:
            create_revision = number
        elif tag & 7 == 2:  # of an etcd to come; numbers, as version and lease, are behind us
            at += number
        elif tag & 7:
            raise WireError(f"a key-value pair with the tag {tag}")
    if at != end:
        raise WireError("a key-value pair reaches beyond its message")
    return Record(text_of(key), value, mod_revision, create_revision)


def text_of(key: bytes) -> str:
    """A key as text. Those that strangers wrote need not be UTF-8 and must break nothing."""
    return key.decode("utf-8", "surrogateescape")


def key_of(record: Record) -> bytes:
    """A record's key as etcd has it."""
    return record.key.encode("utf-8", "surrogateescape")


def _revision_of_header(data: bytes, at: int, end: int) -> int:
    for number, value, _ in fields(data, at, end):
        if number == 3:
            return value
    return 0


def _record_of_operation(data: bytes, at: int, end: int) -> Record | None:
    """The record in a ``ResponseOp``: of a range, or what a put or a deletion replaced."""
    for kind, first, last in fields(data, at, end):
        wanted = {1: 2, 2: 2, 3: 3}.get(kind)
        for number, value, upto in fields(data, first, last):
            if number == wanted:
                return read_record(data, value, upto)
    return None


def _read_event(data: bytes, at: int, end: int) -> Event:
    deleted = False
    record = previous = None
    for number, value, upto in fields(data, at, end):
        if number == 1:
            deleted = value == _DELETE
        elif number == 2:
            record = read_record(data, value, upto)
        elif number == 3:
            previous = read_record(data, value, upto)
    if record is None:
        raise WireError("an event without a key")
    return Event(record, previous, deleted)
