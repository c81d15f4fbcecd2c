"""The README's library example passes both type checkers, with the types inferred."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from pages import ROOT, blocks

#: What the checkers must have inferred, without any annotation in the example saying so.
INFERRED = """
from typing import assert_type

assert_type(WIDGETS, k.Resource[Widget])
assert_type(widgets, k.Store[Widget])
assert_type(first, Widget)
assert_type(painted, Widget)
assert_type(next(watch), k.Event[Widget])
assert_type(next(watch).object.spec.size, int)
assert_type(widgets.list(ctx).items[0].spec, WidgetSpec)
"""


@pytest.mark.parametrize(
    "checker",
    [("mypy", "--strict"), ("pyright", "--pythonpath", sys.executable)],
    ids=lambda words: words[0],
)
def test_the_example_passes_the_checker(checker: tuple[str, ...], tmp_path: Path) -> None:
    pytest.importorskip(checker[0])
    code = [block.code for block in blocks(ROOT / "README.md") if block.language == "python"]
    example = tmp_path / "example.py"
    example.write_text("".join(code) + INFERRED, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", *checker, str(example)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=110,
    )
    assert done.returncode == 0, done.stdout + done.stderr
