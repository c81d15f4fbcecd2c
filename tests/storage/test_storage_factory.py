from __future__ import annotations

import subprocess
import sys
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from kregistry.storage import Config, ObjectStorage, factory
from kregistry.storage.errors import BackendClosed
from kregistry.storage.memory import MemoryBackend


@pytest.mark.parametrize("kind", ["", "memory"])
def test_memory_is_what_one_gets_without_asking(kind: str) -> None:
    with factory.create(Config(type=kind)) as storage:
        assert isinstance(storage, ObjectStorage)
        assert isinstance(storage.backend, MemoryBackend)
    with pytest.raises(BackendClosed):
        storage.readiness_check()


def test_sqlite_is_made_when_asked_for(tmp_path: Path) -> None:
    with factory.create(Config(type="sqlite", path=str(tmp_path / "x.db"))) as storage:
        assert storage.compact_revision() == 0
    assert (tmp_path / "x.db").exists()


@pytest.mark.parametrize(
    ("kind", "problem"),
    [
        ("etcd2", "etcd2 is no longer a supported storage backend"),
        ("unknown", "unknown storage type: unknown"),
        ("Memory", "unknown storage type: Memory"),
    ],
)
def test_types_that_do_not_exist_have_the_words_of_upstream(kind: str, problem: str) -> None:
    with pytest.raises(ValueError) as caught:
        factory.create(Config(type=kind))
    assert str(caught.value) == problem


def test_etcd3_is_made_when_asked_for_and_connects_when_used() -> None:
    config = Config(type="etcd3", endpoints=("http://127.0.0.1:1",), compaction_interval=0)
    with factory.create(config) as storage:
        assert type(storage.backend).__name__ == "EtcdBackend"


def test_etcd3_without_its_extra_says_what_to_install() -> None:
    code = (
        "import sys; sys.modules['grpc'] = None\n"
        "import kregistry.storage as s\n"
        "try: s.factory.create(s.Config(type='etcd3', endpoints=['http://127.0.0.1:1']))\n"
        "except ImportError as error: print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert "pip install 'kregistry[etcd3]'" in done.stdout


def test_a_ready_backend_wins_over_the_type() -> None:
    backend = MemoryBackend(start_revision=7)
    with factory.create(Config(type="etcd2", backend=backend)) as storage:
        assert storage.compact_revision() == 7


def test_settings_reach_the_backend() -> None:
    with factory.create(Config(start_revision=50)) as storage:
        assert storage.compact_revision() == 50


def test_raw_storage_can_be_destroyed_more_than_once() -> None:
    storage, destroy = factory.new_raw_storage(Config())
    storage.readiness_check()
    destroy()
    destroy()
    with pytest.raises(BackendClosed):
        storage.readiness_check()


def test_an_installed_package_can_offer_a_type(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def entry_points(*, group: str, name: str) -> list[Any]:
        asked.append(f"{group}:{name}")
        made = {"theirs": lambda config: MemoryBackend(start_revision=9), "odd": lambda config: 7}
        if name not in made:
            return []
        return [SimpleNamespace(load=lambda: made[name], value=f"pkg:{name}")]

    monkeypatch.setattr(metadata, "entry_points", entry_points)
    with factory.create(Config(type="theirs")) as storage:
        assert storage.compact_revision() == 9
    with pytest.raises(TypeError, match="pkg:odd made a int, not a Backend"):
        factory.create(Config(type="odd"))
    factory.create(Config(type="memory")).close()
    assert asked == ["kregistry.storage:theirs", "kregistry.storage:odd"]


def test_a_config_comes_from_a_dictionary() -> None:
    config = Config.from_dict({"type": "sqlite", "path": "x.db", "endpoints": ["http://a"]})
    assert config == Config(type="sqlite", path="x.db", endpoints=("http://a",), clock=config.clock)


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"typ": "memory", "x": 1}, "config: unknown settings: typ, x"),
        ({"type": None}, "config: type must be text, not None"),
        ({"type": 7}, "config: type must be text, not 7"),
        ({"path": b"x"}, "config: path must be text, not b'x'"),
        ({"synchronous": "off"}, "config: synchronous must be 'full' or 'normal', not 'off'"),
        ({"synchronous": ["full"]}, "config: synchronous must be 'full' or 'normal', not ['full']"),
        ({"endpoints": "http://a"}, "config: endpoints must be a list of URLs, not 'http://a'"),
        ({"endpoints": [1]}, "config: endpoints must be text, not 1"),
        ({"compaction_interval": "5"}, "config: compaction_interval must be a number of seconds"),
        ({"compaction_interval": -1}, "config: compaction_interval must be a number of seconds"),
        ({"busy_timeout": float("nan")}, "config: busy_timeout must be a number of seconds"),
        ({"busy_timeout": True}, "config: busy_timeout must be a number of seconds"),
        ({"start_revision": 0}, "config: start_revision must be a positive whole number"),
        ({"start_revision": 1.5}, "config: start_revision must be a positive whole number"),
        ({"max_object_bytes": 2**70}, "config: max_object_bytes must be a positive whole number"),
        ({"unsafe_network_fs": "yes"}, "config: unsafe_network_fs must be true or false"),
        ({"backend": "memory"}, "config: backend must be a Backend, not 'memory'"),
        ({"codec": "json"}, "config: codec must be a Codec, not 'json'"),
        ({"clock": None}, "config: clock must be a Clock, not None"),
        ({7: "x"}, "config: unknown settings: 7"),
        (["type"], "config: must be a mapping, not list"),
    ],
)
def test_settings_that_are_wrong_are_named(settings: Any, problem: str) -> None:
    with pytest.raises(ValueError) as caught:
        Config.from_dict(settings)
    assert str(caught.value).startswith(problem)


def test_create_takes_a_config_and_nothing_else() -> None:
    with pytest.raises(TypeError, match="create takes a Config, not dict"):
        factory.create({"type": "memory"})  # type: ignore[arg-type]


def test_storage_pulls_in_neither_sqlite_nor_asyncio_nor_http() -> None:
    code = (
        "import sys, kregistry.storage as s\n"
        "s.factory.create(s.Config()).close()\n"
        "print([m for m in ('sqlite3', 'asyncio', 'http', 'logging') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "[]"
