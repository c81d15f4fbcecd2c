"""Names and addresses: DNS, host aliases, host names, IPs.

Source: ``validatePodDNSConfig``, ``ValidateHostAliases``, ``IsValidIP``.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from typing import Final

from kregistry.core.pod.validation.checks import follow, require
from kregistry.core.v1 import HostAlias, PodDNSConfig, PodSpec
from kregistry.meta import names
from kregistry.meta.field import ErrorList, Path

_MAX_NAMESERVERS: Final = 3
_MAX_SEARCHES: Final = 32
_MAX_SEARCH_LENGTH: Final = 2048
_MAX_HOSTNAME: Final = 64
_PART: Final = "_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?"
_SEARCH_PATTERN: Final = rf"{_PART}(\.{_PART})*"
_SEARCH: Final = re.compile(_SEARCH_PATTERN, re.ASCII)
_NOT_A_SEARCH: Final = names.regex_message(
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, "
    "'_', '-' or '.', and must start and end with an alphanumeric character",
    _SEARCH_PATTERN,
    "example.com",
)
_NOT_AN_IP: Final = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"


def ip_messages(value: str) -> list[str]:
    """What is wrong with an address; those with several readings are refused.

    Source: ``IsValidIP`` with strict parsing.
    """
    try:
        address = ipaddress.ip_address(value)
    except ValueError:
        return ["must not have leading 0s"] if _has_leading_zeros(value) else [_NOT_AN_IP]
    if "%" in value:
        return [_NOT_AN_IP]
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return ["must not be an IPv4-mapped IPv6 address"]
    return []


def _has_leading_zeros(value: str) -> bool:
    """Whether the address would be fine but for zeros in front of its decimal parts."""
    if len(value) > 100 or not value.isascii():
        return False
    head, colon, tail = value.rpartition(":")
    parts = tail.split(".")
    if len(parts) != 4 or not all(part.isdigit() for part in parts):
        return False
    try:
        ipaddress.ip_address(head + colon + ".".join(str(int(part)) for part in parts))
    except ValueError:
        return False
    return True


def check_dns(errs: ErrorList, path: Path, policy: str, config: PodDNSConfig | None) -> None:
    """How the Pod resolves names; without a policy the whole of it must be said."""
    if policy == "None":
        if config is None:
            errs.required(path, "must provide `dnsConfig` when `dnsPolicy` is None")
            return
        if not config.nameservers:
            detail = "must provide at least one DNS nameserver when `dnsPolicy` is None"
            errs.required(path / "nameservers", detail)
            return
    if config is None:
        return
    if len(config.nameservers) > _MAX_NAMESERVERS:
        detail = f"must not have more than {_MAX_NAMESERVERS} nameservers"
        errs.invalid(path / "nameservers", config.nameservers, detail)
    for index, address in enumerate(config.nameservers):
        follow(errs, (path / "nameservers").index(index), address, ip_messages)
    _check_searches(errs, path / "searches", config.searches)
    for index, option in enumerate(config.options):
        require(errs, (path / "options").index(index), option.name, "must not be empty")


def _check_searches(errs: ErrorList, path: Path, searches: Sequence[str]) -> None:
    if len(searches) > _MAX_SEARCHES:
        errs.invalid(path, searches, f"must not have more than {_MAX_SEARCHES} search paths")
    if len(" ".join(searches).encode("utf-8", "surrogatepass")) > _MAX_SEARCH_LENGTH:
        detail = (
            f"must not have more than {_MAX_SEARCH_LENGTH} characters (including spaces) "
            "in the search list"
        )
        errs.invalid(path, searches, detail)
    for index, search in enumerate(searches):
        if search != ".":
            follow(errs, path.index(index), search.removesuffix("."), _search_domain)


def _search_domain(value: str) -> list[str]:
    messages = []
    if len(value.encode("utf-8", "surrogatepass")) > names.SUBDOMAIN_MAX:
        messages.append(f"must be no more than {names.SUBDOMAIN_MAX} characters")
    if not _SEARCH.fullmatch(value):
        messages.append(_NOT_A_SEARCH)
    return messages


def check_aliases(errs: ErrorList, path: Path, aliases: Sequence[HostAlias]) -> None:
    """Lines for the hosts file."""
    for index, alias in enumerate(aliases):
        follow(errs, path.index(index) / "ip", alias.ip, ip_messages)
        for hostname in alias.hostnames:
            follow(errs, path.index(index) / "hostnames", hostname, names.dns1123_subdomain)


def check_host_names(errs: ErrorList, path: Path, spec: PodSpec) -> None:
    """The name that replaces every other. Source: ``validateHostnameOverride``."""
    name = spec.hostname_override
    if name is None:
        return
    at = path / "hostnameOverride"
    if spec.set_hostname_as_fqdn:
        errs.forbidden(at, "may not be specified when setHostnameAsFQDN is true")
    if spec.host_network:
        errs.forbidden(at, "may not be specified when hostNetwork is true")
    if len(name.encode("utf-8", "surrogatepass")) > _MAX_HOSTNAME:
        errs.too_long(at, name, _MAX_HOSTNAME)
    follow(errs, at, name, names.dns1123_subdomain)
