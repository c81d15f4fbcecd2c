"""The lock beside the database: who commits or checkpoints, one at a time, on this machine.

SQLite before 3.51.3 may corrupt a file when a connection resets the write-ahead log while
another one checkpoints it. Here both happen only under this lock, so they never overlap. It
also makes processes queue for the right to write in an orderly way: SQLite's own waiting
sleeps up to 100 ms a turn.
"""

from __future__ import annotations

import errno
import fcntl
import io
import os
import time
from collections.abc import Callable

from kregistry.storage.errors import BackendUnavailable
from kregistry.storage.sqlite import place

_LOCK_PAUSE = 0.0001
_GATE_PAUSE = 0.0003
# Whoever passed the gate goes round it for so long: it costs a twentieth of a small commit.
_GATE_SKIPPED = 0.0005
_LONGEST_PAUSE = 0.002
_IMPATIENT = 0.05
_HELD = (errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES, errno.EINTR)
_SUSPECT = b"suspect"


def _open(path: str) -> io.FileIO:
    """A file that closes itself, with a warning, if it is forgotten."""

    def private(name: str, flags: int) -> int:
        # Not through a link that somebody else may have put there.
        flags |= os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        return os.open(name, flags, 0o600)

    return io.FileIO(path, "r+", opener=private)


class LockFile:
    """An exclusive lock between open stores, also of one process. Not reentrant.

    The caller makes sure that one thread at a time uses it.
    """

    def __init__(self, path: str, *, timeout: float) -> None:
        self.path = path
        self._timeout = timeout
        self._handle = _open(path)
        self._file = self._handle.fileno()
        self._identity = place.identity(path)
        self._passed = -_GATE_SKIPPED

    def acquire(self) -> None:
        """Wait for the lock, passing through the gate.

        Whoever waits stands in the gate, so that a process which commits without a pause
        cannot take the lock again and again before anybody else notices that it was free.

        Raises:
            BackendUnavailable: Others kept it for the whole busy timeout.
        """
        if time.monotonic() - self._passed < _GATE_SKIPPED and self._try():
            return
        self._pass_gate()

    def _pass_gate(self) -> None:
        waited = 0.0
        try:
            if not self._enter_gate():
                waited = self._poll(self._enter_gate, _GATE_PAUSE, 0.0)
            if not self._try():
                self._poll(self._try, _LOCK_PAUSE, waited)
        finally:
            fcntl.lockf(self._file, fcntl.LOCK_UN, 1)
        self._passed = time.monotonic()

    def release(self) -> None:
        """Give it back. Idempotent."""
        fcntl.flock(self._file, fcntl.LOCK_UN)

    def is_linked(self) -> bool:
        """Whether the file still has a name, if not the same; cheaper to ask."""
        return os.fstat(self._file).st_nlink > 0

    def is_in_place(self) -> bool:
        """Whether this is the file of that name: if not, others use another lock."""
        return place.identity(self.path) == self._identity

    def _try(self) -> bool:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in _HELD:
                return False
            raise
        return True

    def _enter_gate(self) -> bool:
        # A lock of another kind on the same file. Only fairness hangs on it.
        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1)
        except OSError as error:
            if error.errno in _HELD:
                return False
            raise
        return True

    def _poll(self, attempt: Callable[[], bool], pause: float, waited: float) -> float:
        """Try until it works. Polled, because blocking locks know no timeout.

        Returns:
            Seconds waited so far.
        """
        begin = time.monotonic() - waited
        while not attempt():
            waited = time.monotonic() - begin
            if waited >= self._timeout:
                raise BackendUnavailable(
                    f"another process kept {self.path} locked for {self._timeout:g} s; look for "
                    "one that hangs or is stopped, then try again"
                )
            # Soon at first; a long wait must not keep a core busy.
            time.sleep(pause if waited < _IMPATIENT else _LONGEST_PAUSE)
        return time.monotonic() - begin

    def mark_suspect(self) -> None:
        """Remember, for whoever opens the store next, that a write failed. Best effort."""
        try:
            os.pwrite(self._file, _SUSPECT, 0)
            os.fsync(self._file)
        except OSError:
            return

    def is_suspect(self) -> bool:
        """Whether a write failed since the store was last checked."""
        return os.pread(self._file, len(_SUSPECT), 0) == _SUSPECT

    def clear_suspicion(self) -> None:
        """Forget the mark, after a check."""
        os.ftruncate(self._file, 0)

    def close(self) -> None:
        """Close the file, which also gives the lock back. Idempotent."""
        self._file = -1
        self._handle.close()


def beside(path: str) -> str:
    """Name of the lock of the database *path*."""
    return path + ".lock"


class Presence:
    """Shows other processes that this one has the store open. Changed under the lock.

    Args:
        path: A file that all of them have in common.
    """

    def __init__(self, path: str) -> None:
        self._handle = _open(path)
        self._file = self._handle.fileno()

    def is_alone(self) -> bool:
        """Whether nobody else is here. Only before :meth:`enter` or after :meth:`leave`."""
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        fcntl.flock(self._file, fcntl.LOCK_UN)
        return True

    def enter(self) -> None:
        """Be here."""
        fcntl.flock(self._file, fcntl.LOCK_SH | fcntl.LOCK_NB)

    def leave(self) -> None:
        """Be gone."""
        fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        """Close the file. Idempotent."""
        self._handle.close()
