"""Bench: where and how long lines are measured, and what several of them share."""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any, TypeVar

from measuring import CPU, OURS, Call, Clock, Samples, interleave, samples_of
from profiling import profile

T = TypeVar("T")
Setup = Callable[["Bench"], AbstractContextManager[T]]


class Bench:
    """What every line gets.

    Args:
        folder: A place for files, on the disk whose speed counts.
        quick: Fewer cycles, and smaller stores.
        profiles: Also find out in which functions our own calls spend their time.

    Attributes:
        quick: Whether this is the short form.
        profiles: What was found out, or None.
    """

    def __init__(self, folder: Path, *, quick: bool = False, profiles: bool = False) -> None:
        self.quick = quick
        self.profiles: list[str] | None = [] if profiles else None
        self._folder = folder
        self._files = 0
        self._shared: dict[Setup[Any], Any] = {}
        self._stack = ExitStack()

    def path(self, name: str) -> str:
        """A file that nobody else uses."""
        self._files += 1
        return str(self._folder / f"{self._files:03}-{name}")

    def either(self, quick: T, full: T) -> T:
        """What suits this form."""
        return quick if self.quick else full

    def alternate(
        self,
        calls: Mapping[str, Call],
        *,
        clock: Clock = CPU,
        share: float = 1.0,
        repeats: int | None = None,
        collector: bool = False,
    ) -> Samples:
        """Let *calls* take turns, for *share* of the time and cycles that a line usually gets."""
        seconds, cycles = self.either((0.6, 5), (3.0, 15))
        if self.profiles is not None and OURS in calls:
            self.profiles.append(profile(calls[OURS]))
        return interleave(
            calls,
            clock=clock,
            seconds=seconds * share,
            cycles=max(3, round(cycles * share)),
            repeats=repeats,
            collector=collector,
        )

    def rounds(self, measures: Mapping[str, Callable[[], float]], *, full: int = 9) -> Samples:
        """Let *measures*, which keep the time themselves, take turns *full* times."""
        return samples_of(measures, cycles=self.either(3, full))

    def shared(self, setup: Setup[T]) -> T:
        """What *setup* makes, made once for all lines of a topic."""
        if setup not in self._shared:
            self._shared[setup] = self._stack.enter_context(setup(self))
        return self._shared[setup]

    def end_topic(self) -> None:
        """Close what was shared."""
        self._shared.clear()
        self._stack.close()
        gc.collect()
