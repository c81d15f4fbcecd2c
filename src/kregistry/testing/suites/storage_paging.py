"""Pages: what they read, how they join, what expires. Cases S151 to S155 and S170.

Source: ``k8s.io/apiserver/pkg/storage/testing/store_tests.go``.
"""

from __future__ import annotations

import pytest

from kregistry.core.v1 import Pod
from kregistry.meta.errors import Expired
from kregistry.meta.object import ObjectList
from kregistry.testing.harness import Harness, pod, version_of
from kregistry.testing.suites.storage_cases import StorageCases


def names(out: ObjectList[Pod]) -> list[str]:
    """The names on a page."""
    return [item.metadata.name for item in out.items]


class PagingCases(StorageCases):
    """S151 to S155 and S170."""

    def test_s151_pages_join_to_the_list_and_share_its_version(self, h: Harness) -> None:
        stored = [h.create(pod("bar", "first")), h.create(pod("bar", "second"))]
        stored.append(h.create(pod("foo", "second")))
        version = stored[-1].metadata.resource_version

        with h.expect_reads(values=1, ranges=1):
            first = h.list(limit=1)
        with h.expect_reads(values=2, ranges=1):
            rest = h.list(continue_=first.metadata.continue_)
        with h.expect_reads(values=1, ranges=1):
            second = h.list(limit=1, continue_=first.metadata.continue_)
        with h.expect_reads(values=1, ranges=1):
            third = h.list(limit=1, continue_=second.metadata.continue_)

        shown = [list(page.items) for page in (first, rest, second, third)]
        assert shown == [stored[:1], stored[1:], stored[1:2], stored[2:]]
        assert {p.metadata.resource_version for p in (first, rest, second, third)} == {version}
        assert [bool(p.metadata.continue_) for p in (first, rest, second, third)] == [
            True,
            False,
            True,
            False,
        ]

    def test_s152_a_rare_object_is_found_with_ever_larger_reads(self, h: Harness) -> None:
        for at in range(1000):
            h.create(pod(f"pod-{at:03}"))

        with h.expect_reads(values=1000, ranges=10):
            out = h.list(field="metadata.name=pod-999", limit=1)

        assert names(out) == ["pod-999"]
        assert out.metadata.continue_ == ""

    def test_s153_pages_of_a_selector_read_on_until_they_are_full(self, h: Harness) -> None:
        stored = [
            h.create(pod(name, f"ns{at}")) for at, name in enumerate(("foo", "bar", "foo", "foo"))
        ]

        with h.expect_reads(values=3, ranges=2):
            first = h.list(field="metadata.name!=bar", limit=2)
        with h.expect_reads(values=1, ranges=1):
            second = h.list(field="metadata.name!=bar", limit=2, continue_=first.metadata.continue_)

        assert list(first.items) == [stored[0], stored[2]]
        assert first.metadata.continue_
        assert list(second.items) == [stored[3]]
        assert second.metadata.continue_ == ""
        assert version_of(first) == version_of(second) == version_of(stored[3])

    def test_s154_an_expired_token_offers_an_inconsistent_one(self, h: Harness) -> None:
        stored = [h.create(pod(f"pod-{at}")) for at in range(3)]
        first = h.list(version="0", limit=1)
        updated = h.assign(stored[2], "node")
        h.compact(version_of(updated))

        with pytest.raises(Expired) as caught:
            h.list(limit=1, continue_=first.metadata.continue_)
        assert str(caught.value).startswith("The provided continue parameter is too old ")
        meta = caught.value.status.metadata
        assert meta is not None

        second = h.list(limit=1, continue_=meta.continue_)
        third = h.list(limit=1, continue_=second.metadata.continue_)

        assert list(second.items) == [stored[1]]
        assert version_of(second) >= version_of(updated)
        assert list(third.items) == [updated]
        assert version_of(third) == version_of(second)
        assert third.metadata.continue_ == ""

    @pytest.mark.parametrize(
        "match", [pytest.param("", id="newest"), pytest.param("NotOlderThan", id="not older")]
    )
    def test_s155_the_version_of_a_list_tells_what_it_shows(self, h: Harness, match: str) -> None:
        """Pods keep appearing while the list is read."""
        for at in range(5):
            h.create(pod(f"pod-{at}", labels={"even": str(at % 2 == 0).lower()}))
        version = str(version_of(h.list())) if match else ""
        self._create_on_every_read(h)

        seen = h.list(version=version, match=match, label="even=true", limit=4)
        again = h.list(
            version=seen.metadata.resource_version, match="Exact", label="even=true", limit=4
        )

        assert len(seen.items) >= 3
        assert (seen.items, seen.metadata) == (again.items, again.metadata)

    def _create_on_every_read(self, h: Harness) -> None:
        """Every value read makes one more Pod that the selector shows."""
        made = iter(range(5, 1000))

        def create() -> None:
            h.create(pod(f"pod-{next(made):03}", labels={"even": "true"}))

        h.transformer.on_read = create

    def test_s170_pages_do_not_show_what_is_created_between_them(self, h: Harness) -> None:
        for at in range(4):
            h.create(pod(f"test-{at}"))
        shown: list[str] = []
        token, calls = "", 0
        while calls == 0 or token:
            page = h.list(limit=1, continue_=token)
            token, calls = page.metadata.continue_, calls + 1
            shown += names(page)
            if calls == 2:
                h.create(pod("test-5"))

        assert calls == 4
        assert shown == ["test-0", "test-1", "test-2", "test-3"]
