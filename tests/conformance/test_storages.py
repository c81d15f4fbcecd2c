"""Every storage passes the published suites: all cases of the catalogue but one of a cache."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from kregistry.storage.backend import Backend
from kregistry.storage.memory import MemoryBackend
from kregistry.storage.sqlite import SqliteBackend
from kregistry.testing import StorageSuite, WatchSuite


class TestMemory(StorageSuite, WatchSuite):
    @pytest.fixture
    def make_backend(self) -> Callable[[], Backend]:
        return MemoryBackend


class TestSqlite(StorageSuite, WatchSuite):
    @pytest.fixture
    def make_backend(self, tmp_path: Path) -> Callable[[], Backend]:
        numbers = itertools.count()
        return lambda: SqliteBackend(tmp_path / f"{next(numbers)}.db")
