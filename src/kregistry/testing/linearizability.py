"""Two judges of histories.

:func:`check_revisions` trusts that revisions order the writes and checks everything against
that order: strict serializability over all keys, in time that grows with the history as
sorting does.

:func:`check_keys` trusts no revision for order. For each key it looks for *some* order of the
calls that explains every answer and respects who had returned before whom was called: Wing and
Gong's search with Lowe's memory of what was tried. Keep a key below some 2000 calls.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

import attrs

from kregistry.storage.backend import Change, Record
from kregistry.testing.history import History, Operation
from kregistry.testing.model import in_range


@attrs.frozen
class Violation:
    """Something that a correct store cannot have done.

    Attributes:
        rule: Which rule it breaks, as a short sentence.
        culprit: The call or the change that shows it.
    """

    rule: str
    culprit: Operation | Change


class Replay:
    """What was stored at each revision, from a log.

    Attributes:
        versions: For each key its changes, in order.
    """

    def __init__(self, log: Iterable[Change]) -> None:
        self.versions: dict[str, list[Change]] = defaultdict(list)
        self._revisions: dict[str, list[int]] = defaultdict(list)
        self._created: dict[int, int] = {}
        for change in log:
            before = self.versions[change.key][-1:]
            fresh = not before or before[0].value is None
            created = change.revision if fresh else self._created[before[0].revision]
            self._created[change.revision] = created
            self.versions[change.key].append(change)
            self._revisions[change.key].append(change.revision)

    def at(self, key: str, revision: int) -> Record | None:
        """The record under *key* as of *revision*."""
        place = bisect_right(self._revisions.get(key, ()), revision)
        if place == 0:
            return None
        change = self.versions[key][place - 1]
        if change.value is None:
            return None
        return Record(key, change.value, change.revision, self._created[change.revision])

    def range(self, start: str, end: str, revision: int) -> list[Record]:
        """The records of a range as of *revision*."""
        keys = sorted((key for key in self.versions if in_range(key, start, end)), key=str.encode)
        return [record for key in keys if (record := self.at(key, revision))]

    def held(self, key: str, record: Record | None, first: int, last: int) -> bool:
        """Whether the key was in this state at some revision from *first* to *last*."""
        if self.at(key, first) == record:
            return True
        within = (r for r in self._revisions.get(key, ()) if first < r <= last)
        return any(self.at(key, revision) == record for revision in within)


def check_revisions(history: History) -> list[Violation]:
    """Everything that contradicts the order of revisions. Empty for a correct store."""
    judge = _RevisionJudge(history)
    return [
        *judge.gaps(),
        *judge.chains(),
        *judge.writes(),
        *judge.strangers(),
        *judge.times(),
        *judge.reads(),
        *judge.refusals(),
    ]


class _RevisionJudge:
    """One history, and what its log says."""

    def __init__(self, history: History) -> None:
        self.history = history
        self.log = {change.revision: change for change in history.log}
        self.replay = Replay(history.log)
        self.newest = max(self.log, default=history.start)
        self.windows = _Windows(history)

    def gaps(self) -> Iterator[Violation]:
        """Revisions follow each other, each one once."""
        expected = self.history.start
        for change in self.history.log:
            expected += 1
            if change.revision != expected:
                yield Violation(f"revision {expected} is missing or out of order", change)
                expected = change.revision

    def chains(self) -> Iterator[Violation]:
        """Each change says truly what was there before it."""
        for key, changes in self.replay.versions.items():
            for change in changes:
                before = self.replay.at(key, change.revision - 1)
                told = (change.previous, change.previous_revision)
                if told != ((before.value, before.mod_revision) if before else (None, 0)):
                    yield Violation("a change does not follow what was there", change)
                if change.value is None and before is None:
                    yield Violation("what did not exist was deleted", change)

    def writes(self) -> Iterator[Violation]:
        """Each acknowledged write is in the log, once, on top of what it expected."""
        taken: set[int] = set()
        for write in self._writes("ok"):
            change = self.log.get(write.revision)
            if change is None or write.revision in taken or not _is(change, write):
                yield Violation("an acknowledged write is not in the log", write)
                continue
            taken.add(write.revision)
            if change.previous_revision != write.expected:
                yield Violation("a write replaced what it did not expect", write)

    def strangers(self) -> Iterator[Violation]:
        """Each change was asked for, and not refused. Deletions may come of a time to live."""
        acknowledged = {write.revision for write in self._writes("ok")}
        unknown = list(self._writes("unknown"))
        for change in self.history.log:
            if change.revision in acknowledged or change.value is None:
                continue
            cause = next((write for write in unknown if _is(change, write)), None)
            if cause is None:
                yield Violation("nobody asked for a change", change)
            else:
                unknown.remove(cause)

    def times(self) -> Iterator[Violation]:
        """What was acknowledged before a call lies before it; what lies ahead cannot be seen."""
        for operation in self.history.operations:
            if operation.outcome != "ok" or operation.returned is None:
                continue
            first, last = self.windows.of(operation)
            if operation.revision < first + operation.writes:
                yield Violation("a call did not see what was acknowledged before it", operation)
            if operation.revision > last:
                yield Violation("a call saw what nobody had asked for yet", operation)

    def reads(self) -> Iterator[Violation]:
        """Each read shows the store as it was at the revision that it names."""
        for read in self.history.operations:
            if read.writes or read.outcome != "ok":
                continue
            shown = read.at or read.revision
            if read.verb == "get":
                record = self.replay.at(read.key, shown)
                expected = [record] if record else []
            else:
                expected = self.replay.range(read.key, read.end, shown)
                expected = expected[: read.limit] if read.limit else expected
            if list(read.found) != expected or shown > read.revision:
                yield Violation("a read does not show its revision", read)

    def refusals(self) -> Iterator[Violation]:
        """Each refusal was right at some moment of the call."""
        for write in self._writes("refused"):
            found = write.found[0] if write.found else None
            if (found.mod_revision if found else 0) == write.expected:
                yield Violation("a write was refused that should not have been", write)
            elif not self.replay.held(write.key, found, *self.windows.of(write)):
                yield Violation("a write was refused for what was not so", write)

    def _writes(self, outcome: str) -> Iterator[Operation]:
        return (o for o in self.history.operations if o.writes and o.outcome == outcome)


class _Windows:
    """Which revisions a call can have worked on."""

    def __init__(self, history: History) -> None:
        self.start = history.start
        known = [o for o in history.operations if o.outcome == "ok" and o.returned is not None]
        known.sort(key=lambda o: o.returned or 0)
        self.returns = [o.returned or 0 for o in known]
        self.acknowledged = _running_max(self.start, [o.revision for o in known])
        asked = {o.revision: o.called for o in known if o.writes}
        # A revision that no acknowledged write owns may have begun at any time.
        begun = [(asked.get(change.revision, 0), change.revision) for change in history.log]
        begun.sort()
        self.begins = [at for at, _ in begun]
        self.begun = _running_max(self.start, [revision for _, revision in begun])

    def of(self, operation: Operation) -> tuple[int, int]:
        """The oldest and the newest revision that the call can have seen."""
        first = self.acknowledged[bisect_right(self.returns, operation.called - 1)]
        if operation.returned is None:
            return first, self.begun[-1]
        return first, self.begun[bisect_right(self.begins, operation.returned)]


def _running_max(first: int, numbers: Sequence[int]) -> list[int]:
    """The maximum of *first* and of the numbers before each place."""
    found = [first]
    for number in numbers:
        found.append(max(found[-1], number))
    return found


def _is(change: Change, write: Operation) -> bool:
    """Whether the change is what the write asked for."""
    value = write.value if write.verb == "put" else None
    return (change.key, change.value) == (write.key, value)


def check_keys(operations: Sequence[Operation]) -> list[str]:
    """The keys whose calls no order explains. Empty for a correct store.

    Lists, and reads of the past, are left out. Values must be unique: they, not revisions,
    tell one version of a key from another.
    """
    values = _values(operations)
    by_key: dict[str, list[Operation]] = defaultdict(list)
    for operation in operations:
        if operation.verb != "range":
            by_key[operation.key].append(operation)
    return [key for key, calls in by_key.items() if not _explained(calls, values)]


State = bytes | None


def _values(operations: Sequence[Operation]) -> dict[tuple[str, int], State]:
    """What each revision of each key held, as far as clients were told."""
    values: dict[tuple[str, int], State] = {}
    for operation in operations:
        for record in operation.found:
            values[record.key, record.mod_revision] = record.value
        if operation.verb == "put" and operation.outcome == "ok":
            values[operation.key, operation.revision] = operation.value
    return values


@attrs.frozen
class _Step:
    """A call as a step of a machine with one register.

    Attributes:
        needs: The state that it needs, if *conditional*; for a refusal the one it must not be.
        sees: The state it was shown, if *reads*.
        leaves: The state after it, if *writes*.
    """

    operation: Operation
    needs: State
    sees: State

    def apply(self, state: State) -> tuple[bool, State]:
        """Whether the call can have happened in *state*, and the state after it."""
        operation = self.operation
        if operation.verb == "get":
            return state == self.sees, state
        if operation.outcome == "refused":
            return state == self.sees and state != self.needs, state
        return state == self.needs, operation.value


class _Node:
    """A call or a return in the list that the search cuts pieces out of."""

    __slots__ = ("after", "before", "match", "number", "step")

    def __init__(self, number: int, step: _Step, match: _Node | None) -> None:
        self.number = number
        self.step = step
        self.match = match  # of a call: its return, None if it never came; of a return: None
        self.before: _Node | None = None
        self.after: _Node | None = None


def _explained(operations: Sequence[Operation], values: dict[tuple[str, int], State]) -> bool:
    """Whether some order of the calls of one key explains every answer."""
    missing = b"\0no such version"
    steps = []
    for operation in operations:
        expected = operation.expected
        needs = values.get((operation.key, expected), missing) if expected else None
        sees = operation.found[0].value if operation.found else None
        steps.append(_Step(operation, needs, sees))
    return _search(_entries(steps))


def _entries(steps: Sequence[_Step]) -> _Node:
    """Calls and returns in order of time, behind a head."""
    events: list[tuple[int, int, int, _Node, bool]] = []
    for number, step in enumerate(steps):
        back = None
        if step.operation.returned is not None:
            back = _Node(number, step, None)
            events.append((step.operation.returned, 1, number, back, True))
        call = _Node(number, step, back)
        events.append((step.operation.called, 0, number, call, False))
    events.sort(key=lambda event: event[:3])
    head = last = _Node(-1, steps[0], None)
    returns = set()
    for *_, node, is_return in events:
        last.after, node.before, last = node, last, node
        if is_return:
            returns.add(node.number)
            node.match = node  # marks a return
    return head


def _search(head: _Node) -> bool:
    """Lowe's search: take calls out of the list, in every order that answers allow."""
    state: State = None
    done = 0
    tried: set[tuple[int, State]] = set()
    taken: list[tuple[_Node, State]] = []
    node = head.after
    while node is not None:
        if node.match is not node:  # a call
            possible, following = node.step.apply(state)
            mark = (done | 1 << node.number, following)
            if possible and mark not in tried:
                tried.add(mark)
                taken.append((node, state))
                state, done = following, mark[0]
                _lift(node)
                node = head.after
            else:
                node = node.after
            continue
        if not taken:  # a return whose call fits nowhere
            return False
        node, state = taken.pop()
        done &= ~(1 << node.number)
        _unlift(node)
        node = node.after
    return True  # every call that returned has its place; the others may never have happened


def _lift(call: _Node) -> None:
    """Take a call and its return out of the list."""
    for node in (call, call.match):
        if node is not None:
            assert node.before is not None
            node.before.after = node.after
            if node.after is not None:
                node.after.before = node.before


def _unlift(call: _Node) -> None:
    """Put them back where they were."""
    for node in (call.match, call):
        if node is not None:
            assert node.before is not None
            node.before.after = node
            if node.after is not None:
                node.after.before = node
