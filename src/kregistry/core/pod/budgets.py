"""Disruption budgets as an eviction meets them.

Source: ``pkg/registry/core/pod/storage`` EvictionREST.checkAndDecrement,
getPodDisruptionBudgets.
"""

from __future__ import annotations

from typing import Final

from kregistry.core.poddisruptionbudget import POD_DISRUPTION_BUDGETS
from kregistry.core.policy_v1 import PodDisruptionBudget, PodDisruptionBudgetStatus
from kregistry.core.v1 import Pod
from kregistry.meta.condition import Condition
from kregistry.meta.context import Context
from kregistry.meta.errors import Forbidden, StatusError, TooManyRequests
from kregistry.meta.gvk import GroupResource
from kregistry.meta.status import StatusCause
from kregistry.meta.time import Time
from kregistry.registry import Store
from kregistry.runtime import labels
from kregistry.runtime.errors import SelectorError

#: Where budgets live.
BUDGETS: Final = POD_DISRUPTION_BUDGETS

#: With more Pods than this on their way out, the one who counts them has fallen behind.
MAX_DISRUPTED_PODS: Final = 2000

_RESOURCE: Final = GroupResource("policy", "poddisruptionbudget")
_CAUSE: Final = "DisruptionBudget"
_ALLOWED: Final = "DisruptionAllowed"
_VIOLATED: Final = "Cannot evict pod as it would violate the pod's disruption budget."
_SYNC_FAILED: Final = "SyncFailed"
_INSUFFICIENT: Final = "InsufficientPods"
_RETRY_AFTER: Final = 10


def budgets_for(
    ctx: Context, budgets: Store[PodDisruptionBudget], pod: Pod
) -> list[PodDisruptionBudget]:
    """The budgets of the namespace that count *pod*."""
    return [budget for budget in budgets.list(ctx) if _counts(budget, pod)]


def _counts(budget: PodDisruptionBudget, pod: Pod) -> bool:
    """A budget without a selector counts nothing, one with an empty selector everything."""
    try:
        selector = labels.from_label_selector(budget.spec.selector)
    except SelectorError:
        return False
    return selector.matches(pod.metadata.labels)


def spend(budget: PodDisruptionBudget, pod: str, now: Time) -> None:
    """Take one disruption out of *budget*, for the Pod of that name.

    Raises:
        TooManyRequests: There is none left, or it is not known how many (429).
        Forbidden: The budget is in no state to be spent (403).
    """
    status = budget.status
    name = budget.metadata.name
    if status.observed_generation < budget.metadata.generation:
        raise still_processed(name)
    if status.disruptions_allowed < 0:
        raise Forbidden(_RESOURCE, name, "pdb disruptions allowed is negative")
    if len(status.disrupted_pods) > MAX_DISRUPTED_PODS:
        problem = "DisruptedPods map too big - too many evictions not confirmed by PDB controller"
        raise Forbidden(_RESOURCE, name, problem)
    if status.disruptions_allowed == 0:
        raise _violation(_refusal(name, status), retry_after=0)
    status.disruptions_allowed -= 1
    if status.disruptions_allowed == 0:
        _close(status, now)
    status.disrupted_pods[pod] = now


def still_processed(budget: str) -> StatusError:
    """The error that sends a client away until the budget's figures are up to date.

    Source: ``createTooManyRequestsError``.
    """
    text = f"The disruption budget {budget} is still being processed by the server."
    return _violation(text, retry_after=_RETRY_AFTER)


def _violation(text: str, *, retry_after: int) -> StatusError:
    error = TooManyRequests(_VIOLATED, retry_after)
    error.details.causes.append(StatusCause(reason=_CAUSE, message=text))
    return error


def _refusal(name: str, status: PodDisruptionBudgetStatus) -> str:
    """Why nothing may be disrupted now, as precisely as the status tells."""
    refusal = f"The disruption budget {name} does not allow evicting pods currently"
    found = next((each for each in status.conditions if each.type == _ALLOWED), None)
    closed = found if found is not None and found.status == "False" and found.message else None
    if closed is not None and closed.reason == _SYNC_FAILED:
        return f"{refusal} because it failed sync: {closed.message}"
    if status.current_healthy <= status.desired_healthy:
        return (
            f"The disruption budget {name} needs {status.desired_healthy} healthy pods "
            f"and has {status.current_healthy} currently"
        )
    if closed is not None:
        return f"{refusal} ({closed.reason}): {closed.message}"
    return refusal


def _close(status: PodDisruptionBudgetStatus, now: Time) -> None:
    """Say that the last disruption is spent. Source: ``UpdateDisruptionAllowedCondition``."""
    condition = Condition(
        type=_ALLOWED,
        status="False",
        reason=_INSUFFICIENT,
        observed_generation=status.observed_generation,
        last_transition_time=now,
    )
    for index, old in enumerate(status.conditions):
        if old.type == _ALLOWED:
            if old.status == condition.status:
                condition.last_transition_time = old.last_transition_time
            status.conditions[index] = condition
            return
    status.conditions.append(condition)
