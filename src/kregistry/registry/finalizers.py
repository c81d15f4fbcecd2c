"""Finalizers that tell the garbage collector what to do with dependents.

Source: ``k8s.io/apiserver/pkg/registry/generic/registry/store.go``
deletionFinalizersForGarbageCollection.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from kregistry.meta.options import DeleteOptions
from kregistry.registry.gcpolicy import GarbageCollectionPolicy

#: The object waits until its dependents were told that it is no longer their owner.
ORPHAN: Final = "orphan"

#: The object waits until its dependents are deleted.
FOREGROUND_DELETION: Final = "foregroundDeletion"

_COLLECTOR: Final = (ORPHAN, FOREGROUND_DELETION)


def finalizers_for_collection(
    finalizers: Sequence[str], policy: GarbageCollectionPolicy, options: DeleteOptions
) -> list[str] | None:
    """The finalizers that an object gets when it is to be deleted.

    Args:
        finalizers: Those that it has.
        policy: What its kind does when nobody says anything.
        options: What the request says.

    Returns:
        All finalizers, the collector's last; None if there is nothing to change.
    """
    kept = [finalizer for finalizer in finalizers if finalizer not in _COLLECTOR]
    wanted = _wanted(finalizers, policy, options)
    new = [*kept, wanted] if wanted else kept
    return None if set(new) == set(finalizers) else new


def _wanted(
    finalizers: Sequence[str], policy: GarbageCollectionPolicy, options: DeleteOptions
) -> str:
    """The collector's finalizer that the object must have, or ""."""
    if policy is GarbageCollectionPolicy.UNSUPPORTED:
        return ""
    if options.orphan_dependents is not None:
        return ORPHAN if options.orphan_dependents else ""
    match options.propagation_policy:
        case "Orphan":
            return ORPHAN
        case "Foreground":
            return FOREGROUND_DELETION
        case "Background":
            return ""
    for finalizer in finalizers:
        if finalizer in _COLLECTOR:
            return finalizer
    return ORPHAN if policy is GarbageCollectionPolicy.ORPHAN_DEPENDENTS else ""
