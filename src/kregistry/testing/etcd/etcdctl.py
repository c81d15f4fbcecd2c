"""etcdctl: etcd's own client, for tests to set up and to check with."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence

import attrs

from kregistry.testing.etcd.binaries import find_etcdctl, plain_environment
from kregistry.testing.etcd.certificates import Certificates
from kregistry.testing.etcd.errors import EtcdctlFailed, EtcdNotFound


@attrs.frozen(kw_only=True)
class MemberStatus:
    """What a member says about itself.

    Attributes:
        member_id: Its number in the cluster.
        leader_id: Whom it takes for the leader; 0 is nobody.
        term: How many elections there have been, roughly.
        revision: The newest revision it has; 1 in a store that was never written to.
        db_bytes: Size of its database file.
        version: Of the program.
    """

    member_id: int
    leader_id: int
    term: int
    revision: int
    db_bytes: int
    version: str


def etcdctl(
    endpoints: Sequence[str],
    tls: Certificates | None,
    arguments: Sequence[str],
    *,
    timeout: float = 30.0,
) -> str:
    """Run ``etcdctl`` and return what it writes.

    Raises:
        EtcdNotFound: There is no etcdctl, or it cannot be run.
        EtcdctlFailed: It ended with an error, or did not end in *timeout* seconds.
    """
    command = [find_etcdctl(), f"--endpoints={','.join(endpoints)}"]
    if tls:
        command += [f"--cacert={tls.ca}", f"--cert={tls.client_cert}", f"--key={tls.client_key}"]
    try:
        done = subprocess.run(
            [*command, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=plain_environment(ETCDCTL_API="3"),
            text=True,
            errors="surrogateescape",
            timeout=timeout,
            check=False,
        )
    except OSError as error:
        raise EtcdNotFound(f"{command[0]} cannot be run: {error}") from error
    except subprocess.TimeoutExpired as late:
        raise EtcdctlFailed(arguments, None, _text(late.stdout), _text(late.stderr)) from None
    if done.returncode != 0:
        raise EtcdctlFailed(arguments, done.returncode, done.stdout, done.stderr)
    return done.stdout


def parse_status(told: str) -> MemberStatus:
    """Read what ``etcdctl endpoint status -w json`` writes about one endpoint."""
    (answer,) = json.loads(told)
    status = answer["Status"]
    return MemberStatus(
        member_id=status["header"]["member_id"],
        leader_id=status.get("leader", 0),
        term=status.get("raftTerm", 0),
        revision=status["header"]["revision"],
        db_bytes=status.get("dbSize", 0),
        version=status["version"],
    )


def _text(output: bytes | str | None) -> str:
    if isinstance(output, bytes):  # also when text was asked for, after a time-out
        return output.decode(errors="replace")
    return output or ""
