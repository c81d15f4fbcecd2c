"""Storage over memory and over SQLite in lock-step with a model, driven by hypothesis."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from kregistry.meta.object import Object
from kregistry.storage.config import Config
from kregistry.storage.factory import create
from kregistry.storage.interface import Interface
from kregistry.testing import FakeClock
from kregistry.testing.suites.bounds import bounds
from kregistry.testing.suites.storage_machine import StorageMachine


class Machine(StorageMachine):
    """Both backends at once."""

    def make_storages(self, clock: FakeClock) -> list[Interface[Object]]:
        self.folder = Path(tempfile.mkdtemp())
        config = Config(prefix="", clock=clock, compaction_interval=0, synchronous="normal")
        return [
            create(config),
            create(
                Config(
                    type="sqlite",
                    path=str(self.folder / "x.db"),
                    prefix="",
                    clock=clock,
                    compaction_interval=0,
                    synchronous="normal",
                )
            ),
        ]

    def dispose(self) -> None:
        shutil.rmtree(self.folder)


TestMachine = Machine.TestCase
TestMachine.settings = bounds()
