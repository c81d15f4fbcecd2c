"""Time as a value that is passed in, so that a test can hold it still."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from datetime import UTC, datetime


class Clock(ABC):
    """Where the time comes from. Nothing in the library asks the system behind its back."""

    @abstractmethod
    def now(self) -> datetime:
        """Wall-clock time in UTC."""

    @abstractmethod
    def monotonic(self) -> float:
        """Seconds that never run backwards; only differences mean anything."""


class SystemClock(Clock):
    """The clock of the machine."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()
