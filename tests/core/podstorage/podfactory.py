"""Pods and their companions for these tests, as a client's request would bring them."""

from __future__ import annotations

import json
from typing import Any

from kregistry.core.pod import PodStorage, set_pod_defaults
from kregistry.core.policy_v1 import Eviction, PodDisruptionBudget
from kregistry.core.v1 import Binding, ObjectReference, Pod
from kregistry.meta.context import Context
from kregistry.meta.objectmeta import ObjectMeta
from kregistry.registry import Store
from kregistry.runtime import Codec

CODEC = Codec()


def manifest(
    name: str = "foo", *, meta: dict[str, Any] | None = None, **spec: Any
) -> dict[str, Any]:
    """A Pod with one container, changed by *spec*."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "ns", **(meta or {})},
        "spec": {"containers": [{"name": "c", "image": "i"}], **spec},
    }


def decoded(document: dict[str, Any]) -> Pod:
    pod = CODEC.decode_strict(json.dumps(document).encode(), Pod, unknown="Strict").obj
    set_pod_defaults(pod)
    return pod


def pod(name: str = "foo", *, meta: dict[str, Any] | None = None, **spec: Any) -> Pod:
    """The Pod of :func:`manifest` with defaults."""
    return decoded(manifest(name, meta=meta, **spec))


def create(
    pods: PodStorage,
    ctx: Context,
    name: str = "foo",
    *,
    meta: dict[str, Any] | None = None,
    status: dict[str, Any] | None = None,
    **spec: Any,
) -> Pod:
    """Create a Pod; then write its status."""
    made = pods.pod.create(ctx, pod(name, meta=meta, **spec))
    if status is None:
        return made
    return report(pods, ctx, name, status)


def report(pods: PodStorage, ctx: Context, name: str, status: dict[str, Any]) -> Pod:
    """Write *status*, on top of what is there, as a node does."""

    def change(pod: Pod) -> Pod:
        document = CODEC.to_dict(pod)
        document["status"] = {**document.get("status", {}), **status}
        return CODEC.decode_strict(json.dumps(document).encode(), Pod, unknown="Strict").obj

    return pods.status.modify(ctx, name, change)


def binding(name: str = "foo", node: str = "machine", **meta: Any) -> Binding:
    return Binding(
        metadata=ObjectMeta(name=name, namespace="ns", **meta),
        target=ObjectReference(kind="Node", name=node),
    )


def eviction(name: str = "foo", **fields: Any) -> Eviction:
    return Eviction(metadata=ObjectMeta(name=name, namespace="ns"), **fields)


def budget(
    name: str = "b", *, status: dict[str, Any] | None = None, **spec: Any
) -> PodDisruptionBudget:
    spec.setdefault("selector", {"matchLabels": {"app": "x"}})
    figures = {
        "disruptionsAllowed": 0,
        "currentHealthy": 0,
        "desiredHealthy": 0,
        "expectedPods": 0,
        **(status or {}),
    }
    document = {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": name, "namespace": "ns"},
        "spec": spec,
        "status": figures,
    }
    return CODEC.decode_strict(
        json.dumps(document).encode(), PodDisruptionBudget, unknown="Strict"
    ).obj


def put_budget(
    budgets: Store[PodDisruptionBudget], ctx: Context, wanted: PodDisruptionBudget
) -> PodDisruptionBudget:
    """Create a budget whose figures are up to date."""
    wanted.status.observed_generation = wanted.status.observed_generation or 1
    return budgets.create(ctx, wanted)
