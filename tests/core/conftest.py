"""Fixtures for the built-in kinds: all storages, and a clock that stands."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "golden"))
sys.path.insert(0, str(Path(__file__).parent))


from kregistry.meta.context import Context
from kregistry.meta.object import Object
from kregistry.storage import Interface
from kregistry.testing.clock import FakeClock
from storages import KINDS, opened


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(params=KINDS)
def storage(
    request: pytest.FixtureRequest, tmp_path: Path, clock: FakeClock
) -> Iterator[Interface[Object]]:
    with opened(request, tmp_path, clock=clock) as storage:
        yield storage


@pytest.fixture
def ctx() -> Context:
    return Context(namespace="default")
