"""What may change in a Pod once it exists: little.

Source: ``ValidatePodUpdate``, ``ValidatePodSpecificAnnotationUpdates``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from kregistry.core.pod.apparmor import APP_ARMOR_PREFIX
from kregistry.core.pod.structure import attributes, changed
from kregistry.core.pod.validation.annotations import MIRROR
from kregistry.core.pod.validation.checks import (
    MAX_INT32,
    between,
    no_blanks_around,
    require,
)
from kregistry.core.pod.validation.scheduling import check_tolerations
from kregistry.core.v1 import (
    Affinity,
    Container,
    NodeAffinity,
    NodeSelectorTerm,
    Pod,
    PodSpec,
    Toleration,
)
from kregistry.meta.field import ErrorList, Path
from kregistry.meta.goformat import json_text
from kregistry.meta.model import wire_name

_SPEC: Final = Path("spec")
_IMMUTABLE: Final = (
    "pod updates may not change fields other than `spec.containers[*].image`,"
    "`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only "
    "additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be "
    "set to 1 if it was previously negative)"
)
_ONLY_ADDITIONS: Final = "only additions are allowed (no mutations or deletions)"


def check_annotation_changes(errs: ErrorList, path: Path, pod: Pod, old: Pod) -> None:
    """Annotations that the node has acted on already stay as they are."""
    new_all, old_all = pod.metadata.annotations, old.metadata.annotations
    for key, value in sorted(old_all.items()):
        if key.startswith(APP_ARMOR_PREFIX) and new_all.get(key) != value:
            errs.forbidden(path.key(key), "may not remove or update AppArmor annotations")
        if key == MIRROR and new_all.get(key) != value:
            errs.forbidden(path.key(key), "may not remove or update mirror pod annotation")
    for key in sorted(new_all.keys() - old_all.keys()):
        if key.startswith(APP_ARMOR_PREFIX):
            errs.forbidden(path.key(key), "may not add AppArmor annotations")
        if key == MIRROR:
            errs.forbidden(path.key(key), "may not add mirror pod annotation")


def check_spec_changes(errs: ErrorList, pod: Pod, old: Pod) -> None:
    """Images, deadline, tolerations and gates may change, each in its own way.

    Stops early, as the API server does, when containers come or go and when nothing that is
    left to compare differs.
    """
    spec, before = pod.spec, old.spec
    for name, new_list, old_list in (
        ("containers", spec.containers, before.containers),
        ("initContainers", spec.init_containers, before.init_containers),
    ):
        if not _check_containers(errs, _SPEC / name, new_list, old_list):
            return
    _check_deadline(errs, spec.active_deadline_seconds, before.active_deadline_seconds)
    _check_tolerations(errs, _SPEC / "tolerations", spec.tolerations, before.tolerations)
    known = {gate.name for gate in before.scheduling_gates}
    for index, gate in enumerate(spec.scheduling_gates):
        if gate.name not in known:
            detail = f"only deletion is allowed, but found new scheduling gate '{gate.name}'"
            errs.forbidden((_SPEC / "schedulingGates").index(index) / "name", detail)
    if spec != before:
        _check_the_rest(errs, spec, before)


def _check_containers(
    errs: ErrorList, path: Path, new: Sequence[Container], old: Sequence[Container]
) -> bool:
    if len(new) != len(old):
        errs.forbidden(path, "pod updates may not add or remove containers")
        return False
    for index, container in enumerate(new):
        at = path.index(index) / "image"
        if require(errs, at, container.image):
            no_blanks_around(errs, at, container.image)
    return True


def _check_deadline(errs: ErrorList, new: int | None, old: int | None) -> None:
    """It may be set and brought forward, not put off or cancelled."""
    at = _SPEC / "activeDeadlineSeconds"
    if new is None:
        if old is not None:
            errs.invalid(at, None, "must not update from a positive integer to nil value")
        return
    if not 0 <= new <= MAX_INT32:
        between(errs, at, new, 0, MAX_INT32)
    elif old is not None and new > old:
        errs.invalid(at, new, "must be less than or equal to previous value")


def _check_tolerations(
    errs: ErrorList, path: Path, new: Sequence[Toleration], old: Sequence[Toleration]
) -> None:
    """Each old one stays, but for how long it lasts. Source: ``validateOnlyAddedTolerations``."""
    remaining = {_timeless(toleration) for toleration in new}
    if any(_timeless(toleration) not in remaining for toleration in old):
        detail = "existing toleration can not be modified except its tolerationSeconds"
        errs.forbidden(path, detail)
        return
    check_tolerations(errs, path, new)


def _timeless(toleration: Toleration) -> tuple[str, str, str, str]:
    return toleration.key, toleration.operator, toleration.value, toleration.effect


def _check_the_rest(errs: ErrorList, spec: PodSpec, before: PodSpec) -> None:
    """With everything that may change put back, nothing must differ."""
    restored = changed(
        spec,
        containers=_with_images(spec.containers, before.containers),
        init_containers=_with_images(spec.init_containers, before.init_containers),
        active_deadline_seconds=before.active_deadline_seconds,
        scheduling_gates=before.scheduling_gates,
        tolerations=before.tolerations,
    )
    grace = before.termination_grace_period_seconds
    if grace is not None and grace < 0 and spec.termination_grace_period_seconds == 1:
        restored.termination_grace_period_seconds = grace
    if before.scheduling_gates:
        _narrow_gated(errs, restored, before)
    if restored != before:
        errs.forbidden(_SPEC, f"{_IMMUTABLE}\n{_difference(restored, before)}")


def _with_images(new: Sequence[Container], old: Sequence[Container]) -> list[Container]:
    """The new containers with the images of the old ones."""
    return [
        changed(container, image=former.image) for container, former in zip(new, old, strict=True)
    ]


def _narrow_gated(errs: ErrorList, restored: PodSpec, before: PodSpec) -> None:
    """A Pod that is not scheduled yet may become choosier about nodes."""
    if restored.node_selector != before.node_selector:
        for key, value in sorted(before.node_selector.items()):
            if restored.node_selector.get(key) != value:
                detail = (
                    "only additions to spec.nodeSelector are allowed (no mutations or deletions)"
                )
                errs.invalid(_SPEC / "nodeSelector", restored.node_selector, detail)
        restored.node_selector = before.node_selector
    new, old = _node_affinity(restored), _node_affinity(before)
    if new == old:
        return
    _check_node_terms(errs, new, old)
    affinity = changed(
        restored.affinity or Affinity(),
        node_affinity=before.affinity.node_affinity if before.affinity else None,
    )
    same = affinity == (before.affinity or Affinity())
    restored.affinity = before.affinity if same else affinity


def _node_affinity(spec: PodSpec) -> NodeAffinity:
    return (spec.affinity and spec.affinity.node_affinity) or NodeAffinity()


def _check_node_terms(errs: ErrorList, new: NodeAffinity, old: NodeAffinity) -> None:
    """Source: ``validateNodeAffinityMutation``."""
    required = old.required_during_scheduling_ignored_during_execution
    if required is None:
        return
    path = _SPEC.child(
        "affinity",
        "nodeAffinity",
        "requiredDuringSchedulingIgnoredDuringExecution",
        "nodeSelectorTerms",
    )
    now = new.required_during_scheduling_ignored_during_execution
    terms = now.node_selector_terms if now is not None else []
    if len(terms) != len(required.node_selector_terms):
        detail = "no additions/deletions to non-empty NodeSelectorTerms list are allowed"
        errs.invalid(path, terms, detail)
        return
    for index, (term, former) in enumerate(zip(terms, required.node_selector_terms, strict=True)):
        if not _only_narrowed(term, former):
            errs.invalid(path.index(index), term, _ONLY_ADDITIONS)


def _only_narrowed(new: NodeSelectorTerm, old: NodeSelectorTerm) -> bool:
    """A term without conditions matches nothing, and a condition would make it match."""
    if not old.match_expressions and not old.match_fields:
        return not new.match_expressions and not new.match_fields
    return (
        new.match_expressions[: len(old.match_expressions)] == old.match_expressions
        and new.match_fields[: len(old.match_fields)] == old.match_fields
    )


def _difference(new: PodSpec, old: PodSpec) -> str:
    """The fields that differ, as a reader of the error wants to see them."""
    lines = ["@@"]
    for attribute in attributes(PodSpec):
        before, after = getattr(old, attribute.name), getattr(new, attribute.name)
        if before != after:
            name = wire_name(attribute)
            lines += [f"-{name}: {json_text(before)}", f"+{name}: {json_text(after)}"]
    return "\n".join(lines)
