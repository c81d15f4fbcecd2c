"""Traffic: many clients at once, readers that come and go, and compaction all the time.

What it leaves behind goes to the judges: :func:`judge` calls them all.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from contextlib import suppress

import attrs

from kregistry.storage.backend import Backend, ChangeStream, Record
from kregistry.storage.errors import (
    BackendClosed,
    BackendError,
    BackendUnavailable,
    RevisionCompacted,
    RevisionInFuture,
    RevisionMismatch,
)
from kregistry.testing.history import History, LogKeeper, Recorder
from kregistry.testing.linearizability import check_keys, check_revisions
from kregistry.testing.watch_checks import Bookmark, Response, Watched, check_watch

#: Below and above every key that traffic touches.
RANGE = ("/t/", "/t0")


@attrs.frozen(kw_only=True)
class Traffic:
    """What goes on at once.

    Attributes:
        clients: Threads that write and read.
        operations: Steps of each; a step is one or two calls.
        keys: How many keys they share.
        watchers: Threads that watch from around the current revision, again and again.
        compaction: Seconds between compactions.
        seed: Of the choices. Threads make every run different all the same.
        deletions: Share of writes that delete.
        patience: Seconds after which a run that has not ended counts as hung.
    """

    clients: int = 4
    operations: int = 200
    keys: int = 8
    watchers: int = 4
    compaction: float = 0.05
    seed: int = 0
    deletions: float = 0.15
    patience: float = 60.0


@attrs.define
class Outcome:
    """What a run left behind.

    Attributes:
        history: What the clients did and were told, and the log.
        watches: What the watchers got.
        failures: What went wrong in the threads themselves.
    """

    history: History
    watches: list[Watched]
    failures: list[BaseException]


class Run:
    """One run over one empty backend.

    Args:
        backend: The store. Clients use it from their own threads.
        traffic: What goes on.
        others: More ways into the same store, such as other connections; clients take turns.
    """

    def __init__(self, backend: Backend, traffic: Traffic, *others: Backend) -> None:
        self.traffic = traffic
        self.keeper = LogKeeper(backend)
        self.recorders = [Recorder(each) for each in (backend, *others)]
        self.watches: list[Watched] = []
        self.failures: list[BaseException] = []
        self.ready = threading.Barrier(traffic.clients)
        self.done = threading.Event()

    def run(self) -> Outcome:
        """Let all threads run, and collect what they leave."""
        traffic = self.traffic
        clients = [self._thread(self._client, n) for n in range(traffic.clients)]
        helpers = [self._thread(self._watcher, n) for n in range(traffic.watchers)]
        helpers.append(self._thread(self._compact, 0))
        for thread in [*helpers, *clients]:
            thread.start()
        for thread in clients:
            thread.join(traffic.patience)
        self.done.set()
        for thread in helpers:
            thread.join(traffic.patience)
        if any(thread.is_alive() for thread in [*clients, *helpers]):
            self.failures.append(TimeoutError("a thread did not end"))
        self.keeper.close(traffic.patience)
        operations = [o for recorder in self.recorders for o in recorder.operations]
        history = History(operations, self.keeper.log, self.keeper.start)
        return Outcome(history, self.watches, self.failures)

    def _thread(self, target: Callable[[int], None], number: int) -> threading.Thread:
        def run() -> None:
            try:
                target(number)
            except BaseException as error:
                self.failures.append(error)

        return threading.Thread(target=run, daemon=True)

    def _client(self, number: int) -> None:
        client = Client(
            self.recorders[number % len(self.recorders)],
            random.Random(self.traffic.seed * 1000 + number),
            f"c{number}",
            self.traffic,
        )
        self.ready.wait(self.traffic.patience)
        for step in range(self.traffic.operations):
            with suppress(BackendUnavailable):
                client.step(step)

    def _watcher(self, number: int) -> None:
        """Watch from within a hundred revisions of now, for a while, until all is done."""
        rng = random.Random(self.traffic.seed * 1000 + 500 + number)
        backend = self.recorders[number % len(self.recorders)].inner
        while True:
            last = self.done.is_set()
            offset = rng.randint(-100, 0 if last else 100)
            try:
                after = max(backend.current_revision() + offset, 1)
            except BackendUnavailable:
                continue
            start, end = rng.choice([RANGE, ("/t/1", "/t/5"), ("/t/2", "/t/2\0")])
            try:
                stream = backend.watch(start, end, after=after)
            except (RevisionCompacted, BackendUnavailable):
                continue
            self.watches.append(Watched(start, end, after, self._read(stream, rng.randint(5, 50))))
            stream.close()
            if last:
                return

    def _read(self, stream: ChangeStream, polls: int) -> list[Response]:
        """What a stream says in some polls, or until it is behind, or all is done."""
        responses: list[Response] = []
        bell = threading.Event()
        for _ in range(polls):
            try:
                changes = stream.poll(limit=7)
            except (RevisionCompacted, BackendClosed, BackendUnavailable):
                break
            responses.append(Response(changes, Bookmark(stream.position)))
            if not changes:
                if self.done.is_set():
                    break
                bell.clear()
                if stream.park(bell.set):
                    bell.wait(0.05)
        return responses

    def _compact(self, _: int) -> None:
        """Compact to somewhere behind what the log keeper has read."""
        rng = random.Random(self.traffic.seed)
        backend = self.recorders[0].inner
        while not self.done.wait(self.traffic.compaction):
            with suppress(BackendUnavailable):
                backend.compact(max(self.keeper.read() - rng.randint(0, 150), 0))


class Client:
    """One client: it knows what it last saw, writes over it, reads, and now and then lists."""

    def __init__(self, backend: Backend, rng: random.Random, name: str, traffic: Traffic) -> None:
        self.backend = backend
        self.rng = rng
        self.name = name
        self.traffic = traffic
        self.seen: dict[str, int] = {}
        self.revision = backend.current_revision()

    def step(self, number: int) -> None:
        """Do one thing."""
        key = f"/t/{self.rng.randrange(self.traffic.keys)}"
        chance = self.rng.random()
        if chance < 0.15:
            self._list()
        elif chance < 0.35:
            self._look(key)
        else:
            self._write(key, f"{self.name}-{number}".encode())

    def _look(self, key: str) -> None:
        snapshot = self.backend.get(key)
        self.revision = max(self.revision, snapshot.revision)
        self._note(key, snapshot.record)

    def _list(self) -> None:
        past = self.rng.choice([0, 0, max(self.revision - self.rng.randint(0, 30), 1)])
        limit = self.rng.choice([0, 3])
        try:
            page = self.backend.range(*RANGE, revision=past, limit=limit)
        except (RevisionCompacted, RevisionInFuture):
            return
        self.revision = max(self.revision, page.revision)
        for record in page.records if not past else ():
            self._note(record.key, record)

    def _write(self, key: str, value: bytes) -> None:
        expected = self.seen.get(key, 0)
        try:
            if expected and self.rng.random() < self.traffic.deletions:
                self.revision = self.backend.delete(key, expected=expected)
                self.seen[key] = 0
            else:
                self.revision = self.backend.put(key, value, expected=expected)
                self.seen[key] = self.revision
        except RevisionMismatch as mismatch:
            self._note(key, mismatch.current)
        except BackendError:
            self._look(key)

    def _note(self, key: str, record: Record | None) -> None:
        self.seen[key] = record.mod_revision if record else 0


def judge(outcome: Outcome) -> list[str]:
    """Everything that is wrong with what a run left behind. Empty for a correct store."""
    history = outcome.history
    return [
        *(f"thread: {failure!r}" for failure in outcome.failures),
        *(f"{found.rule}: {found.culprit}" for found in check_revisions(history)),
        *(f"no order explains {key}" for key in check_keys(history.operations)),
        *(c for watched in outcome.watches for c in check_watch(watched, history.log)),
    ]
