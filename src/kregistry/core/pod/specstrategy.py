"""Updates that change one part of the spec and nothing else of a Pod.

Source: ``k8s.io/kubernetes/pkg/registry/core/pod/strategy.go``
podEphemeralContainersStrategy, podResizeStrategy.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence

from kregistry.core.pod.features import drop_disabled_fields
from kregistry.core.pod.strategy import PodStrategy
from kregistry.core.pod.structure import changed
from kregistry.core.pod.typecheck import explaining_wrong_types
from kregistry.core.pod.validation import options_for_update
from kregistry.core.pod.validation.ephemeral import validate_ephemeral_containers_update
from kregistry.core.pod.validation.resize import validate_pod_resize
from kregistry.core.v1 import Container, Pod, PodSpec
from kregistry.meta.context import Context
from kregistry.meta.field import ErrorList


class PodEphemeralContainersStrategy(PodStrategy):
    """An update may add ephemeral containers; whatever else it says is ignored."""

    def prepare_for_update(self, ctx: Context, obj: Pod, old: Pod) -> None:
        with explaining_wrong_types(obj):
            wanted = obj.spec.ephemeral_containers
            _take_all_from(obj, old, changed(old.spec, ephemeral_containers=wanted))

    def validate_update(self, ctx: Context, obj: Pod, old: Pod) -> ErrorList:
        with explaining_wrong_types(obj):
            options = options_for_update(self._options, old)
            return validate_ephemeral_containers_update(obj, old, options)

    def get_reset_fields(self) -> Mapping[str, Sequence[str]]:
        """Nothing to list: only one field is the caller's, and all others are not."""
        return {}


class PodResizeStrategy(PodStrategy):
    """An update may change the resources of containers; whatever else it says is ignored."""

    def prepare_for_update(self, ctx: Context, obj: Pod, old: Pod) -> None:
        """Keep the old Pod with the new resources.

        An object with other containers than *old* is left as it is: validation will say so,
        in words that name the containers the caller sent.
        """
        with explaining_wrong_types(obj):
            spec, before = obj.spec, old.spec
            if len(spec.containers) != len(before.containers):
                return
            if len(spec.init_containers) != len(before.init_containers):
                return
            _take_all_from(obj, old, _resized(spec, before))

    def validate_update(self, ctx: Context, obj: Pod, old: Pod) -> ErrorList:
        with explaining_wrong_types(obj):
            return validate_pod_resize(obj, old, options_for_update(self._options, old))

    def get_reset_fields(self) -> Mapping[str, Sequence[str]]:
        """Nothing to list: only resources are the caller's, and all else is not."""
        return {}


def _resized(spec: PodSpec, before: PodSpec) -> PodSpec:
    return changed(
        before,
        resources=spec.resources,
        containers=_with_resources(before.containers, spec.containers),
        init_containers=_with_resources(before.init_containers, spec.init_containers),
    )


def _with_resources(old: Sequence[Container], new: Sequence[Container]) -> Sequence[Container]:
    """The old containers with the resources of the new ones; the new ones if renamed."""
    pairs = list(zip(old, new, strict=True))
    if any(former.name != container.name for former, container in pairs):
        return new
    return [
        changed(former, resources=container.resources, resize_policy=container.resize_policy)
        for former, container in pairs
    ]


def _take_all_from(obj: Pod, old: Pod, spec: PodSpec) -> None:
    """Make *obj* what *old* is, with another spec; it stays an answer to the same request.

    Source: ``dropPodUpdates``.
    """
    sent = obj.metadata
    obj.metadata = copy.deepcopy(old.metadata)
    obj.metadata.name = sent.name
    obj.metadata.namespace = sent.namespace
    obj.metadata.resource_version = sent.resource_version
    obj.metadata.uid = sent.uid
    obj.metadata.managed_fields = sent.managed_fields
    obj.spec = spec
    obj.status = old.status
    drop_disabled_fields(obj, old)
    if obj.spec != old.spec:
        obj.metadata.generation = old.metadata.generation + 1
