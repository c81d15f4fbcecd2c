"""Columns of the tables of the built-in kinds that have no class.

What the columns are called is data, ``columns.json``; what stands in them is here, in the same
order. A kind that is missing in both has the default columns.

Source: ``k8s.io/kubernetes/pkg/printers/internalversion/printers.go`` AddHandlers.
"""

from __future__ import annotations

import json
import pkgutil
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final

from kregistry.core.generics import odd
from kregistry.core.generics.cells import (
    NONE,
    UNSET,
    Cell,
    count,
    flag,
    joined,
    label_set,
    modes,
    number,
    phase,
    selector,
    since,
    text,
)
from kregistry.registry.tables import AGE, NAME, Column, Columns
from kregistry.runtime.resource import Resource
from kregistry.runtime.unstructured import Unstructured

_NAME: Final[Cell] = NAME.cell
_AGE: Final[Cell] = AGE.cell

_TEMPLATE: Final = "spec.template.spec.containers"
_WORKERS: Final = (joined(_TEMPLATE, "name"), joined(_TEMPLATE, "image"))

_POLICY_BINDING: Final = (_NAME, text("spec.policyName"), odd.param_ref, _AGE)
_WEBHOOKS: Final = (_NAME, count("webhooks"), _AGE)
_ROLE_BINDING: Final = (
    _NAME,
    odd.reference("roleRef"),
    _AGE,
    odd.subjects("User"),
    odd.subjects("Group"),
    odd.subjects("ServiceAccount"),
)

_REPLICAS: Final = (
    number("spec.replicas"),
    number("status.replicas"),
    number("status.readyReplicas"),
)

#: What stands in the columns of each kind.
CELLS: Final[Mapping[str, Sequence[Cell]]] = {
    "MutatingAdmissionPolicy": (_NAME, count("spec.mutations"), odd.param_kind, _AGE),
    "MutatingAdmissionPolicyBinding": _POLICY_BINDING,
    "MutatingWebhookConfiguration": _WEBHOOKS,
    "ValidatingAdmissionPolicy": (_NAME, count("spec.validations"), odd.param_kind, _AGE),
    "ValidatingAdmissionPolicyBinding": _POLICY_BINDING,
    "ValidatingWebhookConfiguration": _WEBHOOKS,
    "ComponentStatus": (
        _NAME,
        odd.condition("Healthy", "status"),
        odd.condition("Healthy", "message"),
        odd.condition("Healthy", "error"),
    ),
    "Endpoints": (_NAME, odd.endpoints, _AGE),
    "PersistentVolume": (
        _NAME,
        text("spec.capacity.storage"),
        modes("spec.accessModes"),
        text("spec.persistentVolumeReclaimPolicy"),
        phase,
        odd.claim,
        text("spec.storageClassName"),
        text("spec.volumeAttributesClassName", UNSET),
        text("status.reason"),
        _AGE,
        text("spec.volumeMode", UNSET),
    ),
    "PersistentVolumeClaim": (
        _NAME,
        phase,
        text("spec.volumeName"),
        odd.claimed_capacity,
        modes("status.accessModes"),
        text("spec.storageClassName"),
        text("spec.volumeAttributesClassName", UNSET),
        _AGE,
        text("spec.volumeMode", UNSET),
    ),
    "PodTemplate": (
        _NAME,
        joined("template.spec.containers", "name"),
        joined("template.spec.containers", "image"),
        label_set("template.metadata.labels"),
    ),
    "ReplicationController": (_NAME, *_REPLICAS, _AGE, *_WORKERS, label_set("spec.selector")),
    "ResourceQuota": (_NAME, odd.quota(limits=False), odd.quota(limits=True), _AGE),
    "ServiceAccount": (_NAME, _AGE),
    "ControllerRevision": (_NAME, odd.controller, text("revision", "0"), _AGE),
    "DaemonSet": (
        _NAME,
        number("status.desiredNumberScheduled"),
        number("status.currentNumberScheduled"),
        number("status.numberReady"),
        number("status.updatedNumberScheduled"),
        number("status.numberAvailable"),
        label_set("spec.template.spec.nodeSelector"),
        _AGE,
        *_WORKERS,
        selector("spec.selector"),
    ),
    "ReplicaSet": (_NAME, *_REPLICAS, _AGE, *_WORKERS, selector("spec.selector")),
    "StatefulSet": (_NAME, odd.ready_of, _AGE, *_WORKERS),
    "HorizontalPodAutoscaler": (
        _NAME,
        odd.reference("spec.scaleTargetRef"),
        odd.metrics,
        text("spec.minReplicas", UNSET),
        text("spec.maxReplicas", "0"),
        text("status.currentReplicas", "0"),
        _AGE,
    ),
    "CronJob": (
        _NAME,
        text("spec.schedule"),
        text("spec.timeZone", NONE),
        flag("spec.suspend"),
        count("status.active"),
        since("status.lastScheduleTime", NONE),
        _AGE,
        joined("spec.jobTemplate.spec.template.spec.containers", "name"),
        joined("spec.jobTemplate.spec.template.spec.containers", "image"),
        selector("spec.jobTemplate.spec.selector"),
    ),
    "Job": (
        _NAME,
        odd.job_status,
        odd.completions,
        odd.job_duration,
        _AGE,
        *_WORKERS,
        selector("spec.selector"),
    ),
    "CertificateSigningRequest": (
        _NAME,
        _AGE,
        text("spec.signerName", NONE),
        text("spec.username"),
        odd.requested_duration,
        odd.signing_condition,
    ),
    "EndpointSlice": (_NAME, text("addressType"), odd.slice_ports, odd.slice_endpoints, _AGE),
    "FlowSchema": (
        _NAME,
        text("spec.priorityLevelConfiguration.name"),
        text("spec.matchingPrecedence", "0"),
        text("spec.distinguisherMethod.type", NONE),
        _AGE,
        odd.missing_level,
    ),
    "PriorityLevelConfiguration": (
        _NAME,
        text("spec.type"),
        text("spec.limited.nominalConcurrencyShares", NONE),
        text("spec.limited.limitResponse.queuing.queues", NONE),
        text("spec.limited.limitResponse.queuing.handSize", NONE),
        text("spec.limited.limitResponse.queuing.queueLengthLimit", NONE),
        _AGE,
    ),
    "IPAddress": (_NAME, odd.parent),
    "Ingress": (
        _NAME,
        text("spec.ingressClassName", NONE),
        odd.hosts,
        odd.ingress_address,
        odd.ingress_ports,
        _AGE,
    ),
    "IngressClass": (_NAME, text("spec.controller"), odd.class_parameters, _AGE),
    "NetworkPolicy": (_NAME, selector("spec.podSelector"), _AGE),
    "ServiceCIDR": (_NAME, joined("spec.cidrs"), _AGE),
    "RuntimeClass": (_NAME, text("handler"), _AGE),
    "ClusterRoleBinding": _ROLE_BINDING,
    "RoleBinding": _ROLE_BINDING,
    "DeviceClass": (_NAME, _AGE),
    "ResourceClaim": (_NAME, odd.claim_state, _AGE),
    "ResourceClaimTemplate": (_NAME, _AGE),
    "ResourceSlice": (
        _NAME,
        text("spec.nodeName", NONE),
        text("spec.driver"),
        text("spec.pool.name"),
        _AGE,
    ),
    "PriorityClass": (
        _NAME,
        number("value"),
        flag("globalDefault"),
        _AGE,
        text("preemptionPolicy"),
    ),
    "CSIDriver": (
        _NAME,
        flag("spec.attachRequired", default=True),
        flag("spec.podInfoOnMount"),
        flag("spec.storageCapacity"),
    ),
    "CSINode": (_NAME, count("spec.drivers"), _AGE),
    "CSIStorageCapacity": (_NAME, text("storageClassName"), text("capacity", UNSET)),
    "StorageClass": (
        odd.storage_class_name,
        text("provisioner"),
        text("reclaimPolicy", "Delete"),
        text("volumeBindingMode", "Immediate"),
        flag("allowVolumeExpansion"),
        _AGE,
    ),
    "VolumeAttachment": (
        _NAME,
        text("spec.attacher"),
        text("spec.source.persistentVolumeName"),
        text("spec.nodeName"),
        flag("status.attached"),
        _AGE,
    ),
    "VolumeAttributesClass": (_NAME, text("driverName"), _AGE),
}

_DESCRIPTIONS: Final = {"Name": NAME.description, "Age": AGE.description}


@cache
def definitions() -> Mapping[str, Sequence[Mapping[str, Any]]]:
    """What the columns of each kind are called, in order."""
    # Not importlib.resources: to import it takes longer than to read the file and all it says.
    found = pkgutil.get_data("kregistry.core.generics", "columns.json")
    assert found is not None
    loaded: dict[str, Any] = json.loads(found)
    return loaded


def generic_columns(resource: Resource[Unstructured]) -> Columns[Unstructured]:
    """The columns of the kind of *resource*; the default ones if it has none of its own."""
    cells = CELLS.get(resource.kind)
    if cells is None:
        return Columns(resource.group_resource)
    told = definitions()[resource.kind]
    columns = [_column(facts, cell) for facts, cell in zip(told, cells, strict=True)]
    return Columns(resource.group_resource, tuple(columns))


def _column(facts: Mapping[str, Any], cell: Cell) -> Column[Unstructured]:
    name = facts["name"]
    return Column(
        name,
        cell,
        type=facts["type"],
        format=facts.get("format", ""),
        description=_DESCRIPTIONS.get(name, ""),
        priority=facts.get("priority", 0),
    )
