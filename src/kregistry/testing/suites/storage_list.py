"""Lists of every version, limit, selector and continue token. Cases S025 to S110.

All of them read one small history, :class:`History`; a case is one line of a table.

Source: ``k8s.io/apiserver/pkg/storage/testing/store_tests.go`` RunTestList.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import attrs
import pytest

from kregistry.core.v1 import Pod
from kregistry.meta.errors import Expired, TooLargeResourceVersion
from kregistry.meta.object import ObjectList
from kregistry.testing.harness import (
    MAX_VERSION,
    Harness,
    continue_token,
    key_of,
    pod,
    version_of,
)
from kregistry.testing.suites.storage_cases import REFUSED, StorageCases

ALL, FIRST, SECOND = "/pods/", "/pods/first/", "/pods/second/"
EXACT, NOT_OLDER = "Exact", "NotOlderThan"


@attrs.frozen
class History:
    """What happened, by name.

    ``R`` the empty store; ``P0`` first/bar, ``P1`` second/bar, ``P2`` second/foo, ``P3``
    third/barfoo, ``P4`` third/foo and ``P5`` second/baz are created; ``Q0`` is P0 bound to a
    node; ``L`` P5 is deleted; then everything before P0 is compacted, which takes one more
    revision: ``N``, the newest.
    """

    pods: dict[str, Pod]
    versions: dict[str, int]

    def version(self, text: str) -> str:
        """The resourceVersion that a case means by *text*; other text stands for itself."""
        name, plus, more = text.partition("+")
        if name not in self.versions:
            return text
        return str(self.versions[name] + (int(more) if plus else 0))

    def token(self, text: str) -> str:
        """The continue token for ``START@VERSION``, where ``|`` ends START with a NUL."""
        start, _, version = text.rpartition("@")
        return continue_token(start.replace("|", "\0"), int(self.version(version)))

    def states(self, text: str) -> list[list[Pod]]:
        """What ``P0 P1 or P2`` allows: one of several lists of Pods."""
        return [[self.pods[name] for name in state.split()] for state in text.split("or")]


@attrs.frozen
class ListCase:
    """One list request and its answer.

    Attributes:
        key: Where to list.
        version: A name of :class:`History`, or text as it stands.
        match: The match rule of *version*.
        field: Field selector.
        limit: At most so many items.
        start: Continue token, see :meth:`History.token`.
        items: Pods that are shown; alternatives are joined by "or".
        shows: Version of the list; with ``>=`` a lower bound; "" for any.
        token: Token in the answer: see :meth:`History.token`, "some" for any, "" for none.
        remaining: How many more there are; None if the answer must not say.
        fails: "refused", "too large", or the beginning of the message of a 410.
    """

    key: str
    version: str = ""
    match: str = ""
    field: str = ""
    limit: int = 0
    start: str = ""
    items: str = ""
    shows: str = ""
    token: str = ""
    remaining: int | None = None
    fails: str = ""

    @property
    def in_short(self) -> str:
        """Request and answer in one line."""
        asked = [
            f"`{self.key}`",
            self.version and f"version {self.version}",
            self.match,
            self.field and f"`{self.field}`",
            self.limit and f"limit {self.limit}",
            self.start and f"continue `{self.start.replace('|', chr(92) + '0')}`",
        ]
        told = [
            " or ".join(state.strip() or "nothing" for state in self.items.split("or")),
            self.shows and f"at {self.shows}",
            self.token and "a token",
            self.remaining is not None and f"{self.remaining} more",
        ]
        answer = self.fails or ", ".join(str(part) for part in told if part)
        return f"{', '.join(str(part) for part in asked if part)} → {answer}"


def case(number: str, says: str, key: str, version: str = "", match: str = "", **rest: Any) -> Any:
    """A case with its number in the catalogue and what it says."""
    return pytest.param(ListCase(key, version, match, **rest), id=f"{number} {says}")


OLD_LIST = "The resourceVersion for the provided list is too old."
OLD_TOKEN = "The provided continue parameter is too old to display a consistent list result."
BAR, FOO, BARFOO = "metadata.name=bar", "metadata.name=foo", "metadata.name=barfoo"
NOT_BAR = "metadata.name!=bar"
NEWEST = "Q0 P1 P2 P3 P4"
THIRD = "third/barfoo@L"

VERSIONS = [
    case("S025", "a version that is no number is refused", ALL, "abc", fails="refused"),
    case("S026", "a version beside a token is refused", ALL, "1", start="a@L", fails="refused"),
    case("S027", "a version not reached is too large", ALL, MAX_VERSION, fails="too large"),
    case("S028", "newest of one namespace", FIRST, items="Q0"),
    case("S029", "any version may lag", FIRST, "0", items="or Q0"),
    case("S030", "an exact version shows old content", FIRST, "P0", EXACT, items="P0", shows="P0"),
    case("S031", "an exact version before the first item", SECOND, "P0", EXACT, shows="P0"),
    case("S032", "an exact version in the middle", SECOND, "P1", EXACT, items="P1", shows="P1"),
    case("S033", "an exact compacted version is too old", FIRST, "R", EXACT, fails=OLD_LIST),
    case("S034", "not older than any", FIRST, "0", NOT_OLDER, items="or Q0"),
    case("S035", "an unknown match of any is refused", FIRST, "0", "Invalid", fails="refused"),
    case("S036", "a lower bound may be compacted", FIRST, "R", NOT_OLDER, items="or Q0"),
    case("S037", "an unknown match is refused", FIRST, "R", "Invalid", fails="refused"),
    case("S038", "a version alone is a lower bound", FIRST, "L", items="Q0"),
    case("S039", "exactly the last change", FIRST, "L", EXACT, items="Q0", shows="L"),
    case("S040", "not older than the last change", FIRST, "L", NOT_OLDER, items="Q0"),
    case("S041", "nothing below a prefix is an empty list", "/pods/non-existing/"),
    case("S042", "a field selector that nothing passes", FIRST, field=NOT_BAR),
    case("S043", "the same, not older than", FIRST, "L", NOT_OLDER, field=NOT_BAR),
]

LIMITS = [
    case("S044", "a page names the rest in its token", SECOND, limit=1,
         items="P1", shows="N", token="bar|@N", remaining=1),
    case("S045", "limit and version alone mean exactly", SECOND, "L", limit=1,
         items="P1", shows="L", token="bar|@L", remaining=1),
    case("S046", "a page at an exact version", SECOND, "L", EXACT, limit=1,
         items="P1", shows="L", token="bar|@L", remaining=1),
    case("S047", "a page not older than", SECOND, "L", NOT_OLDER, limit=1,
         items="P1", shows=">=L", token="some", remaining=1),
    case("S048", "a limit counts at any version too", SECOND, "0", limit=1,
         items="P1", shows=">=L", token="some", remaining=1),
    case("S049", "the same, not older than any", SECOND, "0", NOT_OLDER, limit=1,
         items="P1", shows=">=L", token="some", remaining=1),
    case("S050", "an empty page at an exact version", SECOND, "P0", EXACT, limit=1, shows="P0"),
    case("S051", "the limit is met and nothing follows", SECOND, "P1", EXACT, limit=1,
         items="P1", shows="P1"),
    case("S052", "the last page", SECOND, limit=1, start="foo@L", items="P2"),
    case("S053", "any version beside a token", SECOND, "0", limit=1, start="foo@L", items="P2"),
    case("S054", "no limit", SECOND, items="P1 P2"),
    case("S055", "no limit, not older than", SECOND, "L", NOT_OLDER, items="P1 P2"),
]  # fmt: skip

SELECTORS = [
    case("S056", "a full page of a selector may have a rest", ALL, field=BARFOO, limit=1,
         items="P3", token="some"),
    case("S057", "the same, not older than", ALL, "L", NOT_OLDER, field=BARFOO, limit=1,
         items="P3", token="some", shows=">=L"),
    case("S058", "a short page has no rest", ALL, field=BARFOO, limit=2, items="P3"),
    case("S059", "the same, not older than", ALL, "L", NOT_OLDER, field=BARFOO, limit=2,
         items="P3", shows=">=L"),
    case("S060", "the same at any version", ALL, "0", field=BARFOO, limit=2, items="or P3"),
    case("S061", "a full page with keys that do not match", ALL, field=BAR, limit=2,
         items="Q0 P1", token="some"),
    case("S062", "the same, not older than", ALL, "L", NOT_OLDER, field=BAR, limit=2,
         items="Q0 P1", token="some"),
    case("S063", "matches far apart fill one page", ALL, field=FOO, limit=2, items="P2 P4"),
    case("S064", "the same, not older than", ALL, "L", NOT_OLDER, field=FOO, limit=2,
         items="P2 P4"),
    case("S065", "go on with a selector", ALL, field=FOO, limit=2, start=THIRD, items="P4"),
    case("S066", "go on, full at the end", ALL, field=FOO, limit=1, start=THIRD, items="P4"),
    case("S067", "go on, short at the end", ALL, field=FOO, limit=2, start=THIRD, items="P4"),
    case("S068", "a limit as large as the range", ALL, field=FOO, limit=5, items="P2 P4"),
    case("S069", "the same, not older than", ALL, "L", NOT_OLDER, field=FOO, limit=5,
         items="P2 P4"),
    case("S070", "one match within the limit", ALL, field=BARFOO, limit=5, items="P3"),
    case("S071", "the same, not older than", ALL, "L", NOT_OLDER, field=BARFOO, limit=5,
         items="P3"),
    case("S072", "everything in key order", ALL, items=NEWEST),
    case("S073", "the same, not older than", ALL, "L", NOT_OLDER, items=NEWEST),
    case("S074", "a selector sees the update", ALL, "L", NOT_OLDER,
         field="spec.nodeName=fakeNode", limit=5, items="Q0"),
    case("S075", "a selector does not see the deleted", ALL, "L", NOT_OLDER,
         field="metadata.name=baz", limit=5),
    case("S076", "an empty list shows the newest version", "/pods/empty", shows="N"),
    case("S077", "an empty list at any version", "/pods/empty", "0", shows=">=R"),
]  # fmt: skip

HISTORY = [
    case("S078", "before the compaction is too old", ALL, "R", EXACT, fails=OLD_LIST),
    case("S079", "exactly the compacted version", ALL, "P0", EXACT, items="P0", shows="P0"),
    case("S080", "after the second creation", ALL, "P1", EXACT, items="P0 P1", shows="P1"),
    case("S081", "after the third", ALL, "P2", EXACT, items="P0 P1 P2", shows="P2"),
    case("S082", "after the fourth", ALL, "P3", EXACT, items="P0 P1 P2 P3", shows="P3"),
    case("S083", "after the fifth", ALL, "P4", EXACT, items="P0 P1 P2 P3 P4", shows="P4"),
    case("S084", "after the sixth, in key order", ALL, "P5", EXACT,
         items="P0 P1 P5 P2 P3 P4", shows="P5"),
    case("S085", "after the update", ALL, "Q0", EXACT, items="Q0 P1 P5 P2 P3 P4", shows="Q0"),
    case("S086", "after the deletion", ALL, "L", EXACT, items=NEWEST, shows="L"),
    case("S087", "after a write elsewhere", ALL, "N", EXACT, items=NEWEST, shows="N"),
    case("S088", "one past the newest is too large", ALL, "N+1", EXACT, fails="too large"),
    case("S089", "a page after the second", ALL, "P1", EXACT, limit=1,
         items="P0", shows="P1", token="first/bar|@P1", remaining=1),
    case("S090", "a page after the third", ALL, "P2", EXACT, limit=2,
         items="P0 P1", shows="P2", token="second/bar|@P2", remaining=1),
    case("S091", "a page that just fits", ALL, "P3", EXACT, limit=4,
         items="P0 P1 P2 P3", shows="P3"),
    case("S092", "a page after the fifth", ALL, "P4", EXACT, limit=1,
         items="P0", shows="P4", token="first/bar|@P4", remaining=4),
    case("S093", "a page after the sixth", ALL, "P5", EXACT, limit=2,
         items="P0 P1", shows="P5", token="second/bar|@P5", remaining=4),
    case("S094", "a page after the update", ALL, "Q0", EXACT, limit=4,
         items="Q0 P1 P5 P2", shows="Q0", token="second/foo|@Q0", remaining=2),
    case("S095", "a limit above the rest", ALL, "L", EXACT, limit=8, items=NEWEST, shows="L"),
    case("S096", "a page of the newest", ALL, "N", EXACT, limit=1,
         items="Q0", shows="N", token="first/bar|@N", remaining=4),
]  # fmt: skip

TOKENS = [
    case("S097", "a compacted token is too old", ALL, limit=1, start="first/bar|@R",
         fails=OLD_TOKEN),
    case("S098", "go on where nothing was yet", ALL, limit=1, start="first/bar|@P0", shows="P0"),
    case("S099", "go on to the end", ALL, limit=1, start="first/bar|@P1",
         items="P1", shows="P1"),
    case("S100", "go on within the third state", ALL, limit=2, start="second/bar|@P2",
         items="P2", shows="P2"),
    case("S101", "go on and leave a rest", ALL, limit=1, start="first/bar|@P4",
         items="P1", shows="P4", token="second/bar|@P4", remaining=3),
    case("S102", "go on through what was deleted since", ALL, limit=2, start="second/bar|@P5",
         items="P5 P2", shows="P5", token="second/foo|@P5", remaining=2),
    case("S103", "go on with a limit above the rest", ALL, limit=4, start="second/foo|@Q0",
         items="P3 P4", shows="Q0"),
    case("S104", "go on at the newest version", ALL, limit=1, start="first/bar|@N",
         items="P1", shows="N", token="second/bar|@N", remaining=3),
    case("S105", "an inconsistent token reads the newest", ALL, start="first/bar|@-1",
         items="P1 P2 P3 P4", shows="N"),
    case("S106", "its own rest is consistent again", ALL, limit=2, start="first/bar|@-1",
         items="P1 P2", shows="N", token="second/foo|@N", remaining=2),
    case("S107", "an inconsistent token near the end", ALL, start="second/foo|@-1",
         items="P3 P4", shows="N"),
    case("S108", "a token without a start is refused", ALL, start="@N", fails="refused"),
    case("S109", "a token without a version is refused", ALL, start="a@0", fails="refused"),
    case("S110", "a negative version is refused", ALL, "-1", fails="refused"),
]  # fmt: skip


class ListCases(StorageCases):
    """S025 to S110."""

    @pytest.fixture
    def history(self, h: Harness) -> History:
        """The history that the cases read."""
        empty = version_of(h.list())
        names = ["first/bar", "second/bar", "second/foo", "third/barfoo", "third/foo"]
        pods: dict[str, Pod] = {}
        for at, path in enumerate([*names, "second/baz"]):
            namespace, name = path.split("/")
            pods[f"P{at}"] = h.create(pod(name, namespace))
        pods["Q0"] = h.assign(pods["P0"], "fakeNode")
        last = version_of(h.delete(key_of(pods["P5"])))
        newest = h.compact(version_of(pods["P0"]))
        versions = {name: version_of(obj) for name, obj in pods.items()}
        return History(pods, {**versions, "R": empty, "L": last, "N": newest})

    @pytest.mark.parametrize("case", VERSIONS)
    def test_versions(self, h: Harness, history: History, case: ListCase) -> None:
        check(h, history, case)

    @pytest.mark.parametrize("case", LIMITS)
    def test_limits(self, h: Harness, history: History, case: ListCase) -> None:
        check(h, history, case)

    @pytest.mark.parametrize("case", SELECTORS)
    def test_selectors(self, h: Harness, history: History, case: ListCase) -> None:
        check(h, history, case)

    @pytest.mark.parametrize("case", HISTORY)
    def test_history(self, h: Harness, history: History, case: ListCase) -> None:
        check(h, history, case)

    @pytest.mark.parametrize("case", TOKENS)
    def test_tokens(self, h: Harness, history: History, case: ListCase) -> None:
        check(h, history, case)


def check(h: Harness, history: History, case: ListCase) -> None:
    """Ask what *case* asks, and compare."""
    with expected_failure(case.fails):
        out = h.list(
            case.key,
            history.version(case.version),
            case.match,
            field=case.field,
            limit=case.limit,
            continue_=history.token(case.start) if case.start else "",
        )
    if not case.fails:
        assert list(out.items) in history.states(case.items)
        check_meta(out, history, case)


@contextlib.contextmanager
def expected_failure(kind: str) -> Iterator[None]:
    """The failure that a case names, or none."""
    if not kind:
        yield
    elif kind == "refused":
        with pytest.raises(REFUSED):
            yield
    elif kind == "too large":
        with pytest.raises(TooLargeResourceVersion):
            yield
    else:
        with pytest.raises(Expired) as caught:
            yield
        assert str(caught.value).startswith(kind)


def check_meta(out: ObjectList[Pod], history: History, case: ListCase) -> None:
    """Compare version, token and rest of a list."""
    assert version_of(out) > 0
    if case.shows.startswith(">="):
        assert version_of(out) >= int(history.version(case.shows[2:]))
    elif case.shows:
        assert out.metadata.resource_version == history.version(case.shows)
    if case.token == "some":
        assert out.metadata.continue_
    else:
        assert out.metadata.continue_ == (history.token(case.token) if case.token else "")
    assert out.metadata.remaining_item_count == case.remaining
