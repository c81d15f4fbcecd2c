"""Memory and SQLite in lock-step with the model, driven by hypothesis."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from kregistry.storage.backend import Backend
from kregistry.storage.memory import MemoryBackend
from kregistry.storage.sqlite import SqliteBackend
from kregistry.testing import FakeClock
from kregistry.testing.suites.backend_machine import BackendMachine


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
