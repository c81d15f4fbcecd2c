"""Certificate: one that a server signs itself, for clients that are handed it.

``openssl`` makes it. It is on nearly every machine that has kubectl, and the standard library
can read certificates but not make them.
"""

from __future__ import annotations

import ipaddress
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from kregistry.meta.names import dns1123_subdomain

#: Days for which it is good. Whoever serves longer than that brings a real one.
_DAYS: Final = 365
#: Seconds for the program to do it.
_PATIENCE: Final = 60.0

#: A file of one's own, so that it does not matter how the machine's openssl is configured.
_CONFIGURATION: Final = """\
[req]
prompt = no
distinguished_name = name
x509_extensions = extensions
[name]
CN = kregistry
[extensions]
basicConstraints = critical, CA:TRUE, pathlen:0
keyUsage = critical, digitalSignature, keyCertSign
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
subjectAltName = {names}
"""


def self_signed(directory: Path, names: Iterable[str]) -> tuple[Path, Path]:
    """Make a certificate that vouches for itself.

    Args:
        directory: Where the files are to be; nobody else must be able to read them there.
        names: Addresses and names of the server.

    Returns:
        The files of the certificate and of its key, as PEM.

    Raises:
        OSError: There is no openssl, or the files cannot be written.
        ValueError: A name cannot be one, or openssl refuses.
    """
    told = ", ".join(dict.fromkeys(map(_alternative, names)))
    configuration = directory / "openssl.cnf"
    configuration.write_text(_CONFIGURATION.format(names=told), encoding="utf-8")
    certificate, key = directory / "tls.crt", directory / "tls.key"
    request = ("openssl", "req", "-x509", "-config", configuration, "-days", str(_DAYS))
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    try:
        done = subprocess.run(
            [*request, *curve, "-keyout", key, "-out", certificate],
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            stdin=subprocess.DEVNULL,
        )
    except FileNotFoundError:
        raise OSError(
            "--tls-self-signed needs the program openssl; without it, --tls-cert and --tls-key "
            "take a certificate that was made elsewhere"
        ) from None
    except subprocess.TimeoutExpired:
        raise OSError("openssl does not come to an end") from None
    if done.returncode != 0:
        raise ValueError(f"openssl made no certificate: {done.stderr.strip()}")
    return certificate, key


def _alternative(name: str) -> str:
    """An address or a name, as openssl wants to be told."""
    try:
        return f"IP:{ipaddress.ip_address(name)}"
    except ValueError:
        pass
    if problems := dns1123_subdomain(name):
        raise ValueError(f"no certificate can be made for {name!r}: {problems[0]}")
    return f"DNS:{name}"
