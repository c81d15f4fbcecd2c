"""Applying: make what is stored look like what is declared, as ``kubectl apply`` does.

What is not there is created. What is there gets a merge patch of three parts: what is declared
now, what was declared the last time, and what is there. So fields that others wrote stay, and
fields that are declared no longer go. The last declaration is remembered by who applies, not in
an annotation, which would be one more thing to ignore in a test.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from kregistry.kube.kinds import Kinds
from kregistry.kube.objects import Objects, Tree
from kregistry.server import APIResource

#: What has to be there before anything else can be, first of all.
_FIRST: Final = ("Namespace", "CustomResourceDefinition")


class Applying:
    """Applies objects, and remembers what it applied.

    Args:
        objects: Asks the server.
        kinds: Finds resources.
    """

    def __init__(self, objects: Objects, kinds: Kinds) -> None:
        self._objects = objects
        self._kinds = kinds
        self._declared: dict[str, Tree] = {}  # by uid

    def apply(self, trees: Iterable[Tree], *, namespace: str) -> list[Tree]:
        """Apply all of *trees*; namespaces and definitions of kinds come first.

        Args:
            trees: What is declared.
            namespace: For objects that belong into one and do not say which.

        Returns:
            The objects as they are stored now, in the order in which they were given.

        Raises:
            StatusError: The server refuses one. Those before it are applied.
            ValueError: A kind is not served.
        """
        given = list(trees)
        made: dict[int, Tree] = {}
        for index in sorted(range(len(given)), key=lambda index: _rank(given[index])):
            made[index] = self._one(given[index], namespace)
        return [made[index] for index in range(len(given))]

    def _one(self, tree: Tree, namespace: str) -> Tree:
        served = self._kinds.of_kind(tree["apiVersion"], tree["kind"])
        metadata = tree.get("metadata", {})
        name = _text(metadata.get("name"))
        if served.resource.namespaced:
            namespace = _text(metadata.get("namespace")) or namespace
        else:
            namespace = ""
        stored = self._objects.find(served, namespace, name) if name else None
        if stored is None:
            applied = self._objects.create(served, namespace, tree)
        else:
            applied = self._change(served, stored, tree)
        self._declared[applied["metadata"]["uid"]] = tree
        return applied

    def _change(self, served: APIResource, stored: Tree, tree: Tree) -> Tree:
        metadata = stored["metadata"]
        before = self._declared.get(metadata["uid"], {})
        patch = three_way_patch(before, tree, stored)
        if not patch:
            return stored
        namespace = metadata.get("namespace", "")
        return self._objects.merge(served, namespace, metadata["name"], patch)


def three_way_patch(before: Tree, now: Tree, stored: Tree) -> Tree:
    """The merge patch that brings *stored* from what was declared to what is declared now.

    Lists are values: one that differs is replaced as a whole.
    """
    patch: dict[str, Any] = {}
    for key in before:
        if key not in now and key in stored:
            patch[key] = None
    for key, value in now.items():
        there = stored.get(key)
        if isinstance(value, dict) and isinstance(there, dict):
            earlier = before.get(key)
            inner = three_way_patch(earlier if isinstance(earlier, dict) else {}, value, there)
            if inner:
                patch[key] = inner
        elif value != there:
            patch[key] = value
    return patch


def _text(value: Any) -> str:
    """*value*; "" for what is no text, of which the server tells what is wrong with it."""
    return value if isinstance(value, str) else ""


def _rank(tree: Tree) -> int:
    kind = tree["kind"]
    return _FIRST.index(kind) if kind in _FIRST else len(_FIRST)
