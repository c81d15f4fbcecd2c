"""Every case of the registry is a test, or stands in the page with a reason."""

from __future__ import annotations

from pathlib import Path

import registrycases
from registrynumbers import BEHAVIOURS, NOT_APPLICABLE, NUMBERS

PAGE = Path(__file__).parents[2] / "docs" / "conformance.md"


def numbers_tested() -> set[str]:
    return {case.number for case in registrycases.covered()}


def test_there_are_as_many_numbers_as_upstream_has_tests() -> None:
    counts = [
        sum(number.startswith(kind) for number in NUMBERS)
        for kind in ("RS", "RD", "RR", "RX", "RP")
    ]
    assert (counts, len(BEHAVIOURS)) == ([37, 16, 13, 16, 61], 43)


def test_no_number_is_claimed_that_does_not_exist() -> None:
    assert numbers_tested() <= {*NUMBERS, *BEHAVIOURS}


def test_every_number_is_tested_or_has_a_reason_not_to_be() -> None:
    assert {*NUMBERS, *BEHAVIOURS} - numbers_tested() - set(NOT_APPLICABLE) == set()
    assert numbers_tested().isdisjoint(NOT_APPLICABLE)


def test_the_page_shows_which_test_has_which_number() -> None:
    page = PAGE.read_text("utf-8")

    assert registrycases.rewritten(page) == page, (
        "run: python tests/conformance/registrycases.py docs/conformance.md"
    )
