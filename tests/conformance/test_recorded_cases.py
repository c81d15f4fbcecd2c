"""Every recording is replayed, or stands in the page with a reason."""

from __future__ import annotations

from pathlib import Path

import recordedcases
from recordings import names

PAGE = Path(__file__).parents[2] / "docs" / "conformance.md"


def test_every_recording_is_replayed_or_has_a_reason_not_to_be() -> None:
    replayed = set(recordedcases.replayed())
    assert replayed.isdisjoint(recordedcases.NOT_HERE)
    assert replayed | set(recordedcases.NOT_HERE) == set(names())


def test_the_page_shows_where_recordings_are_replayed() -> None:
    page = PAGE.read_text("utf-8")

    assert recordedcases.rewritten(page) == page, (
        "run: python tests/conformance/recordedcases.py docs/conformance.md"
    )
