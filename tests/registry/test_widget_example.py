"""The example of the README runs and tells a true story."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import kregistry as k

EXAMPLE = Path(__file__).parents[1] / "typing" / "example_widget.py"


@pytest.fixture
def example() -> Iterator[ModuleType]:
    spec = importlib.util.spec_from_file_location("example_widget", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


def test_a_kind_of_ones_own_is_created_watched_updated_and_protected(
    example: ModuleType, tmp_path: Path
) -> None:
    story = example.main(tmp_path)
    assert story == [
        "size 4, generation 2",
        'Operation cannot be fulfilled on widgets.shop.example "anvil": the object has been '
        "modified; please apply your changes to the latest version and try again",
        'Widget.shop.example "dot" is invalid: spec.size: Invalid value: 0: must be positive',
        "ADDED anvil 3",
        "MODIFIED anvil 4",
    ]


def test_what_was_stored_is_there_when_the_file_is_opened_again(
    example: ModuleType, tmp_path: Path
) -> None:
    example.main(tmp_path)
    with k.factory.create(k.Config(type="sqlite", path=str(tmp_path / "shop.db"))) as storage:
        found = k.Store(example.WIDGETS, storage).get(k.Context(namespace="default"), "anvil")
    assert found.spec.size == 4
