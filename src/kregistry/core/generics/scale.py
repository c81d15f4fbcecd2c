"""The size of what has no class, such as a ReplicaSet.

Source: ``k8s.io/kubernetes/pkg/registry/apps/replicaset/storage`` ScaleREST and its like.
"""

from __future__ import annotations

from typing import Any

from kregistry.core.autoscaling_v1 import Scale, ScaleSpec, ScaleStatus
from kregistry.core.deployment.scale import Scalable
from kregistry.meta.errors import BadRequest
from kregistry.meta.labelselector import LabelSelector
from kregistry.meta.objectmeta import ObjectMeta
from kregistry.runtime import labels
from kregistry.runtime.codec import Codec
from kregistry.runtime.errors import CodecError
from kregistry.runtime.resource import Resource
from kregistry.runtime.unstructured import Unstructured

_CODEC = Codec()


def generic_scale(resource: Resource[Unstructured]) -> Scalable[Unstructured]:
    """How the objects of *resource* are scaled: by ``spec.replicas``."""
    named = resource.group_resource._replace(resource=f"{resource.plural}/scale")
    return Scalable(resource=named, read=scale_of, resize=_resize)


def scale_of(obj: Unstructured) -> Scale:
    """The size of *obj*.

    Raises:
        BadRequest: Its selector cannot be told in a line (400).
    """
    meta = obj.metadata
    return Scale(
        metadata=ObjectMeta(
            name=meta.name,
            namespace=meta.namespace,
            uid=meta.uid,
            resource_version=meta.resource_version,
            creation_timestamp=meta.creation_timestamp,
        ),
        spec=ScaleSpec(replicas=_number(obj, "spec")),
        status=ScaleStatus(replicas=_number(obj, "status"), selector=_selector(obj)),
    )


def _resize(obj: Unstructured, replicas: int) -> None:
    spec = obj.get("spec")
    obj["spec"] = {**(spec if isinstance(spec, dict) else {}), "replicas": replicas}


def _number(obj: Unstructured, part: str) -> int:
    found = obj.at(part, "replicas")
    return found if isinstance(found, int) and not isinstance(found, bool) else 0


def _selector(obj: Unstructured) -> str:
    """A ReplicationController has plain labels, everything younger a selector."""
    found: Any = obj.at("spec", "selector")
    if not isinstance(found, dict):
        return ""
    try:
        if obj.kind == "ReplicationController":
            return str(labels.from_set({str(key): str(found[key]) for key in found}))
        return str(labels.from_label_selector(_CODEC.from_dict(found, LabelSelector)))
    except (CodecError, ValueError) as error:
        raise BadRequest(str(error)) from error
