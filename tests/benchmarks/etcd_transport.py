"""What every way to talk to etcd must do in ``bench_etcd.py``, and no more than that."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable

from kregistry.storage.backend import Change, Record

#: Called from the reading thread, once for each watcher that an event has come to.
Told = Callable[[Change], None]


class Conflict(Exception):
    """The condition of a write did not hold. No benchmark should meet it."""


class Transport(ABC):
    """One way to talk to one etcd; safe to share between threads."""

    name: str

    @abstractmethod
    def put(self, key: bytes, value: bytes, expected: int) -> int:
        """Write if the key's ``mod_revision`` is *expected*, 0 for absent; the new revision."""

    @abstractmethod
    def get(self, key: bytes) -> Record:
        """The record that is there."""

    @abstractmethod
    def page(self, start: bytes, end: bytes, limit: int) -> list[Record]:
        """The first *limit* records of a range."""

    @abstractmethod
    def follow(self, start: bytes, end: bytes, watchers: int, told: Told) -> Callable[[], None]:
        """Have so many *watchers* of a range, each with values from before.

        Returns:
            Ends them. They have all begun by now.
        """

    @abstractmethod
    def close(self) -> None:
        """Give back every connection."""
