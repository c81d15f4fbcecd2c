from __future__ import annotations

import gc
import time

import pytest
from measuring import Samples, Spread, interleave, percentile, samples_of
from profiling import profile


def test_a_percentile_is_one_of_the_values() -> None:
    values = [5.0, 1.0, 4.0, 2.0, 3.0]
    assert [percentile(values, share) for share in (0, 10, 20, 21, 50, 90, 100)] == [
        *(1.0, 1.0, 1.0, 2.0, 3.0, 5.0, 5.0)
    ]


def test_a_percentile_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="no values"):
        percentile([], 50)


def test_a_spread_has_the_median_and_nearly_all_of_the_rest() -> None:
    assert Spread.of([float(value) for value in range(1, 101)]) == Spread(50.5, 10.0, 90.0)
    assert Spread.of([7.0]) == Spread.exactly(7.0)
    assert Spread(1.0, 0.5, 2.0).scaled(1000) == Spread(1000.0, 500.0, 2000.0)


def test_a_ratio_compares_only_what_was_taken_in_the_same_cycle() -> None:
    """The machine was four times as slow in two of the cycles: the ratio does not see it."""
    samples = Samples({"ours": [2.0, 8.0, 2.0, 8.0, 2.0], "raw": [1.0, 4.0, 1.0, 4.0, 1.0]})
    assert samples.ratio("ours", "raw") == 2.0
    assert samples.ratio("raw", "ours") == 0.5
    assert samples.excess("ours", "raw") == 1.0
    unpaired = samples.spread("ours").median / samples.spread("raw").median
    assert unpaired == 2.0


def test_one_disturbed_cycle_does_not_move_a_ratio() -> None:
    samples = Samples({"ours": [2.0, 2.0, 500.0], "raw": [1.0, 1.0, 1.0]})
    assert samples.ratio("ours", "raw") == 2.0


def test_alternatives_of_different_numbers_of_cycles_have_no_ratio() -> None:
    with pytest.raises(ValueError, match="zip"):
        Samples({"ours": [1.0, 2.0], "raw": [1.0]}).ratio("ours", "raw")


def test_a_call_that_stands_for_several_is_scaled_alone() -> None:
    samples = Samples({"ours": [20.0], "raw": [2.0]}).times({"raw": 10})
    assert samples.ratio("ours", "raw") == 1.0


def test_every_alternative_has_a_slice_in_every_cycle() -> None:
    called: list[str] = []
    samples = interleave(
        {name: lambda name=name: called.append(name) for name in "abc"},  # type: ignore[misc]
        seconds=0.0,
        cycles=4,
    )
    assert {name: len(taken) for name, taken in samples.taken.items()} == {"a": 4, "b": 4, "c": 4}
    assert set(called) == set("abc")


def test_nobody_always_comes_after_the_same_one() -> None:
    order: list[str] = []

    def noting(name: str) -> float:
        order.append(name)
        return 1.0

    samples_of({name: lambda name=name: noting(name) for name in "ab"}, cycles=20)  # type: ignore[misc]
    assert {"".join(order[at : at + 2]) for at in range(0, 40, 2)} == {"ab", "ba"}


def test_a_slice_holds_as_many_calls_as_are_asked_for_of_everybody() -> None:
    """Whatever they take; filled by time, a slice would hold thousands of these."""
    told: list[str] = []

    def clock() -> float:
        told.append("|")
        return float(len(told))

    calls = {name: lambda name=name: told.append(name) for name in "ab"}  # type: ignore[misc]
    samples = interleave(calls, clock=clock, seconds=0.0, cycles=2, repeats=3)
    slices = "".join(told[told.index("|") :]).strip("|").split("||")
    assert sorted(slices) == ["aaa", "aaa", "bbb", "bbb"]
    assert samples.taken["a"] == [4 / 3, 4 / 3]


def test_a_slow_first_call_does_not_make_short_slices() -> None:
    made: list[int] = []

    def call() -> None:
        if not made:
            time.sleep(0.02)
        made.append(1)

    interleave({"ours": call}, seconds=0, cycles=1)
    assert len(made) > 100


def test_a_slice_is_told_as_the_time_of_one_call() -> None:
    """By a clock that moves a second with every call: whatever the repeats, a call is a second."""
    now = 0.0

    def call() -> None:
        nonlocal now
        now += 1.0

    samples = interleave({"ours": call}, clock=lambda: now, seconds=0.0, cycles=3)
    assert samples.taken["ours"] == [1.0, 1.0, 1.0]


@pytest.mark.parametrize("wanted", [True, False])
def test_the_collector_is_as_asked_and_then_as_it_was(wanted: bool) -> None:
    seen: list[bool] = []
    was = gc.isenabled()
    interleave({"ours": lambda: seen.append(gc.isenabled())}, seconds=0, cycles=1, collector=wanted)
    assert set(seen) == {wanted}
    assert gc.isenabled() == was


def test_cycles_go_on_until_the_time_is_up() -> None:
    begin = time.monotonic()
    samples = interleave({"ours": lambda: None}, seconds=0.05, cycles=1)
    assert time.monotonic() - begin >= 0.05
    assert len(samples.taken["ours"]) > 1


def test_a_profile_names_the_functions_and_how_often_a_call_calls_them() -> None:
    def outer() -> None:
        for _ in range(3):
            inner()

    def inner() -> int:
        return sum(range(1000))

    rows = {row.split()[2]: row.split()[1] for row in profile(outer).splitlines()[1:]}
    assert rows["inner"] == "3.0"
    assert rows["outer"] == "1.0"
