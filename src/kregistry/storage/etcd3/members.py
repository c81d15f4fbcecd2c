"""Members: the servers of a cluster, one of which is asked at a time.

Any member answers for the whole cluster, so a call that fails on one is tried on the next,
until its time is up. A write is tried again only if it certainly was not carried out: the same
write may otherwise be done twice, or be done after somebody was told that it was not.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from kregistry.meta.wire import WireError
from kregistry.storage.errors import BackendClosed, OutcomeUnknown
from kregistry.storage.etcd3 import faults
from kregistry.storage.etcd3.access import Access, Endpoint
from kregistry.storage.etcd3.faults import Verdict
from kregistry.storage.etcd3.messages import Method, authenticate_request, read_token

try:
    import grpc
except ImportError as error:
    raise ImportError(
        "storage type etcd3 needs the extra kregistry[etcd3]: pip install 'kregistry[etcd3]'"
    ) from error

T = TypeVar("T")
Metadata = tuple[tuple[str, str], ...]

#: Nobody may stay silent for longer: a member that is stopped keeps its connections open.
_KEEPALIVE = 6.0
_KEEPALIVE_TIMEOUT = 5.0
_OPTIONS = (
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    ("grpc.keepalive_time_ms", int(_KEEPALIVE * 1000)),
    ("grpc.keepalive_timeout_ms", int(_KEEPALIVE_TIMEOUT * 1000)),
    ("grpc.http2.ping_timeout_ms", int(_KEEPALIVE_TIMEOUT * 1000)),
    ("grpc.http2.max_pings_without_data", 0),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1000),
    ("grpc.use_local_subchannel_pool", 1),
    ("grpc.service_config_disable_resolution", 1),
    ("grpc.enable_retries", 0),
    ("grpc.enable_http_proxy", 0),
)
_PAUSE, _LONGEST_PAUSE = 0.02, 0.5
_LOGINS = 2


class CallFailed(Exception):
    """A member did not answer as hoped. Never leaves this package."""

    def __init__(self, code: str, details: str) -> None:
        super().__init__(code, details)
        self.code = code
        self.details = details

    @property
    def verdict(self) -> Verdict:
        """What that says about whether the call was carried out."""
        return faults.judge(self.code, self.details)


class Member:
    """The connection to one member. Made when it is first used."""

    def __init__(self, endpoint: Endpoint, access: Access) -> None:
        self.endpoint = endpoint
        self._access = access
        self._lock = threading.Lock()
        self._closed = False
        self._channel: grpc.Channel | None = None
        self._unary: dict[Method, Any] = {}

    def ask(self, method: Method, request: bytes, timeout: float, metadata: Metadata) -> bytes:
        """One request, one response.

        Raises:
            CallFailed: There was none.
        """
        call = self._unary.get(method) or self._prepare(method)
        try:
            response: bytes = call(request, timeout=timeout, metadata=metadata)
        except grpc.RpcError as error:
            raise failure(error) from None
        except ValueError as error:  # what gRPC says of a channel that is closed
            raise BackendClosed("the store is closed") from error
        return response

    def stream(
        self,
        method: Method,
        requests: Iterator[bytes],
        metadata: Metadata,
        timeout: float | None,
    ) -> Any:
        """Requests one way, responses the other: an iterator that can be cancelled."""
        try:
            call: Any = self._open().stream_stream(method)
            return call(requests, metadata=metadata, timeout=timeout)
        except ValueError as error:
            raise BackendClosed("the store is closed") from error

    def close(self) -> None:
        """End every call, and take no other. Idempotent."""
        with self._lock:
            self._closed = True
            channel, self._channel = self._channel, None
            self._unary.clear()
        if channel is not None:
            channel.close()

    def _prepare(self, method: Method) -> Any:
        call = self._unary[method] = self._open().unary_unary(method)
        return call

    def _open(self) -> grpc.Channel:
        with self._lock:
            if self._closed:
                raise BackendClosed("the store is closed")
            if self._channel is None:
                self._channel = self._connect()
            return self._channel

    def _connect(self) -> grpc.Channel:
        address, access = self.endpoint.address, self._access
        if not self.endpoint.secure:
            return grpc.insecure_channel(address, options=_OPTIONS)
        credentials = grpc.ssl_channel_credentials(
            access.trusted_ca, access.key, access.certificate
        )
        return grpc.secure_channel(address, credentials, options=_OPTIONS)


class Members:
    """The servers of a cluster.

    Args:
        access: Where they are, and what they must be shown.
        timeout: Seconds until a call has failed, all members tried.
    """

    def __init__(self, access: Access, *, timeout: float) -> None:
        self.timeout = timeout
        self._access = access
        self._members = [Member(endpoint, access) for endpoint in access.endpoints]
        self._at = random.randrange(len(self._members))  # clients spread over the members
        self._login = threading.Lock()
        self._named = bool(access.username)
        self._token = ""
        self._closed = False

    def __str__(self) -> str:
        return ", ".join(str(endpoint) for endpoint in self._access.endpoints)

    @property
    def current(self) -> Member:
        """The member that is asked first."""
        if self._closed:
            raise BackendClosed("the store is closed")
        return self._members[self._at]

    def leave(self, member: Member) -> None:
        """Ask somebody else than *member* from now on."""
        if self._members[self._at] is member:
            self._at = (self._at + 1) % len(self._members)

    def read(self, method: Method, request: bytes, read: Callable[[bytes], T]) -> T:
        """Ask for something that changes nothing, until somebody answers.

        Args:
            read: Makes the response something to work with.

        Raises:
            BackendError: Nobody answered in time, or the cluster said no.
        """
        return self._call(method, request, read, again=True)

    def write(self, method: Method, request: bytes, read: Callable[[bytes], T]) -> T:
        """Ask for a change, once.

        Raises:
            OutcomeUnknown: It may have been made or not.
            BackendError: It was not made.
        """
        return self._call(method, request, read, again=False)

    def metadata(self) -> Metadata:
        """What goes with every call: a member without a leader must say so, and who asks."""
        return _metadata(self._get_token(self._deadline()))

    def renew_login(self) -> None:
        """The token is no longer known: get another one."""
        self._named = True
        self._log_in(self._token, self._deadline())

    def close(self) -> None:
        """End every call. Idempotent."""
        self._closed = True
        for member in self._members:
            member.close()

    def _call(
        self, method: Method, request: bytes, read: Callable[[bytes], T], *, again: bool
    ) -> T:
        deadline = self._deadline()
        for attempt in self._attempts(deadline, again=again, logins=_LOGINS):
            attempt.token = self._get_token(deadline)
            try:
                metadata = _metadata(attempt.token)
                data = attempt.member.ask(method, request, attempt.seconds, metadata)
            except CallFailed as failed:
                attempt.failed(failed)
                continue
            try:
                return read(data)
            except (WireError, IndexError) as error:
                strange = faults.no_etcd(str(attempt.member.endpoint), error)
                raise (strange if again else self._unknown(str(strange))) from error
        raise AssertionError("attempts end with an error")

    def _attempts(self, deadline: float, *, again: bool, logins: int) -> Iterator[Attempt]:
        """Members to ask, one after the other, until the time is up. Then an error.

        Args:
            deadline: When that is.
            again: Whether to ask another one what one may have done already.
            logins: How often to log in anew.
        """
        pause, rounds = _PAUSE, 0
        alone = len(self._members) == 1 or not again
        while True:
            attempt = Attempt(self.current, deadline, 1.0 if alone else 0.5)
            yield attempt
            failed = attempt.failure
            assert failed is not None
            verdict = failed.verdict
            if verdict is Verdict.LOGGED_OUT and self._access.username and logins:
                logins -= 1
                self._named = True
                self._log_in(attempt.token, deadline)
                continue
            if verdict is Verdict.UNSURE and not again:
                self.leave(attempt.member)
                raise self._unknown(failed.details)
            if verdict not in (Verdict.UNSURE, Verdict.NOT_DONE):
                raise faults.refusal(failed.code, failed.details)
            self.leave(attempt.member)
            rounds += 1
            if time.monotonic() + pause >= deadline or (
                rounds >= len(self._members) and faults.is_distrust(failed.details)
            ):
                raise faults.unreachable(str(self), self.timeout, failed.details)
            if rounds % len(self._members) == 0:
                time.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)

    def _unknown(self, details: str) -> OutcomeUnknown:
        return OutcomeUnknown(
            f"etcd at {self} did not say whether it made the change ({details}); read "
            "what is stored before trying again"
        )

    def _deadline(self) -> float:
        return time.monotonic() + self.timeout

    def _get_token(self, deadline: float) -> str:
        """Who asks; "" for nobody."""
        if self._named and not self._token:
            self._log_in("", deadline)
        return self._token

    def _log_in(self, stale: str, deadline: float) -> None:
        """Have another token than *stale*, which may be there by now: threads share it."""
        if not self._login.acquire(timeout=max(deadline - time.monotonic(), 0.0)):
            raise faults.unreachable(str(self), self.timeout, "nobody logs this client in")
        try:
            if self._token == stale:
                self._token = self._authenticate(deadline)
        finally:
            self._login.release()

    def _authenticate(self, deadline: float) -> str:
        request = authenticate_request(self._access.username, self._access.password)
        for attempt in self._attempts(deadline, again=True, logins=0):
            try:
                data = attempt.member.ask(Method.AUTHENTICATE, request, attempt.seconds, ())
            except CallFailed as failed:
                if "authentication is not enabled" in failed.details:
                    self._named = False  # then nobody asks for a token either
                    return ""
                attempt.failed(failed)
                continue
            try:
                return read_token(data)
            except (WireError, IndexError) as error:
                raise faults.no_etcd(str(attempt.member.endpoint), error) from error
        raise AssertionError("attempts end with an error")


class Attempt:
    """One call on one member.

    Attributes:
        member: Whom to ask.
        token: Who asks; "" for nobody.
        failure: Why there was no answer.
    """

    def __init__(self, member: Member, deadline: float, share: float) -> None:
        self.member = member
        self.token = ""
        self.failure: CallFailed | None = None
        self._deadline = deadline
        self._share = share

    @property
    def seconds(self) -> float:
        """How long to wait for the answer: a share of the time that is left."""
        return max((self._deadline - time.monotonic()) * self._share, 0.01)

    def failed(self, failure: CallFailed) -> None:
        """There was no answer."""
        self.failure = failure


def _metadata(token: str) -> Metadata:
    return (("hasleader", "true"), ("token", token)) if token else (("hasleader", "true"),)


def failure(error: grpc.RpcError) -> CallFailed:
    """What gRPC's error says."""
    code: Any = error.code()
    return CallFailed(code.name if code is not None else "UNKNOWN", str(error.details() or ""))
