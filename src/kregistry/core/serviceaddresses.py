"""The addresses of a Service, and the families that they are of.

Source: ``k8s.io/kubernetes/pkg/apis/core/validation`` ValidateServiceClusterIPsRelatedFields,
validateUpgradeDowngradeClusterIPs, validateUpgradeDowngradeIPFamilies.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from kregistry.core.addresses import NOT_AN_ADDRESS, is_address, is_six
from kregistry.core.pod.validation.checks import supported, twice
from kregistry.core.v1 import ServiceSpec
from kregistry.meta.field import ErrorList, Path

_SPEC: Final = Path("spec")
_ADDRESSES: Final = _SPEC / "clusterIPs"
_FAMILIES: Final = _SPEC / "ipFamilies"
_POLICY: Final = _SPEC / "ipFamilyPolicy"
_KNOWN_FAMILIES: Final = ("IPv4", "IPv6")
_KNOWN_POLICIES: Final = ("PreferDualStack", "RequireDualStack", "SingleStack")
_FIXED: Final = "may not change once set"


def is_headless(spec: ServiceSpec) -> bool:
    """Whether it has said that it wants no address. Source: ``isHeadlessService``."""
    return spec.cluster_ips == ["None"]


def check_addresses(errs: ErrorList, spec: ServiceSpec) -> None:
    """Addresses and families, each alone and all together."""
    if spec.type == "ExternalName":
        return
    ips = spec.cluster_ips
    if spec.cluster_ip and not ips:
        errs.required(_ADDRESSES)
    elif spec.cluster_ip and ips[0] != spec.cluster_ip:
        errs.invalid(_ADDRESSES, ips, "first value must match `clusterIP`")
    elif ips and not spec.cluster_ip:
        errs.invalid(_ADDRESSES, ips, "must be empty when `clusterIP` is not specified")
    seen: set[str] = set()
    for index, family in enumerate(spec.ip_families):
        supported(errs, _FAMILIES.index(index), family, _KNOWN_FAMILIES)
        twice(errs, _FAMILIES.index(index), family, seen)
    if spec.ip_family_policy is not None:
        supported(errs, _POLICY, spec.ip_family_policy, _KNOWN_POLICIES)
    if _all_addresses(errs, ips):
        _check_families(errs, spec)


def _all_addresses(errs: ErrorList, ips: Sequence[str]) -> bool:
    """Whether each is an address, or the only one says that there is none."""
    sound = True
    for index, text in enumerate(ips):
        if index == 0 and text == "None":
            if len(ips) > 1:
                sound = False
                errs.invalid(_ADDRESSES, ips, "'None' must be the first and only value")
        elif not is_address(text):
            sound = False
            errs.invalid(_ADDRESSES.index(index), text, NOT_AN_ADDRESS)
    if len(ips) > 2:
        errs.invalid(_ADDRESSES, ips, "may only hold up to 2 values")
    return sound


def _check_families(errs: ErrorList, spec: ServiceSpec) -> None:
    ips = spec.cluster_ips
    if len(ips) > 1 and len({is_six(text) for text in ips}) < 2:
        errs.invalid(_ADDRESSES, ips, "may specify no more than one IP for each IP family")
    if is_headless(spec):
        return
    for index, (text, family) in enumerate(zip(ips, spec.ip_families, strict=False)):
        if family in _KNOWN_FAMILIES and (family == "IPv6") is not is_six(text):
            detail = f"expected an {family} value as indicated by `ipFamilies[{index}]`"
            errs.invalid(_ADDRESSES.index(index), text, detail)


def check_address_change(errs: ErrorList, spec: ServiceSpec, old: ServiceSpec) -> None:
    """The first address and the first family stay; a second may come and go.

    A Service without an address may get one, and one for a name outside may get anything.
    """
    if "ExternalName" in (spec.type, old.type):
        return
    headless, was_headless = is_headless(spec), is_headless(old)
    if not (headless and was_headless):
        _check_ips_stay(errs, spec, old)
    if not headless and not was_headless:
        _check_families_stay(errs, spec, old)


def _check_ips_stay(errs: ErrorList, spec: ServiceSpec, old: ServiceSpec) -> None:
    ips, before = spec.cluster_ips, old.cluster_ips
    if len(ips) == len(before):
        for index, (text, former) in enumerate(zip(ips, before, strict=True)):
            if text != former:
                errs.invalid(_ADDRESSES.index(index), ips, _FIXED)
        return
    if not ips:
        errs.invalid(_ADDRESSES.index(0), ips, "primary clusterIP can not be unset")
    elif before and ips[0] != before[0]:
        errs.invalid(_ADDRESSES.index(0), ips, _FIXED)
    if len(ips) == 1 and len(before) > 1 and spec.ip_family_policy != "SingleStack":
        detail = "must be set to 'SingleStack' when releasing the secondary clusterIP"
        errs.invalid(_POLICY, spec.ip_family_policy, detail)


def _check_families_stay(errs: ErrorList, spec: ServiceSpec, old: ServiceSpec) -> None:
    """The API server shows addresses where a family changed along with the number of them."""
    families, before = spec.ip_families, old.ip_families
    first = _FAMILIES.index(0)
    if len(families) == len(before):
        for family, former in zip(families, before, strict=True):
            if family != former:
                errs.invalid(first, families, _FIXED)
        return
    if len(families) < len(before) and not spec.cluster_ips:
        errs.invalid(first, families, "primary ipFamily can not be unset")
    if families and before and families[0] != before[0]:
        errs.invalid(first, spec.cluster_ips, _FIXED)
    if len(families) == 1 and len(before) > 1 and spec.ip_family_policy != "SingleStack":
        detail = "must be set to 'SingleStack' when releasing the secondary ipFamily"
        errs.invalid(_POLICY, spec.ip_family_policy, detail)
