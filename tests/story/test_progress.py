"""Progress is drawn where somebody looks, and seldom enough to be read."""

from __future__ import annotations

import io

import pytest

from kregistry.cli.progress import Bar, Lines, Shown, shown_on
from kregistry.storage.migration import Progress


class Time:
    """Seconds that a test lets pass."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


def test_a_bar_grows_and_ends_its_line(time: Time) -> None:
    stream = io.StringIO()
    bar = Bar(stream, 0.1, time)
    for done in (0, 50, 99, 100):
        bar(Progress(done, 100, "copy"))
        time.now += 1
    drawn = stream.getvalue().split("\r")[1:]
    assert [line.count("#") for line in drawn] == [0, 15, 29, 30]
    assert drawn[1] == "copy    [###############...............]  50 %  50/100\x1b[K"
    assert [line.endswith("\n") for line in drawn] == [False, False, False, True]


def test_a_bar_is_not_drawn_more_often_than_eyes_can_follow(time: Time) -> None:
    stream = io.StringIO()
    bar = Bar(stream, 0.1, time)
    for done in range(1000):
        bar(Progress(done, 10_000, "copy"))
        time.now += 0.001
    assert stream.getvalue().count("\r") == 10


def test_the_end_of_a_phase_is_always_shown(time: Time) -> None:
    stream = io.StringIO()
    shown = Lines(stream, 5.0, time)
    shown(Progress(0, 2, "copy"))
    shown(Progress(1, 2, "copy"))
    shown(Progress(2, 2, "copy"))
    shown(Progress(0, 0, "verify"))
    assert stream.getvalue().splitlines() == ["copy: 0 of 2", "copy: 2 of 2", "verify: 0 of 0"]


def test_what_follows_a_bar_begins_on_a_fresh_line(time: Time) -> None:
    stream = io.StringIO()
    with Bar(stream, 0.1, time) as bar:
        bar(Progress(1, 2, "copy"))
    assert stream.getvalue().endswith("1/2\x1b[K\n")


def test_a_finished_bar_leaves_no_empty_line(time: Time) -> None:
    stream = io.StringIO()
    with Bar(stream, 0.1, time) as bar:
        bar(Progress(2, 2, "copy"))
    assert stream.getvalue().count("\n") == 1


def test_who_asks_for_quiet_gets_it() -> None:
    stream = io.StringIO()
    with shown_on(stream, quiet=True) as shown:
        shown(Progress(2, 2, "copy"))
    assert stream.getvalue() == ""
    assert type(shown) is Shown
    assert type(shown_on(stream)) is Lines
