"""Protocol Buffers by hand: checked against known bytes, and against what is no message."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kregistry.meta import wire
from kregistry.meta.wire import WireError

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


def test_all_kinds_can_be_had_with_where_they_are() -> None:
    data = b"\x08\x96\x01" + b"\x12\x02ab" + b"\x19" + bytes(8) + b"\x25" + bytes(4)
    assert list(wire.tagged(data)) == [
        (1, wire.VARINT, 150, 3),
        (2, wire.BYTES, 5, 7),
        (3, wire.FIXED64, 8, 16),
        (4, wire.FIXED32, 17, 21),
    ]


@pytest.mark.parametrize(
    "data",
    [
        b"\x0a",
        b"\x0a\x05ab",
        b"\x08",
        b"\x08\x80",
        b"\x08" + b"\xff" * 10 + b"\x01",
        b"\x0b",
        b"\x0f",
        b"\x09" + bytes(7),  # half a number
        b"\x0d" + bytes(3),
        b"\x00\x00",  # no field has the number 0
        b"\x02\x00",
        b"\xf8\xff\xff\xff\x1f\x00",  # nor one that takes more than 29 bits
        b"\x0a" + b"\xff" * 9 + b"\x01",  # more bytes than there are in the world
    ],
)
def test_what_is_no_message_is_refused_in_every_kind(data: bytes) -> None:
    with pytest.raises(WireError):
        list(wire.tagged(data))


def test_a_field_may_not_reach_beyond_its_message_into_the_next() -> None:
    """The number goes on behind the end, where there is something else."""
    data = b"\x08\x96\x01\x10\x01"
    with pytest.raises(WireError, match="beyond its message"):
        list(wire.tagged(data, 0, 2))


@given(st.binary(max_size=60))
def test_any_bytes_are_fields_within_them_or_refused(data: bytes) -> None:
    try:
        found = list(wire.tagged(data))
    except WireError:
        return
    assert all(first <= upto <= len(data) for _, kind, first, upto in found if kind)
    assert [upto for *_, upto in found] == sorted(upto for *_, upto in found)
