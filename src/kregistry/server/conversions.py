"""Conversions: the built-in kinds that are shown in two versions and stored in one.

Source: ``k8s.io/kubernetes/pkg/apis/events/v1`` and ``pkg/apis/autoscaling/v1`` conversion.go.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from kregistry.server.resources import Conversion

_EVENT: Final[Mapping[str, str]] = {
    "regarding": "involvedObject",
    "note": "message",
    "reportingController": "reportingComponent",
    "deprecatedSource": "source",
    "deprecatedFirstTimestamp": "firstTimestamp",
    "deprecatedLastTimestamp": "lastTimestamp",
    "deprecatedCount": "count",
}
_EVENT_BACK: Final = {stored: served for served, stored in _EVENT.items()}


class EventsV1(Conversion):
    """Events of the newer group: other names for the same things."""

    def to_served(self, tree: dict[str, Any]) -> dict[str, Any]:
        return {**_renamed(tree, _EVENT_BACK), "apiVersion": "events.k8s.io/v1"}

    def to_stored(self, tree: dict[str, Any]) -> dict[str, Any]:
        return {**_renamed(tree, _EVENT), "apiVersion": "v1"}

    def field_label(self, label: str) -> str:
        """Source: ``AddFieldLabelConversionsForEvent``."""
        first, dot, rest = label.partition(".")
        return f"{_EVENT.get(first, first)}{dot}{rest}"


def _renamed(tree: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """What is called like something of the other version is unknown in this one."""
    taken = set(names.values())
    return {names.get(key, key): value for key, value in tree.items() if key not in taken}


_V1: Final = "autoscaling/v1"
_V2: Final = "autoscaling/v2"
_CPU: Final = "targetCPUUtilizationPercentage"
_CURRENT_CPU: Final = "currentCPUUtilizationPercentage"
_METRICS: Final = "autoscaling.alpha.kubernetes.io/metrics"
_BEHAVIOR: Final = "autoscaling.alpha.kubernetes.io/behavior"


class AutoscalingV1(Conversion):
    """Autoscalers as they were first: they aim at a share of CPU, and annotations say the rest."""

    def to_served(self, tree: dict[str, Any]) -> dict[str, Any]:
        spec, status = _members(tree, "spec"), _members(tree, "status")
        rest = []
        for metric in _items(spec.pop("metrics", None)):
            share = _cpu_share(metric, "target")
            if share is None or _CPU in spec:
                rest.append(metric)
            else:
                spec[_CPU] = share
        notes = {_METRICS: rest, _BEHAVIOR: spec.pop("behavior", None)}
        for metric in _items(status.pop("currentMetrics", None)):
            share = _cpu_share(metric, "current")
            if share is not None:
                status.setdefault(_CURRENT_CPU, share)
        made = _with(tree, _V1, spec, status)
        made["metadata"] = _annotated(tree.get("metadata"), notes)
        return made

    def to_stored(self, tree: dict[str, Any]) -> dict[str, Any]:
        for member in ("spec", "status"):
            if not isinstance(tree.get(member) or {}, dict):
                raise TypeError(f"{member} is no object")
        spec, status = _members(tree, "spec"), _members(tree, "status")
        metadata, notes = _taken(tree.get("metadata"))
        metrics = list(_items(notes.get(_METRICS)))
        if (share := spec.pop(_CPU, None)) is not None:
            metrics.insert(0, _cpu_metric("target", share, {"type": "Utilization"}))
        if metrics:
            spec["metrics"] = metrics
        if (behavior := notes.get(_BEHAVIOR)) is not None:
            spec["behavior"] = behavior
        if (share := status.pop(_CURRENT_CPU, None)) is not None:
            status["currentMetrics"] = [_cpu_metric("current", share, {})]
        made = _with(tree, _V2, spec, status)
        if metadata is not None:
            made["metadata"] = metadata
        return made


def _members(tree: Mapping[str, Any], member: str) -> dict[str, Any]:
    """A copy of the object under *member*; an empty one where there is none."""
    found = tree.get(member)
    return dict(found) if isinstance(found, dict) else {}


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _with(
    tree: Mapping[str, Any], version: str, spec: dict[str, Any], status: dict[str, Any]
) -> dict[str, Any]:
    made = {**tree, "apiVersion": version}
    for member, value in (("spec", spec), ("status", status)):
        if value or member in tree:
            made[member] = value
    return made


def _cpu_share(metric: Any, member: str) -> int | None:
    """The share of CPU that a metric is about; None if it is about something else."""
    resource = metric.get("resource") if isinstance(metric, dict) else None
    if not isinstance(resource, dict) or resource.get("name") != "cpu":
        return None
    value = resource.get(member)
    share = value.get("averageUtilization") if isinstance(value, dict) else None
    return share if isinstance(share, int) else None


def _cpu_metric(member: str, share: Any, more: Mapping[str, Any]) -> dict[str, Any]:
    value = {**more, "averageUtilization": share}
    return {"type": "Resource", "resource": {"name": "cpu", member: value}}


def _annotated(metadata: Any, notes: Mapping[str, Any]) -> dict[str, Any]:
    made = dict(metadata or {})
    told = {key: json.dumps(value, separators=(",", ":")) for key, value in notes.items() if value}
    if told:
        made["annotations"] = {**(made.get("annotations") or {}), **told}
    return made


def _taken(metadata: Any) -> tuple[Any, dict[str, Any]]:
    """The metadata without the annotations that are none, and what they say."""
    if not isinstance(metadata, dict) or not isinstance(metadata.get("annotations"), dict):
        return metadata, {}
    kept = dict(metadata["annotations"])
    notes = dict(_notes(kept))
    return {**metadata, "annotations": kept}, notes


def _notes(annotations: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for key in (_METRICS, _BEHAVIOR):
        if key in annotations:
            yield key, json.loads(annotations.pop(key))


#: Between events.k8s.io/v1 and the core group.
EVENTS_V1: Final = EventsV1()

#: Between the first and the second version of autoscaling.
AUTOSCALING_V1: Final = AutoscalingV1()
