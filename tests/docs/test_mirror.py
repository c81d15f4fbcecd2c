"""docs/mirror.md maps Go names to ours; each of ours exists, in the file it names."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"^\| `([^`]+)` \| `([\w.]+)` \| `([\w./]+)` \|")


def rows() -> list[tuple[str, str, str]]:
    text = (ROOT / "docs" / "mirror.md").read_text(encoding="utf-8")
    return [found.groups() for line in text.splitlines() if (found := ROW.match(line))]  # type: ignore[misc]


def test_the_mirror_is_not_empty() -> None:
    assert len(rows()) > 40


@pytest.mark.parametrize(("go", "ours", "file"), rows(), ids=lambda value: value)
def test_a_mirrored_name_exists_in_its_file(go: str, ours: str, file: str) -> None:
    path = ROOT / "src" / "kregistry" / file
    assert path.exists()
    module = "kregistry." + file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    value = importlib.import_module(module)
    for part in ours.split("."):
        value = getattr(value, part)
    assert value is not None
