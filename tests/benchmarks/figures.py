"""Figures: a line of the table, and what was found for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

import attrs
from bench import Bench
from measuring import OURS, Samples, Spread


class NotMeasured(Exception):
    """A line that cannot be measured here; its text says why."""


@attrs.frozen(kw_only=True)
class Figure:
    """What was found for one line.

    Attributes:
        value: What the bar is held against, in the line's unit.
        ours: What it was made from, in *scale*.
        raw: What it is held against, in *scale*; None if that is nothing but the bar.
        against: What that is.
        peers: What others took for the same, in *scale*, by name.
        scale: Unit of the spreads: "s", "B" or "".
        curve: Cost at each size, for the plots: by name, points of size and spread.
        over: What the sizes of *curve* count.
        note: What a reader should know: sizes, durability, collector.
    """

    value: float
    ours: Spread
    raw: Spread | None = None
    against: str = ""
    peers: Mapping[str, Spread] = attrs.field(factory=dict)
    scale: str = "s"
    curve: Mapping[str, Sequence[tuple[int, Spread]]] = attrs.field(factory=dict)
    over: str = ""
    note: str = ""

    @classmethod
    def ratio(
        cls,
        samples: Samples,
        *,
        to: str,
        ours: str = OURS,
        inverse: bool = False,
        note: str = "",
    ) -> Figure:
        """How many times as long it takes as something else does.

        Args:
            samples: What was measured. What is neither *ours* nor *to* is a peer.
            to: Name of what it is held against.
            ours: Name of what is held against it.
            inverse: Tell how many times as fast instead.
            note: For the reader.
        """
        return cls(
            value=samples.ratio(to, ours) if inverse else samples.ratio(ours, to),
            ours=samples.spread(ours),
            raw=samples.spread(to),
            against=to,
            peers=_others(samples, ours, to),
            note=note,
        )

    @classmethod
    def time(cls, samples: Samples, unit: float, *, ours: str = OURS, note: str = "") -> Figure:
        """The time itself, in units of so many seconds; all others are peers."""
        spread = samples.spread(ours)
        return cls(value=spread.median / unit, ours=spread, peers=_others(samples, ours), note=note)


def _others(samples: Samples, *known: str) -> dict[str, Spread]:
    return {name: samples.spread(name) for name in samples.taken if name not in known}


Measure: TypeAlias = Callable[[Bench], Figure]


@attrs.frozen
class Line:
    """One line of the table.

    Attributes:
        name: What is measured, beginning with the topic and a colon.
        measure: Measures it.
        unit: Of the figure and the bar: "x" for a ratio, else "ms", "us", "%" or "KiB".
        bar: What the figure must not exceed; None for a figure that only informs.
        at_least: The bar is what the figure must not fall short of.
    """

    name: str
    measure: Measure
    unit: str
    bar: float | None
    at_least: bool = False

    def met_by(self, value: float) -> bool | None:
        """Whether *value* keeps to the bar, as it is printed; None without a bar.

        A bar of 1 for what is to be equal is met by 1.00, whatever comes behind that.
        """
        if self.bar is None:
            return None
        printed = float(f"{value:.3g}")
        return printed >= self.bar if self.at_least else printed <= self.bar

    def share(self, value: float) -> float | None:
        """How much of what the bar allows *value* uses up: more than 1 is a miss."""
        if self.bar is None or value <= 0:
            return None
        return self.bar / value if self.at_least else value / self.bar


def line(
    name: str, *, at_most: float | None = None, at_least: float | None = None, unit: str = "x"
) -> Callable[[Measure], Line]:
    """Make a line of the function that measures it."""
    bar = at_least if at_least is not None else at_most
    return lambda measure: Line(name, measure, unit, bar, at_least is not None)


@attrs.frozen(kw_only=True)
class Result:
    """What came of one line.

    Attributes:
        line: The line.
        figure: What was found; None if nothing was.
        why: Why there is no figure.
        broken: It failed, where another would be skipped.
        seconds: What measuring it took, all set-up included.
    """

    line: Line
    figure: Figure | None = None
    why: str = ""
    broken: bool = False
    seconds: float = 0.0

    @property
    def met(self) -> bool | None:
        """Whether the bar is met; None if that is not known."""
        return None if self.figure is None else self.line.met_by(self.figure.value)
