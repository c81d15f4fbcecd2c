"""Fields that Kubernetes 1.36 knows but has switched off.

They are dropped, silently, from what a client sends; a Pod that was stored with one keeps it.

Source: ``pkg/api/pod`` DropDisabledPodFields, gates at their defaults.
"""

from __future__ import annotations

from typing import Final

from kregistry.core.pod.containers import all_containers
from kregistry.core.v1 import Pod, PodSpec

#: What may be projected into a volume once the features are switched on.
_PROJECTIONS: Final = ("cluster_trust_bundle", "pod_certificate")


def drop_disabled_fields(pod: Pod, old: Pod | None = None) -> None:
    """Clear the fields of switched-off features that *old* does not use.

    Args:
        pod: Changed.
        old: What is stored; None for a new Pod.
    """
    spec = pod.spec
    if old is None or not _uses_stop_signal(old.spec):
        _drop_stop_signal(spec)
    _drop_projections(spec, old.spec if old is not None else None)
    if old is None or old.spec.scheduling_group is None:
        spec.scheduling_group = None
    if pod.status.node_allocatable_resource_claim_statuses and (
        old is None or not old.status.node_allocatable_resource_claim_statuses
    ):
        pod.status.node_allocatable_resource_claim_statuses = []


def _uses_stop_signal(spec: PodSpec) -> bool:
    return any(
        container.lifecycle is not None and container.lifecycle.stop_signal is not None
        for container in all_containers(spec)
    )


def _drop_stop_signal(spec: PodSpec) -> None:
    for container in all_containers(spec):
        hooks = container.lifecycle
        if hooks is not None and hooks.stop_signal is not None:
            hooks.stop_signal = None
            if hooks.post_start is None and hooks.pre_stop is None:
                container.lifecycle = None


def _projects(spec: PodSpec, attribute: str) -> bool:
    return any(
        getattr(source, attribute) is not None
        for volume in spec.volumes
        if volume.projected is not None
        for source in volume.projected.sources
    )


def _drop_projections(spec: PodSpec, before: PodSpec | None) -> None:
    for volume in spec.volumes:
        if volume.projected is not None:
            for attribute in _PROJECTIONS:
                if before is None or not _projects(before, attribute):
                    for source in volume.projected.sources:
                        setattr(source, attribute, None)
