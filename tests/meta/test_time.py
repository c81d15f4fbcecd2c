"""Time and MicroTime: immutable instants with one text each."""

from __future__ import annotations

import copy
import pickle
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kregistry.meta.time import MicroTime, Time

MOMENTS = st.datetimes(timezones=st.just(UTC))
LAYOUT = "2006-01-02T15:04:05Z07:00"


@pytest.mark.parametrize(
    ("text", "wire"),
    [
        ("2026-01-02T15:04:05Z", "2026-01-02T15:04:05Z"),
        ("2026-01-02T15:04:05+02:00", "2026-01-02T13:04:05Z"),
        ("2026-01-01T00:30:00+01:00", "2025-12-31T23:30:00Z"),
        ("2026-01-02T15:04:05-07:30", "2026-01-02T22:34:05Z"),
        ("2026-01-02T15:04:05.999999999Z", "2026-01-02T15:04:05Z"),
        ("2026-01-02T15:04:05,5Z", "2026-01-02T15:04:05Z"),
        ("2026-01-02T5:04:05Z", "2026-01-02T05:04:05Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
        ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"),
    ],
)
def test_time_is_written_in_utc_and_to_the_second(text: str, wire: str) -> None:
    assert str(Time(text)) == wire
    assert Time.parse(text) == Time(text) == Time(wire)


def test_micro_time_always_has_six_digits() -> None:
    assert str(MicroTime("2026-01-02T15:04:05.120000+01:00")) == "2026-01-02T14:04:05.120000Z"
    assert str(MicroTime.of(datetime(2026, 1, 2, tzinfo=UTC))) == "2026-01-02T00:00:00.000000Z"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", f'"" as "{LAYOUT}": cannot parse "" as "2006"'),
        ("soon", f'"soon" as "{LAYOUT}": cannot parse "soon" as "2006"'),
        ("2026-01-02", f'"2026-01-02" as "{LAYOUT}": cannot parse "" as "T"'),
        ("2026-01-02 15:04:05Z", f'"2026-01-02 15:04:05Z" as "{LAYOUT}": cannot parse '
                                 '" 15:04:05Z" as "T"'),
        ("2026-01-02T15:04:05", f'"2026-01-02T15:04:05" as "{LAYOUT}": cannot parse "" as '
                                '"Z07:00"'),
        ("2026-01-02T15:04:05Z ", '"2026-01-02T15:04:05Z ": extra text: " "'),
        ("2026-13-02T15:04:05Z", '"2026-13-02T15:04:05Z": month out of range'),
        ("2026-02-29T15:04:05Z", '"2026-02-29T15:04:05Z": day out of range'),
        ("2026-01-02T24:04:05Z", '"2026-01-02T24:04:05Z": hour out of range'),
        ("2026-01-02T15:60:05Z", '"2026-01-02T15:60:05Z": minute out of range'),
        ("2026-01-02T15:04:60Z", '"2026-01-02T15:04:60Z": second out of range'),
        ("2026-01-02T15:04:05+25:00", '"2026-01-02T15:04:05+25:00": time zone offset hour out '
                                      "of range"),
        ("2026-01-02T15:04:05+01:60", '"2026-01-02T15:04:05+01:60": time zone offset minute out '
                                      "of range"),
        ('a"\\é\n', f'"a\\"\\\\\\xc3\\xa9\\x0a" as "{LAYOUT}": cannot parse '
                    '"a\\"\\\\\\xc3\\xa9\\x0a" as "2006"'),
    ],
)  # fmt: skip
def test_a_bad_time_is_refused_in_the_words_of_the_api_server(text: str, problem: str) -> None:
    with pytest.raises(ValueError) as caught:
        Time(text)
    assert str(caught.value) == f"parsing time {problem}"


@pytest.mark.parametrize("text", ["2026-01-02T15:04:05Z", "2026-01-02T15:04:05.123Z"])
def test_micro_time_insists_on_six_digits_as_the_api_server_does(text: str) -> None:
    with pytest.raises(ValueError, match=r'as "\.000000"'):
        MicroTime(text)


@pytest.mark.parametrize(
    "text",
    [
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "２０２６-01-02T15:04:05Z",
        "2026-01-02T15:04:05Z\x00",
        "\ud800",
        "2026-01-02T15:04:05." + "9" * 100_000,
        "9" * 100_000,
    ],
)
@pytest.mark.parametrize("kind", [Time, MicroTime])
def test_hostile_texts_give_nothing_but_a_value_error(kind: type[Time], text: str) -> None:
    with pytest.raises(ValueError, match="parsing time"):
        kind(text)


@pytest.mark.parametrize("value", [None, 5, 5.0, b"2026-01-02T15:04:05Z", True, [], {}])
def test_what_is_no_text_is_no_time(value: object) -> None:
    with pytest.raises(ValueError, match="written as text"):
        Time.parse(value)  # type: ignore[arg-type]


def test_a_moment_needs_a_time_zone() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        Time.of(datetime(2026, 1, 2))


def test_a_moment_beyond_the_calendar_in_utc_is_refused() -> None:
    with pytest.raises(ValueError, match="out of range"):
        Time.of(datetime.min.replace(tzinfo=timezone(timedelta(hours=1))))


@given(MOMENTS)
def test_what_is_written_is_read_back(moment: datetime) -> None:
    assert Time.of(moment).datetime == moment.replace(microsecond=0)
    assert Time(str(Time.of(moment))) == Time.of(moment)
    assert MicroTime(str(MicroTime.of(moment))).datetime == moment


@given(MOMENTS, MOMENTS)
def test_order_is_the_order_of_the_moments(one: datetime, other: datetime) -> None:
    assert (MicroTime.of(one) < MicroTime.of(other)) == (one < other)
    assert (MicroTime.of(one) >= MicroTime.of(other)) == (one >= other)


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        problem = "" if str(Time(text)).endswith("Z") else "no zone"
    except ValueError as error:
        problem = str(error)
    assert not problem or problem.startswith("parsing time")


def test_a_time_is_a_value() -> None:
    time = Time("2026-01-02T15:04:05Z")
    same = Time("2026-01-02T16:04:05+01:00")
    assert time == same
    assert hash(time) == hash(same)
    assert time != "2026-01-02T15:04:05Z"
    assert time != MicroTime("2026-01-02T15:04:05.000000Z")
    assert copy.copy(time) is copy.deepcopy(time) is time
    assert pickle.loads(pickle.dumps(time)) == time
    assert repr(time) == "Time('2026-01-02T15:04:05Z')"


def test_a_time_cannot_be_changed() -> None:
    time = Time("2026-01-02T15:04:05Z")
    for change in (lambda: setattr(time, "_datetime", None), lambda: delattr(time, "_text")):
        with pytest.raises(AttributeError, match="immutable"):
            change()


def test_a_time_is_not_compared_with_anything_else() -> None:
    with pytest.raises(TypeError):
        assert Time("2026-01-02T15:04:05Z") < datetime.now(UTC)  # type: ignore[operator]
