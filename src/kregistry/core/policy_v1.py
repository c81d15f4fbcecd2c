"""PodDisruptionBudget and Eviction, of the group ``policy``."""

from __future__ import annotations

from typing import ClassVar

from kregistry.meta.condition import Condition
from kregistry.meta.intstr import IntOrString
from kregistry.meta.labelselector import LabelSelector
from kregistry.meta.model import Model, field, model
from kregistry.meta.object import Object
from kregistry.meta.options import DeleteOptions
from kregistry.meta.time import Time


@model
class PodDisruptionBudgetSpec(Model):
    """Which Pods are counted and how many of them may be missing."""

    min_available: IntOrString | None = None
    selector: LabelSelector | None = field(default=None, strategy=("replace",))
    max_unavailable: IntOrString | None = None
    unhealthy_pod_eviction_policy: str | None = field(
        default=None, enum=("AlwaysAllow", "IfHealthyBudget")
    )


@model
class PodDisruptionBudgetStatus(Model):
    """How many Pods there are and how many may go right now."""

    observed_generation: int = 0
    disrupted_pods: dict[str, Time] = field(factory=dict)
    disruptions_allowed: int = field(default=0, always=True)
    current_healthy: int = field(default=0, always=True)
    desired_healthy: int = field(default=0, always=True)
    expected_pods: int = field(default=0, always=True)
    conditions: list[Condition] = field(
        factory=list, list_type="map", keys=("type",), merge_key="type", strategy=("merge",)
    )


@model
class PodDisruptionBudget(Object):
    """Limits how many Pods of an application are taken away on purpose at a time."""

    api_version: ClassVar[str] = "policy/v1"
    kind: ClassVar[str] = "PodDisruptionBudget"

    spec: PodDisruptionBudgetSpec = field(factory=PodDisruptionBudgetSpec, always=True)
    status: PodDisruptionBudgetStatus = field(factory=PodDisruptionBudgetStatus, always=True)


@model
class Eviction(Object):
    """Asks to delete a Pod if its budget allows; written to ``pods/NAME/eviction``."""

    api_version: ClassVar[str] = "policy/v1"
    kind: ClassVar[str] = "Eviction"

    delete_options: DeleteOptions | None = None
