"""Certificates: a certificate authority for one test, and what it has signed."""

from __future__ import annotations

from pathlib import Path

import attrs


@attrs.frozen(kw_only=True)
class Certificates:
    """Files in PEM format.

    Attributes:
        ca: The certificate of the authority.
        server_cert: For 127.0.0.1 and localhost.
        server_key: Its private key.
        client_cert: For a client; its common name is the user that etcd takes the client for.
        client_key: Its private key.
    """

    ca: Path
    server_cert: Path
    server_key: Path
    client_cert: Path
    client_key: Path

    @classmethod
    def make(cls, folder: Path, *, user: str = "root") -> Certificates:
        """Make an authority and its certificates, in *folder*.

        Needs the package ``trustme``.
        """
        import trustme

        authority = trustme.CA()
        server = authority.issue_cert("127.0.0.1", "localhost")
        client = authority.issue_cert("client.test", common_name=user)
        made = cls(
            ca=folder / "ca.pem",
            server_cert=folder / "server.pem",
            server_key=folder / "server.key",
            client_cert=folder / "client.pem",
            client_key=folder / "client.key",
        )
        authority.cert_pem.write_to_path(str(made.ca))
        for issued, cert, key in (
            (server, made.server_cert, made.server_key),
            (client, made.client_cert, made.client_key),
        ):
            issued.cert_chain_pems[0].write_to_path(str(cert))
            key.touch(mode=0o600)
            issued.private_key_pem.write_to_path(str(key))
        return made
