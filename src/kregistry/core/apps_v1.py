"""Deployment, of the group ``apps``."""

from __future__ import annotations

from typing import ClassVar

from kregistry.core.v1.podtemplate import PodTemplateSpec
from kregistry.meta.intstr import IntOrString
from kregistry.meta.labelselector import LabelSelector
from kregistry.meta.model import Model, field, model
from kregistry.meta.object import Object
from kregistry.meta.time import Time


@model
class RollingUpdateDeployment(Model):
    """How many Pods may be missing or too many while they are replaced."""

    max_unavailable: IntOrString | None = None
    max_surge: IntOrString | None = None


@model
class DeploymentStrategy(Model):
    """How old Pods are replaced by new ones."""

    type: str = field(default="", enum=("Recreate", "RollingUpdate"))
    rolling_update: RollingUpdateDeployment | None = None


@model
class DeploymentSpec(Model):
    """How many Pods of which template, and how to change them."""

    replicas: int | None = None
    selector: LabelSelector | None = field(default=None, always=True)
    template: PodTemplateSpec = field(factory=PodTemplateSpec, always=True)
    strategy: DeploymentStrategy = field(
        factory=DeploymentStrategy, always=True, strategy=("retainKeys",)
    )
    min_ready_seconds: int = 0
    revision_history_limit: int | None = None
    paused: bool = False
    progress_deadline_seconds: int | None = None


@model
class DeploymentCondition(Model):
    """One thing that is true, false or unknown of a deployment, such as Available."""

    type: str = field(default="", always=True)
    status: str = field(default="", always=True)
    last_update_time: Time | None = field(default=None, always=True)
    last_transition_time: Time | None = field(default=None, always=True)
    reason: str = ""
    message: str = ""


@model
class DeploymentStatus(Model):
    """How far the last change has come."""

    observed_generation: int = 0
    replicas: int = 0
    updated_replicas: int = 0
    ready_replicas: int = 0
    available_replicas: int = 0
    unavailable_replicas: int = 0
    terminating_replicas: int | None = None
    conditions: list[DeploymentCondition] = field(
        factory=list, list_type="map", keys=("type",), merge_key="type", strategy=("merge",)
    )
    collision_count: int | None = None


@model
class Deployment(Object):
    """A number of like Pods that are replaced step by step when their template changes."""

    api_version: ClassVar[str] = "apps/v1"
    kind: ClassVar[str] = "Deployment"

    spec: DeploymentSpec = field(factory=DeploymentSpec, always=True)
    status: DeploymentStatus = field(factory=DeploymentStatus, always=True)
