"""A real etcd can be started, hurt and started again, and nothing of it is left behind."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest
from etcdfixtures import require_etcd

from kregistry.testing.etcd import (
    EtcdctlFailed,
    EtcdFailed,
    EtcdNotRunning,
    EtcdServer,
    EtcdSettings,
    find_etcd,
)
from kregistry.testing.etcd.ports import Port


@pytest.fixture
def server() -> Iterator[EtcdServer]:
    """A server of the test's own, running."""
    require_etcd()
    with EtcdServer() as started:
        yield started


@attrs.define
class Occupied:
    """A port that somebody else listens on."""

    listener: socket.socket

    @property
    def number(self) -> int:
        return int(self.listener.getsockname()[1])

    def close(self) -> None:
        """The port was never ours."""


def test_a_started_server_is_empty_at_revision_one(server: EtcdServer) -> None:
    assert server.running
    assert server.status().revision == 1
    assert server.ctl("get", "", "--prefix") == ""


def test_the_shared_server_serves_who_keeps_to_keys_of_their_own(etcd: EtcdServer) -> None:
    etcd.ctl("put", "/tests/testing/shared", "value")

    assert etcd.ctl("get", "/tests/testing/shared", "--print-value-only") == "value\n"


def test_it_listens_on_loopback_only(server: EtcdServer) -> None:
    assert server.endpoints == (f"http://127.0.0.1:{server.port}",)
    told = server.ctl("member", "list")
    assert told.split(", ")[4] == server.endpoints[0]


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_process_is_etcd_itself_and_not_a_wrapper(server: EtcdServer) -> None:
    assert os.readlink(f"/proc/{server.pid}/exe") == os.path.realpath(find_etcd())


def test_data_survive_a_restart_in_order(server: EtcdServer) -> None:
    server.ctl("put", "key", "value")
    endpoints = server.endpoints

    server.restart()

    assert server.ctl("get", "key", "--print-value-only") == "value\n"
    assert server.endpoints == endpoints


def test_data_survive_a_kill(server: EtcdServer) -> None:
    server.ctl("put", "key", "value")
    revision = server.status().revision

    server.kill()
    assert not server.running
    server.start()

    assert server.ctl("get", "key", "--print-value-only") == "value\n"
    assert server.status().revision == revision


def test_a_paused_server_is_silent_until_it_is_resumed(server: EtcdServer) -> None:
    server.pause()
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.sendall(b"GET /health HTTP/1.0\r\n\r\n")
        with pytest.raises(EtcdctlFailed):
            server.ctl("get", "key", "--command-timeout=300ms")
        connection.setblocking(False)
        with pytest.raises(BlockingIOError):
            connection.recv(1)
        connection.settimeout(30)
        assert server.running
        assert server.paused

        server.resume()

        assert connection.recv(8) == b"HTTP/1.0"
    assert not server.paused
    assert server.ctl("put", "key", "value") == "OK\n"


def test_a_paused_server_can_be_stopped_and_killed(server: EtcdServer) -> None:
    server.pause()
    server.stop()
    assert not server.running
    server.start()
    server.pause()
    server.kill()
    assert not server.running
    assert not server.paused


def test_what_is_not_running_cannot_be_paused_or_resumed(server: EtcdServer) -> None:
    server.kill()

    for call in (server.pause, server.resume):
        with pytest.raises(EtcdNotRunning, match="does not run"):
            call()
    with pytest.raises(EtcdNotRunning):
        _ = server.pid
    server.kill()
    server.stop()


def test_a_server_that_was_not_launched_cannot_be_waited_for() -> None:
    require_etcd()
    server = EtcdServer()
    try:
        with pytest.raises(EtcdNotRunning, match="was not started"):
            server.wait_ready()
    finally:
        server.close()


def test_a_running_server_cannot_be_started_again(server: EtcdServer) -> None:
    pid = server.pid

    with pytest.raises(EtcdFailed, match="runs already"):
        server.start()

    assert server.pid == pid
    assert server.status().revision == 1


def test_closing_removes_everything(server: EtcdServer) -> None:
    folder = server.log.parent
    assert folder.is_dir()

    server.close()
    server.close()

    assert not server.running
    assert not folder.exists()
    with pytest.raises(EtcdFailed, match="cannot be started"):
        server.start()


def test_what_it_says_is_collected_over_restarts(server: EtcdServer) -> None:
    server.restart()

    assert server.log.read_text(encoding="utf-8").count("ready to serve client requests") >= 2


def test_a_server_that_cannot_start_says_why() -> None:
    require_etcd()
    server = EtcdServer(EtcdSettings(flags=("--no-such-flag",)))
    try:
        with pytest.raises(EtcdFailed, match="no-such-flag") as caught:
            server.start()
        assert "no-such-flag" in caught.value.log
        assert not server.running
    finally:
        server.close()


def test_a_server_that_does_not_serve_in_time_is_killed() -> None:
    require_etcd()
    lonely = EtcdServer(members=("m0", "m1", "m2"))
    try:
        with pytest.raises(EtcdFailed, match="does not serve in time"):
            lonely.start(timeout=0.2)
        assert not lonely.running
    finally:
        lonely.close()


def test_a_server_that_fails_on_entry_leaves_nothing(tmp_path: Path) -> None:
    require_etcd()
    server = EtcdServer(EtcdSettings(flags=("--no-such-flag",)))

    with pytest.raises(EtcdFailed), server:
        pass

    assert not server.log.parent.exists()


def test_a_failed_command_tells_what_etcdctl_said(server: EtcdServer) -> None:
    with pytest.raises(EtcdctlFailed, match="etcdctl frobnicate ended with status") as caught:
        server.ctl("frobnicate")

    assert "unknown command" in caught.value.stderr
    assert caught.value.status not in (0, None)


def test_a_command_that_takes_too_long_is_ended(server: EtcdServer) -> None:
    with pytest.raises(EtcdctlFailed, match="took too long") as caught:
        server.ctl("watch", "key", timeout=0.5)

    assert caught.value.status is None


def test_bytes_that_are_no_text_come_back_from_etcdctl(server: EtcdServer) -> None:
    server.ctl("put", "key", "\udcff\udcfe")

    assert server.ctl("get", "key", "--print-value-only") == "\udcff\udcfe\n"


def test_options_in_the_environment_do_not_reach_it(monkeypatch: pytest.MonkeyPatch) -> None:
    require_etcd()
    monkeypatch.setenv("ETCD_QUOTA_BACKEND_BYTES", "1")
    monkeypatch.setenv("ETCDCTL_ENDPOINTS", "http://127.0.0.1:1")
    monkeypatch.setenv("ETCDCTL_API", "2")

    with EtcdServer() as server:
        assert server.ctl("put", "key", "value") == "OK\n"


def test_a_quota_is_kept() -> None:
    require_etcd()
    with (
        EtcdServer(EtcdSettings(quota_bytes=1)) as server,
        pytest.raises(EtcdctlFailed, match="database space exceeded"),
    ):
        server.ctl("put", "key", "value")


def test_the_largest_request_can_be_chosen() -> None:
    require_etcd()
    with EtcdServer(EtcdSettings(max_request_bytes=1000)) as server:
        server.ctl("put", "key", "v" * 500)
        with pytest.raises(EtcdctlFailed, match="request is too large"):
            server.ctl("put", "key", "v" * 2000)


def test_a_server_that_waits_for_the_disk_serves_too() -> None:
    require_etcd()
    with EtcdServer(EtcdSettings(unsafe_no_fsync=False)) as server:
        server.ctl("put", "key", "value")
        server.kill()
        server.start()
        assert server.ctl("get", "key", "--print-value-only") == "value\n"


def test_an_etcd_that_does_not_know_the_flag_is_not_given_it() -> None:
    settings = EtcdSettings(unsafe_no_fsync=True)

    assert "--unsafe-no-fsync" in settings.command_line(frozenset({"--unsafe-no-fsync"}))
    assert "--unsafe-no-fsync" not in settings.command_line(frozenset())


def test_a_port_that_somebody_took_meanwhile_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    require_etcd()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        occupied = Occupied(listener)
        ports = iter([occupied, occupied, Port()])
        monkeypatch.setattr("kregistry.testing.etcd.server.Port", lambda: next(ports))

        with EtcdServer() as server:
            assert server.port != occupied.number
            assert server.ctl("put", "key", "value") == "OK\n"


def test_a_server_without_any_port_gives_up(monkeypatch: pytest.MonkeyPatch) -> None:
    require_etcd()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        monkeypatch.setattr("kregistry.testing.etcd.server.Port", lambda: Occupied(listener))
        server = EtcdServer()
        try:
            with pytest.raises(EtcdFailed, match="gets no port"):
                server.start()
            assert not server.running
        finally:
            server.close()


def test_a_restarted_server_never_moves_to_another_port(server: EtcdServer) -> None:
    server.stop()
    thief = socket.socket()
    thief.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    with thief:
        thief.bind(("127.0.0.1", server.port))
        thief.listen()
        endpoints = server.endpoints

        with pytest.raises(EtcdFailed, match="gets no port"):
            server.start()

    assert server.endpoints == endpoints
    server.start()
    assert server.status().revision == 1


def test_a_stopped_server_refuses_connections(server: EtcdServer) -> None:
    server.stop()

    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", server.port), timeout=30)
