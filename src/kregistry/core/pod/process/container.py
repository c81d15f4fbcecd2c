"""ContainerProcess: what a container runs; its output is logged and shown to those attached."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable

from kregistry.core.pod.process.child import Child, Receiver
from kregistry.core.pod.process.containerlog import ContainerLog, LogEnded
from kregistry.core.pod.process.input import Input
from kregistry.core.pod.process.session import Mailbox
from kregistry.core.pod.streams import Channel, ExitStatus


class ContainerProcess(Receiver):
    """A process whose output goes to a log.

    Args:
        log: Gets every line.
        limit: Bytes of input that may wait for the process.
    """

    def __init__(self, log: ContainerLog, limit: int) -> None:
        self.log = log
        self._input = Input(limit)
        self._condition = threading.Condition()
        self._attached: list[AttachSession] = []
        self._status: ExitStatus | None = None
        self._child: Child | None = None
        self._submit: Callable[[Callable[[], None]], None] = lambda call: None

    def begin(
        self, child: Child, submit: Callable[[Callable[[], None]], None], *, stdin: bool
    ) -> None:
        """Connect to *child*; *submit* reaches its thread."""
        self._input.begin(child, submit, stdin=stdin)
        with self._condition:
            self._child = child
            self._submit = submit
            over = self._status is not None
        if over:
            self._input.end()

    @property
    def pid(self) -> int:
        """The process."""
        return self._child.pid if self._child is not None else 0

    def wait(self, timeout: float | None = None) -> ExitStatus:
        """How the process ended.

        Raises:
            TimeoutError: It has not ended in time.
        """
        with self._condition:
            if not self._condition.wait_for(lambda: self._status is not None, timeout):
                raise TimeoutError("the container has not ended in time")
            return self._status if self._status is not None else ExitStatus(None)

    def kill(self) -> None:
        """End the process at once; :meth:`wait` tells when it is gone."""
        if self._child is not None:
            self._submit(self._child.kill)

    # For those attached.

    def attach(self, session: AttachSession) -> None:
        """Show *session* what is written from now on."""
        with self._condition:
            if self._status is None:
                self._attached.append(session)
                return
            status = self._status
        session.ended(status)

    def detach(self, session: AttachSession) -> None:
        """Show *session* nothing more."""
        with self._condition:
            if session in self._attached:
                self._attached.remove(session)

    def send(self, data: bytes, timeout: float | None) -> None:
        """Give the process input; see :meth:`StreamSession.write`."""
        self._input.write(data, timeout)

    def end_input(self) -> None:
        """Let the process meet the end of its input."""
        self._input.close()

    def resize(self, width: int, height: int) -> None:
        """Tell the terminal its size; see :meth:`StreamSession.resize`."""
        self._input.resize(width, height)

    # From the loop.

    def wrote(self, channel: Channel, data: bytes) -> bool:
        with contextlib.suppress(LogEnded):  # by the program, before the process did
            self.log.append(data, channel)
        with self._condition:
            attached = list(self._attached)
        for session in attached:
            session.show(channel, data)
        return True

    def took(self, count: int) -> None:
        self._input.took(count)

    def stopped_reading(self) -> None:
        self._input.end()

    def ended(self, status: ExitStatus) -> None:
        self.log.end()
        self._input.end()
        with self._condition:
            self._status = status
            attached, self._attached = self._attached, []
            self._condition.notify_all()
        for session in attached:
            session.ended(status)


class AttachSession(Mailbox):
    """Somebody who looks at a container. One who does not read is thrown out, not waited for."""

    def __init__(
        self,
        limit: int,
        process: ContainerProcess,
        *,
        channels: frozenset[Channel],
        stdin: bool,
    ) -> None:
        super().__init__(limit)
        self._process = process
        self._channels = channels
        self._stdin = stdin

    def begin(self) -> None:
        """Look from now on."""
        self._process.attach(self)
        if self._closed:  # meanwhile
            self._process.detach(self)

    def show(self, channel: Channel, data: bytes) -> None:
        """The container wrote *data*."""
        if channel in self._channels and not self.wrote(channel, data):
            self._process.detach(self)
            self.ended(ExitStatus(None, "the output was not read in time"))

    def write(self, data: bytes, timeout: float | None = None) -> None:
        if not self._stdin or self._closed:
            raise BrokenPipeError("the session has no input")
        self._process.send(data, timeout)

    def close_stdin(self) -> None:
        if self._stdin and not self._closed:
            self._process.end_input()

    def resize(self, width: int, height: int) -> None:
        self._process.resize(width, height)

    def _let_go(self, *, ended: bool) -> None:
        self._process.detach(self)
