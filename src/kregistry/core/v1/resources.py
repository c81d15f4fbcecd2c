"""Compute resources: what a container or Pod asks for and may use."""

from __future__ import annotations

from kregistry.meta.model import Model, field, model
from kregistry.meta.quantity import Quantity


@model
class ResourceClaim(Model):
    """Gives a container the devices of one claim that the Pod lists."""

    name: str = field(default="", always=True)
    request: str = ""


@model
class ResourceRequirements(Model):
    """Requests decide where a Pod fits, limits are enforced where it runs."""

    limits: dict[str, Quantity] = field(factory=dict)
    requests: dict[str, Quantity] = field(factory=dict)
    claims: list[ResourceClaim] = field(factory=list, list_type="map", keys=("name",))


@model
class ContainerResizePolicy(Model):
    """Whether a container must restart when its amount of one resource changes."""

    resource_name: str = field(default="", always=True)
    restart_policy: str = field(default="", always=True)


@model
class PodResourceClaim(Model):
    """A claim for devices, made for the Pod from a template or already there."""

    name: str = field(default="", always=True)
    resource_claim_name: str | None = None
    resource_claim_template_name: str | None = None


@model
class PodResourceClaimStatus(Model):
    """Which claim was made for one entry of the Pod's claims."""

    name: str = field(default="", always=True)
    resource_claim_name: str | None = None


@model
class ContainerExtendedResourceRequest(Model):
    """Which device request stands for an extended resource of a container."""

    container_name: str = field(default="", always=True)
    resource_name: str = field(default="", always=True)
    request_name: str = field(default="", always=True)


@model
class PodExtendedResourceClaimStatus(Model):
    """The claim that was made for the extended resources of a Pod."""

    request_mappings: list[ContainerExtendedResourceRequest] = field(
        factory=list, always=True, list_type="atomic"
    )
    resource_claim_name: str = field(default="", always=True)


@model
class NodeAllocatableResourceClaimStatus(Model):
    """What a claim of the Pod takes from the node's ordinary resources."""

    resource_claim_name: str = field(default="", always=True)
    containers: list[str] = field(factory=list, list_type="set")
    resources: dict[str, Quantity] = field(factory=dict, always=True)


@model
class ResourceHealth(Model):
    """Whether one device still works, as the node's plugin reports it."""

    resource_id: str = field(default="", always=True, json="resourceID")
    health: str = ""
    message: str | None = None


@model
class ResourceStatus(Model):
    """Health of the devices that a container got for one resource."""

    name: str = field(default="", always=True)
    resources: list[ResourceHealth] = field(factory=list, list_type="map", keys=("resourceID",))
