"""IP addresses of Pods: which are meant by a text, and which may be connected to.

Source: ``netutils.ParseIPSloppy``, ``pkg/registry/core/pod`` getPodIP and ResourceLocation.
"""

from __future__ import annotations

import ipaddress
from typing import Final, TypeAlias

from kregistry.core.v1 import Pod

IPAddress: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

_LONGEST: Final = 64


def parse_ip(text: str) -> IPAddress | None:
    """The address that *text* means, zeros in front of decimals ignored; None for none.

    An IPv4 address in the clothes of an IPv6 one is the IPv4 address.
    """
    if len(text) > _LONGEST or "%" in text:
        return None
    head, colon, tail = text.rpartition(":")
    parts = tail.split(".")
    if len(parts) == 4 and all(part.isascii() and part.isdigit() for part in parts):
        text = head + colon + ".".join(str(int(part)) for part in parts)
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped if isinstance(mapped, ipaddress.IPv4Address) else address


def standard_ip(text: str) -> str | None:
    """How the address is written today; None if it is none."""
    address = parse_ip(text)
    return None if address is None else str(address)


def pod_ip(pod: Pod) -> str:
    """The first address of the Pod, "" as long as it has none."""
    return pod.status.pod_ips[0].ip if pod.status.pod_ips else ""


def is_connectable(address: IPAddress | None) -> bool:
    """Whether an address belongs to one machine of the network.

    Refused are loopback, link-local and multicast addresses, the unspecified one and
    broadcast, by which a Pod's status could point at the server itself.

    Source: ``proxyutil.IsProxyableIP`` and Go ``net.IP.IsGlobalUnicast``.
    """
    if address is None or address.is_loopback or address.is_link_local:
        return False
    if address.is_multicast or address.is_unspecified:
        return False
    return str(address) != "255.255.255.255"
