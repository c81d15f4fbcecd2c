"""The tests in docs/testing-controllers.md are tests, and pass."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "docs"))

from pages import ROOT, blocks

GUIDE = ROOT / "docs" / "testing-controllers.md"


@pytest.mark.parametrize("storage", ["memory", "sqlite"])
def test_the_tests_of_the_guide_pass(pytester: pytest.Pytester, storage: str) -> None:
    code = "\n\n".join(block.code for block in blocks(GUIDE) if block.language == "python")
    pytester.makeini(f"[pytest]\nkube_storage = {storage}\n")
    pytester.makepyfile(code)

    # In a process of its own: pytester forgets modules that were loaded meanwhile, and a client
    # that is loaded a second time does not know the objects of the first.
    options = ("-W", "error", "--strict-markers", "-p", "no:schemathesis")
    result = pytester.runpytest_subprocess(*options, timeout=100)

    result.assert_outcomes(passed=len(re.findall(r"^def test_", code, re.MULTILINE)))


def test_the_first_test_of_the_guide_is_short() -> None:
    first = next(block.code for block in blocks(GUIDE) if block.language == "python")
    body = first[first.index("def test_") :].strip().splitlines()

    assert len(body) <= 12
