"""EtcdSettings: how a member is started."""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from kregistry.testing.etcd.certificates import Certificates


@attrs.frozen(kw_only=True)
class EtcdSettings:
    """What a test may choose about its etcd.

    Attributes:
        heartbeat: Milliseconds between a leader's signs of life.
        election_timeout: Milliseconds without one until a member stands for election; at least
            five times the heartbeat. A member that is alone waits that long too, once, when it
            starts. The shortest lease is one and a half times as long, rounded up to seconds.
        unsafe_no_fsync: Do not wait for the disk. What was acknowledged survives the end of the
            process, though not of the machine. Ignored by an etcd that knows no such flag.
        quota_bytes: Size of the database at which it refuses writes; 0 is etcd's default.
        max_request_bytes: Size of the largest request; 0 is etcd's default, 1.5 MiB.
        tls: Speak TLS, and only with clients that show a certificate of the same authority.
        flags: More flags, at the end of the command line.
    """

    heartbeat: int = 10
    election_timeout: int = 50
    unsafe_no_fsync: bool = True
    quota_bytes: int = 0
    max_request_bytes: int = 0
    tls: Certificates | None = None
    flags: tuple[str, ...] = ()

    @property
    def scheme(self) -> str:
        """Of the URLs for clients."""
        return "https" if self.tls else "http"

    def command_line(self, known: frozenset[str]) -> Iterator[str]:
        """The flags for all of that, to an etcd that knows the flags *known*."""
        yield f"--heartbeat-interval={self.heartbeat}"
        yield f"--election-timeout={self.election_timeout}"
        if self.unsafe_no_fsync and "--unsafe-no-fsync" in known:
            yield "--unsafe-no-fsync"
        if self.quota_bytes:
            yield f"--quota-backend-bytes={self.quota_bytes}"
        if self.max_request_bytes:
            yield f"--max-request-bytes={self.max_request_bytes}"
        if self.tls:
            yield f"--cert-file={self.tls.server_cert}"
            yield f"--key-file={self.tls.server_key}"
            yield f"--trusted-ca-file={self.tls.ca}"
            yield "--client-cert-auth"
        yield from self.flags
