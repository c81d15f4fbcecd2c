"""Turns: courtesy between writers of one key that have met once already.

Several writers that change one object again and again spend most of their time on attempts
that fail. A writer that has lost once therefore waits for the others that have lost, a
moment at most, before it tries again. Nothing depends on it: it is no lock, and who has
waited long enough goes on regardless, so callbacks may do what they like meanwhile.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

_STRIPES = 64

#: Seconds that a writer waits for its turn.
_PATIENCE = 0.05


class Turns:
    """Lets writers of one key go one after the other. Safe to share between threads."""

    def __init__(self) -> None:
        # Reentrant: a callback that updates another object must not wait for itself.
        self._stripes = [threading.RLock() for _ in range(_STRIPES)]

    def take(self, key: str) -> Callable[[], None]:
        """Wait for a turn, or until patience ends.

        Returns:
            What to call, in the same thread, to let the next one go.
        """
        stripe = self._stripes[hash(key) % _STRIPES]
        return stripe.release if stripe.acquire(timeout=_PATIENCE) else _nothing


def _nothing() -> None:
    """Nothing was taken, so there is nothing to give back."""
