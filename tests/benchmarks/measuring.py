"""Measuring: alternatives take turns, so that whatever else the machine does hits all of them.

A machine that others share changes its speed from minute to minute, and often from second to
second. So nothing is measured alone: in every cycle each alternative has a short slice, in an
order of that cycle's own, and what counts is the median of the ratios within the cycles.
"""

from __future__ import annotations

import gc
import math
import random
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import attrs

Call = Callable[[], object]
Clock = Callable[[], float]

#: Processor time of this thread: for what waits for nobody.
CPU: Clock = time.thread_time
#: Processor time of the whole process: for what several threads do together.
PROCESS: Clock = time.process_time
#: Time that passes: for disks, sockets, and threads that wait for one another.
WALL: Clock = time.perf_counter

#: What our own alternative is called.
OURS = "kregistry"

#: Seconds that a slice should last, so that reading the clock costs nothing to speak of.
_SLICE = 0.004

#: A call that takes so many seconds is slow, not cold.
_LONG = 0.1


@attrs.frozen
class Spread:
    """Where the middle of a set of figures lies, and nearly all of them."""

    median: float
    p10: float
    p90: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """The spread of *values*.

        Raises:
            ValueError: There are none.
        """
        return cls(statistics.median(values), percentile(values, 10), percentile(values, 90))

    @classmethod
    def exactly(cls, value: float) -> Spread:
        """The spread of what was found once."""
        return cls(value, value, value)

    def scaled(self, factor: float) -> Spread:
        """The same in another unit."""
        return Spread(self.median * factor, self.p10 * factor, self.p90 * factor)


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest of *values* that *share* per cent of them do not exceed (nearest rank).

    Raises:
        ValueError: There are no values.
    """
    if not values:
        raise ValueError("no values")
    rank = math.ceil(len(values) * share / 100)
    return sorted(values)[max(rank, 1) - 1]


@attrs.frozen
class Samples:
    """What a call of each alternative took: a figure for each cycle, in seconds.

    Attributes:
        taken: By alternative; figures at the same place were taken in the same cycle.
        collector: Whether Python's cyclic garbage collector ran meanwhile.
    """

    taken: Mapping[str, Sequence[float]]
    collector: bool = False

    def spread(self, name: str) -> Spread:
        """How the figures of one alternative spread."""
        return Spread.of(self.taken[name])

    def ratio(self, ours: str, base: str) -> float:
        """How many times as long *ours* takes as *base* does: the median over the cycles."""
        return statistics.median(a / b for a, b in self._pairs(ours, base))

    def excess(self, ours: str, base: str) -> float:
        """How many seconds longer *ours* takes than *base*: the median over the cycles."""
        return statistics.median(a - b for a, b in self._pairs(ours, base))

    def times(self, factors: Mapping[str, float]) -> Samples:
        """The same, where a call of some alternatives stands for so many calls."""
        taken = {
            name: [one * factors.get(name, 1) for one in each] for name, each in self.taken.items()
        }
        return Samples(taken, self.collector)

    def _pairs(self, ours: str, base: str) -> Iterator[tuple[float, float]]:
        return zip(self.taken[ours], self.taken[base], strict=True)


def interleave(
    calls: Mapping[str, Call],
    *,
    clock: Clock = CPU,
    seconds: float = 3.0,
    cycles: int = 15,
    repeats: int | None = None,
    collector: bool = False,
) -> Samples:
    """Let *calls* take turns.

    Args:
        calls: By name.
        clock: What to read before and after each slice.
        seconds: Go on with cycles until so much time has passed,
        cycles: but not before there were so many.
        repeats: Calls in a slice, of every alternative; by default as many of each as fill it.
            For what runs cold when its turn comes, such as a process that sleeps meanwhile: all
            have the same share of cold calls then, however quick they are.
        collector: Leave the garbage collector on, as programs have it.
    """
    with _collector(collector):
        turns = {name: _repeats(call) for name, call in calls.items()}
        if repeats is not None:
            turns = dict.fromkeys(calls, repeats)
        taken: dict[str, list[float]] = {name: [] for name in calls}
        end = time.monotonic() + seconds
        number = 0
        while number < cycles or time.monotonic() < end:
            ballast = _ballast(number)
            for name in _order(calls, number):
                taken[name].append(_slice(calls[name], turns[name], clock))
            number += 1
            del ballast
    return Samples(taken, collector)


def samples_of(measures: Mapping[str, Callable[[], float]], *, cycles: int) -> Samples:
    """Let *measures* take turns, each of which tells itself how many seconds a call took."""
    taken: dict[str, list[float]] = {name: [] for name in measures}
    for number in range(cycles):
        for name in _order(measures, number):
            taken[name].append(measures[name]())
    return Samples(taken, gc.isenabled())


def _order(names: Mapping[str, object], number: int) -> list[str]:
    """Everybody, in an order of the cycle's own: nobody always comes after the same one."""
    order = list(names)
    random.Random(number).shuffle(order)
    return order


def _ballast(number: int) -> list[list[int]]:
    """Up to a megabyte of small objects, to have the heap in another state in every cycle.

    A call that needs a little more memory than the allocator has at hand makes it ask the
    system for an arena, and give it back, every time. In a state that never changes that may
    hit one alternative in all of its slices, and make it look twice as slow as it is.
    """
    return [[0] * 8 for _ in range(random.Random(number).randrange(8000))]


def _repeats(call: Call) -> int:
    """How many calls fill a slice, by the quickest of a few.

    The first makes code and opens files. To go by that would leave some alternatives with one
    call a slice, cold, where others have ten. Only of calls that take long is one enough.
    """
    once = math.inf
    for _ in range(4):
        begin = time.perf_counter()
        call()
        once = min(once, time.perf_counter() - begin)
        if once > _LONG:
            return 1
    return max(1, min(10_000, round(_SLICE / max(once, 1e-7))))


def _slice(call: Call, repeats: int, clock: Clock) -> float:
    turns = range(repeats)
    begin = clock()
    for _ in turns:
        call()
    return (clock() - begin) / repeats


@contextmanager
def _collector(on: bool) -> Iterator[None]:
    """Begin with nothing to collect, and collect meanwhile or not."""
    was = gc.isenabled()
    gc.collect()
    (gc.enable if on else gc.disable)()
    try:
        yield
    finally:
        (gc.enable if was else gc.disable)()
