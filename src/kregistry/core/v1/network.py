"""Names and addresses that a Pod sees."""

from __future__ import annotations

from kregistry.meta.model import Model, field, model


@model
class PodDNSConfigOption(Model):
    """One option of the resolver."""

    name: str = ""
    value: str | None = None


@model
class PodDNSConfig(Model):
    """Resolver settings that are merged with those of the DNS policy."""

    nameservers: list[str] = field(factory=list, list_type="atomic")
    searches: list[str] = field(factory=list, list_type="atomic")
    options: list[PodDNSConfigOption] = field(factory=list, list_type="atomic")


@model
class HostAlias(Model):
    """One line of the hosts file."""

    ip: str = field(default="", always=True)
    hostnames: list[str] = field(factory=list, list_type="atomic")


@model
class PodIP(Model):
    """One address of a Pod."""

    ip: str = field(default="", always=True)


@model
class HostIP(Model):
    """One address of the node that a Pod runs on."""

    ip: str = field(default="", always=True)
