"""Fixtures: Pods over all storages, by a clock that stands; evictions that never sleep."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[2] / "golden"))


from kregistry.core.pod import PodStorage
from kregistry.core.pod.eviction import Retry
from kregistry.meta.context import Context
from kregistry.meta.object import Object
from kregistry.storage import Interface
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
def ctx() -> Context:
    return Context(namespace="ns")


@pytest.fixture
def pauses() -> list[float]:
    """How long evictions would have slept."""
    return []


@pytest.fixture
def pods(storage: Interface[Object], clock: FakeClock, pauses: list[float]) -> PodStorage:
    retry = Retry(sleep=pauses.append, chance=lambda: 0.5)
    return PodStorage(storage, clock=clock, eviction_retry=retry)
