"""The writes of the collector: each on the object that it means, or not at all.

Source: ``k8s.io/kubernetes/pkg/controller/garbagecollector/operations.go``, ``patch.go``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from kregistry.controllers.graph import Node
from kregistry.meta.errors import Conflict, NotFound
from kregistry.meta.object import Object
from kregistry.meta.objectmeta import ObjectMeta, OwnerReference
from kregistry.meta.options import DeleteOptions, Preconditions


class Gone(Exception):
    """The object is not there any more. Never leaves this package."""


def delete(node: Node, policy: str) -> bool:
    """Delete the object, provided that its owners are what the node says.

    A change of anything else does not matter, so that busy writers cannot keep it alive.

    Args:
        node: The object, and the state from which it follows that it must go.
        policy: What becomes of its dependents.

    Returns:
        Whether it is gone already.

    Raises:
        Gone: It was gone before.
        Conflict: Its owners changed meanwhile.

    Source: ``GarbageCollector.deleteObject``.
    """
    try:
        return _delete(node, policy, node.version)
    except Conflict:
        latest = node.served.read(node.identity)
        if latest is None:
            raise Gone from None
        if tuple(latest.metadata.owner_references) != node.owners:
            raise
        return _delete(node, policy, None)


def disown(node: Node, gone: Collection[OwnerReference]) -> None:
    """Remove these references from the object.

    Raises:
        Gone: The object is.

    Source: ``deleteOwnerRefJSONMergePatch``.
    """
    coordinates = {_coordinates(reference) for reference in gone}

    def change(meta: ObjectMeta) -> None:
        meta.owner_references = [
            owner for owner in meta.owner_references if _coordinates(owner) not in coordinates
        ]

    _modify(node, change)


def unblock(node: Node) -> None:
    """Let no owner of the object wait for it any longer.

    Raises:
        Gone: The object is.

    Source: ``unblockOwnerReferencesJSONMergePatch``.
    """

    def change(meta: ObjectMeta) -> None:
        for owner in meta.owner_references:
            if owner.block_owner_deletion:
                owner.block_owner_deletion = False

    _modify(node, change)


def release(node: Node, finalizer: str) -> None:
    """Take the finalizer away, which is the end of the object if it was the last.

    Raises:
        Gone: The object is.

    Source: ``GarbageCollector.removeFinalizer``.
    """

    def change(meta: ObjectMeta) -> None:
        meta.finalizers = [name for name in meta.finalizers if name != finalizer]

    _modify(node, change)


def _delete(node: Node, policy: str, version: str | None) -> bool:
    options = DeleteOptions(
        preconditions=Preconditions(uid=node.uid, resource_version=version),
        propagation_policy=policy,
    )
    ctx = node.served.context(node.identity.namespace)
    try:
        return node.served.store.delete(ctx, node.identity.name, options=options).immediate
    except NotFound:
        raise Gone from None


def _modify(node: Node, change: Callable[[ObjectMeta], None]) -> None:
    """Apply *change* to the newest state, as often as others are faster."""

    def apply(obj: Object) -> None:
        if obj.metadata.uid != node.uid:
            raise Gone
        change(obj.metadata)

    ctx = node.served.context(node.identity.namespace)
    try:
        node.served.store.modify(ctx, node.identity.name, apply)
    except NotFound:
        raise Gone from None


def _coordinates(reference: OwnerReference) -> tuple[str, str, str, str]:
    return reference.api_version, reference.kind, reference.name, reference.uid
