"""Worklist: what is still to be looked at, each object once at a time."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable
from typing import Final

from kregistry.controllers.identity import Identity

#: How often one object may be written in one step. What needs more gets it in the next.
ATTEMPTS: Final = 8


class Worklist:
    """Objects in the order in which they became interesting."""

    def __init__(self) -> None:
        self._waiting: deque[Identity] = deque()
        self._known: set[Identity] = set()
        self._attempts: Counter[Identity] = Counter()
        self._exhausted: dict[Identity, None] = {}

    @property
    def exhausted(self) -> tuple[Identity, ...]:
        """The objects that used up their attempts."""
        return tuple(self._exhausted)

    def add(self, identities: Iterable[Identity]) -> None:
        """Look at these again, if they do not wait for that already."""
        for identity in identities:
            if identity not in self._known:
                self._known.add(identity)
                self._waiting.append(identity)

    def take(self) -> Identity | None:
        """The next one; None if there is none."""
        if not self._waiting:
            return None
        identity = self._waiting.popleft()
        self._known.discard(identity)
        return identity

    def attempt(self, identity: Identity) -> bool:
        """Whether the object may be written once more."""
        if self._attempts[identity] >= ATTEMPTS:
            self._exhausted[identity] = None
            return False
        self._attempts[identity] += 1
        return True
