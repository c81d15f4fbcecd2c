"""Faults: what may go wrong between a client and an API server, on purpose.

Only what a real server, or the network before it, may do: nothing here breaks a promise that
clients may rely on. Events of a watch are never reordered, doubled or left out of the middle.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from enum import Enum
from types import TracebackType
from typing import Any, Final, Self

import attrs

from kregistry.kube.matching import Match
from kregistry.kube.requests import RecordedRequest
from kregistry.kube.streams import Ending, OpenStreams
from kregistry.meta import errors
from kregistry.meta.gvk import GroupResource
from kregistry.meta.serverresponse import generic_server_response
from kregistry.server import Answer, EventStream, Request
from kregistry.server.statuses import failure

#: What a Conflict says. Source: ``registry.OptimisticLockErrorMsg``.
_MODIFIED: Final = (
    "the object has been modified; please apply your changes to the latest version and try again"
)
_BUSY: Final = "Too many requests, please try again later."
_SLOW: Final = "request did not complete within the allotted timeout"
_BROKEN: Final = "injected by a test"
_OLD: Final = "The resourceVersion for the provided watch is too old."

#: Carries a request out.
GoOn = Callable[[], Answer]


class NoAnswer(ConnectionAbortedError):
    """The client is to get no answer: whoever holds its connection closes it."""


class Fault(ABC):
    """Something that goes wrong with a request. ``str()`` of it says what."""

    @abstractmethod
    def answer(self, request: Request, recorded: RecordedRequest, go_on: GoOn) -> Answer:
        """What the client gets.

        Args:
            request: What it sent.
            recorded: The same, read.
            go_on: Carries it out; not to be called twice.

        Raises:
            NoAnswer: It gets nothing.
        """


def _status(fault: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not 400 <= value <= 599:
        raise ValueError(f"status must be an HTTP status from 400 to 599, not {value!r}")


def _not_negative(fault: Any, attribute: attrs.Attribute[Any], value: int | None) -> None:
    if value is not None and value < 0:
        raise ValueError(f"{attribute.name} must not be negative, not {value!r}")


def _duration(fault: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e6:
        raise ValueError(f"delay must be a positive number of seconds, not {value!r}")


@attrs.frozen(kw_only=True)
class Refusal(Fault):
    """An answer with an error instead of what was asked for, which is not carried out.

    Attributes:
        status: HTTP status, from 400 to 599.
        retry_after: Seconds after which the client is told to try again; None to leave it out,
            but a 429 without any says 1.
        message: For people; None for what an API server says.
    """

    status: int = attrs.field(validator=_status)
    retry_after: int | None = attrs.field(default=None, validator=_not_negative)
    message: str | None = None

    def answer(self, request: Request, recorded: RecordedRequest, go_on: GoOn) -> Answer:
        return failure(request, self._error(recorded))

    def _error(self, recorded: RecordedRequest) -> errors.StatusError:
        error = _usual_error(self.status, recorded)
        if self.message is not None:
            error.status.message = self.message
        seconds = 1 if self.status == 429 and self.retry_after is None else self.retry_after
        if seconds:
            error.status.details = error.details
            error.details.retry_after_seconds = seconds
        return error

    def __str__(self) -> str:
        after = "" if self.retry_after is None else f", retry after {self.retry_after} s"
        return f"status {self.status}{after}"


def _usual_error(status: int, recorded: RecordedRequest) -> errors.StatusError:
    """What an API server says with that status."""
    resource = GroupResource(recorded.group, recorded.resource)
    name = recorded.name
    match status:
        case 404:
            return errors.NotFound(resource, name)
        case 409 if recorded.verb == "create":
            return errors.AlreadyExists(resource, name)
        case 409:
            return errors.Conflict(resource, name, _MODIFIED)
        case 410:
            return errors.Expired(_OLD)
        case 429:
            return errors.TooManyRequests(_BUSY)
        case 500:
            return errors.InternalError(_BROKEN)
        case 504:
            return errors.Timeout(_SLOW)
    return generic_server_response(status, recorded.method, resource, name, _BROKEN)


class Loss(Enum):
    """What gets lost on the way."""

    #: The request never arrives.
    REQUEST = "request"
    #: The request is carried out, and the client never hears of it.
    ANSWER = "answer"


@attrs.frozen
class Lost(Fault):
    """The connection ends without an answer.

    Attributes:
        loss: Whether that happens before or after the request is carried out.
    """

    loss: Loss

    def answer(self, request: Request, recorded: RecordedRequest, go_on: GoOn) -> Answer:
        if self.loss is Loss.ANSWER:
            answer = go_on()
            if isinstance(answer, EventStream):
                answer.close()
        raise NoAnswer(str(self))

    def __str__(self) -> str:
        told = "carried out" if self.loss is Loss.ANSWER else "not carried out"
        return f"{self.loss.value} lost ({told})"


@attrs.frozen
class Cut(Fault):
    """A watch comes to an end before its time.

    Attributes:
        ending: How.
        events: How many come before that.
    """

    ending: Ending
    events: int = attrs.field(validator=_not_negative)

    def answer(self, request: Request, recorded: RecordedRequest, go_on: GoOn) -> Answer:
        answer = go_on()
        if not isinstance(answer, EventStream):
            return answer
        return attrs.evolve(answer, frames=self.ending.cut(answer.frames, self.events))

    def __str__(self) -> str:
        return f"watch {self.ending.told} after {self.events} events"


@attrs.frozen
class Late(Fault):
    """The request waits before it is carried out, or before something else goes wrong with it.

    Attributes:
        delay: For how many seconds, by the clock of the machine.
        then: What goes wrong afterwards; None for nothing.
        streams: Waiting ends when these are closed.
    """

    delay: float = attrs.field(validator=_duration)
    then: Fault | None = None
    streams: OpenStreams | None = attrs.field(default=None, repr=False, eq=False)

    def answer(self, request: Request, recorded: RecordedRequest, go_on: GoOn) -> Answer:
        closed = self.streams.closed if self.streams is not None else threading.Event()
        closed.wait(self.delay)
        return go_on() if self.then is None else self.then.answer(request, recorded, go_on)

    def __str__(self) -> str:
        then = "" if self.then is None else f", then {self.then}"
        return f"delay of {self.delay:g} s{then}"


class Injection:
    """A fault, and the requests that run into it. Ends with :meth:`remove` or as a ``with`` block.

    A block that no request ran into fails: a test of how something survives a fault shows
    nothing if the fault never came.

    Attributes:
        fault: What goes wrong.
        match: With which requests.
        times: With how many of them at most; None for all.
        after: How many go through unharmed before the first.
        optional: Whether a block may end without a hit.
    """

    def __init__(
        self,
        fault: Fault,
        match: Match,
        *,
        times: int | None = None,
        after: int = 0,
        optional: bool = False,
    ) -> None:
        if times is not None and times < 1:
            raise ValueError(f"times must be at least 1, not {times}")
        if after < 0:
            raise ValueError(f"after must not be negative, not {after}")
        self.fault = fault
        self.match = match
        self.times = times
        self.after = after
        self.optional = optional
        self._lock = threading.Lock()
        self._passed = 0
        self._hits: list[RecordedRequest] = []
        self._removed = False

    @property
    def hits(self) -> tuple[RecordedRequest, ...]:
        """The requests that ran into it, as they came."""
        return tuple(self._hits)

    def take(self, recorded: RecordedRequest) -> bool:
        """Whether *recorded* runs into it; counts it if so."""
        if not self.match.fits(recorded):
            return False
        with self._lock:
            if self._removed or (self.times is not None and len(self._hits) >= self.times):
                return False
            if self._passed < self.after:
                self._passed += 1
                return False
            self._hits.append(recorded)
        return True

    def remove(self) -> None:
        """Let nothing run into it any more. A second call does nothing."""
        with self._lock:
            self._removed = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        __tracebackhide__ = True
        self.remove()
        if kind is None and not self._hits and not self.optional:
            raise AssertionError(f"no request ran into the injected fault: {self}")

    def __str__(self) -> str:
        of = "" if self.times is None else f" of {self.times}"
        hit = "never hit" if not self._hits else f"hit {len(self._hits)}{of} times"
        return f"{self.fault} on {self.match}: {hit}"


class Faults:
    """What is to go wrong with the requests of one server. Safe to share between threads."""

    def __init__(self) -> None:
        self._injections: tuple[Injection, ...] = ()
        self._lock = threading.Lock()

    def add(self, injection: Injection) -> None:
        """One more."""
        with self._lock:
            self._injections = (*self._injections, injection)

    def take(self, recorded: RecordedRequest) -> Fault | None:
        """What goes wrong with this one; the first fault that was injected comes first."""
        for injection in self._injections:
            if injection.take(recorded):
                return injection.fault
        return None

    def __iter__(self) -> Iterator[Injection]:
        return iter(self._injections)
