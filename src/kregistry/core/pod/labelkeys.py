"""Selectors that take values from the Pod's own labels.

A term may say "Pods with the same value of this label as mine". When the Pod is created its
values are written into the selector, so that a later change of its labels moves nothing.

Source: ``pkg/registry/core/pod/strategy.go`` mutatePodAffinity, mutateTopologySpreadConstraints.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from kregistry.core.v1 import Pod, PodAffinityTerm, PodSpec
from kregistry.meta.labelselector import LabelSelector, LabelSelectorRequirement


def merge_label_keys(pod: Pod) -> None:
    """Write the Pod's values into the selectors that ask for them. Changes *pod*."""
    labels = pod.metadata.labels
    if pod.spec.affinity is not None:
        for term in pod_affinity_terms(pod.spec):
            _merge(term.label_selector, term.match_label_keys, "In", labels)
            _merge(term.label_selector, term.mismatch_label_keys, "NotIn", labels)
    for constraint in pod.spec.topology_spread_constraints:
        _merge(constraint.label_selector, constraint.match_label_keys, "In", labels)


def pod_affinity_terms(spec: PodSpec) -> Iterator[PodAffinityTerm]:
    """The terms of affinity, then of anti-affinity; in each the required ones first."""
    if spec.affinity is None:
        return
    for affinity in (spec.affinity.pod_affinity, spec.affinity.pod_anti_affinity):
        if affinity is not None:
            yield from affinity.required_during_scheduling_ignored_during_execution
            for weighted in affinity.preferred_during_scheduling_ignored_during_execution:
                yield weighted.pod_affinity_term


def _merge(
    selector: LabelSelector | None,
    keys: Sequence[str],
    operator: str,
    labels: Mapping[str, str],
) -> None:
    if selector is None:
        return
    for key in keys:
        if key in labels:
            selector.match_expressions.append(
                LabelSelectorRequirement(key=key, operator=operator, values=[labels[key]])
            )
