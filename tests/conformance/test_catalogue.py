"""Every case of the catalogue is a test, or stands in the page with a reason."""

from __future__ import annotations

from pathlib import Path

from kregistry.testing import catalogue

PAGE = Path(__file__).parents[2] / "docs" / "conformance.md"


def test_every_number_is_tested_or_has_a_reason_not_to_be() -> None:
    tested = {case.number for case in catalogue.all_cases()}

    assert len(catalogue.NUMBERS) == 189 + 69
    assert tested.isdisjoint(catalogue.NOT_APPLICABLE)
    assert tested | set(catalogue.NOT_APPLICABLE) == set(catalogue.NUMBERS)


def test_a_number_stands_for_one_test() -> None:
    """S189 has one test for keys that are refused and one for keys that are not."""
    numbers = [case.number for case in catalogue.all_cases()]

    assert sorted(n for n in set(numbers) if numbers.count(n) > 1) == ["S189"]


def test_the_page_shows_what_the_suites_say() -> None:
    page = PAGE.read_text("utf-8")

    assert catalogue.rewritten(page) == page, (
        "run: python -m kregistry.testing.catalogue docs/conformance.md"
    )


def test_the_page_names_every_number_once() -> None:
    page = PAGE.read_text("utf-8")

    for number in catalogue.NUMBERS:
        assert page.count(f"\n| {number} |") == 1
