"""Where a Pod may run: affinity, tolerations, spread and gates.

Source: ``validateAffinity``, ``ValidateTolerations``, ``validateTopologySpreadConstraints``,
``validateSchedulingGates``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from kregistry.core.pod.validation.checks import (
    NOT_POSITIVE,
    follow,
    supported,
    twice,
)
from kregistry.core.pod.validation.options import PodValidationOptions
from kregistry.core.pod.validation.printed import printed
from kregistry.core.pod.validation.selectors import (
    check_label_selector,
    check_merged_keys,
    check_node_selector,
    check_node_term,
)
from kregistry.core.v1 import (
    Affinity,
    NodeAffinity,
    PodAffinity,
    PodAffinityTerm,
    PodAntiAffinity,
    PodSchedulingGate,
    Toleration,
    TopologySpreadConstraint,
)
from kregistry.meta import names
from kregistry.meta.field import ErrorList, Path

_REQUIRED: Final = "requiredDuringSchedulingIgnoredDuringExecution"
_PREFERRED: Final = "preferredDuringSchedulingIgnoredDuringExecution"
_TAINT_EFFECTS: Final = ("NoSchedule", "PreferNoSchedule", "NoExecute")
_UNSATISFIABLE: Final = ("DoNotSchedule", "ScheduleAnyway")
_INCLUSION: Final = ("Honor", "Ignore")
_NOT_EMPTY: Final = "can not be empty"


def check_affinity(
    errs: ErrorList, path: Path, affinity: Affinity, options: PodValidationOptions
) -> None:
    """Near which nodes and which other Pods."""
    if affinity.node_affinity is not None:
        _check_node_affinity(errs, path / "nodeAffinity", affinity.node_affinity, options)
    any_value = options.bad_affinity_label_values
    if affinity.pod_affinity is not None:
        _check_pod_affinity(errs, path / "podAffinity", affinity.pod_affinity, any_value)
    if affinity.pod_anti_affinity is not None:
        _check_pod_affinity(errs, path / "podAntiAffinity", affinity.pod_anti_affinity, any_value)


def _check_node_affinity(
    errs: ErrorList, path: Path, affinity: NodeAffinity, options: PodValidationOptions
) -> None:
    required = affinity.required_during_scheduling_ignored_during_execution
    if required is not None:
        any_value = options.bad_node_affinity_values
        check_node_selector(errs, path / _REQUIRED, required, any_value=any_value)
    preferred = affinity.preferred_during_scheduling_ignored_during_execution
    for index, term in enumerate(preferred):
        at = (path / _PREFERRED).index(index)
        _check_weight(errs, at / "weight", term.weight)
        check_node_term(errs, at / "preference", term.preference, any_value=True)


def _check_pod_affinity(
    errs: ErrorList, path: Path, affinity: PodAffinity | PodAntiAffinity, any_value: bool
) -> None:
    for index, term in enumerate(affinity.required_during_scheduling_ignored_during_execution):
        _check_pod_term(errs, (path / _REQUIRED).index(index), term, any_value)
    preferred = affinity.preferred_during_scheduling_ignored_during_execution
    for index, weighted in enumerate(preferred):
        at = (path / _PREFERRED).index(index)
        _check_weight(errs, at / "weight", weighted.weight)
        _check_pod_term(errs, at / "podAffinityTerm", weighted.pod_affinity_term, any_value)


def _check_weight(errs: ErrorList, path: Path, weight: int) -> None:
    if not 1 <= weight <= 100:
        errs.invalid(path, weight, "must be in the range 1-100")


def _check_pod_term(errs: ErrorList, path: Path, term: PodAffinityTerm, any_value: bool) -> None:
    selector = term.label_selector
    check_label_selector(errs, path / "labelSelector", selector, any_value=any_value)
    at = path / "namespaceSelector"
    check_label_selector(errs, at, term.namespace_selector, any_value=any_value)
    for namespace in term.namespaces:
        follow(errs, path / "namespace", namespace, names.dns1123_label)
    check_merged_keys(errs, path, term.match_label_keys, "matchLabelKeys", selector)
    check_merged_keys(errs, path, term.mismatch_label_keys, "mismatchLabelKeys", selector)
    matched = set(term.match_label_keys)
    for index, key in enumerate(term.mismatch_label_keys):
        if key in matched:
            detail = "exists in both matchLabelKeys and mismatchLabelKeys"
            errs.invalid((path / "mismatchLabelKeys").index(index), key, detail)
    if not term.topology_key:
        errs.required(path / "topologyKey", _NOT_EMPTY)
    follow(errs, path / "topologyKey", term.topology_key, names.qualified_name)


def check_tolerations(errs: ErrorList, path: Path, tolerations: Sequence[Toleration]) -> None:
    """Taints that the Pod puts up with, each said in a way that can match."""
    for index, toleration in enumerate(tolerations):
        at = path.index(index)
        if toleration.key:
            for message in names.qualified_name(toleration.key):
                errs.invalid(at / "key", toleration.key, message)
        elif toleration.operator != "Exists":
            detail = (
                "operator must be Exists when `key` is empty, which means "
                '"match all values and all keys"'
            )
            errs.invalid(at / "operator", toleration.operator, detail)
        if toleration.toleration_seconds is not None and toleration.effect != "NoExecute":
            detail = "effect must be 'NoExecute' when `tolerationSeconds` is set"
            errs.invalid(at / "effect", toleration.effect, detail)
        if toleration.operator != "Exists" or toleration.value:
            _check_toleration_value(errs, at / "operator", toleration)
        if toleration.effect and toleration.effect not in _TAINT_EFFECTS:
            errs.not_supported(at / "effect", toleration.effect, _TAINT_EFFECTS)


def _check_toleration_value(errs: ErrorList, path: Path, toleration: Toleration) -> None:
    """Problems with the value are reported at the operator, as the API server does."""
    match toleration.operator:
        case "Equal" | "":
            messages = names.label_value(toleration.value)
            if messages:
                errs.invalid(path, toleration.value, ";".join(messages))
        case "Exists":
            if toleration.value:
                detail = "value must be empty when `operator` is 'Exists'"
                errs.invalid(path, printed(toleration), detail)
        case "Lt" | "Gt" as comparison:  # known, but not switched on
            errs.not_supported(path, comparison, ("Equal", "Exists", "Lt", "Gt"))
        case unknown:
            errs.not_supported(path, unknown, ("Equal", "Exists"))


def check_spread(
    errs: ErrorList,
    path: Path,
    constraints: Sequence[TopologySpreadConstraint],
    options: PodValidationOptions,
) -> None:
    """How evenly Pods lie; one constraint for each key and way to act."""
    last = {
        (constraint.topology_key, constraint.when_unsatisfiable): index
        for index, constraint in enumerate(constraints)
    }
    for index, constraint in enumerate(constraints):
        at = path.index(index)
        action = constraint.when_unsatisfiable
        if constraint.max_skew <= 0:
            errs.invalid(at / "maxSkew", constraint.max_skew, NOT_POSITIVE)
        if not constraint.topology_key:
            errs.required(at / "topologyKey", _NOT_EMPTY)
        supported(errs, at / "whenUnsatisfiable", action, _UNSATISFIABLE)
        if last[constraint.topology_key, action] > index:
            pair = f"{{{constraint.topology_key}, {action}}}"
            errs.duplicate(at / "{topologyKey, whenUnsatisfiable}", pair)
        _check_min_domains(errs, at / "minDomains", constraint.min_domains, action)
        _check_inclusion(errs, at / "nodeAffinityPolicy", constraint.node_affinity_policy)
        _check_inclusion(errs, at / "nodeTaintsPolicy", constraint.node_taints_policy)
        selector = constraint.label_selector
        check_merged_keys(errs, at, constraint.match_label_keys, "matchLabelKeys", selector)
        if not options.bad_spread_selectors:
            check_label_selector(errs, at / "labelSelector", selector)


def _check_min_domains(errs: ErrorList, path: Path, minimum: int | None, action: str) -> None:
    if minimum is None:
        return
    if minimum <= 0:
        errs.invalid(path, minimum, NOT_POSITIVE)
    if action != "DoNotSchedule":
        detail = f"can only use minDomains if whenUnsatisfiable=DoNotSchedule, not {action}"
        errs.invalid(path, minimum, detail)


def _check_inclusion(errs: ErrorList, path: Path, policy: str | None) -> None:
    if policy is not None:
        supported(errs, path, policy, _INCLUSION)


def check_gates(errs: ErrorList, path: Path, gates: Sequence[PodSchedulingGate]) -> None:
    """What has to be cleared before a Pod is scheduled."""
    seen: set[str] = set()
    for index, gate in enumerate(gates):
        follow(errs, path.index(index), gate.name, names.qualified_name)
        twice(errs, path.index(index), gate.name, seen)
