"""Hosts: under which names a server may be addressed, and where it may listen.

A browser that was led to a page of a stranger sends that page's requests to 127.0.0.1, too. Two
things give them away: the name in the address bar is the stranger's (DNS rebinding), or the page
says where it comes from (Origin). Clients of Kubernetes do neither.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from kregistry.meta.errors import Forbidden
from kregistry.meta.gvk import GroupResource
from kregistry.server.request import Headers

if TYPE_CHECKING:
    from kregistry.server.entrance import Answering

#: The names of the machine for itself.
LOOPBACK_NAMES: Final = frozenset({"localhost", "127.0.0.1", "::1"})

#: Connections that the system keeps until they are taken.
_BACKLOG: Final = 1024


class UnsafeAddress(ValueError):
    """Everybody could reach the server, and nothing would hold them up."""


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches *host*, a name or an address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def url_of(host: str, port: int, *, tls: bool) -> str:
    """Where a server can be reached that listens there."""
    return f"{'https' if tls else 'http'}://{f'[{host}]' if ':' in host else host}:{port}"


def listening_socket(host: str, port: int) -> socket.socket:
    """A socket that listens there; port 0 takes one that is free.

    Its protocol is named, and not 0 as ``socket.create_server`` has it: asyncio turns Nagle's
    algorithm off only where it knows that it speaks TCP, and with it every answer would wait
    for the acknowledgement of its header fields, 40 milliseconds.

    Raises:
        OSError: The address cannot be had.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.bind((host, port))
        made.listen(_BACKLOG)
    except BaseException:
        made.close()
        raise
    return made


def require_safe(host: str, server: Answering, *, tls: bool) -> None:
    """Refuse to be reachable from elsewhere without encryption and without knowing who asks.

    Raises:
        UnsafeAddress: *host* is not a loopback address, and one of both is missing.
    """
    if is_loopback(host):
        return
    missing = [] if tls else ["TLS"]
    if server.settings.authenticator is None:
        missing.append("authentication")
    if missing:
        raise UnsafeAddress(
            f"{host} is not a loopback address, and without {' and '.join(missing)} everybody "
            "there could read and change everything; listen on 127.0.0.1, or add what is missing"
        )


class Hosts:
    """The names under which requests may come.

    Args:
        names: Host names and addresses, without ports; None allows every name.
    """

    def __init__(self, names: Iterable[str] | None = LOOPBACK_NAMES) -> None:
        self._names = None if names is None else frozenset(name.lower() for name in names)

    @classmethod
    def of_address(cls, host: str, more: Iterable[str] = ()) -> Hosts:
        """What a server that listens on *host* goes by.

        Where only this machine gets through, its names for itself and *more*; elsewhere any,
        as there is no telling, and a page of a stranger has no token.
        """
        return cls({*LOOPBACK_NAMES, host, *more} if is_loopback(host) else None)

    def require_known(self, headers: Headers) -> None:
        """Refuse a request that was meant for somebody else, or sent by somebody else's page.

        Raises:
            Forbidden: It was (403).
        """
        known = self._names
        if known is None:
            return
        for authority in headers.all("host"):
            if _name(authority) not in known:
                raise _forbidden("requests for this host are not served here")
        for origin in headers.all("origin"):
            if _name(_authority(origin)) not in known:
                raise _forbidden("requests from pages of other hosts are not served")


def _forbidden(told: str) -> Forbidden:
    return Forbidden(GroupResource("", ""), "", told)


def _authority(origin: str) -> str:
    """``localhost:80`` of ``http://localhost:80``; what is none, such as ``null``, as it is."""
    return origin.partition("://")[2] or origin


def _name(authority: str) -> str:
    """The name in ``name:port`` and in ``[address]:port``."""
    if authority.startswith("["):
        return authority[1:].partition("]")[0].lower()
    return authority.partition(":")[0].lower()
