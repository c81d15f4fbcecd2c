"""Group commit without a writer thread: whoever comes first commits for all who wait.

A caller that finds the line empty leads at once, in its own thread, so a lone writer pays for
no hand-over. Callers that come while it commits line up; when it is done the first of them
leads, and takes the others with it in one transaction, and so one flush of the disk.

A signal handler may raise anywhere in the thread that leads. So who leads, and whom it
commits for, is kept where it can be tidied up, and nobody is ever left waiting.
"""

from __future__ import annotations

import copy
import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TypeVar

from kregistry.storage.errors import BackendError, BackendUnavailable
from kregistry.storage.sqlite.schema import encode

#: Requests in one transaction. More were measured to be slower each.
BATCH = 64

T = TypeVar("T")


class Request:
    """One write that waits for its verdict.

    Attributes:
        key: The key, as stored.
        text: The key, as given.
        value: New bytes; None deletes.
        expected: Revision that the key must be at; 0 for absent.
        expires: Wall time of expiry in seconds since the epoch; None for never.
        revision: The write's revision, once it is committed.
        error: What came of it otherwise.
        turn: What its thread waits for; None if it never had to.
    """

    __slots__ = ("error", "expected", "expires", "key", "revision", "text", "turn", "value")

    def __init__(
        self, text: str, value: bytes | None, expected: int, expires: float | None
    ) -> None:
        self.text = text
        self.key = encode(text)
        self.value = value
        self.expected = expected
        self.expires = expires
        self.revision = 0
        self.error: BaseException | None = None
        self.turn: threading.Lock | None = None

    def wake(self) -> None:
        """Let the waiting thread go on. Once is enough, more does no harm."""
        if self.turn is not None and self.turn.locked():
            with suppress(RuntimeError):  # somebody else was faster
                self.turn.release()


class _Pause(Request):
    """A place in the line of one who wants the writer for something else."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__("", None, 0, None)


class GroupCommit:
    """The line of those who want to write.

    Args:
        run: Commits a batch and sets each request's ``revision`` or ``error``. Raises only
            what makes the whole batch fail. Runs in one thread at a time.
        after: Called after the batch was acknowledged, still as the only writer.
        tidy: Called in a thread that was interrupted as the only writer, who may have begun
            things that it did not end.
        gather: Seconds to wait at most for those whom the last batch served, before the next
            one leaves without them; it leaves when they are there. Worth it where a flush
            costs more. Lone callers never wait.
    """

    def __init__(
        self,
        run: Callable[[Sequence[Request]], None],
        after: Callable[[], None],
        *,
        tidy: Callable[[], None] = lambda: None,
        gather: float = 0.0,
    ) -> None:
        self._tidy = tidy
        self._gather = gather
        self._company = 0
        self._run = run
        self._after = after
        self._mutex = threading.Lock()
        self._bell = threading.Lock()  # not a Condition, which no interrupt may hit
        self._gathering = False
        self._line: deque[Request] = deque()
        self._leader: Request | None = None
        self._batch: list[Request] = []

    def submit(self, request: Request) -> int:
        """Wait for the verdict on *request*.

        Returns:
            Its revision.
        """
        try:
            self._join(request)
            if self._leader is request:
                self._lead(request)
        except BaseException:
            self._withdraw(request)
            raise
        if request.error is not None:
            raise request.error
        if not request.revision:  # whoever committed was stopped before it could tell
            raise _uncertain("an interrupt")
        return request.revision

    def alone(self, action: Callable[[], T]) -> T:
        """Run *action* as the only writer."""
        pause = _Pause()
        try:
            self._join(pause)
            with self._mutex:
                self._line.remove(pause)
            done = action()
            self._pass_on(pause)
            return done
        except BaseException:
            self._withdraw(pause)
            raise

    def _join(self, request: Request) -> None:
        """Line up, and wait to lead or to be settled."""
        with self._mutex:
            self._line.append(request)
            if self._leader is None:
                self._leader = request
                return
            turn = threading.Lock()
            turn.acquire()
            request.turn = turn
            if self._gathering and self._is_complete():
                self._gathering = False
                if self._bell.locked():
                    self._bell.release()
        turn.acquire()

    def _lead(self, request: Request) -> None:
        batch = self._batch
        try:
            self._take(batch)
            self._run(batch)
        except BaseException as error:
            self._fail(error)
            if not isinstance(error, Exception):
                raise
        self._settle()
        self._after()
        self._pass_on(request)

    def _take(self, batch: list[Request]) -> None:
        line = self._line
        if self._gather and not self._is_complete():
            self._wait_for_company()
        with self._mutex:
            while line and len(batch) < BATCH and type(line[0]) is Request:
                batch.append(line[0])
                line.popleft()
        self._company = len(batch)

    def _wait_for_company(self) -> None:
        """Give those whom the last batch served the time to come again."""
        self._bell.acquire(blocking=False)  # it may have rung too late for the one before
        self._gathering = True
        if not self._is_complete():
            self._bell.acquire(timeout=self._gather)
        self._gathering = False

    def _is_complete(self) -> bool:
        """Whether as many wait as the last batch served."""
        return len(self._line) >= self._company

    def _fail(self, error: BaseException) -> None:
        for request in self._batch:
            if request is self._leader:
                request.error = error
            elif isinstance(error, BackendError):
                request.error = copy.copy(error)  # each thread raises, and so changes, its own
            else:
                request.error = _uncertain(repr(error))

    def _settle(self) -> None:
        for request in self._batch:
            request.wake()
        self._batch.clear()

    def _pass_on(self, request: Request) -> None:
        """Let the next one lead, if *request* leads. Does nothing the second time."""
        with self._mutex:
            if self._leader is request:
                self._leader = self._line[0] if self._line else None
            if self._leader is not None:
                self._leader.wake()

    def _withdraw(self, request: Request) -> None:
        """The thread of *request* was interrupted, wherever: leave nothing of it behind."""
        if self._leader is request:
            self._tidy()
        with self._mutex:
            gone = [request]
            if self._leader is request:
                gone += self._batch
                self._settle()
            for each in gone:
                if each in self._line:
                    self._line.remove(each)
        self._pass_on(request)


def _uncertain(why: str) -> BackendUnavailable:
    return BackendUnavailable(
        f"the thread that committed was stopped by {why}; whether the write took place is "
        "uncertain; read before trying again"
    )
