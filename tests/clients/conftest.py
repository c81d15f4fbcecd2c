"""Fixtures: a server of one's own over HTTP, and the kubeconfig from which clients learn of it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from kregistry.cli.kubeconfig import kubeconfig
from kregistry.meta.object import Object
from kregistry.server import APIServer
from kregistry.server.threaded import ThreadedServer
from kregistry.storage import Config, Interface, factory


@attrs.frozen(kw_only=True)
class Cluster:
    """What a client has to know, and what a test does behind its back.

    Attributes:
        url: Where the server is.
        kubeconfig: The file that says so.
        storage: Where the server keeps everything.
    """

    url: str
    kubeconfig: Path
    storage: Interface[Object]

    def forget_history(self) -> None:
        """Compact up to now: whoever resumes from an earlier revision is told 410."""
        self.storage.compact(self.storage.current_resource_version())


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    """A server with nothing but its namespaces. What clients keep on disk stays in the test."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    path = tmp_path / "kubeconfig"
    monkeypatch.setenv("KUBECONFIG", str(path))
    with factory.create(Config()) as storage:
        server = APIServer(storage)
        server.create_namespaces()
        with ThreadedServer(server) as running:
            path.write_text(json.dumps(kubeconfig(running.url)), encoding="utf-8")
            yield Cluster(url=running.url, kubeconfig=path, storage=storage)
