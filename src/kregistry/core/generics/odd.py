"""Cells of single kinds that are more than a field.

Source: ``k8s.io/kubernetes/pkg/printers/internalversion/printers.go``.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from kregistry.core.generics.cells import (
    NONE,
    UNSET,
    Cell,
    first_few,
    items_at,
    member_of,
    shown,
    time_at,
)
from kregistry.registry.ages import human_duration
from kregistry.runtime.unstructured import Unstructured


def param_kind(obj: Unstructured, now: datetime) -> str:
    """What parameters of a policy are."""
    found = obj.at("spec", "paramKind")
    if not isinstance(found, dict):
        return UNSET
    return f"{member_of(found, 'apiVersion')}/{member_of(found, 'kind')}"


def param_ref(obj: Unstructured, now: datetime) -> str:
    """Which parameters a policy is bound with."""
    found = obj.at("spec", "paramRef")
    if not isinstance(found, dict):
        return UNSET
    name = member_of(found, "name") or "*"
    namespace = member_of(found, "namespace")
    return f"{namespace}/{name}" if namespace else name


def condition(kind: str, member: str) -> Cell:
    """A member of the condition of type *kind*."""

    def cell(obj: Unstructured, now: datetime) -> str:
        for each in items_at(obj, "conditions"):
            if member_of(each, "type") == kind:
                return member_of(each, member)
        return ""

    return cell


def endpoints(obj: Unstructured, now: datetime) -> str:
    """Addresses and ports of Endpoints."""
    told = []
    for subset in items_at(obj, "subsets"):
        if not isinstance(subset, dict):
            continue
        ports = [member_of(port, "port") for port in subset.get("ports") or [{}]]
        addresses = subset.get("addresses") or []
        for port in ports:
            for address in addresses:
                ip = member_of(address, "ip")
                told.append(f"{ip}:{port}" if port else ip)
    return first_few(told)


def claim(obj: Unstructured, now: datetime) -> str:
    """The claim that a volume is bound to."""
    found = obj.at("spec", "claimRef")
    if not isinstance(found, dict):
        return ""
    return f"{member_of(found, 'namespace')}/{member_of(found, 'name')}"


def claimed_capacity(obj: Unstructured, now: datetime) -> str:
    """How much a claim got; nothing as long as it has no volume."""
    if not obj.at("spec", "volumeName"):
        return ""
    return shown(obj.at("status", "capacity", "storage"))


def quota(*, limits: bool) -> Cell:
    """What of a quota is used, requests and limits apart."""

    def cell(obj: Unstructured, now: datetime) -> str:
        hard, used = obj.at("status", "hard"), obj.at("status", "used")
        hard = hard if isinstance(hard, dict) else {}
        told = [
            f"{name}: {member_of(used, name)}/{shown(hard[name])}"
            for name in sorted(hard)
            if name.startswith("limits.") is limits
        ]
        return ", ".join(told)

    return cell


def controller(obj: Unstructured, now: datetime) -> str:
    """Who controls the object."""
    for owner in obj.metadata.owner_references:
        if owner.controller:
            group = owner.api_version.rpartition("/")[0]
            kind = owner.kind.lower()
            return f"{kind}.{group}/{owner.name}" if group else f"{kind}/{owner.name}"
    return NONE


def ready_of(obj: Unstructured, now: datetime) -> str:
    """How many replicas are ready, of how many that are wanted."""
    ready, wanted = obj.at("status", "readyReplicas"), obj.at("spec", "replicas")
    return f"{shown(ready) or 0}/{shown(wanted) or 0}"


def reference(path: str) -> Cell:
    """Kind and name of what the object at *path* means."""

    def cell(obj: Unstructured, now: datetime) -> str:
        found = obj.at(*path.split("."))
        if not isinstance(found, dict):
            return NONE
        return f"{member_of(found, 'kind')}/{member_of(found, 'name')}"

    return cell


def job_status(obj: Unstructured, now: datetime) -> str:
    """How far a Job is."""
    true = {
        member_of(each, "type")
        for each in items_at(obj, "status", "conditions")
        if member_of(each, "status") == "True"
    }
    if obj.metadata.deletion_timestamp is not None:
        return "Terminating"
    known = ("Complete", "Failed", "Suspended", "FailureTarget", "SuccessCriteriaMet")
    return next((kind for kind in known if kind in true), "Running")


def completions(obj: Unstructured, now: datetime) -> str:
    """How often a Job succeeded, of how often it must."""
    done = shown(obj.at("status", "succeeded")) or "0"
    wanted, parallel = obj.at("spec", "completions"), obj.at("spec", "parallelism")
    if wanted is not None:
        return f"{done}/{shown(wanted)}"
    if isinstance(parallel, int) and parallel > 1:
        return f"{done}/1 of {parallel}"
    return f"{done}/1"


def job_duration(obj: Unstructured, now: datetime) -> str:
    """How long a Job took, or has taken so far."""
    begun, ended = time_at(obj, "status", "startTime"), time_at(obj, "status", "completionTime")
    if begun is None:
        return ""
    return human_duration((ended.datetime if ended is not None else now) - begun.datetime)


def requested_duration(obj: Unstructured, now: datetime) -> str:
    """How long a certificate is to be good."""
    found = obj.at("spec", "expirationSeconds")
    if not isinstance(found, int) or abs(found) > 2**31:
        return NONE
    return human_duration(timedelta(seconds=found))


def signing_condition(obj: Unstructured, now: datetime) -> str:
    """What became of the request for a certificate."""
    types = {member_of(each, "type") for each in items_at(obj, "status", "conditions")}
    told: list[str] = [word for word in ("Approved", "Denied", "Failed") if word in types]
    if obj.at("status", "certificate"):
        told.append("Issued")
    return ",".join(told) or "Pending"


def slice_ports(obj: Unstructured, now: datetime) -> str:
    """Ports of an EndpointSlice."""
    ports = items_at(obj, "ports")
    return first_few([member_of(port, "port") or "*" for port in ports]) if ports else UNSET


def slice_endpoints(obj: Unstructured, now: datetime) -> str:
    """Addresses of an EndpointSlice."""
    told: list[str] = []
    for each in items_at(obj, "endpoints"):
        addresses = each.get("addresses") if isinstance(each, dict) else None
        told.extend(map(shown, addresses if isinstance(addresses, list) else ()))
    return first_few(told) if told else UNSET


def missing_level(obj: Unstructured, now: datetime) -> str:
    """Whether a FlowSchema refers to a level that is not there."""
    for each in items_at(obj, "status", "conditions"):
        if member_of(each, "type") == "Dangling":
            return member_of(each, "status")
    return "?"


def parent(obj: Unstructured, now: datetime) -> str:
    """What an IPAddress belongs to."""
    found = obj.at("spec", "parentRef")
    if not isinstance(found, dict):
        return ""
    group, plural = member_of(found, "group"), member_of(found, "resource")
    where = "/".join(filter(None, (member_of(found, "namespace"), member_of(found, "name"))))
    return f"{plural}{f'.{group}' if group else ''}/{where}"


def hosts(obj: Unstructured, now: datetime) -> str:
    """The hosts that an Ingress is about."""
    found = [member_of(rule, "host") or "*" for rule in items_at(obj, "spec", "rules")]
    return first_few(dict.fromkeys(found)) if found else "*"


def ingress_address(obj: Unstructured, now: datetime) -> str:
    """Where an Ingress can be reached."""
    found = items_at(obj, "status", "loadBalancer", "ingress")
    told = [member_of(each, "ip") or member_of(each, "hostname") for each in found]
    return ",".join(filter(None, told))


def ingress_ports(obj: Unstructured, now: datetime) -> str:
    """443 only where there is a certificate."""
    return "80, 443" if items_at(obj, "spec", "tls") else "80"


def class_parameters(obj: Unstructured, now: datetime) -> str:
    """What an IngressClass is configured with."""
    found = obj.at("spec", "parameters")
    if not isinstance(found, dict):
        return NONE
    group = member_of(found, "apiGroup")
    return f"{member_of(found, 'kind')}{f'.{group}' if group else ''}/{member_of(found, 'name')}"


def subjects(kind: str) -> Cell:
    """The subjects of one kind of a binding of a role."""

    def cell(obj: Unstructured, now: datetime) -> str:
        told = []
        for each in items_at(obj, "subjects"):
            if member_of(each, "kind") == kind:
                name, namespace = member_of(each, "name"), member_of(each, "namespace")
                told.append(f"{namespace}/{name}" if kind == "ServiceAccount" else name)
        return ", ".join(told)

    return cell


def claim_state(obj: Unstructured, now: datetime) -> str:
    """How far a ResourceClaim is."""
    states = []
    if obj.metadata.deletion_timestamp is not None:
        states.append("deleted")
    if obj.at("status", "allocation") is None:
        return ",".join([*states, "pending"])
    states.append("allocated")
    if items_at(obj, "status", "reservedFor"):
        states.append("reserved")
    return ",".join(states)


def storage_class_name(obj: Unstructured, now: datetime) -> str:
    """The name, and whether it is the one for those who name none."""
    marks = ("storageclass.kubernetes.io/", "storageclass.beta.kubernetes.io/")
    found = obj.metadata.annotations
    default = any(found.get(f"{mark}is-default-class") == "true" for mark in marks)
    return f"{obj.metadata.name} (default)" if default else obj.metadata.name


def metrics(obj: Unstructured, now: datetime) -> str:
    """What an autoscaler measures, and what it aims at."""
    current = items_at(obj, "status", "currentMetrics")
    told = [
        _metric(spec, current[index] if index < len(current) else {})
        for index, spec in enumerate(items_at(obj, "spec", "metrics"))
    ]
    if not told:
        return NONE
    more = f" + {len(told) - 2} more..." if len(told) > 2 else ""
    return ", ".join(told[:2]) + more


def _metric(spec: Any, status: Any) -> str:
    member = {"ContainerResource": "containerResource"}.get(
        member_of(spec, "type"), member_of(spec, "type").lower()
    )
    wanted = _within(spec, member, "target")
    present = _within(status, member, "current")
    name = member_of(_within(spec, member), "name")
    prefix = f"{name}: " if name else ""
    if (share := member_of(wanted, "averageUtilization")) != "":
        found = member_of(present, "averageUtilization")
        return f"{prefix}{f'{found}%' if found else '<unknown>'}/{share}%"
    for kind, suffix in (("averageValue", " (avg)" if not name else ""), ("value", "")):
        if (value := member_of(wanted, kind)) != "":
            return f"{prefix}{member_of(present, kind) or '<unknown>'}/{value}{suffix}"
    return f"{prefix}<auto>"


def _within(node: Any, *path: str) -> Any:
    for step in path:
        node = node.get(step) if isinstance(node, dict) else None
    return node
