"""etcd's messages: what is written comes back, and what is no message breaks nothing else."""

from __future__ import annotations

import contextlib

from hypothesis import given
from hypothesis import strategies as st

from kregistry.meta import wire
from kregistry.meta.wire import WireError
from kregistry.storage.backend import Record
from kregistry.storage.etcd3 import messages

READERS = [
    messages.RangeResponse.read,
    messages.TxnResponse.read,
    messages.WatchResponse.read,
    messages.Status.read,
    messages.Lease.read,
    messages.read_alarms,
    messages.read_leases,
    messages.read_revision,
    messages.read_token,
]


@given(st.sampled_from(READERS), st.binary(max_size=60))
def test_nothing_that_a_server_answers_breaks_more_than_the_call(read, data: bytes) -> None:
    with contextlib.suppress(WireError, IndexError):
        read(data)


def key_value(record: Record) -> bytes:
    return wire.encode(
        (1, record.key.encode()),
        (2, record.create_revision),
        (3, record.mod_revision),
        (4, 3),
        (5, record.value),
        (6, 7),
    )


RECORDS = st.builds(
    Record, st.text(), st.binary(), st.integers(1, 2**63 - 1), st.integers(1, 2**63 - 1)
)


@given(st.lists(RECORDS), st.integers(0, 2**62), st.booleans())
def test_records_come_back(records: list[Record], revision: int, more: bool) -> None:
    data = wire.encode_field(1, wire.encode((1, 2**64 - 1), (3, revision)))
    data += b"".join(wire.encode_field(2, key_value(record)) for record in records)
    data += wire.encode((3, more), (4, len(records)))
    found = messages.RangeResponse.read(data)
    assert found == (records, revision, more, len(records))
    assert messages.read_leases(data) == {record.key: 7 for record in records}


def test_fields_of_an_etcd_to_come_are_passed_over() -> None:
    record = Record("/a", b"1", 3, 2)
    data = key_value(record) + wire.encode_field(9, b"new") + wire.encode_field(10, 300)
    assert messages.read_record(data, 0, len(data)) == record


def test_keys_of_strangers_need_not_be_text() -> None:
    assert messages.text_of(b"/a\xff\xfe") == "/a\udcff\udcfe"
