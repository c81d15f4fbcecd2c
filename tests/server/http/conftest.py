"""Fixtures: the threaded server, running."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from rawclient import RawClient

from kregistry.server import APIServer
from kregistry.server.threaded import ThreadedServer


@pytest.fixture
def running(server: APIServer) -> Iterator[ThreadedServer]:
    with ThreadedServer(server) as started:
        yield started


@pytest.fixture
def raw(running: ThreadedServer) -> Iterator[RawClient]:
    with RawClient(running.port) as made:
        yield made


@pytest.fixture
def serve(server: APIServer) -> Iterator[Callable[..., ThreadedServer]]:
    """Starts servers with options; stops them after the test."""
    started: list[ThreadedServer] = []

    def start(**options: Any) -> ThreadedServer:
        made = ThreadedServer(options.pop("server", server), **options).start()
        started.append(made)
        return made

    yield start
    for each in started:
        each.stop()
