"""ObjectModel: the rules of storage.Interface for Pods, as plainly as they can be written.

A list of changes from which every answer is worked out. Property tests hold real storages
against it.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator

import attrs

from kregistry.core.v1 import Pod
from kregistry.storage.watch import EventType

Selects = Callable[[Pod], bool]
State = dict[str, Pod]


@attrs.frozen
class Step:
    """One change: what was there and what is."""

    revision: int
    key: str
    old: Pod | None
    new: Pod | None


@attrs.frozen
class Listed:
    """What a list shows.

    Attributes:
        items: The Pods.
        revision: Version of the list.
        following: Key after which the next page begins, None if this is the last.
        remaining: Keys that are left, as far as a list may say.
    """

    items: list[Pod]
    revision: int
    following: str | None
    remaining: int | None


def stamped(obj: Pod, revision: int) -> Pod:
    """A copy of the object at a version."""
    found = copy.deepcopy(obj)
    found.metadata.resource_version = str(revision)
    return found


class ObjectModel:
    """Pods by key, and everything that happened to them.

    Attributes:
        revision: Of the store.
        compacted: What lies before cannot be read.
        log: Every change, compacted or not.
        deadlines: When keys are due, by the seconds of the clock.
    """

    def __init__(self) -> None:
        self.revision = 1
        self.compacted = 0
        self.log: list[Step] = []
        self.deadlines: dict[str, float] = {}

    def state(self, revision: int = 0) -> State:
        """Everything stored as of *revision*; 0 for now."""
        found: State = {}
        for step in self.log:
            if revision and step.revision > revision:
                break
            found.pop(step.key, None)
            if step.new is not None:
                found[step.key] = step.new
        return found

    def write(self, key: str, obj: Pod | None, deadline: float | None = None) -> Pod:
        """Put or delete; the object as stored, or as it was, at its new version."""
        old = self.state().get(key)
        self.revision += 1
        new = stamped(obj, self.revision) if obj is not None else None
        self.log.append(Step(self.revision, key, old, new))
        self.deadlines.pop(key, None)
        if deadline is not None:
            self.deadlines[key] = deadline
        last = new if new is not None else old
        assert last is not None
        return stamped(last, self.revision)

    def bump(self) -> None:
        """Something else was written."""
        self.revision += 1

    def compact(self, revision: int) -> None:
        """Forget."""
        self.compacted = max(self.compacted, min(revision, self.revision))

    def expire(self, now: float) -> None:
        """Delete what is due, in the order in which it was due."""
        due = sorted((at, key) for key, at in self.deadlines.items() if at <= now)
        for _, key in due:
            self.write(key, None)

    def list(
        self, prefix: str, selects: Selects | None, limit: int, revision: int, start: str = ""
    ) -> Listed:
        """What a list at *revision* shows of what is below *prefix*; 0 for now."""
        state = self.state(revision)
        keys = sorted((k for k in state if k.startswith(prefix) and k > start), key=str.encode)
        items: list[Pod] = []
        for at, key in enumerate(keys):
            if selects is None or selects(state[key]):
                items.append(state[key])
            left = len(keys) - at - 1
            if limit and len(items) == limit and left:
                remaining = left if selects is None else None
                return Listed(items, revision or self.revision, key, remaining)
        return Listed(items, revision or self.revision, None, None)

    def events(
        self, prefix: str, selects: Selects | None, after: int
    ) -> Iterator[tuple[int, EventType, Pod]]:
        """The events of a watch from *after* on, each with its revision."""
        for step in self.log:
            if step.revision > after and step.key.startswith(prefix):
                event = _event(step, selects or (lambda _: True))
                if event is not None:
                    yield (step.revision, *event)


def _event(step: Step, selects: Selects) -> tuple[EventType, Pod] | None:
    """What one change means to a watcher who sees only what is selected."""
    was = step.old is not None and selects(step.old)
    if step.new is not None and selects(step.new):
        return (EventType.MODIFIED if was else EventType.ADDED), step.new
    if was and step.old is not None:
        return EventType.DELETED, stamped(step.old, step.revision)
    return None
