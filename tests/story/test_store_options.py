"""Every command names a store in the same way, and says what does not fit."""

from __future__ import annotations

import argparse

import pytest

from kregistry.__main__ import main
from kregistry.cli.stores import PASSWORD, add_store_options, config_of, describe
from kregistry.storage import Config

MEMBER = "http://127.0.0.1:2379"
SECURE = "https://etcd.example:2379"


def read(*words: str, **environment: str) -> Config:
    parser = argparse.ArgumentParser()
    add_store_options(parser)
    return config_of(parser.parse_args(words), environment)


def test_a_file_is_the_default() -> None:
    config = read()
    assert (config.type, config.path) == ("sqlite", "kregistry.db")
    assert describe(config) == "sqlite store kregistry.db"


def test_each_storage_takes_its_own_options() -> None:
    assert read("--path", "shop.db").path == "shop.db"
    assert describe(read("--storage", "memory")) == "memory store"
    config = read("--storage", "etcd3", "--endpoints", f"{MEMBER}, http://[::1]:2379/")
    assert config.endpoints == (MEMBER, "http://[::1]:2379")
    assert describe(config) == f"etcd3 store {MEMBER},http://[::1]:2379"


def test_the_options_of_etcd_are_called_as_those_of_etcdctl() -> None:
    files = ("--cacert", "ca.pem", "--cert", "me.pem", "--key", "me.key")
    config = read("--storage", "etcd3", "--endpoints", SECURE, *files, "--user", "bob:a:b")
    assert (config.trusted_ca_file, config.cert_file, config.key_file) == (
        "ca.pem",
        "me.pem",
        "me.key",
    )
    assert (config.username, config.password) == ("bob", "a:b")
    assert "a:b" not in repr(config) + describe(config)


def test_a_password_may_come_from_the_environment() -> None:
    words = ("--storage", "etcd3", "--endpoints", MEMBER, "--user")
    known = {PASSWORD: "secret"}
    assert read(*words, "bob", **known).password == "secret"
    assert read(*words, "bob:other", **known).password == "other"
    assert read(*words[:-1], **known).username == ""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--storage", "etcd3"], "--storage etcd3 needs --endpoints"),
        (["--storage", "etcd3", "--endpoints", ""], "is no URL"),
        (["--storage", "etcd3", "--endpoints", MEMBER, "--path", "x"], "--path belongs to"),
        (["--storage", "memory", "--path", "x"], "--path belongs to --storage sqlite, not to mem"),
        (["--endpoints", MEMBER], "--endpoints belongs to --storage etcd3, not to sqlite"),
        (["--user", "bob:secret"], "--user belongs to --storage etcd3, not to sqlite"),
        (["--storage", "memory", "--cacert", "x"], "--cacert belongs to --storage etcd3"),
        (["--storage", "etcd3", "--endpoints", SECURE, "--key", "x"], "--cert and --key go"),
        (["--storage", "etcd3", "--endpoints", MEMBER, "--user", "bob:"], "bob needs a password"),
    ],
)
def test_what_does_not_fit_is_an_error_in_one_line(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 1
    out, err = capsys.readouterr()
    assert out == ""
    (line,) = err.splitlines()
    assert line.startswith("kregistry: ")
    assert said in line
    assert "secret" not in line
