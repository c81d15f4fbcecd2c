"""Failpoints do what a test armed them with, and nothing otherwise."""

from __future__ import annotations

import threading

import pytest

from kregistry.meta.failpoints import Failpoints


def test_an_unarmed_point_lets_pass_and_counts() -> None:
    points = Failpoints()
    points.hit("a")
    points.hit("a")
    assert (points.hits("a"), points.hits("b")) == (2, 0)


def test_an_armed_point_runs_its_action_each_time() -> None:
    points, seen = Failpoints(), []
    points.arm("a", lambda: seen.append("a"))
    points.hit("a")
    points.hit("a")
    points.hit("b")
    assert seen == ["a", "a"]


def test_arming_again_replaces_the_action_and_disarming_ends_it() -> None:
    points, seen = Failpoints(), []
    points.arm("a", lambda: seen.append(1))
    points.arm("a", lambda: seen.append(2))
    points.hit("a")
    points.disarm("a")
    points.disarm("never armed")
    points.hit("a")
    assert seen == [2]


def test_what_an_action_raises_comes_out_of_the_place() -> None:
    points = Failpoints()
    points.arm_error("a", OSError("disk"), times=2)
    for _ in range(2):
        with pytest.raises(OSError, match="disk"):
            points.hit("a")
    points.hit("a")


def test_a_point_armed_for_a_block_is_free_after_it() -> None:
    points, seen = Failpoints(), []
    with points.armed("a", lambda: seen.append(1)):
        points.hit("a")
    points.hit("a")
    assert seen == [1]


def test_a_block_that_fails_frees_its_point_too() -> None:
    points = Failpoints()

    def fail() -> None:
        raise OSError("disk")

    with pytest.raises(OSError, match="disk"), points.armed("a", fail):
        points.hit("a")
    points.hit("a")


def test_an_action_may_hold_a_thread_while_others_go_on() -> None:
    points, reached, go_on = Failpoints(), threading.Event(), threading.Event()

    def hold() -> None:
        reached.set()
        assert go_on.wait(10)

    points.arm("held", hold)
    thread = threading.Thread(target=points.hit, args=("held",))
    thread.start()
    assert reached.wait(10)
    points.hit("free")
    points.disarm("held")
    points.hit("held")
    go_on.set()
    thread.join(10)
    assert not thread.is_alive()
    assert points.hits("held") == 2


def test_an_action_that_cannot_be_called_is_refused() -> None:
    with pytest.raises(TypeError, match="'a'"):
        Failpoints().arm("a", "not callable")  # type: ignore[arg-type]
