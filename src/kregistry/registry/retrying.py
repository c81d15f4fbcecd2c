"""retry_on_conflict: read, change, write, and start over when somebody else was faster.

Source: ``k8s.io/client-go/util/retry``.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeVar

from kregistry.meta.errors import Conflict

R = TypeVar("R")


def retry_on_conflict(
    attempt: Callable[[], R],
    *,
    attempts: int = 5,
    delay: float = 0.01,
    jitter: float = 0.1,
    sleep: Callable[[float], None] = time.sleep,
    chance: Callable[[], float] = random.random,
) -> R:
    """Call *attempt* until it does not end in a Conflict.

    ::

        def grow() -> Widget:
            widget = widgets.get(ctx, "anvil")
            widget.spec.size += 1
            return widgets.replace(ctx, widget)

        retry_on_conflict(grow)

    Args:
        attempt: Reads the object anew each time, or it will never succeed.
        attempts: How often to try at most; at least once.
        delay: Seconds between two attempts.
        jitter: The delay grows by up to this part of itself, by chance.
        sleep: Waits.
        chance: A number from 0 up to 1.

    Returns:
        What the first successful attempt returned.

    Raises:
        Conflict: The last attempt ended in it. Everything else is raised at once.

    Source: ``retry.RetryOnConflict`` with ``retry.DefaultRetry``.
    """
    if attempts < 1:
        raise ValueError(f"attempts must be at least 1, not {attempts}")
    for _ in range(attempts - 1):
        try:
            return attempt()
        except Conflict:
            sleep(delay * (1 + jitter * chance()))
    return attempt()
