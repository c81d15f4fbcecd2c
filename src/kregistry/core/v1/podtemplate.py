"""The template that controllers make Pods from."""

from __future__ import annotations

from kregistry.core.v1.podspec import PodSpec
from kregistry.meta.model import Model, field, model
from kregistry.meta.objectmeta import ObjectMeta


@model
class PodTemplateSpec(Model):
    """Labels, annotations and specification of the Pods to make."""

    metadata: ObjectMeta = field(factory=ObjectMeta, always=True)
    spec: PodSpec = field(factory=PodSpec, always=True)
