"""One thing, one spelling: what ``v1`` can say in two ways.

The API server converts a document of ``v1`` to its internal type and back. What it says in two
ways comes back from there in both, agreeing; so it does from here.

Source: ``k8s.io/kubernetes/pkg/apis/core/v1/conversion.go``.
"""

from __future__ import annotations

from typing import Final

from kregistry.core.v1 import Pod, PodIP, PodSpec, PodStatus

#: Annotations that stood for fields which exist by now. They are dropped.
_OLD_ANNOTATIONS: Final = frozenset(
    f"pod.{stage}.kubernetes.io/init-container{what}"
    for stage in ("alpha", "beta")
    for what in ("s", "-statuses")
)


def normalize_pod(pod: Pod) -> None:
    """Make the two spellings of one fact agree. Changes *pod*."""
    normalize_spec(pod.spec)
    _normalize_status(pod.status)
    for key in _OLD_ANNOTATIONS.intersection(pod.metadata.annotations):
        del pod.metadata.annotations[key]


def normalize_spec(spec: PodSpec) -> None:
    """Do the same for a Pod's specification, or a template's. Changes *spec*.

    The account has an older name; a time below zero was allowed once and means 1.
    """
    spec.service_account_name = spec.service_account_name or spec.service_account
    spec.service_account = spec.service_account_name
    grace = spec.termination_grace_period_seconds
    if grace is not None and grace < 0:
        spec.termination_grace_period_seconds = 1


def _normalize_status(status: PodStatus) -> None:
    """The first of the Pod's addresses is also its address; where both are given it wins."""
    if status.pod_ip and (not status.pod_ips or status.pod_ips[0].ip != status.pod_ip):
        status.pod_ips = [PodIP(ip=status.pod_ip)]
    if status.pod_ips:
        status.pod_ip = status.pod_ips[0].ip
