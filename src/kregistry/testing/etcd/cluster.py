"""EtcdCluster: several members that elect a leader, all on loopback."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from types import TracebackType
from typing import Final, Self

from kregistry.testing.etcd.errors import EtcdctlFailed, EtcdFailed
from kregistry.testing.etcd.etcdctl import MemberStatus, etcdctl
from kregistry.testing.etcd.guardian import GuardedFolder
from kregistry.testing.etcd.server import EtcdServer
from kregistry.testing.etcd.settings import EtcdSettings

#: Calm enough that a busy machine does not look like a dead leader.
CLUSTER_SETTINGS: Final = EtcdSettings(heartbeat=50, election_timeout=500)

#: What one member gets to answer in, in seconds, before it is asked again.
_ANSWER: Final = "2s"


class EtcdCluster:
    """Members that form one cluster; each is an :class:`EtcdServer` to stop, pause or restart.

    As a context manager it is started on entry and closed on exit.

    Args:
        members: How many.
        settings: How each is started.

    Attributes:
        members: The members.

    Raises:
        EtcdNotFound: There is no etcd to run.
        ValueError: Fewer than one member.
    """

    def __init__(self, members: int = 3, settings: EtcdSettings = CLUSTER_SETTINGS) -> None:
        if members < 1:
            raise ValueError(f"a cluster has at least one member, not {members}")
        names = [f"m{number}" for number in range(members)]
        self._settings = settings
        self._folder = GuardedFolder("etcd-cluster-")
        self.members: Sequence[EtcdServer] = tuple(
            EtcdServer(settings, name=name, members=names, folder=self._folder) for name in names
        )

    @property
    def endpoints(self) -> tuple[str, ...]:
        """The URLs for clients of all members, in order."""
        return tuple(member.endpoints[0] for member in self.members)

    def start(self, *, timeout: float = 60.0) -> None:
        """Start all members and wait until each serves.

        Raises:
            EtcdFailed: One does not, within *timeout* seconds. All are killed then.
        """
        end = time.monotonic() + timeout
        with ExitStack() as on_error:
            for member in self.members:
                on_error.callback(member.kill)
                member.launch()
            for member in self.members:
                member.wait_ready(timeout=end - time.monotonic())
            on_error.pop_all()

    def stop(self, *, timeout: float = 30.0) -> None:
        """Let all members end in order, one after the other."""
        for member in self.members:
            member.stop(timeout=timeout)

    def kill(self) -> None:
        """End all members with SIGKILL, as if the power failed."""
        for member in self.members:
            member.kill(wait=False)
        for member in self.members:
            member.kill()

    def restart(self, *, timeout: float = 60.0) -> None:
        """End all members in order and start them over the same data."""
        self.stop(timeout=timeout)
        self.start(timeout=timeout)

    def leader(self, *, timeout: float = 30.0) -> int:
        """The index of the leader, waiting until the members that run agree on one.

        Paused members are not asked.

        Raises:
            EtcdFailed: They do not within *timeout* seconds, or none runs.
        """
        end = time.monotonic() + timeout
        while (awake := self._awake()) and time.monotonic() < end:
            told = {index: self._status(index) for index in awake}
            believed = {status.leader_id if status else 0 for status in told.values()}
            for index, status in told.items():
                if status is not None and believed == {status.member_id}:
                    return index
        raise EtcdFailed(
            "no member runs" if not awake else "the members agree on no leader in time"
        )

    def wait_healthy(self, *, timeout: float = 30.0) -> None:
        """Wait until each member that runs and is not paused serves linearizable reads.

        Raises:
            EtcdFailed: One does not within *timeout* seconds, or none runs.
        """
        end = time.monotonic() + timeout
        failure = "no member runs"
        while awake := self._awake():
            endpoints = [self.members[index].endpoints[0] for index in awake]
            try:
                etcdctl(endpoints, self._settings.tls, ["endpoint", "health", *_QUICKLY])
                return
            except EtcdctlFailed as error:
                failure = str(error)
            if time.monotonic() >= end:
                break
        raise EtcdFailed(f"the cluster is not healthy: {failure}")

    def ctl(self, *arguments: str, timeout: float = 30.0) -> str:
        """Run ``etcdctl`` against all members, as :meth:`EtcdServer.ctl` does against one.

        Raises:
            EtcdctlFailed: It ended with an error, or not within *timeout* seconds.
        """
        return etcdctl(self.endpoints, self._settings.tls, arguments, timeout=timeout)

    def close(self) -> None:
        """Kill all members and remove their data. May be called again."""
        self.kill()
        for member in self.members:
            member.close()
        self._folder.close()

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _awake(self) -> list[int]:
        return [
            index
            for index, member in enumerate(self.members)
            if member.running and not member.paused
        ]

    def _status(self, index: int) -> MemberStatus | None:
        with suppress(EtcdctlFailed):
            return self.members[index].status(timeout=5)
        return None


_QUICKLY: Final = (f"--dial-timeout={_ANSWER}", f"--command-timeout={_ANSWER}")
