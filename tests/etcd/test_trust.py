"""A member that says nothing is not one that distrusts: only the latter lasts."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from kregistry.storage.errors import AccessDenied, BackendError, BackendUnavailable
from kregistry.storage.etcd3 import Access, EtcdBackend, faults
from kregistry.testing.etcd import Certificates, EtcdServer, EtcdSettings


def what_is_said(access: Access) -> BackendError:
    """By a member that takes no call for a second."""
    with EtcdBackend(access, request_timeout=1.0) as backend:
        with pytest.raises(BackendError) as caught:
            backend.get("/a")
        return caught.value


def test_a_silent_port_is_unavailable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        said = what_is_said(Access.of([f"http://127.0.0.1:{port}"]))
    assert isinstance(said, BackendUnavailable)


def test_a_member_that_is_paused_before_the_handshake_is_unavailable(tmp_path: Path) -> None:
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    ours.mkdir()
    theirs.mkdir()
    certificates, others = Certificates.make(ours), Certificates.make(theirs)
    with EtcdServer(EtcdSettings(tls=certificates)) as server:
        client = {"cert_file": certificates.client_cert, "key_file": certificates.client_key}
        shown = {name: str(path) for name, path in client.items()}
        access = Access.of(server.endpoints, trusted_ca_file=str(certificates.ca), **shown)
        stranger = Access.of(server.endpoints, trusted_ca_file=str(others.ca), **shown)
        assert isinstance(what_is_said(stranger), AccessDenied)
        server.pause()
        assert isinstance(what_is_said(access), BackendUnavailable)
        server.resume()


@pytest.mark.parametrize(
    "details",
    [
        "tcp handshaker shutdown",
        "Handshake read failed (Endpoint closing)",
        "Handshake read failed (Socket closed)",
        "connection attempt timed out before receiving SETTINGS frame",
        "Failed to connect to remote host: connect() timed out",
        "Socket closed",
    ],
)
def test_no_words_are_no_distrust(details: str) -> None:
    assert isinstance(faults.unreachable("https://a", 5.0, details), BackendUnavailable)


@pytest.mark.parametrize(
    "details",
    [
        "Tls handshake failed (TSI_PROTOCOL_FAILURE): SSL_ERROR_SSL: error:1000007d:SSL routines:"
        "OPENSSL_internal:CERTIFICATE_VERIFY_FAILED: unable to get local issuer certificate",
        "Ssl handshake failed: SSL_ERROR_SSL: SSLV3_ALERT_BAD_CERTIFICATE",
        "Custom verification check failed with error: UNAUTHENTICATED: Hostname Verification "
        "Check failed.",
        "Peer name 127.0.0.2 is not in peer certificate",
        "Failed to create security handshaker.",
    ],
)
def test_distrust_is_told_with_what_to_check(details: str) -> None:
    error = faults.unreachable("https://a", 5.0, details)
    assert isinstance(error, AccessDenied)
    assert "check trusted_ca_file" in str(error)
