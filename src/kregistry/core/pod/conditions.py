"""Conditions in the status of a Pod.

Source: ``pkg/api/v1/pod`` UpdatePodCondition.
"""

from __future__ import annotations

from kregistry.core.v1 import PodCondition, PodStatus
from kregistry.meta.time import Time


def find_condition(status: PodStatus, kind: str) -> PodCondition | None:
    """The first condition of the kind, None if there is none."""
    return next((found for found in status.conditions if found.type == kind), None)


def update_condition(status: PodStatus, condition: PodCondition, now: Time) -> bool:
    """Put *condition* in place of the one of its type, or behind all others.

    Args:
        status: Changed.
        condition: Kept, not copied. Its transition time becomes *now*, unless the condition
            that it replaces has the same status: then it is the time of that one.
        now: The time.

    Returns:
        Whether anything is different now.
    """
    condition.last_transition_time = now
    old = find_condition(status, condition.type)
    if old is None:
        status.conditions.append(condition)
        return True
    if old.status == condition.status:
        condition.last_transition_time = old.last_transition_time
    changed = old != condition
    status.conditions[status.conditions.index(old)] = condition
    return changed
