"""Stores: from what is said on a command line to a Config, the same for every command."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from urllib.parse import urlsplit

from kregistry.storage import Config

#: Where the password of ``--user`` is looked for when it is not part of it.
PASSWORD = "KREGISTRY_ETCD_PASSWORD"
#: The file of a sqlite store that nobody named.
DEFAULT_PATH = "kregistry.db"

_STORAGES = ("sqlite", "memory", "etcd3")
_ETCD_OPTIONS = ("endpoints", "cacert", "cert", "key", "user")
_TLS_OPTIONS = ("cacert", "cert", "key")


def add_store_options(parser: argparse.ArgumentParser) -> None:
    """Let *parser* take one store: ``--storage`` and what belongs to each of them."""
    parser.add_argument("--storage", choices=_STORAGES, default="sqlite")
    parser.add_argument(
        "--path", metavar="FILE", help=f"sqlite: file of the store (default: {DEFAULT_PATH})"
    )
    parser.add_argument(
        "--endpoints",
        metavar="URL[,URL...]",
        help="etcd3: the members of the cluster, such as http://127.0.0.1:2379",
    )
    add_etcd_options(parser)


def add_etcd_options(parser: argparse.ArgumentParser) -> None:
    """Let *parser* take how to be let into an etcd cluster; the names are those of etcdctl."""
    group = parser.add_argument_group("etcd3")
    group.add_argument("--cacert", metavar="FILE", help="certificates to check the members' with")
    group.add_argument("--cert", metavar="FILE", help="this client's certificate")
    group.add_argument("--key", metavar="FILE", help="the key of it")
    group.add_argument(
        "--user",
        metavar="NAME[:PASSWORD]",
        help=f"who to log in as; the password is better given as {PASSWORD} in the environment, "
        "where no list of processes shows it",
    )


def config_of(options: argparse.Namespace, environment: Mapping[str, str] = os.environ) -> Config:
    """The store that the options name.

    Raises:
        ValueError: Something is missing, makes no sense, or belongs to another storage.
    """
    storage = options.storage
    for name in ("path", *_ETCD_OPTIONS):
        owner = "sqlite" if name == "path" else "etcd3"
        if owner != storage and getattr(options, name) is not None:
            raise ValueError(f"--{name} belongs to --storage {owner}, not to {storage}")
    if storage == "sqlite":
        return Config(type=storage, path=DEFAULT_PATH if options.path is None else options.path)
    if storage == "memory":
        return Config(type=storage)
    if options.endpoints is None:
        raise ValueError(
            "--storage etcd3 needs --endpoints, such as --endpoints http://127.0.0.1:2379"
        )
    return etcd_config(options.endpoints, options, environment)


def etcd_config(
    urls: str, options: argparse.Namespace, environment: Mapping[str, str] = os.environ
) -> Config:
    """The cluster at *urls*, which commas separate.

    Raises:
        ValueError: A URL is none, or the options do not fit together.
    """
    endpoints = [_endpoint(url) for url in urls.split(",")]
    username, password = _user(options.user, environment)
    if (options.cert is None) != (options.key is None):
        raise ValueError("--cert and --key go together")
    secure = any(url.startswith("https:") for url in endpoints)
    for name in _TLS_OPTIONS:
        if getattr(options, name) is not None and not secure:
            raise ValueError(f"--{name} is for https:// endpoints; {endpoints[0]} is not one")
    return Config(
        type="etcd3",
        endpoints=endpoints,
        trusted_ca_file=options.cacert or "",
        cert_file=options.cert or "",
        key_file=options.key or "",
        username=username,
        password=password,
    )


def refuse_etcd_options(options: argparse.Namespace) -> None:
    """Refuse what is said about etcd where no store is one.

    Raises:
        ValueError: There is something.
    """
    for name in (*_TLS_OPTIONS, "user"):
        if getattr(options, name) is not None:
            raise ValueError(f"--{name} is for etcd3 stores, and none is named")


def describe(config: Config) -> str:
    """What to call a store, in a few words."""
    if config.type == "sqlite":
        return f"sqlite store {config.path}"
    if config.type == "etcd3":
        return f"etcd3 store {','.join(config.endpoints)}"
    return "memory store"


def _endpoint(url: str) -> str:
    """A URL of a member, checked; without the slash that some write at its end."""
    url = url.strip()
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise ValueError(f"{url!r} is no URL of an etcd member: {error}") from None
    if "@" in parts.netloc:  # and do not repeat it: it may hold a password
        raise ValueError("a URL of an etcd member names no user; use --user")
    if parts.scheme not in ("http", "https") or not host or port == 0 or len(url.split()) > 1:
        raise ValueError(f"{url!r} is no URL of an etcd member, such as http://127.0.0.1:2379")
    if parts.path not in ("", "/") or parts.query or parts.fragment or not url.isprintable():
        raise ValueError(f"{url!r}: nothing may follow the port in the URL of an etcd member")
    return f"{parts.scheme}://{parts.netloc}"


def _user(said: str | None, environment: Mapping[str, str]) -> tuple[str, str]:
    if said is None:
        return "", ""
    name, colon, password = said.partition(":")
    if not name:
        raise ValueError("--user needs a name: NAME or NAME:PASSWORD")
    if not colon:
        password = environment.get(PASSWORD, "")
    if not password:
        raise ValueError(f"--user {name} needs a password: set {PASSWORD}")
    return name, password
