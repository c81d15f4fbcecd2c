"""Fixtures: a server of one's own over HTTP, and the kubeconfig from which clients learn of it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from clientcluster import Cluster
from kubectlprogram import Run, run_kubectl

from kregistry.cli.kubeconfig import kubeconfig
from kregistry.server import APIServer, Settings
from kregistry.server.threaded import ThreadedServer
from kregistry.storage import Config, factory


@pytest.fixture
def settings() -> Settings:
    """How the server is to be; for a module to put its own in place of it."""
    return Settings()


@pytest.fixture
def cluster(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Cluster]:
    """A server with nothing but its namespaces. What clients keep on disk stays in the test."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    path = tmp_path / "kubeconfig"
    monkeypatch.setenv("KUBECONFIG", str(path))
    with factory.create(Config()) as storage:
        server = APIServer(storage, settings)
        server.create_namespaces()
        with ThreadedServer(server) as running:
            path.write_text(json.dumps(kubeconfig(running.url)), encoding="utf-8")
            yield Cluster(url=running.url, kubeconfig=path, storage=storage)


@pytest.fixture
def run(cluster: Cluster) -> Run:
    """Runs kubectl. Raises with everything that it said if it does not end as expected."""
    return partial(run_kubectl, cluster)


@pytest.fixture
def kubectl(run: Run) -> Callable[..., str]:
    """What kubectl printed."""
    return lambda *arguments, **options: run(*arguments, **options).stdout
