"""Controller: work that is done when somebody asks for it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Final

from kregistry.controllers.collected import Collected
from kregistry.controllers.convergence import until_quiet

#: Real work is done in a handful of steps, however many objects there are.
DEFAULT_MAX_STEPS: Final = 50


class Controller(ABC):
    """Brings what is stored into the state in which there is nothing to do for it.

    It keeps nothing between two calls, so it may be made anew each time, and others may write
    before, after and during a call. Not to be called by two threads at once.

    Args:
        max_steps: How many steps one :meth:`collect` takes at most; at least 1.
    """

    def __init__(self, *, max_steps: int = DEFAULT_MAX_STEPS) -> None:
        if max_steps < 1:
            raise ValueError(f"max_steps must be at least 1, not {max_steps}")
        self._max_steps = max_steps

    @abstractmethod
    def step(self) -> Collected:
        """Look at everything once, and do what follows from it.

        Raises:
            StatusError: A Store cannot be listed. What there is to do is unknown then, so
                nothing was done.
        """

    def collect(self) -> Collected:
        """Take steps until one finds nothing to do.

        Returns:
            All changes of all steps, and what the last one found.

        Raises:
            NotConverged: There always was something to do.
            StatusError: A Store cannot be listed.
        """
        return until_quiet(self.step, limit=self._max_steps)


def collect_until_quiet(*controllers: Controller, max_cycles: int = DEFAULT_MAX_STEPS) -> Collected:
    """Let the controllers collect in turn until none of them finds anything to do.

    One may make work for another: an emptied namespace may leave dependents behind.

    Args:
        controllers: Run in this order, each until it is at rest.
        max_cycles: How often each is run at most; at least 1.

    Returns:
        All changes, and what each found in the end.

    Raises:
        NotConverged: There always was something to do.
        StatusError: A Store cannot be listed.
    """
    if max_cycles < 1:
        raise ValueError(f"max_cycles must be at least 1, not {max_cycles}")

    def cycle() -> Collected:
        found = Collected()
        for controller in controllers:
            found = found.beside(controller.collect())
        return found

    return until_quiet(cycle, limit=max_cycles)
