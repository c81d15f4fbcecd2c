"""Consistent lists, lists of one key, and what lies below a prefix. Cases S111 to S150.

Source: ``k8s.io/apiserver/pkg/storage/testing/store_tests.go``.
"""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from kregistry.core.v1 import Pod
from kregistry.meta.errors import TooLargeResourceVersion
from kregistry.testing.harness import MAX_VERSION, Harness, continue_token, pod, version_of
from kregistry.testing.suites.storage_cases import StorageCases


class ConsistentListCases(StorageCases):
    """S111 to S114: every step lies between two writes that no Pod list sees."""

    @pytest.mark.parametrize(
        ("version", "start"),
        [
            pytest.param("0", "", id="S111 any version before a consistent read is current"),
            pytest.param("", "", id="S112 the list of no version is current"),
            pytest.param("", "a", id="S113 an inconsistent token reads the current version"),
        ],
    )
    def test_consistent_list(self, h: Harness, version: str, start: str) -> None:
        h.create(pod("foo"))
        current = h.bump()
        token = continue_token(start, -1) if start else ""

        out = h.list("/pods/empty", version, continue_=token)

        assert version_of(out) == current
        assert list(out.items) == []

    def test_s114_any_version_after_a_consistent_read_is_current(self, h: Harness) -> None:
        h.bump()
        h.list("/pods/empty")
        current = h.bump()

        assert version_of(h.list("/pods/empty", "0")) == current


@attrs.frozen
class OneKeyCase:
    """A list of one key.

    Attributes:
        version: "" or "0", or created, updated or max for the version of that name.
        match: The match rule of *version*.
        items: States that may be shown: created, updated, or "" for none.
        key: Which key; that of the stored Pod unless told otherwise.
        field: Field selector.
    """

    version: str = ""
    match: str = ""
    items: tuple[str, ...] = ("updated",)
    key: str = "/pods/ns/foo"
    field: str = ""

    @property
    def in_short(self) -> str:
        """Request and answer in one line."""
        asked = [f"`{self.key}`", self.version, self.match, self.field]
        shown = " or ".join(item or "nothing" for item in self.items)
        return f"{', '.join(part for part in asked if part)} → {shown}"


def one_key(number: str, says: str, *args: Any, **rest: Any) -> Any:
    """A case with its number."""
    return pytest.param(OneKeyCase(*args, **rest), id=f"{number} {says}")


ANY_STATE = ("", "created", "updated")
NOTHING = ("",)
MISSING = "/pods/ns/missing"
NOT_FOO, NOT_MISSING = "metadata.name!=foo", "metadata.name!=missing"

ONE_KEY = [
    one_key("S115", "the newest"),
    one_key("S116", "any version", "0", items=ANY_STATE),
    one_key("S117", "not older than any", "0", "NotOlderThan", items=ANY_STATE),
    one_key("S118", "a version alone is a lower bound", "updated"),
    one_key("S119", "not older than the update", "updated", "NotOlderThan"),
    one_key("S120", "not older than the creation", "created", "NotOlderThan", items=ANY_STATE[1:]),
    one_key("S121", "exactly the update", "updated", "Exact"),
    one_key("S122", "exactly the creation", "created", "Exact", items=("created",)),
    one_key("S124", "a key that is missing is an empty list", key=MISSING, items=NOTHING),
    one_key("S125", "a missing key and a selector", key=MISSING, field=NOT_MISSING, items=NOTHING),
    one_key("S126", "a key that the selector leaves out", "updated", field=NOT_FOO, items=NOTHING),
]


class OneKeyListCases(StorageCases):
    """S115 to S126."""

    @pytest.fixture
    def states(self, h: Harness) -> dict[str, Pod]:
        """Foo as created and as updated; later something else was written."""
        created = h.create(pod("foo"))
        states = {"created": created, "updated": h.assign(created, "node")}
        h.bump()
        return states

    @pytest.mark.parametrize("case", ONE_KEY)
    def test_list_of_one_key(self, h: Harness, states: dict[str, Pod], case: OneKeyCase) -> None:
        version = case.version
        if version in states:
            version = states[version].metadata.resource_version

        out = h.list(case.key, version, case.match, recursive=False, field=case.field)

        allowed = [[states[name]] if name else [] for name in case.items]
        assert list(out.items) in allowed
        assert version_of(out) > 0

    def test_s123_a_version_not_reached_is_too_large(
        self, h: Harness, states: dict[str, Pod]
    ) -> None:
        with pytest.raises(TooLargeResourceVersion):
            h.list("/pods/ns/foo", MAX_VERSION, recursive=False)


PREFIXES = [
    ("/pods/", False, "", "the resource itself is no object"),
    ("/pods/", True, "foo foobar baz", "everything below the resource"),
    ("/pods/test-ns/", False, "", "a namespace is no object"),
    ("/pods/test-ns/", True, "foo foobar", "a namespace does not show another that begins alike"),
    ("/pods/test-ns/foo", False, "foo", "one key does not show another that begins alike"),
    ("/pods/test-ns/foo", True, "", "nothing lies below an object"),
    ("/pods/test-ns/foobar", False, "foobar", "the longer key"),
    ("/pods/test-ns/foobar", True, "", "nothing lies below the longer key"),
]
VERSIONS = [
    ("last", "Exact", "exactly"),
    ("", "", "newest"),
    ("0", "NotOlderThan", "not older than any"),
]


def prefix_cases() -> list[Any]:
    """Eight keys times three versions."""
    made = []
    for at, (key, recursive, names, says) in enumerate(PREFIXES):
        for nth, (version, match, how) in enumerate(VERSIONS):
            number = f"S{127 + 3 * at + nth}"
            case = (key, recursive, version, match, names.split())
            made.append(pytest.param(*case, id=f"{number} {says}, {how}"))
    return made


class PrefixListCases(StorageCases):
    """S127 to S150."""

    @pytest.mark.parametrize(("key", "recursive", "version", "match", "names"), prefix_cases())
    def test_what_lies_below_a_key(
        self, h: Harness, key: str, recursive: bool, version: str, match: str, names: list[str]
    ) -> None:
        h.create(pod("foo", "test-ns"))
        h.create(pod("foobar", "test-ns"))
        last = h.create(pod("baz", "test-ns2"))
        if version == "last":
            version = last.metadata.resource_version

        out = h.list(key, version, match, recursive=recursive)

        assert [item.metadata.name for item in out] == names
        assert out.metadata.continue_ == ""
