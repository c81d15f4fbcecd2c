"""Each check of watches finds what it is for, and nothing else finds just that."""

from __future__ import annotations

from collections.abc import Callable

import attrs
import pytest

from kregistry.storage.backend import Change
from kregistry.testing.watch_checks import (
    CHECKS,
    Bookmark,
    Response,
    Watched,
    check_watch,
)

LOG = [
    Change("/t/a", 2, b"1", None, 0),
    Change("/t/b", 3, b"2", None, 0),
    Change("/u/a", 4, b"3", None, 0),
    Change("/t/a", 5, b"4", b"1", 2),
    Change("/t/b", 6, None, b"2", 3),
    Change("/t/b", 7, b"5", None, 0),
]
SOUND = Watched(
    "/t/",
    "/t0",
    2,
    [
        Response([LOG[1]], Bookmark(4)),
        Response([LOG[3], LOG[4]], Bookmark(6)),
        Response([LOG[5]], Bookmark(7)),
    ],
)


def with_changes(*groups: list[Change]) -> Watched:
    """The watch with other changes, and no promises."""
    return attrs.evolve(SOUND, responses=[Response(group) for group in groups])


WANTED = [LOG[1], LOG[3], LOG[4], LOG[5]]
TWINS = [LOG[3], Change("/t/b", 5, None, b"2", 3)]

MUTANTS = {
    "check_filter": with_changes([LOG[1], LOG[2], *WANTED[1:]]),
    "check_ordered": with_changes([LOG[1], LOG[4], LOG[3], LOG[5]]),
    "check_unique": with_changes([LOG[1], LOG[3], LOG[3], LOG[4], LOG[5]]),
    "check_bookmarkable": attrs.evolve(
        SOUND, responses=[Response([LOG[1]], Bookmark(5)), Response(WANTED[1:])]
    ),
    "check_resumable": with_changes(WANTED[1:]),
    "check_reliable": with_changes([LOG[1], LOG[4], LOG[5]]),
    "check_creation": with_changes([LOG[1], LOG[3]._replace(previous_revision=0), *WANTED[2:]]),
    "check_previous": with_changes([LOG[1], LOG[3]._replace(previous=b"x"), *WANTED[2:]]),
}


def test_a_sound_watch_has_nothing_against_it() -> None:
    assert check_watch(SOUND, LOG) == []


@pytest.mark.parametrize("name", MUTANTS)
def test_each_check_alone_finds_its_own(name: str) -> None:
    complaints = check_watch(MUTANTS[name], LOG)

    found = {complaint.split(":")[0] for complaint in complaints}
    if name == "check_bookmarkable":  # the promise that is broken is a change left out, too
        found.discard("check_reliable")
    assert found == {name}


def test_changes_of_one_revision_must_come_together() -> None:
    """Stores that expire several keys in one revision have such."""
    log = [*LOG[:3], *TWINS]
    together = with_changes([LOG[1]], TWINS)
    apart = with_changes([LOG[1]], TWINS[:1], TWINS[1:])

    assert check_watch(together, log) == []
    assert {c.split(":")[0] for c in check_watch(apart, log)} == {"check_atomic"}


def test_a_bookmark_that_comes_too_early_is_found_even_if_nothing_follows() -> None:
    early = attrs.evolve(SOUND, responses=[Response([], Bookmark(5))])

    assert check_watch(early, LOG) != []


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_every_check_is_proved(check: Callable[..., object]) -> None:
    assert check.__name__ in {*MUTANTS, "check_atomic"}
