"""History: what clients of a backend asked, what they were told, and when.

A :class:`Recorder` stands between clients and a backend and notes every call. Its history,
with the store's own log of changes, is what :mod:`kregistry.testing.linearizability` judges.
Histories can be kept in files, one JSON value a line, and judged again later.
"""

from __future__ import annotations

import base64
import itertools
import json
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Literal, TypeVar

import attrs

from kregistry.storage.backend import Backend, Change, Page, Record, Snapshot
from kregistry.storage.errors import BackendError, RevisionMismatch
from kregistry.testing.forwarding import Forwarding

A = TypeVar("A")

Verb = Literal["get", "range", "put", "delete"]

#: How a call ended: as asked; refused because the key was not at the expected revision; or
#: nobody knows, and it may still happen later.
Outcome = Literal["ok", "refused", "unknown"]


@attrs.frozen(kw_only=True)
class Operation:
    """One call.

    Attributes:
        client: Who called; a client does one thing at a time.
        verb: What it called.
        key: The key; for a range its start.
        called: When it called, in nanoseconds.
        returned: When the call came back; None if it never did.
        outcome: How it ended.
        value: What it put.
        expected: The revision it expected.
        end: End of the range.
        at: Revision at which the range was to be read; 0 for the newest.
        limit: At most so many records of the range; 0 for all.
        revision: Of the write, or of the store when it was read; 0 if refused or unknown.
        found: Records that were read, or that made the refusal.
    """

    client: int
    verb: Verb
    key: str
    called: int
    returned: int | None
    outcome: Outcome
    value: bytes | None = None
    expected: int = 0
    end: str = ""
    at: int = 0
    limit: int = 0
    revision: int = 0
    found: tuple[Record, ...] = ()

    @property
    def writes(self) -> bool:
        """Whether it changes something if it succeeds."""
        return self.verb in ("put", "delete")


@attrs.frozen
class History:
    """Everything that clients did to a store, and everything that the store says happened.

    Attributes:
        operations: In any order.
        log: Every change of the store after *start*, in order of revisions.
        start: Revision of the store, empty, when the history began.
    """

    operations: Sequence[Operation]
    log: Sequence[Change]
    start: int = 1

    def save(self, path: Path) -> None:
        """Write the history to a file."""
        with path.open("w", encoding="utf-8") as file:
            file.write(json.dumps({"start": self.start}) + "\n")
            lines: list[Operation | Change] = [*self.operations, *self.log]
            file.writelines(json.dumps(_plain(line)) + "\n" for line in lines)

    @classmethod
    def load(cls, path: Path) -> History:
        """Read a history from a file that :meth:`save` wrote."""
        with path.open(encoding="utf-8") as file:
            first, *lines = map(json.loads, file)
        operations = [_operation(line) for line in lines if "verb" in line]
        log = [_change(line) for line in lines if "verb" not in line]
        return cls(operations, log, first["start"])


class Recorder(Forwarding):
    """A backend that notes what is asked of it. Every thread is a client of its own."""

    def __init__(self, inner: Backend) -> None:
        super().__init__(inner)
        self._lock = threading.Lock()
        self._operations: list[Operation] = []
        self._clients = itertools.count()
        self._local = threading.local()

    @property
    def operations(self) -> list[Operation]:
        """What was noted so far."""
        with self._lock:
            return list(self._operations)

    def get(self, key: str) -> Snapshot:
        def told(snapshot: Snapshot) -> dict[str, Any]:
            found = (snapshot.record,) if snapshot.record else ()
            return {"revision": snapshot.revision, "found": found}

        return self._note(lambda: self.inner.get(key), told, verb="get", key=key)

    def range(self, start: str, end: str, **how: Any) -> Page:
        if how.get("keys_only"):  # tells less than a history wants to know
            return self.inner.range(start, end, **how)
        return self._note(
            lambda: self.inner.range(start, end, **how),
            lambda page: {"revision": page.revision, "found": tuple(page.records)},
            verb="range",
            key=start,
            end=end,
            limit=how.get("limit", 0),
            at=how.get("revision", 0),
        )

    def put(self, key: str, value: bytes, *, expected: int, ttl: float | None = None) -> int:
        return self._note(
            lambda: self.inner.put(key, value, expected=expected, ttl=ttl),
            lambda revision: {"revision": revision},
            verb="put",
            key=key,
            value=value,
            expected=expected,
        )

    def delete(self, key: str, *, expected: int) -> int:
        return self._note(
            lambda: self.inner.delete(key, expected=expected),
            lambda revision: {"revision": revision},
            verb="delete",
            key=key,
            expected=expected,
        )

    def _note(self, call: Callable[[], A], told: Callable[[A], dict[str, Any]], **asked: Any) -> A:
        """Call, and note what came of it. A read that fails tells nothing and is left out."""
        called = time.perf_counter_ns()
        try:
            result = call()
        except RevisionMismatch as mismatch:
            found = (mismatch.current,) if mismatch.current else ()
            self._add(called, "refused", found=found, **asked)
            raise
        except BackendError:
            if asked["verb"] in ("put", "delete"):
                self._add(called, "unknown", **asked)
            raise
        self._add(called, "ok", **asked, **told(result))
        return result

    def _add(self, called: int, outcome: Outcome, **facts: Any) -> None:
        returned = None if outcome == "unknown" else time.perf_counter_ns()
        operation = Operation(
            client=self._client(), called=called, returned=returned, outcome=outcome, **facts
        )
        with self._lock:
            self._operations.append(operation)

    def _client(self) -> int:
        if not hasattr(self._local, "client"):
            self._local.client = next(self._clients)
        number: int = self._local.client
        return number


class LogKeeper:
    """Collects a store's log of changes while it is compacted.

    Args:
        backend: The store; still empty.
    """

    def __init__(self, backend: Backend) -> None:
        self.start = backend.current_revision()
        self.log: list[Change] = []
        self._backend = backend
        self._stream = backend.watch("", chr(0x10FFFF), after=self.start)

    def read(self) -> int:
        """Read on, as far as the log goes now.

        Returns:
            A revision up to which everything was read, so that it may be compacted.
        """
        while found := self._stream.poll():
            self.log += found
        return self._stream.position

    def close(self, patience: float = 30.0) -> None:
        """Read the rest: all that was committed until now.

        Args:
            patience: Seconds to wait for what others wrote.

        Raises:
            TimeoutError: It did not all come.
        """
        newest = self._backend.current_revision()
        end = time.monotonic() + patience
        while self.read() < newest:
            bell = threading.Event()
            if self._stream.park(bell.set):
                bell.wait(0.1)
            if time.monotonic() > end:
                raise TimeoutError(f"nothing came between {self._stream.position} and {newest}")
        self._stream.close()


def _plain(value: Operation | Change) -> dict[str, Any]:
    """As JSON knows it. Bytes become base64 in a list of one."""
    names = attrs.asdict(value, recurse=False) if isinstance(value, Operation) else value._asdict()
    return {name: _wrapped(each) for name, each in names.items()}


def _wrapped(value: Any) -> Any:
    if isinstance(value, bytes):
        return {"bytes": base64.b64encode(value).decode()}
    if isinstance(value, tuple | list):
        return [_wrapped(each) for each in value]
    return value


def _unwrapped(value: Any) -> Any:
    if isinstance(value, dict):
        return base64.b64decode(value["bytes"])
    if isinstance(value, list):
        return [_unwrapped(each) for each in value]
    return value


def _operation(line: dict[str, Any]) -> Operation:
    facts = {name: _unwrapped(value) for name, value in line.items()}
    facts["found"] = tuple(_records(facts["found"]))
    return Operation(**facts)


def _records(rows: Iterable[Any]) -> Iterable[Record]:
    return (Record(*row) for row in rows)


def _change(line: dict[str, Any]) -> Change:
    return Change(**{name: _unwrapped(value) for name, value in line.items()})
