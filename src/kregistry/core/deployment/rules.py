"""Rules for Deployments.

Source: ``k8s.io/kubernetes/pkg/apis/apps/validation`` ValidateDeploymentSpec,
ValidateDeploymentStatus, ValidatePodTemplateSpecForReplicaSet.
"""

from __future__ import annotations

from typing import Final

from kregistry.core.apps_v1 import (
    Deployment,
    DeploymentSpec,
    DeploymentStatus,
    DeploymentStrategy,
    RollingUpdateDeployment,
)
from kregistry.core.percents import check_int_or_percent, check_not_more_than_all, is_zero
from kregistry.core.pod.validation.annotations import check_annotations
from kregistry.core.pod.validation.checks import not_negative
from kregistry.core.pod.validation.options import PodValidationOptions
from kregistry.core.pod.validation.selectors import check_label_selector
from kregistry.core.pod.validation.spec import check_spec
from kregistry.core.v1 import PodTemplateSpec
from kregistry.meta.field import ErrorList, Path
from kregistry.meta.objectmeta import ObjectMeta
from kregistry.registry.validation import validate_annotations, validate_labels
from kregistry.runtime import labels

SPEC: Final = Path("spec")
STATUS: Final = Path("status")
_TYPES: Final = ("Recreate", "RollingUpdate")
_BEYOND: Final = "cannot be greater than status.replicas"


def check_deployment_spec(
    errs: ErrorList, spec: DeploymentSpec, options: PodValidationOptions
) -> None:
    """Everything that is wrong with a specification with defaults."""
    not_negative(errs, SPEC / "replicas", _number(spec.replicas))
    if _check_selector(errs, spec):
        check_template(errs, SPEC / "template", spec.template, options)
    _check_strategy(errs, SPEC / "strategy", spec.strategy)
    not_negative(errs, SPEC / "minReadySeconds", spec.min_ready_seconds)
    if spec.revision_history_limit is not None:
        not_negative(errs, SPEC / "revisionHistoryLimit", spec.revision_history_limit)
    deadline = spec.progress_deadline_seconds
    if deadline is not None:
        at = SPEC / "progressDeadlineSeconds"
        not_negative(errs, at, deadline)
        if deadline <= spec.min_ready_seconds:
            errs.invalid(at, deadline, "must be greater than minReadySeconds")


def _number(value: int | None) -> int:
    return 0 if value is None else value


def _check_selector(errs: ErrorList, spec: DeploymentSpec) -> bool:
    """The selector says something, and the Pods that are made match it.

    Returns:
        Whether it can be understood; the template is not looked at otherwise.
    """
    at, selector = SPEC / "selector", spec.selector
    if selector is None:
        errs.required(at)
    else:
        check_label_selector(errs, at, selector)
        if not selector.match_labels and not selector.match_expressions:
            errs.invalid(at, selector, "empty selector is invalid for deployment")
    made = spec.template.metadata.labels
    try:
        parsed = labels.from_label_selector(selector)
    except ValueError:
        errs.invalid(at, selector, "invalid label selector")
        return False
    if not parsed.empty and not parsed.matches(made):
        path = SPEC.child("template", "metadata", "labels")
        errs.invalid(path, made, "`selector` does not match template `labels`")
    return True


def check_template(
    errs: ErrorList, path: Path, template: PodTemplateSpec, options: PodValidationOptions
) -> None:
    """Pods of the template can be made and run for ever."""
    meta, spec = template.metadata, template.spec
    errs += validate_labels(meta.labels, path / "labels")
    errs += validate_annotations(meta.annotations, path / "annotations")
    check_annotations(errs, path / "annotations", meta.annotations, spec, options)
    check_spec(errs, path / "spec", spec, ObjectMeta(), options)
    if spec.ephemeral_containers:
        detail = "ephemeral containers not allowed in pod template"
        errs.forbidden(path.child("spec", "ephemeralContainers"), detail)
    if spec.restart_policy != "Always":
        errs.not_supported(path.child("spec", "restartPolicy"), spec.restart_policy, ("Always",))
    if spec.active_deadline_seconds is not None:
        detail = "activeDeadlineSeconds in ReplicaSet is not Supported"
        errs.forbidden(path.child("spec", "activeDeadlineSeconds"), detail)


def _check_strategy(errs: ErrorList, path: Path, strategy: DeploymentStrategy) -> None:
    rolling, at = strategy.rolling_update, path / "rollingUpdate"
    match strategy.type:
        case "Recreate":
            if rolling is not None:
                detail = "may not be specified when strategy `type` is 'Recreate'"
                errs.forbidden(at, detail)
        case "RollingUpdate":
            if rolling is None:
                errs.required(at, "this should be defaulted and never be nil")
            else:
                _check_rolling(errs, at, rolling)
        case unknown:
            errs.not_supported(path / "type", unknown, _TYPES)


def _check_rolling(errs: ErrorList, path: Path, rolling: RollingUpdateDeployment) -> None:
    missing, surplus = rolling.max_unavailable, rolling.max_surge
    if missing is not None:
        check_int_or_percent(errs, path / "maxUnavailable", missing)
    if surplus is not None:
        check_int_or_percent(errs, path / "maxSurge", surplus)
    if is_zero(missing) and is_zero(surplus):
        detail = "may not be 0 when `maxSurge` is 0"
        errs.invalid(path / "maxUnavailable", missing, detail)
    if missing is not None:
        check_not_more_than_all(errs, path / "maxUnavailable", missing)


def check_deployment_status(errs: ErrorList, status: DeploymentStatus) -> None:
    """Figures are not negative and fit together."""
    replicas, available = status.replicas, status.available_replicas
    not_negative(errs, STATUS / "observedGeneration", status.observed_generation)
    not_negative(errs, STATUS / "replicas", replicas)
    not_negative(errs, STATUS / "updatedReplicas", status.updated_replicas)
    not_negative(errs, STATUS / "readyReplicas", status.ready_replicas)
    not_negative(errs, STATUS / "availableReplicas", available)
    not_negative(errs, STATUS / "unavailableReplicas", status.unavailable_replicas)
    if status.terminating_replicas is not None:
        not_negative(errs, STATUS / "terminatingReplicas", status.terminating_replicas)
    if status.collision_count is not None:
        not_negative(errs, STATUS / "collisionCount", status.collision_count)
    if status.updated_replicas > replicas:
        errs.invalid(STATUS / "updatedReplicas", status.updated_replicas, _BEYOND)
    if status.ready_replicas > replicas:
        errs.invalid(STATUS / "readyReplicas", status.ready_replicas, _BEYOND)
    if available > replicas:
        errs.invalid(STATUS / "availableReplicas", available, _BEYOND)
    if available > status.ready_replicas:
        detail = "cannot be greater than readyReplicas"
        errs.invalid(STATUS / "availableReplicas", available, detail)


def check_collisions(errs: ErrorList, obj: Deployment, old: Deployment) -> None:
    """Collisions are counted upwards."""
    before, count = old.status.collision_count, obj.status.collision_count
    if before is not None and (count is None or count < before):
        errs.invalid(STATUS / "collisionCount", _number(count), "cannot be decremented")
