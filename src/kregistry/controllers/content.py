"""Content: emptying a namespace.

Source: ``k8s.io/kubernetes/pkg/controller/namespace/deletion/namespaced_resources_deleter.go``
deleteAllContent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

import attrs

from kregistry.controllers.collected import Action, Change, Failure
from kregistry.controllers.identity import Identity
from kregistry.controllers.served import Served
from kregistry.meta.errors import NotFound, StatusError
from kregistry.meta.gvk import GroupResource, GroupVersionResource
from kregistry.meta.object import Object
from kregistry.meta.options import DeleteOptions

_PODS: Final = GroupResource("", "pods")

#: No finalizer for dependents: they live in the namespace and go with it, or are none of its.
_BACKGROUND: Final = DeleteOptions(propagation_policy="Background")


@attrs.define
class Content:
    """What was done to the content of one namespace, and what is left.

    Attributes:
        changes: Every deletion, in order.
        failures: Requests that were refused; the first of each resource.
        errors: What the namespace's status tells of failures, one text for each resource.
        remaining: How many objects are left of which resource.
        finalizers: In how many objects which finalizer is left.
        left: The objects that are left.
    """

    changes: list[Change] = attrs.field(factory=list)
    failures: list[Failure] = attrs.field(factory=list)
    errors: list[str] = attrs.field(factory=list)
    remaining: dict[GroupVersionResource, int] = attrs.field(factory=dict)
    finalizers: Counter[str] = attrs.field(factory=Counter)
    left: list[Identity] = attrs.field(factory=list)

    @property
    def empty(self) -> bool:
        """Whether nothing is left, for all that is known."""
        return not self.remaining and not self.errors


def delete_content(stores: Sequence[Served], namespace: Identity) -> Content:
    """Delete everything in the namespace.

    Pods go first, and nothing else goes before the last of them went: what they need to end
    properly may lie in the same namespace.

    Args:
        stores: Stores of namespaced objects; the rest goes in this order.
        namespace: The namespace.
    """
    content = Content()
    pods = [served for served in stores if _is_pods(served)]
    for served in pods:
        _delete_all(served, namespace, content)
    if content.remaining:
        return content
    for served in stores:
        if not _is_pods(served):
            _delete_all(served, namespace, content)
    return content


def _is_pods(served: Served) -> bool:
    return served.store.resource.group_resource == _PODS


def _delete_all(served: Served, namespace: Identity, content: Content) -> None:
    """Delete the objects of one resource, up to the first that cannot be.

    Source: ``deleteAllContentForGroupVersionResource``.
    """
    about = namespace
    try:
        for obj in served.all(namespace.name):
            about = served.identity(obj)
            _delete(served, obj, content)
        about = namespace
        _count(served, namespace.name, content)
    except StatusError as error:
        content.errors.append(str(error))
        content.failures.append(Failure(about, error))


def _delete(served: Served, obj: Object, content: Content) -> None:
    meta, identity = obj.metadata, served.identity(obj)
    ctx = served.context(meta.namespace)
    try:
        done = served.store.delete(ctx, meta.name, options=_BACKGROUND)
    except NotFound:
        return
    if done.immediate:
        content.changes.append(Change(Action.DELETED, identity))
    elif meta.deletion_timestamp is None or _rewritten(obj, done.result):
        content.changes.append(Change(Action.MARKED, identity))


def _rewritten(before: Object, after: object) -> bool:
    """Whether a second deletion changed an object, such as its finalizers for dependents."""
    return (
        isinstance(after, Object)
        and after.metadata.resource_version != before.metadata.resource_version
    )


def _count(served: Served, namespace: str, content: Content) -> None:
    """See what is left of one resource, and whether it has a reason to be."""
    left = list(served.all(namespace))
    if not left:
        return
    gvr = served.store.resource.gvr
    content.remaining[gvr] = len(left)
    content.left += [served.identity(obj) for obj in left]
    for obj in left:
        content.finalizers.update(obj.metadata.finalizers)
    if not any(obj.metadata.finalizers or _has_time(served, obj) for obj in left):
        content.errors.append(
            f"unexpected items still remain in namespace: {namespace} for gvr: {gvr}"
        )


def _has_time(served: Served, obj: Object) -> bool:
    """Whether the object's grace period runs.

    Upstream works this out for Pods only, from their spec.
    """
    deadline = obj.metadata.deletion_timestamp
    return deadline is not None and deadline > served.store.system.now()
