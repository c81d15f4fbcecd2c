"""The three storages that everything above storage is tested over."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from kregistry.meta.object import Object
from kregistry.storage import Config, Interface, factory

KINDS = ["memory", "sqlite", "etcd3"]


@contextmanager
def opened(
    request: pytest.FixtureRequest, tmp_path: Path, **settings: Any
) -> Iterator[Interface[Object]]:
    """The storage that a fixture with ``params=KINDS`` is asked for, empty.

    What a disk has to promise is tested elsewhere, so nobody waits for it here. The tests of a
    module share one etcd, whose revisions go on from test to test.
    """
    settings = {"path": str(tmp_path / "store.db"), "synchronous": "normal", **settings}
    if request.param == "etcd3":
        endpoints = request.getfixturevalue("module_etcd").endpoints
        settings |= {"endpoints": endpoints, "request_timeout": 20.0}
    config = Config(type=request.param, **settings)
    with factory.create(config) as storage:
        yield storage
    if request.param == "etcd3":
        _clear(config)


def _clear(config: Config) -> None:
    with factory.create_backend(config) as backend:
        for record in backend.range("", chr(0x10FFFF)).records:
            backend.delete(record.key, expected=record.mod_revision)
