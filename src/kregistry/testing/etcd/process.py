"""EtcdProcess: one process after the other over one folder and one log file."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from kregistry.testing.etcd.binaries import plain_environment
from kregistry.testing.etcd.errors import EtcdFailed, EtcdNotRunning

#: What etcd of every version logs when it has a leader and its port is open.
_READY: Final = b"ready to serve client requests"
_IN_USE: Final = b"address already in use"
#: What an error shows of the log: a bad flag is named at its beginning, all else at its end.
_FIRST_LINES: Final = 5
_LAST_LINES: Final = 20
#: Let the heap grow to five times what is alive instead of twice: a fresh etcd then collects
#: no garbage while it starts, which is a quarter of the work.
_GOGC: Final = "400"
#: How long to wait for a process that has no choice, in seconds.
_PATIENCE: Final = 30.0


class EtcdProcess:
    """Starts, signals and ends the process, and reads its log.

    Args:
        name: For messages.
        folder: The working directory; the guardian finds the process by it.
        log: Where everything goes that it says, start after start.
    """

    def __init__(self, name: str, folder: Path, log: Path) -> None:
        self._name = name
        self._folder = folder
        self._log = log
        self._started_at = 0
        self._paused = False
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Of the process that runs.

        Raises:
            EtcdNotRunning: None does.
        """
        return self._running().pid

    @property
    def running(self) -> bool:
        """Whether there is a process; it may be paused."""
        return self._process is not None and self._process.poll() is None

    @property
    def paused(self) -> bool:
        """Whether there is a process that was paused."""
        return self._paused and self.running

    def launch(self, command: Sequence[str]) -> None:
        """Start *command* and return at once.

        Raises:
            EtcdFailed: It cannot be started, or the last one still runs.
        """
        if self.running:
            raise EtcdFailed(f"{self._name} runs already")
        self._paused = False
        try:
            with self._log.open("ab") as log:
                self._started_at = log.tell()
                self._process = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    cwd=self._folder,
                    env=_environment(),
                    start_new_session=True,
                )
        except OSError as error:
            raise EtcdFailed(f"{self._name} cannot be started: {error}") from error

    def wait_ready(self, end: float) -> bool:
        """Wait until it serves, at most until the monotonic time *end*.

        Returns:
            False if it ended because somebody else listens on its port.

        Raises:
            EtcdNotRunning: Nothing was started.
            EtcdFailed: It ended for another reason, or took too long.
        """
        if self._process is None:
            raise EtcdNotRunning(f"{self._name} was not started")
        while True:
            status = self._process.poll()
            said = self._said()
            if status is not None:
                if _IN_USE in said:
                    return False
                raise EtcdFailed(f"{self._name} ended with status {status}", self.excerpt())
            if _READY in said:
                return True
            if time.monotonic() >= end:
                raise EtcdFailed(f"{self._name} does not serve in time", self.excerpt())
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=0.003)

    def terminate(self, timeout: float) -> None:
        """Ask it to end, and kill it after *timeout* seconds. Does nothing if none runs."""
        process = self._process
        if process is None:
            return
        process.terminate()
        self._signal(signal.SIGCONT)
        try:
            process.wait(timeout=timeout)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self, *, wait: bool = True) -> None:
        """End it as a power cut would, with SIGKILL. Does nothing if none runs."""
        if self._process is not None:
            self._process.kill()
            if wait:
                self._process.wait(timeout=_PATIENCE)

    def pause(self) -> None:
        """Stop it with SIGSTOP; every thread of it stands when this returns.

        Raises:
            EtcdNotRunning: None runs.
        """
        process = self._running()
        self._signal(signal.SIGSTOP)
        self._paused = True
        end = time.monotonic() + _PATIENCE
        wanted = os.WSTOPPED | os.WNOHANG | os.WNOWAIT
        while os.waitid(os.P_PID, process.pid, wanted) is None:
            if process.poll() is not None or time.monotonic() >= end:
                raise EtcdNotRunning(f"{self._name} ended while it was to be paused")

    def resume(self) -> None:
        """Let it go on.

        Raises:
            EtcdNotRunning: None runs.
        """
        self._running()
        self._signal(signal.SIGCONT)
        self._paused = False

    def excerpt(self) -> str:
        """The beginning and the end of what the newest process said."""
        lines = self._said().decode(errors="replace").splitlines()
        if len(lines) > _FIRST_LINES + _LAST_LINES:
            lines[_FIRST_LINES:-_LAST_LINES] = ["..."]
        return "\n".join(lines)

    def _said(self) -> bytes:
        with self._log.open("rb") as log:
            log.seek(self._started_at)
            return log.read()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            raise EtcdNotRunning(f"{self._name} does not run")
        return self._process

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)


def _environment() -> Mapping[str, str]:
    return plain_environment(GOGC=os.environ.get("GOGC", _GOGC))
