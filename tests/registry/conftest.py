"""Fixtures for the registry: Stores of widgets over all storages, and a clock that stands."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "golden"))
sys.path.insert(0, str(Path(__file__).parent))

from widgetshop import WIDGETS, Widget, WidgetStrategy

from kregistry.meta.context import Context
from kregistry.meta.object import Object
from kregistry.registry import Store
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
def memory() -> Iterator[Interface[Object]]:
    with factory.create(Config()) as storage:
        yield storage


@pytest.fixture
def ctx() -> Context:
    return Context(namespace="default")


@pytest.fixture
def widgets(storage: Interface[Object], clock: FakeClock) -> Store[Widget]:
    return Store(WIDGETS, storage, WidgetStrategy(WIDGETS), clock=clock)
