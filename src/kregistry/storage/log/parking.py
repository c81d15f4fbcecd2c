"""Parking: who waits for changes of which keys.

Readers park by what they read, one key or everything below a prefix, so a writer finds those
concerned by looking at its own key: a handful of look-ups, however many wait.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from typing import Any

from kregistry.storage.keys import KeyRange

Wake = Callable[[], None]
Place = tuple[dict[Any, "Bay"], Any]


class Bay:
    """Readers that wait for changes of the same keys. Changed under the lock of the log.

    Attributes:
        open: Whether the readers still wait; False once they are being woken.
        upto: When closed: no change of these keys at or before this revision was missed.
    """

    __slots__ = ("_crowds", "_home", "_name", "open", "upto")

    def __init__(self, home: dict[Any, Bay], name: Hashable) -> None:
        self.open = True
        self.upto = 0
        self._home = home
        self._name = name
        self._crowds: dict[Hashable, dict[Any, Wake]] = {}
        home[name] = self

    def add(self, reader: object, wake: Wake) -> None:
        """Let *reader* wait."""
        crowd = getattr(wake, "crowd", None)  # only a Waker has one; asking ABCMeta takes longer
        waiting = self._crowds.get(crowd)
        if waiting is None:
            waiting = self._crowds[crowd] = {}
        waiting[reader] = wake

    def remove(self, reader: object) -> Wake | None:
        """Let *reader* go; what would have woken it. An empty bay disappears."""
        found = None
        for crowd, waiting in list(self._crowds.items()):
            found = waiting.pop(reader, None) or found
            if not waiting:
                del self._crowds[crowd]
        if not self._crowds and self._home.get(self._name) is self:
            del self._home[self._name]
        return found

    def shut(self, upto: int) -> Bay:
        """Take the bay out; nobody enters or leaves it any more."""
        self.open = False
        self.upto = upto
        self._home.pop(self._name, None)
        return self

    def wake(self) -> None:
        """Wake everybody who waited. Call it without any lock, after :meth:`shut`."""
        for crowd, waiting in self._crowds.items():
            if crowd is None:
                for wake in waiting.values():
                    wake()
            else:
                first = next(iter(waiting.values()))
                first.wake_all(waiting)  # type: ignore[attr-defined]

    @property
    def size(self) -> int:
        """How many readers wait here."""
        return sum(map(len, self._crowds.values()))


class ParkingLot:
    """All bays, found by key. Changed under the lock of the log."""

    def __init__(self) -> None:
        self._keys: dict[Any, Bay] = {}
        self._prefixes: dict[Any, Bay] = {}
        self._others: dict[Any, Bay] = {}

    def place(self, keys: KeyRange) -> Place:
        """Where readers of *keys* find each other; it stays the same."""
        start, end = keys
        if end == f"{start}\0":
            return self._keys, start
        if start.endswith("/") and end == f"{start[:-1]}0":  # "0" comes after "/"
            return self._prefixes, start
        return self._others, keys

    def bay(self, place: Place) -> Bay:
        """The open bay there."""
        home, name = place
        return home.get(name) or Bay(home, name)

    def shut(self, key: str, revision: int) -> Iterator[Bay]:
        """Shut the bays of everybody who waits for changes of *key*, now at *revision*."""
        for bay in list(self.concerned(key)):
            yield bay.shut(revision - 1)

    def shut_all(self, revision: int) -> list[Bay]:
        """Shut every bay."""
        bays = [*self._keys.values(), *self._prefixes.values(), *self._others.values()]
        return [bay.shut(revision) for bay in bays]

    def concerned(self, key: str) -> Iterator[Bay]:
        """The bays for readers of *key*."""
        if self._keys and (bay := self._keys.get(key)):
            yield bay
        if self._prefixes:
            at = key.find("/")
            while at >= 0:
                if bay := self._prefixes.get(key[: at + 1]):
                    yield bay
                at = key.find("/", at + 1)
        for keys, bay in self._others.items():
            if keys[0] <= key < keys[1]:
                yield bay

    def __len__(self) -> int:
        homes = (self._keys, self._prefixes, self._others)
        return sum(bay.size for home in homes for bay in home.values())
