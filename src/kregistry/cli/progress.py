"""Progress on standard error: a bar where that is a terminal, a line now and then elsewhere."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self, TextIO

from kregistry.storage.migration import Progress

#: Seconds between two pictures of a bar, and between two lines.
_BAR_EVERY = 0.1
_LINE_EVERY = 5.0
_BAR = 30


class Shown:
    """What shows progress, as a context manager that leaves the cursor on a fresh line.

    Args:
        stream: Where to.
        every: Seconds between two of its updates; the end of a phase is always shown.
        clock: Seconds that never run backwards.
    """

    def __init__(
        self, stream: TextIO, every: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._stream = stream
        self._every = every
        self._clock = clock
        self._next = clock()

    def __call__(self, progress: Progress) -> None:
        now = self._clock()
        ended = progress.done == progress.total
        if ended or now >= self._next:
            self._next = now + self._every
            self.show(progress, ended=ended)

    def show(self, progress: Progress, *, ended: bool) -> None:
        """Show how far it is. *ended*: and that the phase is over."""

    def clear(self) -> None:
        """Nothing more follows."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.clear()


class Bar(Shown):
    """A bar for each phase, drawn over and over on one line."""

    _open = False

    def show(self, progress: Progress, *, ended: bool) -> None:
        done, total = progress.done, progress.total
        part = done / total if total else 1.0
        bar = f"{'#' * int(part * _BAR):.<{_BAR}}"
        line = f"{progress.phase:<7} [{bar}] {int(part * 100):>3} %  {done}/{total}"
        self._write(f"\r{line[: self._width()]}\x1b[K{chr(10) if ended else ''}")
        self._open = not ended

    def clear(self) -> None:
        if self._open:
            self._write("\n")
            self._open = False

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()

    def _width(self) -> int:
        """Columns that can be filled without the cursor going to the next line."""
        try:
            columns = os.get_terminal_size(self._stream.fileno()).columns
        except (OSError, ValueError):
            columns = 0
        return (columns or 80) - 1  # some terminals do not know how wide they are


class Lines(Shown):
    """A line now and then, for logs."""

    def show(self, progress: Progress, *, ended: bool) -> None:
        print(f"{progress.phase}: {progress.done} of {progress.total}", file=self._stream)


def shown_on(stream: TextIO, *, quiet: bool = False) -> Shown:
    """What suits *stream*."""
    if quiet:
        return Shown(stream, _LINE_EVERY)
    return Bar(stream, _BAR_EVERY) if stream.isatty() else Lines(stream, _LINE_EVERY)
