"""Memory and SQLite in lock-step with the model, driven by hypothesis."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from kregistry.storage.backend import Backend
from kregistry.storage.memory import MemoryBackend
from kregistry.storage.sqlite import SqliteBackend
from kregistry.testing import FakeClock, ModelBackend, faults
from kregistry.testing.suites.backend_machine import BackendMachine
from kregistry.testing.suites.bounds import bounds


class Machine(BackendMachine):
    """Both backends at once."""

    def make_backends(self, clock: FakeClock) -> list[Backend]:
        self.folder = Path(tempfile.mkdtemp())
        return [
            MemoryBackend(clock=clock),
            SqliteBackend(self.folder / "x.db", clock=clock, synchronous="normal"),
        ]

    def dispose(self) -> None:
        shutil.rmtree(self.folder)


TestMachine = Machine.TestCase
TestMachine.settings = bounds()


@pytest.mark.parametrize(
    "fault",
    [
        faults.StaleReadCache,
        faults.LostUpdate,
        faults.PageAtWrongRevision,
        faults.AckBeforeCommit,
        faults.RevisionReusedAfterCompaction,
        faults.TimesPutDown,
        faults.AdvanceUncompacted,
        faults.OffByOneResume,
        faults.KeysEndAtNul,
    ],
    ids=lambda fault: fault.__name__,
)
def test_the_machine_finds_a_planted_fault(fault: Callable[[], ModelBackend]) -> None:
    class Faulty(BackendMachine):
        def make_backends(self, clock: FakeClock) -> list[Backend]:
            backend = fault()
            backend.clock = clock
            clock.subscribe(backend.sweep)
            return [backend]

    search = settings(bounds(1000), derandomize=True, database=None, phases=[Phase.generate])
    with pytest.raises(AssertionError):
        run_state_machine_as_test(Faulty, settings=search)
