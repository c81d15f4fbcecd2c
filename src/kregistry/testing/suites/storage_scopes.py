"""Statistics, lists by namespace and selector, compaction, keys. S169, S171 to S189.

Source: ``k8s.io/apiserver/pkg/storage/testing/store_tests.go``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
import pytest

from kregistry.core.v1 import Pod
from kregistry.meta.errors import Expired
from kregistry.storage.errors import KeyNotFound
from kregistry.storage.interface import ResponseMeta
from kregistry.testing.harness import Harness, key_of, pod, version_of
from kregistry.testing.suites.storage_cases import StorageCases


class StatsCases(StorageCases):
    """S169."""

    @pytest.mark.parametrize("estimate", [False, True], ids=["count", "count and size"])
    def test_s169_stats_count_objects_and_their_mean_size(self, h: Harness, estimate: bool) -> None:
        sizes: dict[str, int] = {}
        if estimate:
            h.pods.enable_resource_size_estimation(lambda: list(sizes))

        def check() -> None:
            h.list()
            stats = h.pods.stats(h.ctx)
            mean = sum(sizes.values()) // len(sizes) if sizes and estimate else 0
            assert stats.object_count == len(sizes)
            assert stats.estimated_average_object_size_bytes == mean

        def written(obj: Pod) -> None:
            sizes[key_of(obj)] = len(h.transformer.written[-1][1])
            check()

        check()
        foo = h.create(pod("foo"))
        written(foo)
        bar = h.create(pod("bar"))
        written(bar)
        written(h.annotate(bar, much="more" * 10))
        for obj in (foo, foo, bar):
            if sizes.pop(key_of(obj), None):
                h.delete(key_of(obj))
            else:
                with pytest.raises(KeyNotFound):
                    h.delete(key_of(obj))
            check()


@attrs.frozen
class ScopeCase:
    """A list of one namespace, or all, through a field selector.

    Attributes:
        namespace: Where to list; "" for everywhere.
        field: Field selector.
        pods: What is stored: ``name/namespace`` or ``name/namespace@node``.
        shown: Which of them are shown.
    """

    namespace: str
    field: str
    pods: str
    shown: str

    @property
    def in_short(self) -> str:
        """Request and answer in one line."""
        field = f" with `{self.field}`" if self.field else ""
        return f"of {self.pods}, `/pods/{self.namespace}`{field} shows {self.shown or 'nothing'}"


def scope(number: str, says: str, namespace: str, field: str, pods: str, shown: str) -> Any:
    """A case with its number."""
    return pytest.param(ScopeCase(namespace, field, pods, shown), id=f"{number} {says}")


ON_BAR1, OFF_BAR1 = "spec.nodeName=bar1", "spec.nodeName!=bar1"
NAME, SPACE = "metadata.name", "metadata.namespace"
TWO = "foo1/ns1 foo1/ns2"
BOUND = "foo1/ns1@bar1 foo2/ns1@bar2 foo1/ns2 foo2/ns2@bar2 foo3/ns2@bar1"
THREE = "foo1/ns1 foo1/ns2@bar1 foo1/ns3@bar2 foo2/ns1"

SCOPES = [
    scope("S171", "everything everywhere", "", "", TWO, TWO),
    scope("S172", "a namespace by field", "", f"{SPACE}=ns1", TWO, "foo1/ns1"),
    scope("S173", "a node by field", "", ON_BAR1, "foo1/ns1@bar1 foo1/ns2", "foo1/ns1@bar1"),
    scope("S174", "any other node", "", OFF_BAR1, "foo1/ns1@bar1 foo1/ns2", "foo1/ns2"),
    scope("S175", "a namespace", "ns1", "", f"{TWO} foo2/ns1", "foo1/ns1 foo2/ns1"),
    scope("S176", "a namespace twice", "ns1", f"{SPACE}=ns1", TWO, "foo1/ns1"),
    scope("S177", "two namespaces at once", "ns1", f"{SPACE}=ns2", TWO, ""),
    scope("S178", "a node in a namespace", "ns1", "spec.nodeName=bar2", BOUND, "foo2/ns1@bar2"),
    scope(
        "S179", "any other node in a namespace", "ns2", OFF_BAR1, BOUND, "foo1/ns2 foo2/ns2@bar2"
    ),
    scope("S180", "a name everywhere", "", f"{NAME}=foo1", f"{TWO} foo2/ns1", TWO),
    scope("S181", "name and namespace", "", f"{NAME}=foo1,{SPACE}=ns1", TWO, "foo1/ns1"),
    scope("S182", "name and node", "", f"{NAME}=foo1,{ON_BAR1}", THREE, "foo1/ns2@bar1"),
    scope(
        "S183", "name and other nodes", "", f"{NAME}=foo1,{OFF_BAR1}", THREE,
        "foo1/ns1 foo1/ns3@bar2",
    ),
    scope("S184", "a name in a namespace", "ns1", f"{NAME}=foo1", f"{TWO} foo2/ns1", "foo1/ns1"),
    scope(
        "S185", "a name in a namespace twice", "ns1", f"{NAME}=foo1,{SPACE}=ns1",
        f"{TWO} foo2/ns1", "foo1/ns1",
    ),
    scope(
        "S186", "name, namespace and node", "ns2", f"{NAME}=foo2,{SPACE}=ns2,{ON_BAR1}",
        f"{TWO} foo2/ns1@bar1 foo2/ns2@bar1", "foo2/ns2@bar1",
    ),
    scope(
        "S187", "name, namespace and other nodes", "ns2",
        f"{NAME}=foo1,{SPACE}=ns2,spec.nodeName!=bar2", "foo1/ns1 foo1/ns2@bar1 foo2/ns2@bar2",
        "foo1/ns2@bar1",
    ),
]  # fmt: skip


def parsed(text: str) -> Pod:
    """``name/namespace@node`` as a Pod."""
    path, _, node = text.partition("@")
    name, _, namespace = path.partition("/")
    return pod(name, namespace, node=node)


class ScopedListCases(StorageCases):
    """S171 to S187."""

    @pytest.mark.parametrize("case", SCOPES)
    def test_scope(self, h: Harness, case: ScopeCase) -> None:
        stored = {text: h.create(parsed(text)) for text in case.pods.split()}

        out = h.list(f"/pods/{case.namespace}", field=case.field)

        expected = sorted((stored[text] for text in case.shown.split()), key=key_of)
        assert list(out.items) == expected


class CompactionCases(StorageCases):
    """S188."""

    def test_s188_compaction_ends_exact_reads_and_is_reported(self, h: Harness) -> None:
        h.create(pod("foo"))
        current = version_of(h.list())
        assert h.pods.compact_revision() < current
        h.list(version=str(current), match="Exact")

        h.bump()
        h.compact(current + 1)

        with pytest.raises(Expired, match="list is too old"):
            h.list(version=str(current), match="Exact")
        assert h.pods.compact_revision() == current + 1


EMPTY_KEYS = ["", "/"]
CLIMBING_KEYS = [".", ".."]
FOREIGN_KEYS = ["pods", "/pods", "/pods.apps", "/foo/"]
GOOD_KEYS = ["/pods/", "/pods/namespace", "/pods/namespace/name"]


def verbs(h: Harness) -> dict[str, Callable[[str], object]]:
    """Everything that takes a key."""

    def update(key: str) -> Pod:
        def annotated(stored: Pod, _: ResponseMeta) -> Pod:
            stored.metadata.annotations["updated"] = "yes"
            return stored

        return h.pods.guaranteed_update(h.ctx, key, annotated)

    return {
        "create": lambda key: h.pods.create(h.ctx, key, Pod()),
        "list": lambda key: h.list(key),
        "list one": lambda key: h.list(key, recursive=False),
        "get": lambda key: h.get(key),
        "watch": lambda key: h.watch(key),
        "watch one": lambda key: h.watch(key, recursive=False),
        "update": update,
        "delete": lambda key: h.delete(key),
    }


class KeyCases(StorageCases):
    """S189."""

    def test_s189_a_key_is_refused_before_anything_else_is_looked_at(self, h: Harness) -> None:
        for name, verb in verbs(h).items():
            for key in EMPTY_KEYS:
                assert refusal(verb, key) == f'empty key: "{key}"', name
            for key in CLIMBING_KEYS:
                assert refusal(verb, key) == f'invalid key: "{key}"', name
            for key in FOREIGN_KEYS:
                if name in ("list", "watch"):
                    key = key.removesuffix("/") + "/"  # everything below it
                if key != "/pods/":
                    expected = f'invalid key: "{key}" lacks resource prefix: "/pods/"'
                    assert refusal(verb, key) == expected, name

    def test_s189_any_key_below_the_resource_may_hold_an_object(self, h: Harness) -> None:
        for key in GOOD_KEYS:
            for verb in verbs(h).values():
                verb(key)


def refusal(verb: Callable[[str], object], key: str) -> str:
    """What a verb has against a key."""
    with pytest.raises(ValueError, match="key") as caught:
        verb(key)
    return str(caught.value)
