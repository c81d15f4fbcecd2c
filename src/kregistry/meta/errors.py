"""What clients see when something fails: a Status, as an exception.

::

    StatusError
    ├── BadRequest 400             ├── Invalid 422
    ├── Unauthorized 401           ├── TooManyRequests 429
    ├── Forbidden 403              ├── InternalError 500
    ├── NotFound 404               ├── ServerTimeout 500
    ├── MethodNotSupported 405     ├── ServiceUnavailable 503
    ├── NotAcceptable 406          ├── Timeout 504
    ├── AlreadyExists 409          │   └── TooLargeResourceVersion
    │   └── GenerateNameConflict   ├── RequestEntityTooLarge 413
    ├── Conflict 409               ├── UnsupportedMediaType 415
    ├── Gone 410                   └── InsufficientStorage 507
    └── Expired 410

``str(error)`` is the message. ``error.status`` is the body that an API server would send.

Source: ``k8s.io/apimachinery/pkg/api/errors``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, Final, Self

from kregistry.meta.field import ErrorList
from kregistry.meta.goformat import quote
from kregistry.meta.gvk import GroupKind, GroupResource
from kregistry.meta.objectmeta import ListMeta
from kregistry.meta.status import Status, StatusCause, StatusDetails

#: Type of the cause that tells a version too far ahead from other timeouts.
RESOURCE_VERSION_TOO_LARGE: Final = "ResourceVersionTooLarge"


class StatusError(Exception):
    """A request failed; *status* says how, in the words of the API.

    Attributes:
        status: The answer that a client gets.
    """

    code: ClassVar[int] = 500
    reason: ClassVar[str] = ""

    status: Status

    def __init__(self, status: Status) -> None:
        super().__init__(status.message)
        self.status = status

    @classmethod
    def from_status(cls, status: Status) -> StatusError:
        """The error of the class that the status' reason names, as a client meets it.

        Source: ``errors.FromObject``.
        """
        kind = _CLASS_FOR_REASON.get(status.reason)
        if kind is None and not status.reason:
            kind = _CLASS_FOR_CODE.get(status.code)
        if kind is Timeout and any(
            cause.reason == RESOURCE_VERSION_TOO_LARGE
            for cause in (status.details.causes if status.details else ())
        ):
            kind = TooLargeResourceVersion
        return _restore(kind or StatusError, status)

    @property
    def details(self) -> StatusDetails:
        """The status' details; empty ones if it has none."""
        return self.status.details or StatusDetails()

    @property
    def retry_after(self) -> int | None:
        """Seconds to wait before trying again; None if waiting is not asked for.

        Source: ``errors.SuggestsClientDelay``.
        """
        seconds = self.details.retry_after_seconds
        is_server_timeout = self.status.reason == ServerTimeout.reason
        return seconds if seconds > 0 or (is_server_timeout and self.status.details) else None

    def __str__(self) -> str:
        return self.status.message

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (type(self), self.status)

    def _fail(self, message: str, details: StatusDetails | None = None) -> None:
        """Fill in a failure of this class' code and reason."""
        StatusError.__init__(
            self,
            Status(
                status="Failure",
                message=message,
                reason=self.reason,
                code=self.code,
                details=details,
            ),
        )


def _restore(kind: type[StatusError], status: Status) -> StatusError:
    error = kind.__new__(kind)
    StatusError.__init__(error, status)
    return error


class _MessageError(StatusError):
    """A failure that is told by its message alone."""

    def __init__(self, message: str) -> None:
        self._fail(message)


class BadRequest(_MessageError):
    """The request cannot be understood or makes no sense; sending it again will not help."""

    code = 400
    reason = "BadRequest"


class Unauthorized(_MessageError):
    """Nobody knows who is asking."""

    code = 401
    reason = "Unauthorized"

    def __init__(self, message: str = "") -> None:
        super().__init__(message or "not authorized")


class Forbidden(StatusError):
    """The one who asks may not do that."""

    code = 403
    reason = "Forbidden"

    def __init__(self, resource: GroupResource, name: str, problem: object) -> None:
        if not resource.resource and not resource.group:
            message = f"forbidden: {problem}"
        elif not name:
            message = f"{resource} is forbidden: {problem}"
        else:
            message = f"{resource} {quote(name)} is forbidden: {problem}"
        self._fail(message, _about(resource, name))


class NotFound(StatusError):
    """There is no such object."""

    code = 404
    reason = "NotFound"

    def __init__(self, resource: GroupResource, name: str) -> None:
        self._fail(f"{resource} {quote(name)} not found", _about(resource, name))


class MethodNotSupported(StatusError):
    """The resource does not know this verb."""

    code = 405
    reason = "MethodNotAllowed"

    def __init__(self, resource: GroupResource, action: str) -> None:
        message = f"{action} is not supported on resources of kind {quote(str(resource))}"
        self._fail(message, _about(resource, ""))


class NotAcceptable(_MessageError):
    """The answer cannot be given in a form that the caller accepts."""

    code = 406
    reason = "NotAcceptable"


class AlreadyExists(StatusError):
    """The name is taken."""

    code = 409
    reason = "AlreadyExists"

    def __init__(self, resource: GroupResource, name: str) -> None:
        self._fail(f"{resource} {quote(name)} already exists", _about(resource, name))


class GenerateNameConflict(AlreadyExists):
    """Every name that was generated is taken."""

    def __init__(self, resource: GroupResource, name: str, *, retry_after: int = 1) -> None:
        message = (
            f"{resource} {quote(name)} already exists, the server was not able to generate "
            "a unique name for the object"
        )
        self._fail(message, _about(resource, name, retry_after=retry_after))


class Conflict(StatusError):
    """The object is not what the caller believes it to be: read it and try again."""

    code = 409
    reason = "Conflict"

    def __init__(self, resource: GroupResource, name: str, problem: object) -> None:
        message = f"Operation cannot be fulfilled on {resource} {quote(name)}: {problem}"
        self._fail(message, _about(resource, name))

    @classmethod
    def between_managers(cls, message: str, causes: Iterable[StatusCause]) -> Self:
        """Fields that others own. Source: ``errors.NewApplyConflict``."""
        error = cls.__new__(cls)
        error._fail(message, StatusDetails(causes=list(causes)))
        return error


class Gone(_MessageError):
    """What was asked for existed once and will not come back."""

    code = 410
    reason = "Gone"


class Expired(StatusError):
    """The version asked for is too old: list anew, or go on with the token, if there is one."""

    code = 410
    reason = "Expired"

    def __init__(self, message: str, continue_token: str = "") -> None:
        self._fail(message)
        self.status.metadata = ListMeta(continue_=continue_token)

    @property
    def continue_token(self) -> str:
        """Where an interrupted list may go on, in another snapshot; "" if nowhere."""
        return self.status.metadata.continue_


class RequestEntityTooLarge(StatusError):
    """The body, or the object in it, is too big."""

    code = 413
    reason = "RequestEntityTooLarge"

    def __init__(self, message: str) -> None:
        self._fail(f"Request entity too large: {message}")


class UnsupportedMediaType(_MessageError):
    """The body is in a form that is not understood."""

    code = 415
    reason = "UnsupportedMediaType"


class Invalid(StatusError):
    """The object breaks rules; every broken one is a cause, unless there is no end of them."""

    code = 422
    reason = "Invalid"
    _errors: ErrorList | None = None

    def __init__(self, kind: GroupKind, name: str, errors: ErrorList) -> None:
        told = errors.to_aggregate()
        message = f"{kind} {quote(name)} is invalid"
        causes = [
            StatusCause(reason=error.type.value, message=body, field=error.path)
            for error, body in errors.told()
        ]
        details = StatusDetails(group=kind.group, kind=kind.kind, name=name, causes=causes)
        self._fail(f"{message}: {told}" if told else message, details)
        self._errors = errors

    @property
    def errors(self) -> ErrorList:
        """The field errors with their values; empty when this error came over a wire."""
        return self._errors if self._errors is not None else ErrorList()


class TooManyRequests(StatusError):
    """Not now; perhaps after *retry_after* seconds."""

    code = 429
    reason = "TooManyRequests"

    def __init__(self, message: str, retry_after: int = 0) -> None:
        self._fail(message, StatusDetails(retry_after_seconds=retry_after))

    @classmethod
    def of(cls, problem: str) -> Self:
        """With what is too much after the usual words, and no advice when to come back.

        Source: ``errors.NewTooManyRequestsError``.
        """
        error = cls(f"Too many requests: {problem}")
        error.status.details = None
        return error


class InternalError(StatusError):
    """Something broke that is not the caller's fault."""

    code = 500
    reason = "InternalError"

    def __init__(self, problem: object) -> None:
        details = StatusDetails(causes=[StatusCause(message=str(problem))])
        self._fail(f"Internal error occurred: {problem}", details)


class ServerTimeout(StatusError):
    """The operation did not come through, but may if tried again. Its code is 500, not 504."""

    code = 500
    reason = "ServerTimeout"

    def __init__(self, resource: GroupResource, operation: str, retry_after: int = 0) -> None:
        message = (
            f"The {operation} operation against {resource} could not be completed at this "
            "time, please try again."
        )
        self._fail(message, _about(resource, operation, retry_after=retry_after))


class ServiceUnavailable(StatusError):
    """The server cannot serve now."""

    code = 503
    reason = "ServiceUnavailable"

    def __init__(self, message: str, retry_after: int = 0) -> None:
        details = StatusDetails(retry_after_seconds=retry_after) if retry_after else None
        self._fail(message, details)


class Timeout(StatusError):
    """The request could not be completed in time; whether it took effect is not known."""

    code = 504
    reason = "Timeout"

    def __init__(self, message: str, retry_after: int = 0) -> None:
        self._fail(f"Timeout: {message}", StatusDetails(retry_after_seconds=retry_after))


class TooLargeResourceVersion(Timeout):
    """The version asked for lies ahead of the store's.

    Source: ``storage.NewTooLargeResourceVersionError``.
    """

    def __init__(self, wanted: int, current: int, retry_after: int = 0) -> None:
        super().__init__(f"Too large resource version: {wanted}, current: {current}", retry_after)
        self.details.causes = [
            StatusCause(reason=RESOURCE_VERSION_TOO_LARGE, message="Too large resource version")
        ]


class InsufficientStorage(_MessageError):
    """There is no room for the write. Reading and deleting still work."""

    code = 507
    reason = "InsufficientStorage"


def _about(resource: GroupResource, name: str, *, retry_after: int = 0) -> StatusDetails:
    return StatusDetails(
        group=resource.group,
        kind=resource.resource,
        name=name,
        retry_after_seconds=retry_after,
    )


_BY_REASON: Final[tuple[type[StatusError], ...]] = (
    BadRequest,
    Unauthorized,
    Forbidden,
    NotFound,
    MethodNotSupported,
    NotAcceptable,
    AlreadyExists,
    Conflict,
    Gone,
    Expired,
    RequestEntityTooLarge,
    UnsupportedMediaType,
    Invalid,
    TooManyRequests,
    InternalError,
    ServerTimeout,
    ServiceUnavailable,
    Timeout,
    InsufficientStorage,
)

_CLASS_FOR_REASON: Final = {kind.reason: kind for kind in _BY_REASON}

#: Codes that mean one thing only, for a status without a reason.
_CLASS_FOR_CODE: Final = {
    kind.code: kind for kind in _BY_REASON if kind.code not in (409, 410, 500)
}
