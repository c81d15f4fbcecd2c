"""What became of the claims for devices that a Pod lists.

Source: ``validatePodResourceClaimStatuses``, ``validatePodExtendedResourceClaimStatus``.
"""

from __future__ import annotations

from collections.abc import Sequence

from kregistry.core.pod.validation.checks import follow, require_label, twice
from kregistry.core.v1 import (
    ContainerExtendedResourceRequest,
    PodExtendedResourceClaimStatus,
    PodResourceClaimStatus,
    PodSpec,
)
from kregistry.meta import names
from kregistry.meta.field import ErrorList, Path


def check_claim_statuses(
    errs: ErrorList, path: Path, statuses: Sequence[PodResourceClaimStatus], spec: PodSpec
) -> None:
    """Each is about one claim of the Pod."""
    claims = {claim.name for claim in spec.resource_claims}
    seen: set[str] = set()
    for index, status in enumerate(statuses):
        at = path.index(index)
        if status.name not in claims:
            detail = "must match the name of an entry in `spec.resourceClaims`"
            errs.invalid(at / "name", status.name, detail)
        twice(errs, at / "name", status.name, seen)
        if status.resource_claim_name is not None:
            claim = status.resource_claim_name
            follow(errs, at / "resourceClaimName", claim, names.dns1123_subdomain)


def check_extended_claim(
    errs: ErrorList,
    path: Path,
    status: PodExtendedResourceClaimStatus | None,
    spec: PodSpec,
) -> None:
    """Which request stands for which resource of which container."""
    if status is None:
        return
    mappings = path / "requestMappings"
    if not status.request_mappings:
        errs.required(mappings, "at least one request mapping is required")
    seen: set[tuple[str, str, str]] = set()
    for index, mapping in enumerate(status.request_mappings):
        at = mappings.index(index)
        _check_mapping(errs, at, mapping, spec)
        key = (mapping.container_name, mapping.resource_name, mapping.request_name)
        if key in seen:
            errs.duplicate(at, mapping)
        seen.add(key)
    claim = path / "resourceClaimName"
    if not status.resource_claim_name:
        errs.required(claim)
    else:
        follow(errs, claim, status.resource_claim_name, names.dns1123_subdomain)


def _check_mapping(
    errs: ErrorList, path: Path, mapping: ContainerExtendedResourceRequest, spec: PodSpec
) -> None:
    named = [
        container
        for container in (*spec.init_containers, *spec.containers)
        if container.name == mapping.container_name
    ]
    if not named:
        detail = "must match the name of an entry in `spec.initContainers` or `spec.containers`"
        errs.invalid(path / "containerName", mapping.container_name, detail)
    elif not any(mapping.resource_name in each.resources.requests for each in named):
        detail = "must match a resource that the container requests"
        errs.invalid(path / "resourceName", mapping.resource_name, detail)
    require_label(errs, path / "requestName", mapping.request_name)
