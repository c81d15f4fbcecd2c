"""What else decides where and when a Pod is placed."""

from __future__ import annotations

from kregistry.meta.labelselector import LabelSelector
from kregistry.meta.model import Model, field, model


@model
class Toleration(Model):
    """Lets a Pod onto nodes in spite of the taints that it matches."""

    key: str = ""
    operator: str = field(default="", enum=("Equal", "Exists", "Gt", "Lt"))
    value: str = ""
    effect: str = field(default="", enum=("NoExecute", "NoSchedule", "PreferNoSchedule"))
    toleration_seconds: int | None = None


@model
class TopologySpreadConstraint(Model):
    """How evenly like Pods are spread over the values of a node label."""

    max_skew: int = field(default=0, always=True)
    topology_key: str = field(default="", always=True)
    when_unsatisfiable: str = field(
        default="", always=True, enum=("DoNotSchedule", "ScheduleAnyway")
    )
    label_selector: LabelSelector | None = None
    min_domains: int | None = None
    node_affinity_policy: str | None = field(default=None, enum=("Honor", "Ignore"))
    node_taints_policy: str | None = field(default=None, enum=("Honor", "Ignore"))
    match_label_keys: list[str] = field(factory=list, list_type="atomic")


@model
class PodSchedulingGate(Model):
    """Keeps a Pod from being placed until a controller takes the gate away."""

    name: str = field(default="", always=True)


@model
class PodSchedulingGroup(Model):
    """The group that a Pod is placed together with."""

    pod_group_name: str | None = None


@model
class PodReadinessGate(Model):
    """A condition, set by someone else, without which a Pod is not ready."""

    condition_type: str = field(default="", always=True)
