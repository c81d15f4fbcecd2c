"""Quality of service: who is sacrificed first when a node runs out.

Source: ``pkg/apis/core/v1/helper/qos`` GetPodQOS, ComputePodQOS.
"""

from __future__ import annotations

from collections.abc import Mapping
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
    units = _units(spec)
    requests: Amounts = {}
    limits: Amounts = {}
    for unit in units:
        add(requests, _positive(unit.requests))
        add(limits, _positive(unit.limits))
    if not requests and not limits:
        return BEST_EFFORT
    limited = all(_positive(unit.limits).keys() >= _COUNTED for unit in _judged(spec, units))
    return GUARANTEED if limited and requests == limits else BURSTABLE


def _units(spec: PodSpec) -> list[ResourceRequirements]:
    if spec.resources is not None:
        return [spec.resources]
    return [container.resources for container in (*spec.containers, *spec.init_containers)]


def _judged(spec: PodSpec, units: list[ResourceRequirements]) -> list[ResourceRequirements]:
    """Those that need full limits; without any, the Pod itself is not asked for them."""
    return [] if spec.resources is not None and not spec.resources.limits else units


def _positive(amounts: Mapping[str, Quantity]) -> Amounts:
    return {name: amount for name, amount in amounts.items() if name in _COUNTED and amount > _ZERO}
