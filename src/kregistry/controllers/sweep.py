"""Sweep: one step of the garbage collector.

Source: ``k8s.io/kubernetes/pkg/controller/garbagecollector/garbagecollector.go``
attemptToDeleteItem, attemptToOrphanWorker.
"""

from __future__ import annotations

from kregistry.controllers.collected import (
    Action,
    Change,
    Collected,
    Failure,
    Unresolved,
    Waiting,
)
from kregistry.controllers.graph import Graph, Node
from kregistry.controllers.identity import Identity
from kregistry.controllers.owners import Owners, Standing, UnresolvedOwner
from kregistry.controllers.served import Kinds
from kregistry.controllers.worklist import Worklist
from kregistry.controllers.writing import Gone, delete, disown, release, unblock
from kregistry.meta.errors import Conflict, StatusError
from kregistry.registry.finalizers import FOREGROUND_DELETION, ORPHAN


class Sweep:
    """Looks at every object once, and again at those that a change concerns. Used once.

    Objects come in the order of the Stores and of their keys; what a change concerns comes
    after what waits already.

    Args:
        kinds: The Stores.
    """

    def __init__(self, kinds: Kinds) -> None:
        self._kinds = kinds
        self._graph = Graph()
        self._owners = Owners(kinds, self._graph)
        self._work = Worklist()
        self._changes: list[Change] = []
        self._unresolved: dict[Identity, Unresolved] = {}
        self._failures: dict[Identity, Failure] = {}
        #: Objects that others took away, and perhaps put something else in their place.
        self._vanished: dict[Identity, None] = {}
        #: Owners that had dependents in this step, to be orphaned.
        self._orphaning: set[Identity] = set()

    def run(self) -> Collected:
        """Do it."""
        for served in self._kinds:
            for obj in served.all():
                self._graph.put(Node.of(served, obj))
        self._work.add(node.identity for node in self._graph)
        while (identity := self._work.take()) is not None:
            node = self._graph.get(identity)
            if node is not None:
                self._attend(node)
        return Collected(
            changes=tuple(self._changes),
            waiting=tuple(self._waiting(node) for node in self._graph if node.deleting),
            unresolved=tuple(self._unresolved.values()),
            failures=tuple(self._failures.values()),
            unsettled=(*self._work.exhausted, *self._vanished),
        )

    def _attend(self, node: Node) -> None:
        """Do what the state of the object asks for, and keep what goes wrong."""
        self._unresolved.pop(node.identity, None)
        try:
            if node.orphans_dependents:
                self._orphan(node)
            elif node.deletes_dependents:
                self._end_foreground(node)
            elif node.owners and not node.deleting and not self._owners.all_stand(node):
                self._judge(node)
        except UnresolvedOwner as unresolved:
            self._unresolved[node.identity] = unresolved.found
        except Gone:
            self._vanish(node)
        except Conflict:
            self._look_again(node)
        except StatusError as error:
            self._failures[node.identity] = Failure(node.identity, error)

    def _orphan(self, node: Node) -> None:
        """Take the object from its dependents; once it has none, let it go.

        The finalizer goes in a later step, when nobody turned up in the meantime: a dependent
        that is overlooked here would be deleted.
        """
        dependents = self._graph.dependents(node.uid)
        for dependent in dependents:
            self._orphaning.add(node.identity)
            self._orphan_one(dependent, node)
        if node.identity not in self._orphaning and self._work.attempt(node.identity):
            release(node, ORPHAN)
            self._done(Action.RELEASED, node)

    def _orphan_one(self, dependent: Node, owner: Node) -> None:
        if not self._work.attempt(dependent.identity):
            return
        references = [reference for reference in dependent.owners if reference.uid == owner.uid]
        try:
            disown(dependent, references)
            self._done(Action.DISOWNED, dependent)
        except Gone:
            self._vanish(dependent)
        except StatusError as error:
            self._failures[dependent.identity] = Failure(dependent.identity, error)

    def _end_foreground(self, node: Node) -> None:
        """Let the object go, if no dependent blocks it any longer."""
        if self._graph.is_blocked(node.uid) or not self._work.attempt(node.identity):
            return
        release(node, FOREGROUND_DELETION)
        self._done(Action.RELEASED, node)

    def _judge(self, node: Node) -> None:
        """Decide about an object that may have lost owners, by what is stored now."""
        latest = node.served.read(node.identity)
        if latest is None:
            raise Gone
        node = Node.of(node.served, latest)
        self._note(node)
        if node.deleting or not node.owners:
            self._work.add([node.identity])
            return
        standing = self._owners.classify(node)
        if standing.solid:
            self._keep(node, standing)
        elif standing.waiting and self._graph.has_dependents(node.uid):
            self._delete_foreground(node)
        else:
            self._delete(node, _policy(node))

    def _keep(self, node: Node, standing: Standing) -> None:
        """Remove the references that count no longer; those left keep the object."""
        lost = standing.dangling + standing.waiting
        if lost and self._work.attempt(node.identity):
            disown(node, lost)
            self._done(Action.DISOWNED, node)

    def _delete_foreground(self, node: Node) -> None:
        """Delete an object in the middle: an owner waits for it, and it has dependents.

        If one of those waits already, all may wait in a circle; so this one steps out of it.
        """
        dependents = self._graph.dependents(node.uid)
        if any(dependent.deletes_dependents for dependent in dependents) and node.blocked_owners:
            if not self._work.attempt(node.identity):
                return
            unblock(node)
            self._done(Action.UNBLOCKED, node)
            latest = self._graph.get(node.identity)
            if latest is None or latest.deleting:
                return
            node = latest
        self._delete(node, "Foreground")

    def _delete(self, node: Node, policy: str) -> None:
        if not self._work.attempt(node.identity):
            return
        if delete(node, policy):
            self._changes.append(Change(Action.DELETED, node.identity))
            self._forget(node)
        else:
            self._done(Action.MARKED, node)

    # What a write leads to.

    def _done(self, action: Action, node: Node) -> None:
        """Note a write, and what is left of the object."""
        self._changes.append(Change(action, node.identity))
        self._failures.pop(node.identity, None)
        latest = node.served.read(node.identity)
        if latest is None:
            self._changes.append(Change(Action.DELETED, node.identity))
            self._forget(node)
        else:
            self._note(Node.of(node.served, latest))
            self._work.add([node.identity])

    def _look_again(self, node: Node) -> None:
        """Somebody else wrote the object, or one of its owners."""
        if not self._work.attempt(node.identity):
            return
        try:
            latest = node.served.read(node.identity)
        except StatusError as error:
            self._failures[node.identity] = Failure(node.identity, error)
            return
        if latest is None:
            self._vanish(node)
        else:
            self._note(Node.of(node.served, latest))
            self._work.add([node.identity])

    def _vanish(self, node: Node) -> None:
        """Somebody else took the object away."""
        self._vanished[node.identity] = None
        self._forget(node)

    def _note(self, node: Node) -> None:
        """Keep the newer state, and look at those whom it concerns."""
        known = self._graph.get(node.identity)
        self._graph.put(node)
        if known is None:
            return
        self._freed(known.blocked_owners - node.blocked_owners)
        if node.deletes_dependents and not known.deletes_dependents:
            self._work.add(found.identity for found in self._graph.dependents(node.uid))

    def _forget(self, node: Node) -> None:
        """The object is gone: its dependents lost an owner, its owners wait for one less."""
        known = self._graph.get(node.identity)
        if known is None:
            return
        self._graph.remove(known)
        self._work.add(found.identity for found in self._graph.dependents(node.uid))
        self._freed(known.blocked_owners)

    def _freed(self, owners: set[str]) -> None:
        """These owners wait for one dependent less."""
        for uid in sorted(owners):
            if not self._graph.is_blocked(uid):
                self._work.add(owner.identity for owner in self._graph.named(uid))

    def _waiting(self, node: Node) -> Waiting:
        behind = self._graph.blocking(node.uid) if node.deletes_dependents else ()
        return Waiting(node.identity, node.finalizers, behind)


def _policy(node: Node) -> str:
    """What becomes of the dependents of an object that nobody wants: what it says itself."""
    if ORPHAN in node.finalizers:
        return "Orphan"
    return "Foreground" if FOREGROUND_DELETION in node.finalizers else "Background"
