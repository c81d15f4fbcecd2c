"""Selectors of labels: of other objects, and of nodes.

Source: ``apimachinery/pkg/apis/meta/v1/validation`` ValidateLabelSelector, and core's
``ValidateNodeSelector``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from kregistry.core.pod.validation.checks import follow
from kregistry.core.v1 import NodeSelector, NodeSelectorRequirement, NodeSelectorTerm
from kregistry.meta import names
from kregistry.meta.field import ErrorList, Path
from kregistry.meta.labelselector import LabelSelector, LabelSelectorRequirement
from kregistry.registry.validation import validate_labels

_VALUES_NEEDED: Final = "must be specified when `operator` is 'In' or 'NotIn'"
_VALUES_REFUSED: Final = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
_NOT_AN_OPERATOR: Final = "not a valid selector operator"


def check_label_selector(
    errs: ErrorList, path: Path, selector: LabelSelector | None, *, any_value: bool = False
) -> None:
    """Keys, operators and values fit together.

    Args:
        errs: Gets what is wrong.
        path: Where the selector is.
        selector: The selector; None is fine.
        any_value: Put up with values that no label can have.
    """
    if selector is None:
        return
    errs += validate_labels(selector.match_labels, path / "matchLabels")
    for index, requirement in enumerate(selector.match_expressions):
        _check_label_requirement(errs, (path / "matchExpressions").index(index), requirement)
        if not any_value:
            at = (path / "matchExpressions").index(index) / "values"
            _check_values(errs, at, requirement.values)


def _check_label_requirement(
    errs: ErrorList, path: Path, requirement: LabelSelectorRequirement
) -> None:
    match requirement.operator:
        case "In" | "NotIn":
            if not requirement.values:
                errs.required(path / "values", _VALUES_NEEDED)
        case "Exists" | "DoesNotExist":
            if requirement.values:
                errs.forbidden(path / "values", _VALUES_REFUSED)
        case unknown:
            errs.invalid(path / "operator", unknown, _NOT_AN_OPERATOR)
    follow(errs, path / "key", requirement.key, names.qualified_name)


def _check_values(errs: ErrorList, path: Path, values: Sequence[str]) -> None:
    for index, value in enumerate(values):
        follow(errs, path.index(index), value, names.label_value)


def check_merged_keys(
    errs: ErrorList, path: Path, keys: Sequence[str], name: str, selector: LabelSelector | None
) -> None:
    """Keys whose values are taken from the Pod's own labels and merged into a selector.

    They were merged before this runs, so a key that stands in the selector twice stood there
    already. That finding is reported at *path* itself, as the API server does.

    Args:
        errs: Gets what is wrong.
        path: Where the list and the selector are.
        keys: The list.
        name: Wire name of the list.
        selector: The selector beside it, merged.
    """
    if not keys:
        return
    at = path / name
    if selector is None:
        errs.forbidden(at, "must not be specified when labelSelector is not set")
        return
    used = Counter(selector.match_labels.keys())
    used.update(requirement.key for requirement in selector.match_expressions)
    for index, key in enumerate(keys):
        follow(errs, at.index(index), key, names.qualified_name)
    for index, key in enumerate(keys):
        if used[key] > 1:
            errs.invalid(path.index(index), key, f"exists in both {name} and labelSelector")


def check_node_selector(
    errs: ErrorList, path: Path, selector: NodeSelector, *, any_value: bool
) -> None:
    """At least one term, and each can match some node."""
    at = path / "nodeSelectorTerms"
    if not selector.node_selector_terms:
        errs.required(at, "must have at least one node selector term")
    for index, term in enumerate(selector.node_selector_terms):
        check_node_term(errs, at.index(index), term, any_value=any_value)


def check_node_term(
    errs: ErrorList, path: Path, term: NodeSelectorTerm, *, any_value: bool
) -> None:
    """Conditions on labels of a node, and on its name."""
    for index, requirement in enumerate(term.match_expressions):
        at = (path / "matchExpressions").index(index)
        _check_node_requirement(errs, at, requirement)
        if not any_value:
            _check_values(errs, at / "values", requirement.values)
    for index, requirement in enumerate(term.match_fields):
        _check_field_requirement(errs, (path / "matchFields").index(index), requirement)


def _check_node_requirement(
    errs: ErrorList, path: Path, requirement: NodeSelectorRequirement
) -> None:
    count = len(requirement.values)
    match requirement.operator:
        case "In" | "NotIn":
            if count == 0:
                errs.required(path / "values", _VALUES_NEEDED)
        case "Exists" | "DoesNotExist":
            if count > 0:
                errs.forbidden(path / "values", _VALUES_REFUSED)
        case "Gt" | "Lt":
            if count != 1:
                detail = "must be specified single value when `operator` is 'Lt' or 'Gt'"
                errs.required(path / "values", detail)
        case unknown:
            errs.invalid(path / "operator", unknown, _NOT_AN_OPERATOR)
    follow(errs, path / "key", requirement.key, names.qualified_name)


def _check_field_requirement(
    errs: ErrorList, path: Path, requirement: NodeSelectorRequirement
) -> None:
    if requirement.operator not in ("In", "NotIn"):
        errs.invalid(path / "operator", requirement.operator, _NOT_AN_OPERATOR)
    elif len(requirement.values) != 1:
        detail = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"
        errs.required(path / "values", detail)
    if requirement.key != "metadata.name":
        errs.invalid(path / "key", requirement.key, "not a valid field selector key")
        return
    for index, value in enumerate(requirement.values):
        follow(errs, (path / "values").index(index), value, names.dns1123_subdomain)
