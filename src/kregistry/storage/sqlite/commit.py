"""Group commit without a writer thread: whoever comes first commits for all who wait.

A caller that finds the line empty leads at once, in its own thread, so a lone writer pays for
no hand-over. Callers that come while it commits line up; when it is done the first of them
leads, and takes the others with it in one transaction, and so one flush of the disk.
"""

from __future__ import annotations

import copy
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from kregistry.storage.errors import BackendError, BackendUnavailable
from kregistry.storage.sqlite.schema import encode

#: Requests in one transaction. More were measured to be slower each.
BATCH = 64


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
    """

    __slots__ = (
        "error",
        "expected",
        "expires",
        "key",
        "leads",
        "revision",
        "settled",
        "text",
        "turn",
        "value",
    )

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
        self.settled = False
        self.leads = False
        self.turn: threading.Lock | None = None


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
        gather: Seconds to wait for those whom the last batch served, before the next one
            leaves without them. Worth it where a flush costs more. Lone callers never wait.
    """

    def __init__(
        self,
        run: Callable[[Sequence[Request]], None],
        after: Callable[[], None],
        *,
        gather: float = 0.0,
    ) -> None:
        self._gather = gather
        self._company = 0
        self._run = run
        self._after = after
        self._mutex = threading.Lock()
        self._line: deque[Request] = deque()
        self._led = False

    def submit(self, request: Request) -> int:
        """Wait for the verdict on *request*.

        Returns:
            Its revision.
        """
        if self._join(request):
            self._lead()
        if request.error is not None:
            raise request.error
        return request.revision

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Be the only writer for the length of the block."""
        pause = _Pause()
        self._join(pause)
        try:
            with self._mutex:
                self._line.remove(pause)
            yield
        finally:
            self._pass_on()

    def _join(self, request: Request) -> bool:
        """Line up and wait. True means: lead, and *request* is still to be run."""
        with self._mutex:
            self._line.append(request)
            if not self._led:
                self._led = request.leads = True
                return True
            turn = request.turn = threading.Lock()
            turn.acquire()
        try:
            turn.acquire()
        except BaseException:
            self._abandon(request)
            raise
        return request.leads

    def _abandon(self, request: Request) -> None:
        """The waiting thread was interrupted: withdraw, or let the next one lead."""
        with self._mutex:
            if request in self._line:
                self._line.remove(request)
            leads = request.leads
        if leads:
            self._pass_on()

    def _lead(self) -> None:
        batch: list[Request] = []
        try:
            batch = self._take()
            self._run(batch)
        except BaseException as error:
            self._fail(batch, error)
            if not isinstance(error, Exception):
                raise
        finally:
            self._settle(batch)
            try:
                self._after()
            finally:
                self._pass_on()

    def _take(self) -> list[Request]:
        line, batch = self._line, list[Request]()
        if self._gather and len(line) < self._company:
            time.sleep(self._gather)
        with self._mutex:
            while line and len(batch) < BATCH and type(line[0]) is Request:
                batch.append(line.popleft())
        self._company = len(batch)
        return batch

    def _fail(self, batch: Sequence[Request], error: BaseException) -> None:
        for request in batch:
            if request.leads:
                request.error = error
            elif isinstance(error, BackendError):
                request.error = copy.copy(error)  # each thread raises, and so changes, its own
            else:
                request.error = BackendUnavailable(
                    f"the thread that committed was stopped by {error!r}; whether the write "
                    "took place is uncertain; read before trying again"
                )

    def _settle(self, batch: Sequence[Request]) -> None:
        for request in batch:
            request.settled = True
            if not request.leads and request.turn is not None:
                request.turn.release()

    def _pass_on(self) -> None:
        with self._mutex:
            if not self._line:
                self._led = False
                return
            heir = self._line[0]
            heir.leads = True
        if heir.turn is not None:
            heir.turn.release()
