"""What Pods can be selected by.

Source: ``pkg/registry/core/pod`` ToSelectableFields, GetAttrs, and ``AddFieldLabelConversionFunc``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from kregistry.core.v1 import Pod
from kregistry.storage.predicate import NAMING_FIELDS

#: Fields by which the watchers of nodes find their Pods.
INDEXED_FIELDS: Final = ("spec.nodeName", "metadata.namespace")

#: Those whose value stands in a Pod's JSON as it is; not what says "true" or "false".
LITERAL_FIELDS: Final = NAMING_FIELDS | {
    "spec.nodeName",
    "spec.restartPolicy",
    "spec.schedulerName",
    "spec.serviceAccountName",
    "status.nominatedNodeName",
    "status.phase",
    "status.podIP",
}

#: Old and unused names that a selector may use, and what they stand for. ``status.podIPs`` is
#: accepted and, as in Kubernetes, the same for every Pod: empty.
FIELD_ALIASES: Final = {"spec.host": "spec.nodeName", "status.podIPs": "status.podIPs"}


def selectable_fields(pod: Pod) -> Mapping[str, str]:
    """Every field that a selector may name, with its value; the same names for every Pod."""
    meta, spec, status = pod.metadata, pod.spec, pod.status
    return {
        "metadata.name": meta.name,
        "metadata.namespace": meta.namespace,
        "spec.hostNetwork": "true" if spec.host_network else "false",
        "spec.nodeName": spec.node_name,
        "spec.restartPolicy": spec.restart_policy,
        "spec.schedulerName": spec.scheduler_name,
        "spec.serviceAccountName": spec.service_account_name,
        "status.nominatedNodeName": status.nominated_node_name,
        "status.phase": status.phase,
        "status.podIP": status.pod_ips[0].ip if status.pod_ips else "",
    }


def pod_attributes(pod: object) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Labels and fields of a Pod.

    Raises:
        TypeError: It is none.
    """
    if not isinstance(pod, Pod):
        raise TypeError("not a pod")
    return pod.metadata.labels, selectable_fields(pod)
