"""A port that was reserved is given to nobody but the server that it is for."""

from __future__ import annotations

import socket
import sys

import pytest

from kregistry.testing.etcd.ports import Port

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="a port can be held on Linux only")


@pytest.fixture
def port() -> Port:
    return Port()


def test_a_stranger_cannot_have_it_until_it_is_given_back(port: Port) -> None:
    with socket.socket() as stranger, pytest.raises(OSError, match="in use"):
        stranger.bind(("127.0.0.1", port.number))

    port.close()
    port.close()

    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", port.number))


def test_the_server_it_is_for_may_listen_on_it_again_and_again(port: Port) -> None:
    for _ in range(2):
        with socket.socket() as server:
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            server.bind(("127.0.0.1", port.number))
            server.listen()
            with socket.create_connection(("127.0.0.1", port.number), timeout=30):
                server.accept()[0].close()
    port.close()


def test_connections_are_refused_while_no_server_listens(port: Port) -> None:
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port.number), timeout=30)
    port.close()


def test_ports_are_all_different() -> None:
    ports = [Port() for _ in range(50)]

    assert len({port.number for port in ports}) == 50
    for port in ports:
        port.close()
