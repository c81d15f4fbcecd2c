"""Progress: how far a migration is, for whoever shows it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import attrs

#: What a migration does, in this order. ``survey`` reads the source through, ``advance`` takes
#: the target to the source's revision, ``copy`` writes, ``verify`` reads both and compares.
Phase = Literal["survey", "advance", "copy", "verify"]


@attrs.frozen
class Progress:
    """How far a migration is.

    Attributes:
        done: Keys done in this phase; revisions where it advances.
        total: How many there are; never less than *done*.
        phase: What is being done.
    """

    done: int
    total: int
    phase: Phase


OnProgress = Callable[[Progress], None]


def silent(progress: Progress) -> None:
    """Show nothing."""
