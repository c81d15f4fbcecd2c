"""Conditions: what the status of a namespace tells about its deletion.

Source: ``k8s.io/kubernetes/pkg/controller/namespace/deletion/status_condition_utils.go``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import attrs

from kregistry.controllers.content import Content
from kregistry.core.v1 import NamespaceCondition, NamespaceStatus
from kregistry.meta.time import Time


@attrs.frozen
class _Finding:
    """A condition without its time."""

    type: str
    status: str
    reason: str
    message: str


_REMOVED: Final = ("ContentRemoved", "All content successfully removed")

#: How each condition looks when all is well, in the order in which they are written.
_ALL_WELL: Final = (
    _Finding(
        "NamespaceDeletionDiscoveryFailure",
        "False",
        "ResourcesDiscovered",
        "All resources successfully discovered",
    ),
    _Finding(
        "NamespaceDeletionGroupVersionParsingFailure",
        "False",
        "ParsedGroupVersions",
        "All legacy kube types successfully parsed",
    ),
    _Finding(
        "NamespaceDeletionContentFailure",
        "False",
        "ContentDeleted",
        "All content successfully deleted, may be waiting on finalization",
    ),
    _Finding("NamespaceContentRemaining", "False", *_REMOVED),
    _Finding("NamespaceFinalizersRemaining", "False", *_REMOVED),
)


def update_conditions(status: NamespaceStatus, content: Content, now: Time) -> bool:
    """Write what became of the content into *status*.

    The first two conditions never report a failure here: there is nothing to discover and
    nothing to parse. Conditions of other types stay as they are.

    Args:
        status: Is changed.
        content: What is told.
        now: The time of a condition that is new, or whose status changed.

    Returns:
        Whether anything changed.

    Source: ``namespaceConditionUpdater.Update``.
    """
    troubles = {finding.type: finding for finding in _troubles(content)}
    changes = [_write(status.conditions, troubles.get(well.type, well), now) for well in _ALL_WELL]
    return any(changes)


def _write(conditions: list[NamespaceCondition], found: _Finding, now: Time) -> bool:
    for condition in conditions:
        if condition.type == found.type:
            return _rewrite(condition, found, now)
    conditions.append(
        NamespaceCondition(
            type=found.type,
            status=found.status,
            last_transition_time=now,
            reason=found.reason,
            message=found.message,
        )
    )
    return True


def _rewrite(condition: NamespaceCondition, found: _Finding, now: Time) -> bool:
    told = condition.status, condition.reason, condition.message
    if told == (found.status, found.reason, found.message):
        return False
    if condition.status != found.status:
        condition.last_transition_time = now
    condition.status, condition.reason = found.status, found.reason
    condition.message = found.message
    return True


def _troubles(content: Content) -> Iterable[_Finding]:
    if content.errors:
        failed = f"Failed to delete all resource types, {len(content.errors)} remaining: "
        yield _Finding(
            "NamespaceDeletionContentFailure",
            "True",
            "ContentDeletionFailed",
            failed + ", ".join(sorted(content.errors)),
        )
    resources = {f"{gvr.resource}.{gvr.group}": n for gvr, n in content.remaining.items()}
    if resources:
        yield _Finding(
            "NamespaceContentRemaining",
            "True",
            "SomeResourcesRemain",
            "Some resources are remaining: " + _counted(resources, "has"),
        )
    if content.finalizers:
        yield _Finding(
            "NamespaceFinalizersRemaining",
            "True",
            "SomeFinalizerRemain",
            "Some finalizers are remaining: " + _counted(content.finalizers, "in"),
        )


def _counted(counts: Mapping[str, int], word: str) -> str:
    return ", ".join(sorted(f"{name} {word} {n} resource instances" for name, n in counts.items()))
