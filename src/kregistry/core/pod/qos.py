"""Quality of service: who is sacrificed first when a node runs out.

Source: ``pkg/apis/core/v1/helper/qos`` GetPodQOS, ComputePodQOS.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from kregistry.core.pod.resources import Amounts, add
from kregistry.core.v1 import Pod, PodSpec, ResourceRequirements
from kregistry.meta.quantity import Quantity

GUARANTEED: Final = "Guaranteed"
BURSTABLE: Final = "Burstable"
BEST_EFFORT: Final = "BestEffort"

_COUNTED: Final = frozenset({"cpu", "memory"})
_ZERO: Final = Quantity("0")


def qos_class(pod: Pod) -> str:
    """The class that the status names, else what follows from the specification."""
    return pod.status.qos_class or compute_qos_class(pod.spec)


def compute_qos_class(spec: PodSpec) -> str:
    """The class of a Pod by what it requests and what limits it has.

    Only cpu and memory count. Where the Pod says something for all containers together, what
    they say for themselves does not matter.
    """
    units = [(_positive(unit.requests), _positive(unit.limits)) for unit in _units(spec)]
    if not any(map(any, units)):
        return BEST_EFFORT
    if _must_limit(spec):
        for _, limits in units:
            if len(limits) < len(_COUNTED):
                return BURSTABLE
    return GUARANTEED if _requests_meet_limits(units) else BURSTABLE


def _units(spec: PodSpec) -> list[ResourceRequirements]:
    if spec.resources is not None:
        return [spec.resources]
    return [container.resources for container in (*spec.containers, *spec.init_containers)]


def _must_limit(spec: PodSpec) -> bool:
    """Whether all need limits; a Pod that speaks for all and has none is not asked for them."""
    return spec.resources is None or bool(spec.resources.limits)


def _requests_meet_limits(units: Sequence[tuple[Amounts, Amounts]]) -> bool:
    """Whether requests add up to the same as limits.

    A look at each unit mostly tells: where none requests more than its limit, the sums are
    equal only if all are. To add quantities would take ten times as long.
    """
    equal = covered = True
    for requests, limits in units:
        if requests != limits:
            equal = False
            covered = covered and _is_covered(requests, limits)
    if equal or covered:
        return equal
    requested: Amounts = {}
    limited: Amounts = {}
    for requests, limits in units:
        add(requested, requests)
        add(limited, limits)
    return requested == limited


def _is_covered(requests: Amounts, limits: Amounts) -> bool:
    return all(amount <= limits.get(name, _ZERO) for name, amount in requests.items())


def _positive(amounts: Mapping[str, Quantity]) -> Amounts:
    return {name: amount for name, amount in amounts.items() if name in _COUNTED and amount > _ZERO}
