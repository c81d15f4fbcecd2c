"""Affinity: which nodes a Pod wants, and near which other Pods."""

from __future__ import annotations

from typing import ClassVar

from kregistry.meta.labelselector import LabelSelector
from kregistry.meta.model import Model, field, model


@model
class NodeSelectorRequirement(Model):
    """One condition on a label or field of a node."""

    key: str = field(default="", always=True)
    operator: str = field(
        default="", always=True, enum=("DoesNotExist", "Exists", "Gt", "In", "Lt", "NotIn")
    )
    values: list[str] = field(factory=list, list_type="atomic")


@model
class NodeSelectorTerm(Model):
    """Conditions that must all hold; a term without any matches no node."""

    map_type: ClassVar[str] = "atomic"

    match_expressions: list[NodeSelectorRequirement] = field(factory=list, list_type="atomic")
    match_fields: list[NodeSelectorRequirement] = field(factory=list, list_type="atomic")


@model
class NodeSelector(Model):
    """Terms of which at least one must hold."""

    map_type: ClassVar[str] = "atomic"

    node_selector_terms: list[NodeSelectorTerm] = field(
        factory=list, always=True, list_type="atomic"
    )


@model
class PreferredSchedulingTerm(Model):
    """A term that makes a node more welcome by its weight."""

    weight: int = field(default=0, always=True)
    preference: NodeSelectorTerm = field(factory=NodeSelectorTerm, always=True)


@model
class NodeAffinity(Model):
    """Which nodes a Pod must or would like to run on."""

    required_during_scheduling_ignored_during_execution: NodeSelector | None = None
    preferred_during_scheduling_ignored_during_execution: list[PreferredSchedulingTerm] = field(
        factory=list, list_type="atomic"
    )


@model
class PodAffinityTerm(Model):
    """Other Pods, and the node label that says what counts as near them."""

    label_selector: LabelSelector | None = None
    namespaces: list[str] = field(factory=list, list_type="atomic")
    topology_key: str = field(default="", always=True)
    namespace_selector: LabelSelector | None = None
    match_label_keys: list[str] = field(factory=list, list_type="atomic")
    mismatch_label_keys: list[str] = field(factory=list, list_type="atomic")


@model
class WeightedPodAffinityTerm(Model):
    """A term that makes nodes near those Pods more welcome by its weight."""

    weight: int = field(default=0, always=True)
    pod_affinity_term: PodAffinityTerm = field(factory=PodAffinityTerm, always=True)


@model
class PodAffinity(Model):
    """Which Pods to be near."""

    required_during_scheduling_ignored_during_execution: list[PodAffinityTerm] = field(
        factory=list, list_type="atomic"
    )
    preferred_during_scheduling_ignored_during_execution: list[WeightedPodAffinityTerm] = field(
        factory=list, list_type="atomic"
    )


@model
class PodAntiAffinity(Model):
    """Which Pods to keep away from."""

    required_during_scheduling_ignored_during_execution: list[PodAffinityTerm] = field(
        factory=list, list_type="atomic"
    )
    preferred_during_scheduling_ignored_during_execution: list[WeightedPodAffinityTerm] = field(
        factory=list, list_type="atomic"
    )


@model
class Affinity(Model):
    """All wishes of a Pod about the place where it runs."""

    node_affinity: NodeAffinity | None = None
    pod_affinity: PodAffinity | None = None
    pod_anti_affinity: PodAntiAffinity | None = None
