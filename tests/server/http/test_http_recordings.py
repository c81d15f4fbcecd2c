"""Every recording of a real API server, held again over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

import pytest
from httpreplay import OverHTTP
from recordings import load, names
from serverreplay import Conversation
from test_server_recordings import DIFFERENT, prepared
from uvicornthread import under_uvicorn

from kregistry.meta.object import Object
from kregistry.server import APIServer
from kregistry.server.threaded import ThreadedServer
from kregistry.storage import Config, Interface, factory

RECORDINGS = [
    pytest.param(
        name, marks=pytest.mark.xfail(strict=True, raises=AssertionError, reason=DIFFERENT[name])
    )
    if name in DIFFERENT
    else name
    for name in names()
]


class Listening(Protocol):
    """A server that runs."""

    @property
    def port(self) -> int: ...


def run(kind: str, server: APIServer) -> AbstractContextManager[Listening]:
    return under_uvicorn(server) if kind == "uvicorn" else ThreadedServer(server)


@contextmanager
def opened(kind: str, tmp_path: Path) -> Iterator[Interface[Object]]:
    path = str(tmp_path / "store.db") if kind == "sqlite" else ""
    with factory.create(Config(type=kind, path=path, synchronous="normal")) as storage:
        yield storage


@pytest.mark.parametrize("name", RECORDINGS)
@pytest.mark.parametrize(
    ("storage", "adapter"),
    [("memory", "threaded"), ("sqlite", "threaded"), ("memory", "uvicorn")],
)
def test_the_server_answers_as_recorded(
    name: str, storage: str, adapter: str, tmp_path: Path
) -> None:
    recording = load(name)
    with opened(storage, tmp_path) as store:
        server = prepared(recording, store)
        with run(adapter, server) as listening:
            client, stand_in = OverHTTP.to(listening.port)
            try:
                assert Conversation(recording, stand_in).differences() == []
            finally:
                client.close()
