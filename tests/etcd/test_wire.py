"""Protocol Buffers by hand: checked against known bytes, and against what is no message."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kregistry.storage.backend import Record
from kregistry.storage.etcd3 import messages, wire
from kregistry.storage.etcd3.wire import WireError

INT64 = st.integers(-(2**63), 2**63 - 1)


@pytest.mark.parametrize(
    ("number", "data"),
    [
        (0, b"\x00"),
        (1, b"\x01"),
        (127, b"\x7f"),
        (128, b"\x80\x01"),
        (300, b"\xac\x02"),
        (2**63 - 1, b"\xff\xff\xff\xff\xff\xff\xff\xff\x7f"),
        (-1, b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
    ],
)
def test_numbers_have_the_bytes_of_the_specification(number: int, data: bytes) -> None:
    assert wire.varint(number) == data
    value, end = wire.read_varint(data, 0)
    assert (wire.signed(value), end) == (number, len(data))


@given(INT64)
def test_numbers_come_back(number: int) -> None:
    value, _ = wire.read_varint(wire.varint(number), 0)
    assert wire.signed(value) == number


@given(st.lists(st.tuples(st.integers(1, 2**29 - 1), st.one_of(INT64, st.binary()))))
def test_fields_come_back(given_fields: list[tuple[int, int | bytes]]) -> None:
    data = b"".join(wire.encode_field(number, value) for number, value in given_fields)
    found = [
        (number, data[start:end] if end >= 0 else wire.signed(start))
        for number, start, end in wire.fields(data)
    ]
    assert found == given_fields


def test_zero_and_empty_are_left_out_unless_they_choose() -> None:
    assert wire.encode((1, 0), (2, b""), (3, False)) == b""
    assert wire.encode_field(3, b"") == b"\x1a\x00"


def test_fields_of_kinds_that_are_not_used_are_passed_over() -> None:
    fixed = b"\x09" + bytes(8) + b"\x15" + bytes(4)
    assert list(wire.fields(fixed + b"\x18\x05")) == [(3, 5, -1)]


@pytest.mark.parametrize(
    "data",
    [
        b"\x0a",  # a length is missing
        b"\x0a\x05ab",  # bytes are missing
        b"\x08",  # a number is missing
        b"\x08\x80",  # the end of a number is missing
        b"\x08" + b"\xff" * 10 + b"\x01",  # a number of more than 64 bits
        b"\x0b",  # groups were never used
        b"\x0f",  # no such kind
    ],
)
def test_what_is_no_message_is_refused(data: bytes) -> None:
    with pytest.raises(WireError):
        list(wire.fields(data))


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
