"""Whole Pods: new ones, and steps from one to another.

Source: ``ValidatePodCreate``, ``ValidatePodUpdate``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from kregistry.core.pod.ownkeys import has_own_keys
from kregistry.core.pod.validation.annotations import check_annotations, check_profiles_agree
from kregistry.core.pod.validation.checks import no_blanks_around
from kregistry.core.pod.validation.options import PodValidationOptions
from kregistry.core.pod.validation.spec import check_spec
from kregistry.core.pod.validation.update import check_annotation_changes, check_spec_changes
from kregistry.core.v1 import Container, Pod
from kregistry.meta.field import ErrorList, Path
from kregistry.meta.objectmeta import ObjectMeta
from kregistry.registry.validation import (
    dns_subdomain_name,
    validate_object_meta,
    validate_object_meta_update,
)

_META: Final = Path("metadata")
_SPEC: Final = Path("spec")
_STANDARD_FINALIZERS: Final = ("kubernetes", "orphan", "foregroundDeletion")


def validate_new_pod(pod: Pod, options: PodValidationOptions) -> ErrorList:
    """Everything that is wrong with a Pod that is about to be created; only reads it."""
    errs = validate_pod(pod, options)
    if pod.spec.ephemeral_containers:
        errs.forbidden(_SPEC / "ephemeralContainers", "cannot be set on create")
    if pod.spec.node_name and pod.spec.scheduling_gates:
        detail = "cannot be set until all schedulingGates have been cleared"
        errs.forbidden(_SPEC / "nodeName", detail)
    check_profiles_agree(errs, _SPEC, pod)
    return errs


def validate_pod_update(pod: Pod, old: Pod, options: PodValidationOptions) -> ErrorList:
    """Everything that is wrong with *pod* in the place of *old*; only reads both."""
    errs = validate_object_meta_update(pod.metadata, old.metadata)
    errs += validate_pod(pod, options)
    check_annotation_changes(errs, _META / "annotations", pod, old)
    check_spec_changes(errs, pod, old)
    return errs


def validate_pod(pod: Pod, options: PodValidationOptions) -> ErrorList:
    """What must hold for a Pod at any time. Source: ``validatePodMetadataAndSpec``."""
    spec = pod.spec
    errs = validate_object_meta(pod.metadata, namespaced=True, name_rule=dns_subdomain_name)
    check_finalizer_names(errs, pod.metadata)
    annotations = pod.metadata.annotations
    if has_own_keys(annotations):
        check_annotations(errs, _META / "annotations", annotations, spec, options)
    check_spec(errs, _SPEC, spec, pod.metadata, options)
    if not spec.service_account_name:
        _refuse_tokens(errs, pod)
    _check_images(errs, "containers", spec.containers)
    _check_images(errs, "initContainers", spec.init_containers)
    return errs


def _check_images(errs: ErrorList, name: str, containers: Sequence[Container]) -> None:
    for index, container in enumerate(containers):
        if container.image != container.image.strip():
            at = (_SPEC / name).index(index) / "image"
            no_blanks_around(errs, at, container.image)


def check_finalizer_names(errs: ErrorList, meta: ObjectMeta) -> None:
    """The kinds of Kubernetes itself want finalizers with a domain, but for three.

    Source: ``validateKubeFinalizerName``.
    """
    for index, name in enumerate(meta.finalizers):
        if "/" not in name and name not in _STANDARD_FINALIZERS:
            detail = "name is neither a standard finalizer name nor is it fully qualified"
            errs.invalid((_META / "finalizers").index(index), name, detail)


def _refuse_tokens(errs: ErrorList, pod: Pod) -> None:
    """Without an account there is nothing that a token could be for."""
    for number, volume in enumerate(pod.spec.volumes):
        sources = volume.projected.sources if volume.projected is not None else []
        at = (_SPEC / "volumes").index(number).child("projected", "sources")
        for index, source in enumerate(sources):
            if source.service_account_token is not None:
                detail = "must not be specified when serviceAccountName is not set"
                errs.forbidden(at.index(index) / "serviceAccountToken", detail)
