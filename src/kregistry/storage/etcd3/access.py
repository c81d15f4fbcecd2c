"""Access: where the members of a cluster are, and what they must be shown.

Source: ``storagebackend.TransportConfig``.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

import attrs

_PORT = 2379


@attrs.frozen
class Endpoint:
    """One member.

    Attributes:
        address: Host and port, as gRPC takes them.
        secure: Whether it speaks TLS.
    """

    address: str
    secure: bool

    def __str__(self) -> str:
        return f"{'https' if self.secure else 'http'}://{self.address}"


@attrs.frozen(kw_only=True)
class Access:
    """All that is needed to be let in.

    Attributes:
        endpoints: At least one.
        trusted_ca: What the members' certificates are checked against, as PEM; None for what
            the system trusts.
        certificate: This client's own, as PEM; None for none.
        key: The key of it.
        username: "" for nobody.
        password: Of that user.
    """

    endpoints: tuple[Endpoint, ...]
    trusted_ca: bytes | None = attrs.field(default=None, repr=False)
    certificate: bytes | None = attrs.field(default=None, repr=False)
    key: bytes | None = attrs.field(default=None, repr=False)
    username: str = ""
    password: str = attrs.field(default="", repr=False)

    @classmethod
    def of(
        cls,
        urls: Sequence[str],
        *,
        trusted_ca_file: str = "",
        cert_file: str = "",
        key_file: str = "",
        username: str = "",
        password: str = "",
    ) -> Access:
        """Read and check what a Config says.

        Raises:
            TypeError: The URLs are one text.
            ValueError: Something is missing, does not fit together or cannot be read.
        """
        if isinstance(urls, str):
            raise TypeError("endpoints are a sequence of URLs, not one")
        endpoints = tuple(dict.fromkeys(map(parse_endpoint, urls)))
        if not endpoints:
            raise ValueError("etcd3 needs endpoints, such as http://127.0.0.1:2379")
        files = (trusted_ca_file, cert_file, key_file)
        if any(files) and not all(endpoint.secure for endpoint in endpoints):
            raise ValueError("certificates are of use with https:// endpoints only")
        if bool(cert_file) != bool(key_file):
            raise ValueError("cert_file and key_file go together")
        if password and not username:
            raise ValueError("a password needs a username")
        for name, text in (("username", username), ("password", password)):
            if not _is_utf8(text):
                raise ValueError(f"the {name} cannot be written as UTF-8")
        trusted_ca, certificate, key = map(_pem, files)
        return cls(
            endpoints=endpoints,
            trusted_ca=trusted_ca,
            certificate=certificate,
            key=key,
            username=username,
            password=password,
        )


def parse_endpoint(url: str) -> Endpoint:
    """An endpoint from its URL; without a scheme it is http, without a port 2379, as in etcdctl.

    Raises:
        ValueError: It is no URL of a member.
    """
    text = url if "://" in url else f"http://{url}"
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise ValueError(f"endpoint {url!r}: {error}") from None
    if parts.scheme not in ("http", "https"):
        raise ValueError(f"endpoint {url!r}: the scheme must be http or https")
    if not host or not text.isprintable() or " " in text:
        raise ValueError(f"endpoint {url!r}: a host is missing")
    if parts.username is not None or parts.password is not None:
        raise ValueError("endpoints carry no user; use username and password")
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ValueError(f"endpoint {url!r}: nothing may follow the port")
    host = f"[{host}]" if ":" in host else host
    return Endpoint(f"{host}:{_PORT if port is None else port}", parts.scheme == "https")


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _pem(path: str) -> bytes | None:
    if not path:
        return None
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from error
