"""Owners: which of an object's owners still stand.

Source: ``GarbageCollector.classifyReferences``, ``isDangling`` of
``k8s.io/kubernetes/pkg/controller/garbagecollector/garbagecollector.go``.
"""

from __future__ import annotations

import attrs

from kregistry.controllers.collected import Unresolved
from kregistry.controllers.graph import Graph, Node
from kregistry.controllers.identity import Identity
from kregistry.controllers.served import Kinds, Served
from kregistry.meta.objectmeta import OwnerReference


@attrs.frozen
class Standing:
    """An object's references to owners, sorted.

    Attributes:
        solid: The owner is there, and may be on its way out for reasons of its own.
        dangling: There is no such owner.
        waiting: The owner is there, being deleted, and waits for its dependents to go first.
    """

    solid: tuple[OwnerReference, ...]
    dangling: tuple[OwnerReference, ...]
    waiting: tuple[OwnerReference, ...]


class UnresolvedOwner(Exception):
    """Nothing can be known of an owner. Never leaves this package."""

    def __init__(self, found: Unresolved) -> None:
        super().__init__(found.problem)
        self.found = found


class Owners:
    """Looks owners up, in the graph and, before anything is done, in their Stores.

    An owner is the object with the kind, the name and the uid of the reference, in the
    dependent's namespace unless it is cluster-scoped.
    """

    def __init__(self, kinds: Kinds, graph: Graph) -> None:
        self._kinds = kinds
        self._graph = graph
        self._absent: set[Identity] = set()

    def all_stand(self, node: Node) -> bool:
        """Whether every owner is in the graph and in no need of anything. Asks no Store.

        Raises:
            UnresolvedOwner: That cannot be said of one of them.
        """
        for reference in node.owners:
            _, identity = self._where(node, reference)
            owner = self._graph.get(identity)
            if owner is None or owner.deletes_dependents:
                return False
        return True

    def classify(self, node: Node) -> Standing:
        """Sort the references to owners, by what is stored now.

        Raises:
            UnresolvedOwner: An owner cannot be looked up.
            StatusError: Reading it failed.
        """
        solid, dangling, waiting = [], [], []
        for reference in node.owners:
            owner = self._find(node, reference)
            if owner is None:
                dangling.append(reference)
            elif owner.deletes_dependents:
                waiting.append(reference)
            else:
                solid.append(reference)
        return Standing(tuple(solid), tuple(dangling), tuple(waiting))

    def _find(self, node: Node, reference: OwnerReference) -> Node | None:
        served, identity = self._where(node, reference)
        if identity in self._absent:
            return None
        found = served.read(identity)
        if found is None:
            self._absent.add(identity)  # an object that went never comes back
            return None
        return Node.of(served, found)

    def _where(self, node: Node, reference: OwnerReference) -> tuple[Served, Identity]:
        served = self._kinds.of_owner(reference)
        if served is None:
            raise _unresolved(
                node,
                reference,
                f"nobody serves {reference.kind} in version {reference.api_version}",
            )
        namespace = node.identity.namespace
        if served.namespaced and not namespace:
            raise _unresolved(
                node, reference, "the owner lives in a namespace, its dependent does not"
            )
        return served, Identity(
            reference.api_version,
            reference.kind,
            namespace if served.namespaced else "",
            reference.name,
            reference.uid,
        )


def _unresolved(node: Node, reference: OwnerReference, problem: str) -> UnresolvedOwner:
    return UnresolvedOwner(Unresolved(node.identity, reference, problem))
