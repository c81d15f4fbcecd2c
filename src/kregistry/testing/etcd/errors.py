"""What can go wrong with an etcd that a test starts."""

from __future__ import annotations

from collections.abc import Sequence


class EtcdError(Exception):
    """The root of this package's errors."""


class EtcdNotFound(EtcdError):
    """There is no etcd, or no etcdctl, to run. The message says what to install."""


class EtcdNotRunning(EtcdError):
    """The call needs a process that runs, and there is none."""


class EtcdFailed(EtcdError):
    """A member ended by itself, or did not do in time what it was asked for.

    Attributes:
        log: The first and the last lines of the member's log.
    """

    def __init__(self, message: str, log: str = "") -> None:
        super().__init__(f"{message}\n{log}" if log else message)
        self.log = log


class EtcdctlFailed(EtcdError):
    """``etcdctl`` ended with an error or took too long.

    Attributes:
        arguments: What it was called with, without the endpoints and certificates.
        status: Its exit status; None when it was ended because it took too long.
        stdout: What it wrote nevertheless.
        stderr: What it said.
    """

    def __init__(
        self, arguments: Sequence[str], status: int | None, stdout: str, stderr: str
    ) -> None:
        ended = "took too long" if status is None else f"ended with status {status}"
        super().__init__(f"etcdctl {' '.join(arguments)} {ended}: {stderr.strip()}")
        self.arguments = tuple(arguments)
        self.status = status
        self.stdout = stdout
        self.stderr = stderr
