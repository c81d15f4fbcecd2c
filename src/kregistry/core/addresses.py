"""Addresses and ranges of addresses, as the rules of several kinds ask for them.

Source: ``k8s.io/kubernetes/pkg/apis/core/validation`` IsValidIPForLegacyField,
ValidateNonSpecialIP, IsValidCIDRForLegacyField.
"""

from __future__ import annotations

import ipaddress
from typing import Final, TypeAlias

from kregistry.meta.field import ErrorList, Path

NOT_AN_ADDRESS: Final = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
NOT_A_RANGE: Final = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"

Range: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network


def is_address(text: str) -> bool:
    """Whether *text* is an address of either family, without a zone."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return "%" not in text


def range_of(text: str) -> Range | None:
    """The range that *text* means; None if it means none. Host bits may be set."""
    if "/" not in text or "%" in text or not text.rpartition("/")[2].isdecimal():
        return None
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


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
