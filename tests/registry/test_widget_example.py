"""The example of the README runs and tells a true story."""

from __future__ import annotations

import runpy
from pathlib import Path

EXAMPLE = Path(__file__).parents[1] / "typing" / "example_widget.py"


def test_a_kind_of_ones_own_is_created_watched_updated_and_protected(tmp_path: Path) -> None:
    story = runpy.run_path(str(EXAMPLE))["main"](tmp_path)
    assert story == [
        "size 4, generation 2",
        'Operation cannot be fulfilled on widgets.shop.example "anvil": the object has been '
        "modified; please apply your changes to the latest version and try again",
        'Widget.shop.example "dot" is invalid: spec.size: Invalid value: 0: must be positive',
        "ADDED anvil 3",
        "MODIFIED anvil 4",
    ]


def test_what_was_stored_is_there_when_the_file_is_opened_again(tmp_path: Path) -> None:
    example = runpy.run_path(str(EXAMPLE))
    example["main"](tmp_path)
    import kregistry as k

    with k.factory.create(k.Config(type="sqlite", path=str(tmp_path / "shop.db"))) as storage:
        found = k.Store(example["WIDGETS"], storage).get(k.Context(namespace="default"), "anvil")
    assert found.spec.size == 4
