"""Disturber: ends, pauses and brings back the members of a cluster while others use it."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Final, Self

from kregistry.testing.etcd.cluster import EtcdCluster
from kregistry.testing.etcd.server import EtcdServer

Deed = Callable[[EtcdServer], None]

#: What is done to a member, and what undoes it.
DISTURBANCES: Final[Mapping[str, tuple[Deed, Deed]]] = {
    "kill": (lambda member: member.kill(), lambda member: member.start(timeout=60.0)),
    "stop": (lambda member: member.stop(), lambda member: member.start(timeout=60.0)),
    "pause": (lambda member: member.pause(), lambda member: member.resume()),
}


class Disturber:
    """Disturbs one member at a time, so that a majority is always there.

    As a context manager it is at work from entry to exit, and leaves all members running.

    Args:
        cluster: Runs.
        rng: Chooses what is done to whom; every second time it is the leader.
        lasting: Seconds for which a member is away, at least and at most.
        calm: Seconds between two disturbances, likewise.

    Attributes:
        done: How often each was done.
        failure: What ended the work early, if anything did.
    """

    def __init__(
        self,
        cluster: EtcdCluster,
        rng: random.Random,
        *,
        lasting: tuple[float, float] = (0.5, 6.0),
        calm: tuple[float, float] = (0.2, 2.0),
    ) -> None:
        self._cluster = cluster
        self._rng = rng
        self._lasting = lasting
        self._calm = calm
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="disturber", daemon=True)
        self.done: Counter[str] = Counter()
        self.failure: BaseException | None = None

    def disturb(self, kind: str, member: EtcdServer, seconds: float) -> None:
        """Do one thing to one member, and undo it after *seconds*, or when the work ends.

        Raises:
            EtcdFailed: The member, or the cluster, does not come back.
        """
        do, undo = DISTURBANCES[kind]
        do(member)
        try:
            self._stop.wait(seconds)
        finally:
            undo(member)
        self._cluster.wait_healthy(timeout=60.0)
        self.done[kind] += 1

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _work(self) -> None:
        rng = self._rng
        try:
            while not self._stop.wait(rng.uniform(*self._calm)):
                members = self._cluster.members
                leads = rng.random() < 0.5
                number = self._cluster.leader() if leads else rng.randrange(len(members))
                kind = rng.choice(sorted(DISTURBANCES))
                self.disturb(kind, members[number], rng.uniform(*self._lasting))
        except BaseException as failure:
            self.failure = failure
