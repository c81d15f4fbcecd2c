"""Update and Deletion: the retry loops of the two verbs that change what exists.

Neither trusts what the caller believes to be stored. A belief may save a read; every refusal
is confirmed on what really is there, and every write carries the revision it was based on.

Source: ``k8s.io/apiserver/pkg/storage/etcd3/store.go`` GuaranteedUpdate, conditionalDelete.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import suppress
from typing import Generic, TypeVar

import attrs

from kregistry.meta.context import Context
from kregistry.meta.object import Object
from kregistry.storage.backend import Backend, Record
from kregistry.storage.errors import KeyNotFound, RequestTimeout, RevisionMismatch
from kregistry.storage.interface import (
    ResponseMeta,
    UpdateFunc,
    ValidateObjectFunc,
    WithTTL,
)
from kregistry.storage.preconditions import Preconditions
from kregistry.storage.serializer import Serializer, Stored
from kregistry.storage.turns import PATIENCE, Turn, Turns
from kregistry.storage.versioner import VERSIONER

T = TypeVar("T", bound=Object)

TIMED_OUT = "request did not complete within requested timeout"


@attrs.frozen
class _Told(Generic[T]):
    """What a writer tells the next one of its key, which may be one of another view.

    Attributes:
        serializer: What made it.
        stored: What is stored; the next one's own.
    """

    serializer: Serializer[T]
    stored: Stored[T]


@attrs.define
class _Change(ABC, Generic[T]):
    """One call of a verb: what it works on, and what it knows of it so far.

    Attributes:
        key: Full key.
        turns: Where to line up when somebody else was faster, or others have lined up already.
        state: What is believed to be stored.
        current: That was read from the backend during this call.
    """

    backend: Backend
    serializer: Serializer[T]
    ctx: Context
    key: str
    preconditions: Preconditions
    turns: Turns
    state: Stored[T] = attrs.field(init=False)
    current: bool = attrs.field(init=False, default=False)
    _turn: Turn | None = attrs.field(init=False, default=None)
    _patience: float = attrs.field(init=False, default=PATIENCE)

    def run(self, cached: T | None) -> T:
        """Try until nobody interferes."""
        result: Stored[T] | None = None
        try:
            self._begin(cached)
            while (result := self._attempt()) is None:
                self._require_time()
            return result.obj
        finally:
            self._end_turn(result)

    @abstractmethod
    def _attempt(self) -> Stored[T] | None:
        """Try once; None to try again on the new :attr:`state`."""

    @abstractmethod
    def _absent(self) -> Stored[T]:
        """What to work on when there is nothing; or raise."""

    def _begin(self, cached: T | None) -> None:
        """Find something to work on: what is told, what the caller believes, what is stored."""
        if self.turns.busy(self.key) and self._believe(self._line_up()):
            return
        if not self._believe(self.serializer.suggested(cached)):
            self._reread()

    def _line_up(self) -> Stored[T] | None:
        """Wait until those who came earlier are done; what the last of them told."""
        if self._turn is not None:
            self._turn.end()
        ctx = self.ctx
        self._turn = turn = self.turns.take(
            self.key, patience=self._patience, cancelled=lambda: ctx.cancelled
        )
        self._patience *= 2
        self._require_time()
        told: _Told[T] | None = turn.told
        return told.stored if told is not None and told.serializer == self.serializer else None

    def _require_time(self) -> None:
        if self.ctx.cancelled:
            raise RequestTimeout(self.key, 0, TIMED_OUT)

    def _end_turn(self, result: Stored[T] | None) -> None:
        """Let the next one go, with a copy of *result*, which itself is the caller's."""
        turn = self._turn
        if turn is None:
            return
        told = None
        if result is not None and result.data and turn.wanted:
            with suppress(Exception):  # what was written is written; the next one can read it
                told = _Told(
                    self.serializer, attrs.evolve(result, obj=self.serializer.copy(result.obj))
                )
        turn.end(told)

    def _believe(self, stored: Stored[T] | None) -> bool:
        """Work on what is said to be stored, if anything is.

        Somebody else may have changed it since, even before this call began. So it does not
        count as current: a refusal that rests on it is confirmed.
        """
        if stored is None:
            return False
        self.state, self.current = stored, False
        return True

    def _reread(self) -> None:
        self._adopt(self.backend.get(self.key).record)

    def _adopt(self, record: Record | None) -> None:
        """Work on what the backend says from now on."""
        self.state = self._absent() if record is None else self.serializer.load(record)
        self.current = True

    def _lost(self, mismatch: RevisionMismatch) -> None:
        """Somebody else was faster: go on with what is there now."""
        if self._turn is not None and not self._turn.lost:
            self._adopt(mismatch.current)
        elif not self._believe(self._line_up()):
            self._reread()

    def _outdated(self, refusal: Exception, *, same_counts: bool) -> None:
        """Go on with what is stored, if *refusal* may come from an outdated belief.

        Args:
            refusal: What the caller's rules said.
            same_counts: If what is stored is just what was believed, the refusal stands.
        """
        if self.current:
            raise refusal
        believed = self.state.revision
        self._reread()
        if same_counts and self.state.revision == believed:
            raise refusal


@attrs.define
class Update(_Change[T]):
    """One call of ``guaranteed_update``.

    Attributes:
        try_update: The caller's function.
        ignore_not_found: Start from an empty object if there is none.
    """

    try_update: UpdateFunc[T]
    ignore_not_found: bool

    def _absent(self) -> Stored[T]:
        if not self.ignore_not_found:
            raise KeyNotFound(self.key)
        return self.serializer.nothing()

    def _attempt(self) -> Stored[T] | None:
        try:
            self.preconditions.check(self.key, self.state.obj)
        except Exception as refusal:
            self._outdated(refusal, same_counts=False)
            return None
        try:
            result = self.try_update(self.state.obj, ResponseMeta(self.state.revision))
        except Exception as refusal:
            self._outdated(refusal, same_counts=True)
            return None
        obj, ttl = (result.obj, result.ttl) if isinstance(result, WithTTL) else (result, 0)
        data, stored = self.serializer.round_trip(obj)
        if data == self.state.data and not self.state.stale:
            if not self.current:
                self._reread()
                if data != self.state.data:
                    return None
            if not self.state.stale:
                VERSIONER.update_object(stored, self.state.revision)
                return attrs.evolve(self.state, obj=stored)
        return self._write(data, stored, ttl)

    def _write(self, data: bytes, stored: T, ttl: int) -> Stored[T] | None:
        value = self.serializer.to_storage(self.key, data)
        try:
            revision = self.backend.put(
                self.key, value, expected=self.state.revision, ttl=seconds(ttl)
            )
        except RevisionMismatch as mismatch:
            self._lost(mismatch)
            return None
        VERSIONER.update_object(stored, revision)
        return Stored(stored, data, revision, False)


@attrs.define
class Deletion(_Change[T]):
    """One call of ``delete``.

    Attributes:
        validate: The caller's veto.
    """

    validate: ValidateObjectFunc[T]

    def _absent(self) -> Stored[T]:
        raise KeyNotFound(self.key)

    def _attempt(self) -> Stored[T] | None:
        try:
            self.preconditions.check(self.key, self.state.obj)
            self.validate(self.ctx, self.state.obj)
        except Exception as refusal:
            self._outdated(refusal, same_counts=True)
            return None
        try:
            revision = self.backend.delete(self.key, expected=self.state.revision)
        except RevisionMismatch as mismatch:
            self._lost(mismatch)
            return None
        return Stored(self.serializer.decode(self.state.data, revision), b"", revision, False)


def seconds(ttl: int) -> float | None:
    """A ttl as the backend takes it.

    Raises:
        ValueError: It is negative, or no number of seconds.
    """
    if isinstance(ttl, bool) or not isinstance(ttl, int) or not 0 <= ttl < 2**63:
        raise ValueError(f"ttl must be a number of seconds, not {ttl!r}")
    return float(ttl) if ttl else None
