"""Repeating steps until one changes nothing, but not for ever."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from kregistry.controllers.collected import Collected
from kregistry.controllers.identity import Identity

_NAMED: Final = 10


class NotConverged(RuntimeError):
    """Every step changed something: somebody undoes what the controller does.

    Attributes:
        collected: What was done, and what the last step found.
        objects: What the last step changed or failed to change.
    """

    def __init__(self, steps: int, collected: Collected, last: Collected) -> None:
        changed = [change.object for change in last.changes]
        self.collected = collected
        self.objects: tuple[Identity, ...] = tuple(dict.fromkeys([*changed, *last.unsettled]))
        named = ", ".join(str(identity) for identity in self.objects[:_NAMED])
        rest = len(self.objects) - _NAMED
        more = f" and {rest} more" if rest > 0 else ""
        super().__init__(f"not at rest after {steps} steps: {named}{more}")


def until_quiet(step: Callable[[], Collected], *, limit: int) -> Collected:
    """Call *step* until it changes nothing.

    Args:
        step: Does what there is to do, and tells it.
        limit: How often it is called at most.

    Raises:
        NotConverged: The last call allowed still changed something.
    """
    collected = last = step()
    for _ in range(limit - 1):
        if last.quiet:
            return collected
        last = step()
        collected = collected.then(last)
    if not last.quiet:
        raise NotConverged(limit, collected, last)
    return collected
