"""Waiting: for what a controller does in its own time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, Final, TypeVar

from kregistry.meta.errors import NotFound

T = TypeVar("T")

#: Seconds after which a condition is looked at again even if the server was asked nothing.
_LOOK: Final = 0.05


class Changes:
    """Tells those who wait that something happened. Safe to share between threads."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._count = 0

    def tell(self) -> None:
        """Something happened."""
        with self._changed:
            self._count += 1
            self._changed.notify_all()

    def wait_for(self, condition: Callable[[], T], *, timeout: float) -> T:
        """Call *condition* after each change until it is true.

        It is looked at from time to time as well, because it may depend on more than requests.
        A condition that raises NotFound or AssertionError is not true yet.

        Returns:
            What the condition returned in the end.

        Raises:
            TimeoutError: It was not true in time; says what it returned or raised last.
        """
        __tracebackhide__ = True
        deadline = time.monotonic() + timeout
        while True:
            seen = self._count
            try:
                if found := condition():
                    return found
                last = f"it was {found!r}"
            except (NotFound, AssertionError) as error:
                last = f"it raised {type(error).__name__}: {error}"
            left = deadline - time.monotonic()
            if left <= 0:
                told = f"not within {timeout:g} s: {_name(condition)}; {last}"
                raise TimeoutError(told)
            with self._changed:
                if self._count == seen:
                    self._changed.wait(min(left, _LOOK))


def _name(condition: Callable[[], Any]) -> str:
    """What to call the condition: the text of a lambda is not to be had, so where it stands."""
    code = getattr(condition, "__code__", None)
    name = getattr(condition, "__name__", repr(condition))
    if code is None:
        return str(name)
    return f"{name} ({code.co_filename}:{code.co_firstlineno})"
