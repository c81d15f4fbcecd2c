"""Ephemeral containers come and stay.

Source: ``ValidatePodEphemeralContainersUpdate``.
"""

from __future__ import annotations

from typing import Final

from kregistry.core.pod.validation.annotations import MIRROR
from kregistry.core.pod.validation.options import PodValidationOptions
from kregistry.core.pod.validation.pod import validate_pod
from kregistry.core.pod.validation.update import check_annotation_changes
from kregistry.core.v1 import EphemeralContainer, Pod
from kregistry.meta.field import ErrorList, Path
from kregistry.meta.goformat import json_text, quote
from kregistry.registry.validation import validate_object_meta_update

_CONTAINERS: Final = Path("spec", "ephemeralContainers")

#: The object itself; prints as ``[]``, in Kubernetes too.
_ROOT: Final = Path("")


def validate_ephemeral_containers_update(
    pod: Pod, old: Pod, options: PodValidationOptions
) -> ErrorList:
    """Everything that is wrong with adding ephemeral containers; only reads both Pods."""
    errs = validate_object_meta_update(pod.metadata, old.metadata)
    errs += validate_pod(pod, options)
    check_annotation_changes(errs, Path("metadata", "annotations"), pod, old)
    if MIRROR in old.metadata.annotations:
        return ErrorList().forbidden(_ROOT, "static pods do not support ephemeral containers")
    new = {container.name: container for container in pod.spec.ephemeral_containers}
    for container in old.spec.ephemeral_containers:
        _check_kept(errs, container, new.get(container.name))
    return errs


def _check_kept(errs: ErrorList, old: EphemeralContainer, new: EphemeralContainer | None) -> None:
    """What a node has begun to run cannot be taken back."""
    existing = f"existing ephemeral containers {quote(old.name)} may not be"
    if new is None:
        errs.forbidden(_CONTAINERS, f"{existing} removed\n")
    elif new != old:
        difference = f"@@\n-{json_text(old)}\n+{json_text(new)}"
        errs.forbidden(_CONTAINERS, f"{existing} changed\n{difference}")
