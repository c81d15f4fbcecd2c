"""BackendMachine: hypothesis drives a backend in lock-step with the model.

Needs hypothesis. A machine of one's own names its backends::

    class MyMachine(BackendMachine):
        def make_backends(self, clock):
            return [MyBackend(clock=clock)]

    TestMine = MyMachine.TestCase
"""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    precondition,
    rule,
)

from kregistry.storage.backend import Backend, Change, ChangeStream, Record
from kregistry.storage.errors import BackendError, RevisionCompacted, RevisionMismatch
from kregistry.testing.clock import FakeClock
from kregistry.testing.model import ModelBackend, in_range
from kregistry.testing.suites.backend_cases import ODD_KEYS

#: Few keys, so that they meet; odd ones, so that they are told apart.
KEYS = ["/p/a", "/p/A", "/p/b", "/p/a/b", "/p/a-b/c", "/p/a.b/c", *(f"/p{k}" for k in ODD_KEYS)]
KEY = st.one_of(st.sampled_from(KEYS[:3]), st.sampled_from(KEYS))
RANGE = st.one_of(
    st.just(("", chr(0x10FFFF))),
    st.just(("/p/", "/p0")),
    KEY.map(lambda key: (key, f"{key}\0")),
    KEY.map(lambda key: (f"{key}/", f"{key}0")),
    st.tuples(KEY, KEY),
)
VALUE = st.one_of(st.binary(max_size=8), st.just(b"x" * 5000))

#: Seconds after which something that must happen counts as lost.
PATIENCE = 20.0


class Following:
    """One stream of each backend, and what they must say.

    Attributes:
        streams: The model's is not among them: the log says what is right.
        seen: What each has said.
        over: Which of them told that they fell behind.
    """

    def __init__(self, keys: tuple[str, str], after: int, streams: Sequence[ChangeStream]) -> None:
        self.keys = keys
        self.after = after
        self.streams = streams
        self.seen: list[list[Change]] = [[] for _ in streams]
        self.over = [False] * len(streams)

    def expected(self, log: Sequence[Change]) -> list[Change]:
        """Everything that the streams are about."""
        return [c for c in log if c.revision > self.after and in_range(c.key, *self.keys)]

    def check(self, log: Sequence[Change], limit: int, compacted: int) -> None:
        """Read on; what was said must be the beginning of what is right."""
        expected = self.expected(log)
        for number, stream in enumerate(self.streams):
            if self.over[number]:
                continue
            seen = self.seen[number]
            if len(seen) < len(expected):
                assert stream.position < expected[len(seen)].revision
            try:
                while found := stream.poll(limit):
                    assert len(found) <= limit
                    seen.extend(found)
            except RevisionCompacted:
                self.over[number] = True
                assert stream.position < compacted, "it says that it fell behind, and did not"
            assert seen == expected[: len(seen)]
            assert self.over[number] or len(seen) == len(expected)


class BackendMachine(RuleBasedStateMachine):
    """Puts, deletes, reads, watches, compacts and lets time pass, on all backends alike.

    Attributes:
        counts_up: Whether a backend advances by writing, revision by revision.
    """

    counts_up = False
    streams = Bundle("streams")

    @abstractmethod
    def make_backends(self, clock: FakeClock) -> list[Backend]:
        """The backends to compare with the model; fresh and empty, on this clock."""

    def dispose(self) -> None:
        """Undo what :meth:`make_backends` did besides opening them."""

    @initialize()
    def begin(self) -> None:
        self.clock = FakeClock()
        self.model = ModelBackend(clock=self.clock)
        self.backends = self.make_backends(self.clock)
        self.log: list[Change] = []
        self.writes = 0

    def all(self, use: Callable[[Backend], Any]) -> Any:
        """Do the same with all; the outcomes, errors too, must be the same."""
        expected = outcome(use, self.model)
        for backend in self.backends:
            assert outcome(use, backend) == expected
        for change in self.model.log:
            if not self.log or change.revision > self.log[-1].revision:
                self.log.append(change)
        return expected

    def expectation(self, key: str, kind: str) -> int:
        """The revision that a writer might expect."""
        record = self.model.state().get(key)
        right = record.mod_revision if record else 0
        return {"right": right, "absent": 0, "ahead": right + 1, "first": 2}[kind]

    @rule(
        key=KEY,
        value=VALUE,
        kind=st.sampled_from(["right"] * 6 + ["absent", "ahead", "first"]),
        ttl=st.one_of(st.none(), st.none(), st.sampled_from([5.0, 50.0, 500.0])),
    )
    def put(self, key: str, value: bytes, kind: str, ttl: float | None) -> None:
        self.writes += 1
        if ttl is not None:
            ttl += self.writes / 1000  # no two keys are due at the same moment
        expected = self.expectation(key, kind)
        self.all(lambda backend: backend.put(key, value, expected=expected, ttl=ttl))
        self.all(lambda backend: backend.get(key))

    @rule(key=KEY, kind=st.sampled_from(["right"] * 4 + ["ahead", "first"]))
    def delete(self, key: str, kind: str) -> None:
        expected = self.expectation(key, kind) or 1
        self.all(lambda backend: backend.delete(key, expected=expected))
        self.all(lambda backend: backend.get(key))

    @rule(key=KEY)
    def get(self, key: str) -> None:
        self.all(lambda backend: backend.get(key))

    @rule(
        keys=RANGE,
        limit=st.sampled_from([0, 0, 1, 2, 5]),
        back=st.one_of(st.none(), st.integers(-2, 30)),
        how=st.fixed_dictionaries({"count": st.booleans(), "keys_only": st.booleans()}),
    )
    def range(self, keys: tuple[str, str], limit: int, back: int | None, how: Any) -> None:
        revision = 0 if back is None else max(self.model.revision - back, 1)
        self.all(lambda backend: backend.range(*keys, limit=limit, revision=revision, **how))

    @rule(keys=RANGE, limit=st.sampled_from([1, 2, 3]))
    def pages(self, keys: tuple[str, str], limit: int) -> None:
        """Pages at one revision join to the whole."""
        revision = self.model.revision
        for backend in self.backends:
            whole = list(backend.range(*keys, revision=revision).records)
            assert joined(backend, keys, limit, revision) == whole

    @rule(target=streams, keys=RANGE, back=st.integers(-10, 30))
    def watch(self, keys: tuple[str, str], back: int) -> Following | None:
        after = max(self.model.revision - back, 1)
        refused = outcome(lambda backend: backend.watch(*keys, after=after), self.model)
        if isinstance(refused, tuple):
            for backend in self.backends:
                assert outcome(lambda b: b.watch(*keys, after=after), backend) == refused
            return None
        return Following(keys, after, [b.watch(*keys, after=after) for b in self.backends])

    @rule(following=streams, limit=st.sampled_from([1, 3, 256]))
    def poll(self, following: Following | None, limit: int) -> None:
        if following is not None:
            following.check(self.log, limit, self.model.compacted)

    @rule(following=consumes(streams))
    def stop(self, following: Following | None) -> None:
        for stream in following.streams if following is not None else ():
            stream.close()

    @rule(back=st.integers(-1, 20))
    def compact(self, back: int) -> None:
        revision = max(self.model.revision - back, 0)
        self.all(lambda backend: backend.compact(revision))

    @rule(steps=st.sampled_from([-3, 0, 2, 7]))
    def advance(self, steps: int) -> None:
        revision = self.model.revision + steps
        self.all(lambda backend: backend.advance(revision))

    @precondition(lambda self: not self.counts_up)
    @rule(steps=st.sampled_from([1, 10**6, 2**61]))
    def jump(self, steps: int) -> None:
        """What takes one who counts up too long, or one revision more than is asked for."""
        self.advance(steps)

    @rule(keys=RANGE)
    def ttls(self, keys: tuple[str, str]) -> None:
        expected = self.model.ttls(*keys)
        for backend in self.backends:
            found = backend.ttls(*keys)
            assert sorted(found) == sorted(expected)
            assert all(abs(found[key] - left) < 0.01 for key, left in expected.items())

    @precondition(lambda self: bool(self.model.deadlines))
    @rule(seconds=st.sampled_from([1, 10, 100]))
    def time_passes(self, seconds: int) -> None:
        self.clock.advance(seconds)
        self.model.sweep()
        for backend in self.backends:
            wait_for_revision(backend, self.model.revision)
        self.all(lambda backend: backend.current_revision())

    @invariant()
    def agree(self) -> None:
        if hasattr(self, "model"):
            self.all(lambda backend: backend.current_revision())
            self.all(lambda backend: backend.compacted_revision())

    def teardown(self) -> None:
        if not hasattr(self, "model"):
            return
        try:
            self.all(lambda backend: backend.range("", chr(0x10FFFF)))
        finally:
            for backend in [self.model, *self.backends]:
                backend.close()
            self.dispose()


def outcome(use: Callable[[Backend], Any], backend: Backend) -> Any:
    """What came of it, in a form that can be compared; a tuple for an error."""
    try:
        found = use(backend)
    except RevisionMismatch as mismatch:
        return (RevisionMismatch, mismatch.current)
    except (BackendError, ValueError) as error:
        return (type(error), getattr(error, "revision", None))
    if isinstance(found, ChangeStream):
        found.close()
        return None
    if hasattr(found, "records"):
        return list(found._replace(records=list(found.records)))
    return list(found) if isinstance(found, tuple) else found


def joined(backend: Backend, keys: tuple[str, str], limit: int, revision: int) -> list[Record]:
    """All pages of a range."""
    start, end = keys
    found: list[Record] = []
    more = True
    while more:
        page = backend.range(start, end, limit=limit, revision=revision)
        found += page.records
        more = page.more
        start = f"{page.records[-1].key}\0" if page.records else end
    return found


def wait_for_revision(backend: Backend, revision: int) -> None:
    """Wait until a backend's own thread has done what is due."""
    deadline = time.monotonic() + PATIENCE
    while backend.current_revision() < revision:
        assert time.monotonic() < deadline, "expired keys were not deleted"
        time.sleep(0.001)
