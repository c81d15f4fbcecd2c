"""The chain: what every request passes before a handler sees it, outermost first.

Each part is a function that takes the next handler and returns one that does its own bit
before, after or instead. :func:`build` puts them together in the API server's order::

    audit id        every answer can be told apart in logs
    compression     large answers are packed for those who can unpack them
    recovery        whatever breaks becomes a Status, and no more of it is told
    cache control   no answer is kept by anybody in between
    warnings        what was noted on the way goes into header fields
    failures        a StatusError becomes its Status
    limits          longer than any honest request: refused unread
    request info    what the request is about
    metrics         how many there were, and how long they took
    deadline        what takes longer than ``timeout`` says is told as a 504
    authentication  who asks
    authorization   whether they may

Source: ``k8s.io/apiserver/pkg/server/config.go`` DefaultBuildHandlerChain.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from typing import Final

import attrs

from kregistry.meta.errors import (
    BadRequest,
    Forbidden,
    InternalError,
    RequestEntityTooLarge,
    StatusError,
    Timeout,
    Unauthorized,
)
from kregistry.meta.gvk import GroupResource
from kregistry.meta.status import Status
from kregistry.server.authentication import UNAUTHORIZED, Authenticator
from kregistry.server.authorization import (
    Attributes,
    Authorizer,
    is_health_path,
    require_allowed,
)
from kregistry.server.call import Call, Handler, Part
from kregistry.server.duration import parse_duration
from kregistry.server.query import Query
from kregistry.server.request import Request, without_credentials
from kregistry.server.requestinfo import RequestInfo, UnreadablePath, request_info
from kregistry.server.response import Answer, EventStream, replaced, text_response, with_header
from kregistry.server.statuses import failure
from kregistry.server.user import ADMIN, ANONYMOUS, AUTHENTICATED, UserInfo
from kregistry.server.warningheaders import warning_headers

#: Bytes of a body that are read. Source: ``MaxRequestBodyBytes``.
MAX_BODY: Final = 3 * 1024 * 1024

#: Characters of path and query together.
MAX_TARGET: Final = 64 * 1024

#: Longer ids are cut. Source: ``maxAuditIDLength``.
_MAX_AUDIT_ID: Final = 64

#: What is said of an answer that took too long.
LATE: Final = "request did not complete within the allotted timeout"

_PANIC: Final = "This request caused apiserver to panic. Look in the logs for details."

#: Parts of a Pod whose requests last for as long as they are wanted.
_LASTING: Final = frozenset({"attach", "exec", "log", "portforward", "proxy"})

#: How the names of header fields begin that ask for an answer to somebody else.
_IMPERSONATE: Final = "impersonate-"
_USERS: Final = GroupResource("", "users")

_LOG: Final = logging.getLogger("kregistry.server")


def build(parts: Iterable[Part], innermost: Handler) -> Handler:
    """The handler in which *parts* lie around *innermost*, the first outermost."""
    handler = innermost
    for part in reversed(list(parts)):
        handler = part(handler)
    return handler


def audit_id(make: Callable[[], str]) -> Part:
    """Answer with the id that the client gave the request, or with one made by *make*."""

    def part(inner: Handler) -> Handler:
        def handle(call: Call) -> Answer:
            given = call.request.headers.get("audit-id")[:_MAX_AUDIT_ID]
            sound = given and given.isascii() and given.isprintable()
            chosen = given if sound else make()
            return with_header(inner(call), "audit-id", chosen)

        return handle

    return part


def recovery(inner: Handler) -> Handler:
    """Turn what nobody expected into a 500 that tells nothing; the log has the rest."""

    def handle(call: Call) -> Answer:
        try:
            return inner(call)
        except Exception:
            # Not the query: it may hold what the client would not like to find in a log.
            _LOG.exception("%s %r failed", call.request.method, call.request.path)
            return failure(call.request, InternalError(_PANIC))

    return handle


def cache_control(inner: Handler) -> Handler:
    """Forbid everybody in between to keep the answer."""

    def handle(call: Call) -> Answer:
        return with_header(inner(call), "cache-control", "no-cache, private")

    return handle


def warnings(inner: Handler) -> Handler:
    """Put the warnings into header fields, whatever became of the request."""

    def handle(call: Call) -> Answer:
        answer = inner(call)
        if not call.warnings:
            return answer
        told = warning_headers(call.warnings)
        return replaced(answer, answer.headers.plus(told)) if told else answer

    return handle


def failures(inner: Handler) -> Handler:
    """Answer with the Status of what is raised."""

    def handle(call: Call) -> Answer:
        try:
            return inner(call)
        except StatusError as error:
            return failure(call.request, error)

    return handle


def limits(*, max_body: int = MAX_BODY, max_target: int = MAX_TARGET) -> Part:
    """Refuse what is longer than any honest request.

    Args:
        max_body: Bytes of the body.
        max_target: Characters of path and query together.
    """

    def part(inner: Handler) -> Handler:
        def handle(call: Call) -> Answer:
            if len(call.request.path) + len(call.request.query) > max_target:
                raise _too_long(max_target)
            if len(call.request.body) > max_body:
                raise RequestEntityTooLarge(f"limit is {max_body}")
            return inner(call)

        return handle

    return part


def _too_long(limit: int) -> StatusError:
    message = f"Request URI too long: limit is {limit}"
    return StatusError(Status(status="Failure", code=414, message=message))


def request_info_part(inner: Handler) -> Handler:
    """Read what the request is about."""

    def handle(call: Call) -> Answer:
        if call.request.query:
            call.query = Query(call.request.query)
        try:
            call.info = request_info(call.request, call.query)
        except UnreadablePath as error:
            told = f"failed to create RequestInfo: {error}"
            return text_response(500, f'Internal Server Error: "{call.request.path}": {told}\n')
        return inner(call)

    return handle


def deadline(inner: Handler) -> Handler:
    """Refuse a ``timeout`` that cannot be read, and answer 504 what took longer.

    What runs here cannot be stopped from here, so the 504 comes when it is done. An adapter that
    need not wait for that says it in time, see :func:`allotted_seconds`.

    Source: ``filters.WithRequestDeadline``, ``filters.WithTimeoutForNonLongRunningRequests``.
    """

    def handle(call: Call) -> Answer:
        seconds = allotted_seconds(call.info, call.query)
        if seconds is None:
            return inner(call)
        end = time.monotonic() + seconds
        answer = inner(call)
        if time.monotonic() > end:
            if isinstance(answer, EventStream):
                answer.close()
            raise Timeout(LATE)
        return answer

    return handle


def allotted_seconds(info: RequestInfo, query: Query) -> float | None:
    """How long the answer may take; None if the client leaves that to the server.

    Raises:
        BadRequest: ``timeout`` is no duration (400).
    """
    asked = query.text("timeout")
    if not asked or is_long_running(info):
        return None
    try:
        seconds = parse_duration(asked)
    except ValueError as error:
        told = f"invalid timeout specified in the request URL - {error}"
        raise BadRequest(told) from error
    return seconds if seconds > 0 else None


def is_long_running(info: RequestInfo) -> bool:
    """Whether the request lasts for as long as it is wanted, and is under no deadline.

    Source: ``genericfilters.BasicLongRunningRequestCheck``.
    """
    return info.verb in ("watch", "proxy") or info.subresource in _LASTING


def authentication(authenticator: Authenticator | None) -> Part:
    """Find out who asks; nobody does only where health is asked for.

    Nobody speaks for somebody else: who wants to is refused, as an answer to who asks would not
    be what was asked for. What a proxy says about users (``X-Remote-User``) does not count.

    Args:
        authenticator: Knows users; None lets everybody be an administrator.

    Source: ``filters.WithAuthentication``.
    """

    def part(inner: Handler) -> Handler:
        def handle(call: Call) -> Answer:
            user = _authenticated(authenticator, call.request) if authenticator else ADMIN
            if user is None and not is_health_path(call.request.path):
                raise Unauthorized(UNAUTHORIZED)
            for name, value in call.request.headers.pairs:
                if name.startswith(_IMPERSONATE):
                    raise Forbidden(_USERS, value, "nobody can be impersonated here")
            call.user = user or ANONYMOUS
            # Nothing further in has a use for them.
            call.request = without_credentials(call.request)
            return inner(call)

        return handle

    return part


def _authenticated(authenticator: Authenticator, request: Request) -> UserInfo | None:
    user = authenticator.authenticate(request)
    if user is None or user.authenticated:
        return user
    return attrs.evolve(user, groups=(*user.groups, AUTHENTICATED))


def authorization(authorizer: Authorizer) -> Part:
    """Go on only if who asks may do that. Source: ``filters.WithAuthorization``."""

    def part(inner: Handler) -> Handler:
        def handle(call: Call) -> Answer:
            try:
                require_allowed(authorizer, Attributes.of(call.user, call.info))
            except Forbidden as error:  # its text repeats what the client sent
                told = failure(call.request, error)
                return with_header(told, "x-content-type-options", "nosniff")
            return inner(call)

        return handle

    return part
