"""Fixtures for the REST layer: a server over both storages, and a client that has no socket."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "golden"))
sys.path.insert(0, str(Path(__file__).parent))

from asking import Client

from kregistry.meta.object import Object
from kregistry.server import APIServer
from kregistry.storage import Config, Interface, factory


@pytest.fixture
def memory() -> Iterator[Interface[Object]]:
    with factory.create(Config()) as opened:
        yield opened


@pytest.fixture(params=["memory", "sqlite"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Interface[Object]]:
    """Both; what a disk has to promise is tested elsewhere, so nobody waits for it here."""
    config = Config(type=request.param, path=str(tmp_path / "store.db"), synchronous="normal")
    with factory.create(config) as opened:
        yield opened


@pytest.fixture
def server(memory: Interface[Object]) -> APIServer:
    made = APIServer(memory)
    made.create_namespaces()
    return made


@pytest.fixture
def client(server: APIServer) -> Client:
    return Client(server)
