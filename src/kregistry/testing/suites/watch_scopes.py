"""Watches of one key, a namespace or everything, through selectors. Cases W022 to W044.

A case is a row: where to watch, through which selector, and the steps. A step writes one Pod
and says what the watch shows of it: ``A`` added, ``M`` modified, ``D`` deleted, ``-`` nothing.

Source: ``k8s.io/apiserver/pkg/storage/testing/watcher_tests.go``.
"""

from __future__ import annotations

import copy
from typing import Any

import attrs
import pytest

from kregistry.core.v1 import Pod
from kregistry.storage.interface import ResponseMeta
from kregistry.storage.watch import EventType
from kregistry.testing.harness import Harness
from kregistry.testing.suites.storage_cases import StorageCases

SHOWN = {"A": EventType.ADDED, "M": EventType.MODIFIED, "D": EventType.DELETED}


@attrs.frozen
class ScopeCase:
    """One watch.

    Attributes:
        path: Key below ``/pods/``; everything below it if it is empty or ends in a slash.
        field: Field selector.
        steps: ``PATH[@NODE] SHOWN``, separated by commas.
    """

    path: str
    field: str
    steps: str

    @property
    def in_short(self) -> str:
        """The watch and its steps in one line."""
        field = f" with `{self.field}`" if self.field else ""
        return f"`/pods/{self.path}`{field} shows {self.steps}"


def scope(number: str, says: str, path: str, field: str, steps: str) -> Any:
    """A case with its number."""
    return pytest.param(ScopeCase(path, field, steps), id=f"{number} {says}")


ON, OFF = "spec.nodeName=bar1", "spec.nodeName!=bar1"
FOO1, FOO2 = "metadata.name=foo1", "metadata.name=foo2"
NS1, NS2 = "metadata.namespace=ns1", "metadata.namespace=ns2"

CLUSTER = [
    scope("W022", "everything", "", "", "foo1 A, foo1 M, foo2 A"),
    scope("W023", "a node", "", ON, "foo1 -, foo1@bar1 A"),
    scope("W024", "other nodes", "", OFF, "foo1 A, foo2 A, foo1 M, foo1@bar1 D"),
    scope("W025", "a key", "foo1", "", "foo1 A, foo2 -, foo1 M, foo2 -"),
    scope("W026", "a key and a node", "foo1", ON,
          "foo1 -, foo2 -, foo1 -, foo2 -, foo1@bar1 A"),
    scope("W027", "a key and other nodes", "foo1", OFF,
          "foo1 A, foo2 -, foo1 M, foo1@bar1 D, foo2@bar1 -"),
]  # fmt: skip

NAMESPACED = [
    scope("W028", "everything", "", "", "ns1/foo1 A, ns2/foo2 A, ns1/foo1 M, ns2/foo2 M"),
    scope("W029", "a namespace by field", "", NS1,
          "ns1/foo1 A, ns2/foo1 -, ns1/foo1 M, ns2/foo1 -"),
    scope("W030", "a node", "", ON, "ns1/foo1 -, ns2/foo2 -, ns1/foo1@bar1 A, ns2/foo2@bar1 A"),
    scope("W031", "other nodes", "", OFF,
          "ns1/foo1 A, ns2/foo2 A, ns1/foo1 M, ns1/foo1@bar1 D"),
    scope("W032", "a namespace", "ns1/", "",
          "ns1/foo1 A, ns2/foo1 -, ns1/foo2 A, ns1/foo1 M, ns2/foo1 -"),
    scope("W033", "a namespace twice", "ns1/", NS1, "ns1/foo1 A, ns2/foo1 -, ns1/foo1 M"),
    scope("W034", "two namespaces at once", "ns1/", NS2,
          "ns1/foo1 -, ns2/foo1 -, ns1/foo1 -, ns2/foo1 -"),
    scope("W035", "a node in a namespace", "ns1/", "spec.nodeName=bar2",
          "ns1/foo1 -, ns1/foo1@bar1 -, ns2/foo1@bar2 -, ns1/foo1@bar2 A"),
    scope("W036", "other nodes in a namespace", "ns2/", OFF,
          "ns1/foo1 -, ns2/foo1 A, ns2/foo1@bar1 D, ns2/foo1@bar2 A"),
    scope("W037", "a name everywhere", "", FOO1,
          "ns1/foo1 A, ns2/foo1 A, ns1/foo2 -, ns1/foo1 M, ns1/foo1@bar1 M"),
    scope("W038", "name and namespace", "", f"{FOO1},{NS1}",
          "ns1/foo1 A, ns1/foo2 -, ns2/foo1 -, ns1/foo1 M, ns1/foo1@bar1 M"),
    scope("W039", "name and node", "", f"{FOO1},{ON}",
          "ns1/foo1 -, ns1/foo1 -, ns1/foo1@bar1 A"),
    scope("W040", "name and other nodes", "", f"{FOO1},{OFF}",
          "ns1/foo1 A, ns1/foo2 -, ns1/foo1 M, ns1/foo1@bar1 D, ns1/foo1@bar2 A"),
    scope("W041", "a key and its name", "ns1/foo1", FOO1,
          "ns1/foo1 A, ns1/foo2 -, ns1/foo1 M, ns1/foo1@bar1 M"),
    scope("W042", "a key, its name and namespace", "ns1/foo2", f"{FOO2},{NS1}",
          "ns1/foo1 -, ns1/foo2 A, ns1/foo1 -, ns1/foo2@bar1 M"),
    scope("W043", "a key, its name and a node", "ns1/foo1", f"{FOO1},{NS1},{ON}",
          "ns1/foo1 -, ns1/foo2 -, ns2/foo1 -, ns1/foo1 -, ns1/foo1@bar1 A"),
    scope("W044", "a key, its name and other nodes", "ns1/foo2", f"{FOO2},{NS1},{OFF}",
          "ns1/foo1 -, ns2/foo2 -, ns1/foo2 A, ns1/foo2 M, ns1/foo2@bar1 D"),
]  # fmt: skip


class ScopedWatchCases(StorageCases):
    """W022 to W044."""

    @pytest.mark.parametrize("case", CLUSTER)
    def test_cluster_scope(self, h: Harness, case: ScopeCase) -> None:
        check(h, case)

    @pytest.mark.parametrize("case", NAMESPACED)
    def test_namespaces(self, h: Harness, case: ScopeCase) -> None:
        check(h, case)


def check(h: Harness, case: ScopeCase) -> None:
    """Take the steps, then read what was shown: nothing but what they say, in their order."""
    recursive = case.path.endswith("/") or not case.path
    version = h.list().metadata.resource_version
    watch = h.watch(f"/pods/{case.path}", version, recursive=recursive, field=case.field)
    stored: dict[str, Pod] = {}
    for nth, step in enumerate(case.steps.split(", ")):
        target, _, shown = step.partition(" ")
        path, _, node = target.partition("@")
        before, stored[path] = stored.get(path), upsert(h, path, node, nth)
        if shown == "-":
            continue
        expected = stored[path]
        if shown == "D":
            assert before is not None
            expected = copy.deepcopy(before)
            expected.metadata.resource_version = stored[path].metadata.resource_version
        h.expect(watch, SHOWN[shown], expected)
    h.expect_nothing(watch)


def upsert(h: Harness, path: str, node: str, nth: int) -> Pod:
    """Create or change the Pod under *path*; *nth* makes every write differ."""

    def write(obj: Pod, meta: ResponseMeta) -> Pod:
        obj.metadata.namespace, _, obj.metadata.name = path.rpartition("/")
        obj.metadata.annotations["step"] = str(nth)
        obj.spec.node_name = node
        return obj

    return h.pods.guaranteed_update(h.ctx, f"/pods/{path}", write, ignore_not_found=True)
