"""Graph: who owns whom.

Source: ``k8s.io/kubernetes/pkg/controller/garbagecollector/graph.go``.
"""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from kregistry.controllers.identity import Identity
from kregistry.controllers.served import Served
from kregistry.meta.object import Object
from kregistry.meta.objectmeta import OwnerReference
from kregistry.registry.finalizers import FOREGROUND_DELETION, ORPHAN


@attrs.frozen(eq=False)
class Node:
    """What the collector must know of one state of an object.

    Attributes:
        served: Where the object is.
        identity: Which object.
        version: Its resourceVersion.
        owners: Its references to owners.
        finalizers: Its finalizers.
        deleting: Whether its deletion was asked for.
    """

    served: Served
    identity: Identity
    version: str
    owners: tuple[OwnerReference, ...]
    finalizers: tuple[str, ...]
    deleting: bool

    @classmethod
    def of(cls, served: Served, obj: Object) -> Node:
        """The node of an object of that Store."""
        meta = obj.metadata
        return cls(
            served,
            served.identity(obj),
            meta.resource_version,
            tuple(meta.owner_references),
            tuple(meta.finalizers),
            meta.deletion_timestamp is not None,
        )

    @property
    def uid(self) -> str:
        """What dependents call it by."""
        return self.identity.uid

    @property
    def orphans_dependents(self) -> bool:
        """Whether it waits until no dependent names it as an owner."""
        return self.deleting and ORPHAN in self.finalizers

    @property
    def deletes_dependents(self) -> bool:
        """Whether it waits until its blocking dependents are gone."""
        return self.deleting and FOREGROUND_DELETION in self.finalizers

    @property
    def blocked_owners(self) -> set[str]:
        """The uids of the owners that must wait for it."""
        return {owner.uid for owner in self.owners if owner.block_owner_deletion}


class Graph:
    """The newest known state of every object, and who depends on it.

    Dependents are found by the uid of their owner alone; whether they name it correctly is
    another question. Everything is kept and returned in the order in which it was put.
    """

    def __init__(self) -> None:
        self._nodes: dict[Identity, Node] = {}
        self._by_uid: dict[str, dict[Identity, None]] = {}
        self._dependents: dict[str, dict[Identity, None]] = {}
        self._blocking: dict[str, dict[Identity, None]] = {}

    def __iter__(self) -> Iterator[Node]:
        return iter(self._nodes.values())

    def get(self, identity: Identity) -> Node | None:
        """The newest state; None of an object that is gone."""
        return self._nodes.get(identity)

    def named(self, uid: str) -> list[Node]:
        """The object with that uid; several if somebody restored a copy."""
        return [self._nodes[identity] for identity in self._by_uid.get(uid, ())]

    def dependents(self, uid: str) -> list[Node]:
        """The objects that name that uid as an owner."""
        return [self._nodes[identity] for identity in self._dependents.get(uid, ())]

    def has_dependents(self, uid: str) -> bool:
        """Whether there are any."""
        return bool(self._dependents.get(uid))

    def blocking(self, uid: str) -> tuple[Identity, ...]:
        """The dependents for which that owner must wait."""
        return tuple(self._blocking.get(uid, ()))

    def is_blocked(self, uid: str) -> bool:
        """Whether there are any."""
        return bool(self._blocking.get(uid))

    def put(self, node: Node) -> None:
        """Note a new object, or a newer state of one."""
        known = self._nodes.get(node.identity)
        if known is not None:
            self._unlink(known)
        self._nodes[node.identity] = node
        self._by_uid.setdefault(node.uid, {})[node.identity] = None
        for owner in node.owners:
            self._dependents.setdefault(owner.uid, {})[node.identity] = None
        for uid in node.blocked_owners:
            self._blocking.setdefault(uid, {})[node.identity] = None

    def remove(self, node: Node) -> None:
        """Forget an object that is gone; its dependents stay."""
        known = self._nodes.pop(node.identity, None)
        if known is None:
            return
        self._unlink(known)
        _drop(self._by_uid, known.uid, known.identity)

    def _unlink(self, node: Node) -> None:
        for owner in node.owners:
            _drop(self._dependents, owner.uid, node.identity)
            _drop(self._blocking, owner.uid, node.identity)


def _drop(index: dict[str, dict[Identity, None]], uid: str, identity: Identity) -> None:
    entries = index.get(uid)
    if entries is None:
        return
    entries.pop(identity, None)
    if not entries:
        del index[uid]
