"""Guardian: sees to it that nothing outlives the process that started it.

A small process of its own holds one end of a pipe and a list of folders. When the other end
closes, because its owner ended in whichever way, SIGKILL included, it kills every process that
works in one of the folders and removes them. (PR_SET_PDEATHSIG would not do: it fires when the
*thread* ends that started the child, has to be set between fork and exec, where a process with
threads must not run Python, and removes no folder.)

That process runs this file, on its own, so only the standard library is imported here.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

#: How long the guardian tries to get rid of everything, in seconds.
_PATIENCE: Final = 10.0


class Guardian:
    """This process's side: tells the other which folders to watch over.

    It is started when it is first needed. Should somebody have killed it, it is started again
    when there is something to tell it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._folders: set[str] = set()
        self._lifeline: int | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Of the guardian; None when there was nothing to watch over yet."""
        return self._process.pid if self._process is not None else None

    def watch_over(self, folder: Path) -> None:
        """From now on, *folder* and the processes working in it end with this process."""
        with self._lock:
            self._folders.add(str(folder))
            self._tell("+", str(folder))

    def release(self, folder: Path) -> None:
        """Leave *folder* alone."""
        with self._lock:
            self._folders.discard(str(folder))
            self._tell("-", str(folder))

    def close(self) -> None:
        """Have everything that is still watched over ended and removed, and wait for that."""
        with self._lock:
            process, self._process = self._process, None
            if self._lifeline is not None:
                os.close(self._lifeline)
                self._lifeline = None
            self._folders.clear()
        if process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=2 * _PATIENCE)

    def disown(self) -> None:
        """In a fork: what the parent started is not this process's to end."""
        self._lock = threading.Lock()
        self._folders = set()
        if self._lifeline is not None:
            os.close(self._lifeline)
            self._lifeline = None
        if self._process is not None:
            self._process.returncode = 0  # not a child of this process, so nothing to wait for
            self._process = None

    def _tell(self, sign: str, folder: str) -> None:
        if self._lifeline is not None:
            try:
                os.write(self._lifeline, _line(sign, folder))
                return
            except BrokenPipeError:
                os.close(self._lifeline)
                self._lifeline = None
        self._start()

    def _start(self) -> None:
        if self._process is not None:
            self._process.wait(timeout=_PATIENCE)
        theirs, ours = os.pipe()
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", __file__],
                stdin=theirs,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd="/",
                start_new_session=True,
            )
        except BaseException:
            os.close(ours)
            raise
        finally:
            os.close(theirs)
        self._lifeline = ours
        for folder in self._folders:
            os.write(ours, _line("+", folder))


def _line(sign: str, folder: str) -> bytes:
    return f"{json.dumps([sign, folder])}\n".encode()


#: The one of this process.
GUARDIAN: Final = Guardian()
atexit.register(GUARDIAN.close)
os.register_at_fork(after_in_child=GUARDIAN.disown)


class GuardedFolder:
    """A temporary folder that goes, with the processes working in it, at the latest with us.

    Attributes:
        path: The folder.
    """

    def __init__(self, prefix: str) -> None:
        self.path = Path(tempfile.mkdtemp(prefix=prefix)).resolve()
        GUARDIAN.watch_over(self.path)

    def close(self) -> None:
        """Remove the folder. Whatever worked in it must have ended. May be called again."""
        shutil.rmtree(self.path, ignore_errors=True)
        GUARDIAN.release(self.path)


# In the process of the guardian.


def guard(lines: Iterable[str]) -> None:
    """Follow what is told until that ends, then end and remove what is watched over."""
    folders: set[str] = set()
    for line in lines:
        sign, folder = json.loads(line)
        if sign == "+":
            folders.add(folder)
        else:
            folders.discard(folder)
    _end_all(folders)
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


def _end_all(folders: set[str]) -> None:
    """Kill what works in *folders*, until nothing does."""
    end = time.monotonic() + _PATIENCE
    while folders and (found := list(_working_in(folders))) and time.monotonic() < end:
        for pid in found:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.005)


def _working_in(folders: set[str]) -> Iterator[int]:
    """The processes whose working directory is one of *folders*."""
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if os.readlink(entry / "cwd") in folders:
                yield int(entry.name)


if __name__ == "__main__":
    guard(sys.stdin)
