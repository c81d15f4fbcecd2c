"""Requests and limits: of containers, of the Pod, and how they go together.

Source: ``ValidateContainerResourceRequirements``, ``validatePodResources``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Final, TypeAlias

from kregistry.core.pod import resources as known
from kregistry.core.pod.validation.checks import NOT_NEGATIVE
from kregistry.core.pod.validation.options import PodValidationOptions
from kregistry.core.v1 import PodSpec, ResourceClaim, ResourceRequirements
from kregistry.meta import names
from kregistry.meta.field import ErrorList, FieldError, FieldErrorType, Path
from kregistry.meta.quantity import Quantity

_ZERO: Final = Quantity("0")
_USUAL: Final = frozenset({"cpu", "memory"})

#: Adds what is wrong with the name of a resource.
_NameCheck: TypeAlias = Callable[[ErrorList, Path, str], None]


def check_container_resources(
    errs: ErrorList,
    path: Path,
    requirements: ResourceRequirements,
    claims: Collection[str],
    options: PodValidationOptions,
) -> None:
    """Names, amounts and their proportions for one container.

    Args:
        errs: Gets what is wrong.
        path: Where the requirements are.
        requirements: The requirements.
        claims: Names of the Pod's resource claims.
        options: What is tolerated.
    """
    _check_requirements(errs, path, requirements, _check_container_name, options)
    _check_claims(errs, path / "claims", requirements.claims, claims)


def are_usual(requirements: ResourceRequirements) -> bool:
    """Whether there is nothing but cpu and memory, in amounts that fit: those of most containers.

    No rule finds anything wrong with such requirements.
    """
    limits = requirements.limits
    for name, amount in requirements.requests.items():
        if name not in _USUAL or not _ZERO <= amount <= limits.get(name, amount):
            return False
    for name, limit in limits.items():
        if name not in requirements.requests and (name not in _USUAL or limit < _ZERO):
            return False
    return not len(requirements.claims)


def check_overhead(
    errs: ErrorList, path: Path, overhead: dict[str, Quantity], options: PodValidationOptions
) -> None:
    """What the Pod costs beside its containers is judged as limits are."""
    requirements = ResourceRequirements(limits=overhead)
    _check_requirements(errs, path, requirements, _check_container_name, options)


def _check_requirements(
    errs: ErrorList,
    path: Path,
    requirements: ResourceRequirements,
    check_name: _NameCheck,
    options: PodValidationOptions,
) -> None:
    limits = requirements.limits
    for side, amounts in (("limits", limits), ("requests", requirements.requests)):
        for name, amount in sorted(amounts.items()):
            at = (path / side).key(name)
            check_name(errs, at, name)
            _check_amount(errs, at, name, amount)
            if side == "requests":
                _check_against_limit(errs, path, name, amount, requirements.limits)
            if known.is_huge_page(name) and not options.indivisible_huge_pages:
                _check_whole_pages(errs, at, name, amount)
    used = {*requirements.limits, *requirements.requests}
    if any(map(known.is_huge_page, used)) and used.isdisjoint(("cpu", "memory")):
        errs.forbidden(path, "HugePages require cpu or memory")


def _check_container_name(errs: ErrorList, path: Path, name: str) -> None:
    """Source: ``validateContainerResourceName``."""
    messages = names.qualified_name(name)
    for message in messages:
        errs.invalid(path, name, message)
    if "/" not in name:
        if not messages and not known.is_standard(name):
            errs.invalid(path, name, "must be a standard resource type or fully qualified")
        if not known.is_standard_for_containers(name):
            errs.invalid(path, name, "must be a standard resource for containers")
    elif not known.is_native(name) and not known.is_extended(name):
        errs.invalid(path, name, "doesn't follow extended resource name standard")


def _check_amount(errs: ErrorList, path: Path, name: str, amount: Quantity) -> None:
    """Source: ``ValidateResourceQuantityValue``."""
    if amount < _ZERO:
        errs.invalid(path, str(amount), NOT_NEGATIVE)
    if known.is_counted(name) and not amount.is_whole():
        errs.invalid(path, str(amount), "must be an integer")


def _check_whole_pages(errs: ErrorList, path: Path, name: str, amount: Quantity) -> None:
    if not known.is_whole_pages(name, amount):
        detail = f"{amount} is not positive integer multiple of {name}"
        errs.invalid(path, str(amount), detail)


def _check_against_limit(
    errs: ErrorList, path: Path, name: str, amount: Quantity, limits: Mapping[str, Quantity]
) -> None:
    limit = limits.get(name)
    overcommit = known.is_overcommit_allowed(name)
    if limit is None:
        if not overcommit:
            detail = "Limit must be set for non overcommitable resources"
            errs.required(path / "limits", detail)
    elif amount != limit and not overcommit:
        detail = f"must be equal to {name} limit of {limit}"
        errs.invalid(path / "requests", str(amount), detail)
    elif amount > limit:
        at = path / "requests"
        errs.invalid(at, str(amount), f"must be less than or equal to {name} limit of {limit}")


def _check_claims(
    errs: ErrorList, path: Path, claims: Sequence[ResourceClaim], allowed: Collection[str]
) -> None:
    """Each claim, or part of one, is one of the Pod's and is named once."""
    seen: set[str] = set()
    for index, claim in enumerate(claims):
        at = path.index(index)
        if not claim.name:
            errs.required(at)
            continue
        key = f"{claim.name}/{claim.request}" if claim.request else claim.name
        if key in seen or claim.name in seen:
            errs.duplicate(at, claim.name)
        seen.add(key)
        if claim.name not in allowed:
            detail = "must be one of the names in pod.spec.resourceClaims"
            listed = f": {', '.join(sorted(allowed))}" if allowed else " which is empty"
            kind = FieldErrorType.NOT_FOUND
            errs.append(FieldError(kind, str(at), claim.name, detail + listed))


def check_pod_resources(
    errs: ErrorList,
    path: Path,
    spec: PodSpec,
    requirements: ResourceRequirements,
    options: PodValidationOptions,
) -> None:
    """What all containers together may use, if the Pod says so."""
    if spec.os is not None and spec.os.name == "windows":
        errs.forbidden(path, "may not be set for a windows pod")
        return
    if requirements.claims:
        detail = "claims may not be set for Resources at pod-level"
        errs.forbidden(path / "claims", detail)
    _check_requirements(errs, path, requirements, _check_pod_name, options)
    _check_claims(errs, path / "claims", requirements.claims, claim_names(spec))
    _check_covers_containers(errs, path, spec, requirements)


def _check_pod_name(errs: ErrorList, path: Path, name: str) -> None:
    if not known.is_supported_for_pods(name):
        errs.not_supported(path, name, known.SUPPORTED_FOR_PODS)


def claim_names(spec: PodSpec) -> set[str]:
    """How containers can name the Pod's resource claims."""
    return {claim.name for claim in spec.resource_claims if claim.name}


def _check_covers_containers(
    errs: ErrorList, path: Path, spec: PodSpec, requirements: ResourceRequirements
) -> None:
    """Source: ``validatePodResourceConsistency``."""
    at_least = "must be greater than or equal to aggregate container"
    for name, total in sorted(known.aggregate(spec, "requests").items()):
        given = requirements.requests.get(name)
        if given is not None and total > given:
            at = (path / "requests").key(name)
            errs.invalid(at, str(given), f"{at_least} requests of {total}")
    for name, total in sorted(known.aggregate(spec, "limits").items()):
        given = requirements.limits.get(name)
        if given is not None and known.is_huge_page(name) and total > given:
            at = (path / "limits").key(name)
            errs.invalid(at, str(given), f"{at_least} limits of {total}")
    for index, container in enumerate(spec.containers):
        for name, amount in sorted(container.resources.limits.items()):
            given = requirements.limits.get(name)
            if given is not None and amount > given:
                at = (path / "containers").index(index).key(name) / "limits"
                detail = f"must be less than or equal to pod limits of {given}"
                errs.invalid(at, str(amount), detail)
