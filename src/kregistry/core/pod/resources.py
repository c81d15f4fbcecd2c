"""Resources by name and amount: what is known of each, and what a Pod's add up to.

Source: ``pkg/apis/core/helper`` and ``k8s.io/component-helpers/resource``.
"""

from __future__ import annotations

from typing import Final, Literal

from kregistry.core.pod.containers import is_sidecar
from kregistry.core.v1 import PodSpec
from kregistry.meta import names
from kregistry.meta.quantity import Quantity

HUGE_PAGES: Final = "hugepages-"

#: What a Pod can ask for as a whole; huge pages of every size.
SUPPORTED_FOR_PODS: Final = ("cpu", HUGE_PAGES, "memory")

_COMPUTE: Final = frozenset({"cpu", "memory", "ephemeral-storage"})
_COUNTED: Final = frozenset(
    {
        "configmaps",
        "persistentvolumeclaims",
        "pods",
        "replicationcontrollers",
        "resourcequotas",
        "secrets",
        "services",
        "services.loadbalancers",
        "services.nodeports",
    }
)
_STANDARD: Final = (
    _COMPUTE
    | {f"{side}.{name}" for side in ("requests", "limits") for name in _COMPUTE}
    | _COUNTED
    | {"storage", "requests.storage"}
)

Amounts = dict[str, Quantity]
Side = Literal["requests", "limits"]


def is_huge_page(name: str) -> bool:
    """Whether the resource is memory in pages of one size."""
    return name.startswith(HUGE_PAGES)


def is_standard(name: str) -> bool:
    """Whether a name without a slash is one that Kubernetes knows."""
    return name in _STANDARD or name.startswith((HUGE_PAGES, f"requests.{HUGE_PAGES}"))


def is_standard_for_containers(name: str) -> bool:
    """Whether a name without a slash is a resource that containers use."""
    return name in _COMPUTE or is_huge_page(name)


def is_native(name: str) -> bool:
    """Whether the name is Kubernetes' own and not a device maker's."""
    return "/" not in name or "kubernetes.io/" in name


def is_extended(name: str) -> bool:
    """Whether the name is a device maker's and short enough to stand in a quota."""
    if is_native(name) or name.startswith("requests."):
        return False
    return not names.qualified_name(f"requests.{name}")


def is_counted(name: str) -> bool:
    """Whether there are only whole ones of it. Source: ``IsIntegerResourceName``."""
    return name in _COUNTED or is_extended(name)


def is_overcommit_allowed(name: str) -> bool:
    """Whether more of it may be promised than there is."""
    return is_native(name) and not is_huge_page(name)


def is_supported_for_pods(name: str) -> bool:
    """Whether a Pod can ask for it as a whole."""
    return name in ("cpu", "memory") or is_huge_page(name)


def is_whole_pages(name: str, amount: Quantity) -> bool:
    """Whether *amount* of huge pages is a number of pages.

    Source: ``helper.IsHugePageResourceValueDivisible``.
    """
    try:
        size = Quantity(name.removeprefix(HUGE_PAGES))
    except ValueError:
        return False
    if size <= Quantity("0") or size.milli() % 1000:
        return False
    return amount.value() % size.value() == 0


def aggregate(spec: PodSpec, side: Side) -> Amounts:
    """What the containers of a Pod need at the same time at most.

    Containers and sidecars run together. Other init containers run one by one, each beside
    the sidecars that were started before it.

    Source: ``resource.AggregateContainerRequests``, ``AggregateContainerLimits``.
    """
    total: Amounts = {}
    for container in spec.containers:
        add(total, getattr(container.resources, side))
    sidecars: Amounts = {}
    peak: Amounts = {}
    for container in spec.init_containers:
        amounts: Amounts = dict(getattr(container.resources, side))
        if is_sidecar(container):
            add(total, amounts)
            add(sidecars, amounts)
            amounts = dict(sidecars)
        else:
            add(amounts, sidecars)
        _raise_to(peak, amounts)
    _raise_to(total, peak)
    return total


def add(total: Amounts, amounts: Amounts) -> None:
    """Add each of *amounts* to its namesake in *total*."""
    for name, amount in amounts.items():
        total[name] = total[name] + amount if name in total else amount


def _raise_to(total: Amounts, amounts: Amounts) -> None:
    for name, amount in amounts.items():
        if name not in total or amount > total[name]:
            total[name] = amount
