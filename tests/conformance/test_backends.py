"""Every backend passes the published suite; the model that others are measured by, too."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from kregistry.storage.backend import Backend
from kregistry.storage.memory import MemoryBackend
from kregistry.testing import BackendSuite, ModelBackend


class TestModelBackend(BackendSuite):
    @pytest.fixture
    def make_backend(self) -> Callable[[], Backend]:
        return ModelBackend


class WithoutShortCut(ModelBackend):
    """Advances as the contract itself does it, for engines that know no better way."""

    def advance(self, revision: int) -> None:
        Backend.advance(self, revision)


class TestAdvancingTheSlowWay(BackendSuite):
    @pytest.fixture
    def make_backend(self) -> Callable[[], Backend]:
        return WithoutShortCut


class TestMemoryBackend(BackendSuite):
    @pytest.fixture
    def make_backend(self) -> Callable[[], Backend]:
        return MemoryBackend


class TestSqliteBackend(BackendSuite):
    @pytest.fixture
    def make_backend(self, tmp_path: Path) -> Callable[[], Backend]:
        from kregistry.storage.sqlite import SqliteBackend

        numbers = itertools.count()
        return lambda: SqliteBackend(tmp_path / f"{next(numbers)}.db")
