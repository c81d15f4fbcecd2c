"""Child: one local process, its pipes served by a Loop."""

from __future__ import annotations

import contextlib
import os
import signal
import struct
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import partial
from typing import Final

from kregistry.core.pod.kubelet import KubeletError
from kregistry.core.pod.process.loop import READ, WRITE, Loop
from kregistry.core.pod.process.programs import Run
from kregistry.core.pod.streams import Channel, ExitStatus
from kregistry.meta.goformat import quote

_CHUNK: Final = 65536
_END_OF_INPUT: Final = b"\x04"

#: What is still read of a process that has ended while others hold its pipes open.
_LAST_WORDS: Final = 1 << 20

#: Gives the process its terminal, then becomes the command. A session of its own cannot
#: get one otherwise without running Python between fork and exec in this process.
_WITH_TERMINAL: Final = (
    "import fcntl, os, sys, termios\n"
    "fcntl.ioctl(0, termios.TIOCSCTTY, 0)\n"
    "try:\n"
    "    os.execvp(sys.argv[1], sys.argv[1:])\n"
    "except OSError as error:\n"
    "    sys.exit(f'exec: {error}')\n"
)


class Receiver(ABC):
    """Gets what a process writes. All calls come from the thread of the loop."""

    @abstractmethod
    def wrote(self, channel: Channel, data: bytes) -> bool:
        """Take *data*. False asks for no more until :meth:`Child.resume`."""

    @abstractmethod
    def took(self, count: int) -> None:
        """So many bytes of input have reached the process, or will never."""

    @abstractmethod
    def stopped_reading(self) -> None:
        """The process reads no more input, though it may still run."""

    @abstractmethod
    def ended(self, status: ExitStatus) -> None:
        """The process is gone. The last call."""


class Child:
    """A process and its standard streams.

    :meth:`start` runs in the thread of the request; the rest in that of the loop.

    Args:
        loop: Serves the pipes.
        run: What to start.
        receiver: Gets what it writes.
        channels: What is of interest; the rest goes nowhere.
        stdin: It gets input.
        tty: It gets a terminal, and writes everything to STDOUT.
        gone: Called last of all, in the loop.
    """

    def __init__(
        self,
        loop: Loop,
        run: Run,
        receiver: Receiver,
        *,
        channels: frozenset[Channel],
        stdin: bool,
        tty: bool,
        gone: Callable[[Child], None],
    ) -> None:
        self._loop = loop
        self._gone = gone
        self._run = run
        self._receiver = receiver
        self._channels = channels
        self._wants_stdin = stdin
        self._tty = tty
        self._outputs: dict[int, Channel] = {}
        self._stdin: int | None = None
        self._pending = bytearray()
        self._closing_stdin = False
        self._paused = False
        self._pidfd: int | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process, which leads a session of its own."""
        return self._process.pid if self._process is not None else 0

    def start(self) -> None:
        """Start the process. If that fails, nothing of it is left.

        Raises:
            KubeletError: It cannot be started.
        """
        try:
            if self._tty:
                self._start_with_terminal()
            else:
                self._start_with_pipes()
            for fd in self._descriptors():
                os.set_blocking(fd, False)
            self._loop.submit(self._begin)
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            self._abandon()
            raise KubeletError(500, f"exec: {quote(self._run.argv[0])}: {error}") from error
        except BaseException:
            self._abandon()
            raise

    def write(self, data: bytes) -> None:
        """Send *data* to the process, after what was sent before."""
        if self._stdin is None or self._closing_stdin:
            self._receiver.took(len(data))
            return
        self._pending += data
        self._watch()

    def close_stdin(self) -> None:
        """End the input after what was sent."""
        if self._stdin is None or self._closing_stdin:
            return
        if self._tty:
            self._pending += _END_OF_INPUT
        self._closing_stdin = True
        self._watch()
        self._finish_stdin()

    def resume(self) -> None:
        """Read on."""
        self._paused = False
        self._watch()

    def resize(self, width: int, height: int) -> None:
        """Tell the terminal its size."""
        if self._tty and self._stdin is not None:
            import fcntl
            import termios

            size = struct.pack("HHHH", height, width, 0, 0)
            with contextlib.suppress(OSError):
                fcntl.ioctl(self._stdin, termios.TIOCSWINSZ, size)

    def kill(self) -> None:
        """End the process and its group, at once. What left the group is out of reach."""
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)

    # Starting.

    def _descriptors(self) -> set[int]:
        return {*self._outputs, *([self._stdin] if self._stdin is not None else [])}

    def _abandon(self) -> None:
        """Undo what was done of a start."""
        process = self._process
        if process is not None:
            self.kill()
            process.wait()
            for stream in (process.stdin, process.stdout, process.stderr):
                if stream is not None:
                    stream.close()
        for fd in self._descriptors():
            os.close(fd)
        self._outputs.clear()
        self._stdin = None

    def _start_with_pipes(self) -> None:
        def pipe(channel: Channel) -> int:
            return subprocess.PIPE if channel in self._channels else subprocess.DEVNULL

        self._process = process = subprocess.Popen(
            self._run.argv,
            stdin=subprocess.PIPE if self._wants_stdin else subprocess.DEVNULL,
            stdout=pipe(Channel.STDOUT),
            stderr=pipe(Channel.STDERR),
            env=dict(self._run.env),
            cwd=self._run.cwd,
            bufsize=0,
            start_new_session=True,
        )
        for channel, stream in ((Channel.STDOUT, process.stdout), (Channel.STDERR, process.stderr)):
            if stream is not None:
                self._outputs[_taken(stream.fileno())] = channel
                stream.close()
        if process.stdin is not None:
            self._stdin = _taken(process.stdin.fileno())
            process.stdin.close()

    def _start_with_terminal(self) -> None:
        master, slave = os.openpty()
        try:
            self._process = subprocess.Popen(
                (sys.executable, "-I", "-S", "-c", _WITH_TERMINAL, *self._run.argv),
                stdin=slave,
                stdout=slave,
                stderr=slave,
                env={"TERM": "xterm", **self._run.env},
                cwd=self._run.cwd,
                start_new_session=True,
            )
        except BaseException:
            os.close(master)
            raise
        finally:
            os.close(slave)
        self._outputs[master] = Channel.STDOUT
        self._stdin = master

    # In the loop.

    def _begin(self) -> None:
        if hasattr(os, "pidfd_open") and self._process is not None:
            with contextlib.suppress(OSError):
                self._pidfd = os.pidfd_open(self._process.pid)
        if self._pidfd is not None:
            self._loop.watch(self._pidfd, READ, self._check_exit)
        else:
            self._loop.on_tick(self._check_exit)
        self._watch()

    def _watch(self) -> None:
        """Wait for what there is to wait for."""
        for fd in self._outputs:
            events = 0 if self._paused else READ
            if fd == self._stdin and self._pending:
                events |= WRITE
            if events:
                self._loop.watch(fd, events, partial(self._ready, fd))
            else:
                self._loop.forget(fd)
        if self._stdin is None or self._stdin in self._outputs:
            return
        if self._pending:
            self._loop.watch(self._stdin, WRITE, self._feed)
        else:
            self._loop.forget(self._stdin)

    def _ready(self, fd: int) -> None:
        if fd == self._stdin and self._pending:
            self._feed()
        if fd in self._outputs and not self._paused:
            self._read(fd)

    def _read(self, fd: int) -> None:
        """Read once; all outputs pause if that is enough for now."""
        try:
            data = os.read(fd, _CHUNK)
        except BlockingIOError:
            return
        except OSError:  # how a terminal says that nobody is there any more
            data = b""
        if not data:
            self._close_output(fd)
        elif not self._receiver.wrote(self._outputs[fd], data):
            self._paused = True
            self._watch()

    def _feed(self) -> None:
        """Write as much input as the process takes."""
        if self._stdin is None:
            return
        try:
            count = os.write(self._stdin, self._pending[:_CHUNK])
        except BlockingIOError:
            return
        except OSError:  # it reads no more
            count = len(self._pending)
            self._closing_stdin = True
            self._receiver.stopped_reading()
        del self._pending[:count]
        self._receiver.took(count)
        if not self._pending:
            self._watch()
            self._finish_stdin()

    def _finish_stdin(self) -> None:
        if self._closing_stdin and not self._pending and not self._tty:
            self._close_stdin()

    def _check_exit(self) -> None:
        self._end_stragglers()
        process = self._process
        code = process.poll() if process is not None else 0
        if code is None:
            return
        if self._pidfd is not None:
            self._loop.forget(self._pidfd)
            os.close(self._pidfd)
        self._loop.off_tick(self._check_exit)
        for fd in list(self._outputs):
            self._read_last_words(fd)
        self._close_stdin()
        self._receiver.took(len(self._pending))
        self._receiver.ended(ExitStatus(code if code >= 0 else 128 - code))
        self._gone(self)

    def _end_stragglers(self) -> None:
        """When a process has ended, what it left behind ends too, as in a container.

        That must come before the process is reaped: only as long as it is not, the number of
        the group cannot be somebody else's.
        """
        if self._process is None or not hasattr(os, "waitid"):
            return
        pid = self._process.pid
        with contextlib.suppress(ChildProcessError, ProcessLookupError, PermissionError):
            if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None:
                os.killpg(pid, signal.SIGKILL)

    def _read_last_words(self, fd: int) -> None:
        left = _LAST_WORDS
        while left > 0:
            try:
                data = os.read(fd, _CHUNK)
            except OSError:  # nothing there now, or ever again
                break
            if not data:
                break
            self._receiver.wrote(self._outputs[fd], data)
            left -= len(data)
        self._close_output(fd)

    def _close_output(self, fd: int) -> None:
        self._loop.forget(fd)
        del self._outputs[fd]
        if fd == self._stdin:
            self._stdin = None
        os.close(fd)

    def _close_stdin(self) -> None:
        if self._stdin is not None and self._stdin not in self._outputs:
            self._loop.forget(self._stdin)
            os.close(self._stdin)
        self._stdin = None


def _taken(fd: int) -> int:
    """The same end of a pipe under a number of our own."""
    return os.dup(fd)
