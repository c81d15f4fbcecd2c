"""What a failed call means: for the caller, and for whoever might try it again.

etcd says what is wrong in the text of an error; its texts are part of its interface.

Source: ``etcd/api/v3rpc/rpctypes/error.go``.
"""

from __future__ import annotations

from enum import Enum

from kregistry.storage.errors import (
    AccessDenied,
    BackendError,
    BackendUnavailable,
    RevisionCompacted,
    RevisionInFuture,
    StorageFull,
    UnsafeStorage,
    ValueTooLarge,
)


class LeaseNotFound(BackendError):
    """The server does not know the lease: it has run out. Never leaves this package."""


class Verdict(Enum):
    """What a failed call says about whether it was carried out."""

    #: The cluster said no, and would again.
    REFUSED = "refused"
    #: It was not carried out; another member, or this one later, may do it.
    NOT_DONE = "not done"
    #: It may have been carried out, or be carried out yet.
    UNSURE = "unsure"
    #: Log in, then try again.
    LOGGED_OUT = "logged out"


#: The call never left this machine, or the member said that it did not take it up.
_NOT_DONE = (
    "failed to connect to all addresses",
    "connections to all backends failing",
    "no connection established",
    "DNS resolution failed",
    "Domain name not found",
    "etcdserver: no leader",
    "etcdserver: too many requests",
    "etcdserver: not capable",
    "etcdserver: rpc not supported for learner",
)
_LOGGED_OUT = (
    "etcdserver: invalid auth token",
    "etcdserver: revision of auth store is old",
    "etcdserver: user name is empty",
)
_UNSURE_CODES = ("UNAVAILABLE", "DEADLINE_EXCEEDED", "CANCELLED", "UNKNOWN", "INTERNAL")
#: Not every handshake that fails: of a silent member gRPC says that there was none.
_TLS = ("SSL_ERROR", "Verification Check", "peer certificate", "security handshaker")


def judge(code: str, details: str) -> Verdict:
    """What a call that failed with *code* and *details* has done."""
    if any(text in details for text in _LOGGED_OUT):
        return Verdict.LOGGED_OUT
    if any(text in details for text in _NOT_DONE):
        return Verdict.NOT_DONE
    return Verdict.UNSURE if code in _UNSURE_CODES else Verdict.REFUSED


def refusal(code: str, details: str) -> BackendError:
    """The error for a call that the cluster refused, or that nobody would take."""
    for text, error in _REFUSALS:
        if text in details:
            return error(details)
    if code == "RESOURCE_EXHAUSTED" and "larger than max" in details:
        return _too_large(details)
    if code in ("PERMISSION_DENIED", "UNAUTHENTICATED"):
        return _denied(details)
    return BackendUnavailable(f"etcd says {code}: {details}")


def is_distrust(details: str) -> bool:
    """Whether one side does not trust the other's certificate, which time will not mend."""
    return any(text in details for text in _TLS)


def unreachable(addresses: str, timeout: float, details: str) -> BackendError:
    """The error when no member took the call in time."""
    if is_distrust(details):
        return AccessDenied(
            f"no member of etcd at {addresses} could be trusted, or trusts this client: "
            f"{details}; check trusted_ca_file, cert_file and key_file, and that the names in "
            "the members' certificates are those in the endpoints"
        )
    return BackendUnavailable(
        f"no member of etcd at {addresses} did it within {timeout:g} s: {details}; check the "
        "endpoints and that a majority of the members is up, then try again"
    )


def no_etcd(endpoint: str, error: object) -> BackendUnavailable:
    """The error for an answer that makes no sense."""
    return BackendUnavailable(f"{endpoint} answers, but not as etcd does: {error}")


def _compacted(details: str) -> BackendError:
    return RevisionCompacted(0, 0)


def _future(details: str) -> BackendError:
    return RevisionInFuture(0, 0)


def _no_lease(details: str) -> BackendError:
    return LeaseNotFound(details)


def _full(details: str) -> BackendError:
    return StorageFull(
        "etcd has run out of its quota (NOSPACE): delete and compact, then run 'etcdctl defrag' "
        "and 'etcdctl alarm disarm'; or raise --quota-backend-bytes. Before 3.4.20 and 3.5.7 "
        "etcd takes deletions from 'etcdctl del' only while it is full"
    )


def _too_large(details: str) -> BackendError:
    return ValueTooLarge(
        f"etcd takes no request of that size ({details}): store less in one object, or raise "
        "--max-request-bytes on every member"
    )


def _denied(details: str) -> BackendError:
    return AccessDenied(
        f"etcd does not allow it: {details}; check username and password, "
        "and what the roles of that user are granted"
    )


def _anonymous(details: str) -> BackendError:
    return AccessDenied("etcd wants to know who asks: give a username and a password")


def _corrupt(details: str) -> BackendError:
    return UnsafeStorage(
        f"etcd found its members to disagree (CORRUPT): {details}; restore the damaged member"
    )


_REFUSALS = (
    ("required revision has been compacted", _compacted),
    ("required revision is a future revision", _future),
    ("requested lease not found", _no_lease),
    ("database space exceeded", _full),
    ("request is too large", _too_large),
    ("permission denied", _denied),
    ("authentication failed", _denied),
    ("user name is empty", _anonymous),
    ("corrupt", _corrupt),
)
