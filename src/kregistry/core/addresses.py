"""Addresses and ranges of addresses, as the rules of several kinds ask for them.

Source: ``k8s.io/kubernetes/pkg/apis/core/validation`` IsValidIPForLegacyField,
ValidateNonSpecialIP, IsValidCIDRForLegacyField.
"""

from __future__ import annotations

import ipaddress
from typing import Final, TypeAlias

from kregistry.meta.field import ErrorList, Path
from kregistry.meta.goformat import quote

NOT_AN_ADDRESS: Final = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
NOT_A_RANGE: Final = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"
_RFC_5952: Final = "should be in RFC 5952 canonical format"

Range: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network


def is_address(text: str) -> bool:
    """Whether *text* is an address of either family, without a zone."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return "%" not in text


def is_six(text: str) -> bool:
    """Whether an address is of the newer family; one that only wraps an older one is not.

    Source: ``IsIPv6String``.
    """
    address = ipaddress.ip_address(text)
    return isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is None


def warnings_for_address(path: Path, text: str) -> list[str]:
    """What to say of an address that is not written as it should be.

    Source: ``GetWarningsForIP``.
    """
    if not is_address(text):
        return []
    address = ipaddress.ip_address(text)
    if not isinstance(address, ipaddress.IPv6Address) or str(address) == text:
        return []
    if address.ipv4_mapped is not None:
        return [
            f"{path}: non-standard IP address {quote(text)} will be considered invalid in a "
            f"future Kubernetes release: use {quote(str(address.ipv4_mapped))}"
        ]
    return [f"{path}: IPv6 address {quote(text)} {_RFC_5952} ({quote(str(address))})"]


def range_of(text: str) -> Range | None:
    """The range that *text* means; None if it means none. Host bits may be set."""
    if "/" not in text or "%" in text or not text.rpartition("/")[2].isdecimal():
        return None
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def warnings_for_range(path: Path, text: str) -> list[str]:
    """What to say of a range that is not written as it should be.

    Source: ``GetWarningsForCIDR``.
    """
    network = range_of(text)
    if network is None:
        return []
    address = ipaddress.ip_address(text.rpartition("/")[0])
    found = []
    if address != network.network_address:
        one = f"{address}/{network.max_prefixlen}"
        found.append(
            f"{path}: CIDR value {quote(text)} is ambiguous in this context "
            f"(should be {quote(str(network))} or {quote(one)}?)"
        )
    usual = f"{address}/{network.prefixlen}"
    if network.version == 6 and usual != text:
        found.append(f"{path}: IPv6 CIDR value {quote(text)} {_RFC_5952} ({quote(usual)})")
    return found


def check_ordinary_address(errs: ErrorList, path: Path, text: str) -> None:
    """An address that can belong to one machine on a network.

    Source: ``ValidateNonSpecialIP``.
    """
    if not is_address(text):
        errs.invalid(path, text, NOT_AN_ADDRESS)
        return
    address = ipaddress.ip_address(text)
    if address.is_unspecified:
        errs.invalid(path, text, f"may not be unspecified ({text})")
    if address.is_loopback:
        errs.invalid(path, text, "may not be in the loopback range (127.0.0.0/8, ::1/128)")
    if address.is_link_local:
        errs.invalid(path, text, "may not be in the link-local range (169.254.0.0/16, fe80::/10)")
    if address.is_multicast and _is_link_local_multicast(address):
        detail = "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)"
        errs.invalid(path, text, detail)


def _is_link_local_multicast(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    if address.version == 4:
        return address.packed[:3] == b"\xe0\x00\x00"
    return address.packed[0] == 0xFF and address.packed[1] & 0x0F == 2
