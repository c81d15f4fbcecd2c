"""Fixtures for the built-in kinds: both storages, and a clock that stands."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "golden"))
sys.path.insert(0, str(Path(__file__).parent))

from kregistry.meta.context import Context
from kregistry.meta.object import Object
from kregistry.storage import Config, Interface, factory
from kregistry.testing.clock import FakeClock


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(params=["memory", "sqlite"])
def storage(
    request: pytest.FixtureRequest, tmp_path: Path, clock: FakeClock
) -> Iterator[Interface[Object]]:
    config = Config(type=request.param, path=str(tmp_path / "store.db"), clock=clock)
    with factory.create(config) as opened:
        yield opened


@pytest.fixture
def ctx() -> Context:
    return Context(namespace="default")
