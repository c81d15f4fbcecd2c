"""Fixtures for the controllers: kinds with owners over all storages, and a clock that stands."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "golden"))
sys.path.insert(0, str(Path(__file__).parents[1] / "registry"))
sys.path.insert(0, str(Path(__file__).parent))

from estate import Estate

from kregistry.meta.object import Object
from kregistry.storage import Config, Interface, factory
from kregistry.testing.clock import FakeClock
from storages import KINDS, opened


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(params=KINDS)
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Interface[Object]]:
    with opened(request, tmp_path) as storage:
        yield storage


@pytest.fixture
def estate(storage: Interface[Object], clock: FakeClock) -> Estate:
    return Estate(storage, clock)


@pytest.fixture
def small_estate(clock: FakeClock) -> Iterator[Estate]:
    """In memory only, for what does not depend on storage."""
    with factory.create(Config()) as storage:
        yield Estate(storage, clock)
