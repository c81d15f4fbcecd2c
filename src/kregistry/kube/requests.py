"""Requests: what a server was asked, as values that tests compare and people read."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from difflib import ndiff
from typing import Any, Final, Self, overload
from urllib.parse import parse_qs

import attrs

from kregistry.kube.matching import Match, MatchMaker
from kregistry.meta.gvk import GroupVersionKind
from kregistry.runtime.limits import DEFAULT_LIMITS
from kregistry.server import Request, RequestInfo
from kregistry.server.negotiation import PROTOBUF

_SIGNS: Final = "- missing, + too many"

#: Verbs that change something.
WRITES: Final = ("create", "update", "patch", "delete", "deletecollection")


@attrs.frozen(kw_only=True)
class RecordedRequest:
    """One request, and what became of it. ``str()`` of it is one line.

    Attributes:
        number: Counts the requests of one server from 1, in the order in which they came.
        time: When it came, by the server's clock.
        verb: ``get``, ``list``, ``watch``, ``create``, ``update``, ``patch``, ``delete``,
            ``deletecollection``; for what is no resource the method in lower case.
        method: HTTP method.
        path: Path of the request.
        query: Values by parameter.
        group: API group, "" for the core group.
        version: API version.
        resource: Plural, "" for what is no resource.
        subresource: Such as ``status``.
        namespace: Namespace, "" for none, or for all.
        name: Name of the object; of one that is created with a generated name its beginning
            and a ``*``.
        user_agent: What the client calls itself.
        content_type: In which form the body was sent; tells the patches apart.
        content: The body as it was sent.
        status: HTTP status of the answer; None before it was given, or if it was lost.
        fault: What was injected into it, "" for nothing.
    """

    number: int
    time: datetime
    verb: str
    method: str
    path: str
    query: dict[str, list[str]] = attrs.field(factory=dict, hash=False)
    group: str = ""
    version: str = ""
    resource: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""
    user_agent: str = ""
    content_type: str = ""
    content: bytes = attrs.field(default=b"", repr=False)
    status: int | None = None
    fault: str = ""

    @classmethod
    def of(cls, request: Request, info: RequestInfo, *, number: int, time: datetime) -> Self:
        """What *request* is, before it is answered."""
        plain = cls(
            number=number,
            time=time,
            verb=info.verb,
            method=request.method,
            path=request.path,
            query=parse_qs(request.query, keep_blank_values=True),
            user_agent=request.headers.get("user-agent"),
            content_type=request.headers.get("content-type"),
            content=request.body,
        )
        if not info.is_resource_request:
            return plain
        itself = info.resource == "namespaces"
        return attrs.evolve(
            plain,
            group=info.group,
            version=info.version,
            resource=info.resource,
            subresource=info.subresource,
            namespace="" if itself else info.namespace,
            name=info.name or (_sent_name(plain.body) if info.verb == "create" else ""),
        )

    @property
    def body(self) -> Any:
        """The document that was sent; None if there is none, or it is in a form that is not read.

        Those are JSON and, for built-in kinds, Protocol Buffers, as kubectl sends them.
        """
        try:
            return _document(self.content, self.content_type)
        except (ValueError, RecursionError):
            return None

    @property
    def is_write(self) -> bool:
        """Whether it was to change something."""
        return self.verb in WRITES

    def __str__(self) -> str:
        if not self.resource:
            return f"{self.verb} {self.path}"
        what = f"{self.resource}/{self.subresource}" if self.subresource else self.resource
        where = f"{self.namespace}/{self.name}" if self.namespace else self.name
        return f"{self.verb} {what} {where}".rstrip()

    def told(self) -> str:
        """The line with number, answer and fault, for a person who looks for a mistake."""
        answer = "no answer" if self.status is None else str(self.status)
        by = f"  [{self.user_agent}]" if self.user_agent else ""
        injected = f"  <- injected: {self.fault}" if self.fault else ""
        return f"#{self.number} {self} -> {answer}{injected}{by}"


def _document(content: bytes, content_type: str) -> Any:
    """What was sent. Raises ValueError or RecursionError: nobody can tell."""
    if content_type.partition(";")[0].strip().lower() != PROTOBUF.name:
        return json.loads(content)
    from kregistry.server.protobuf import tree_of_protobuf

    return tree_of_protobuf(content, GroupVersionKind("", "", ""), DEFAULT_LIMITS)


def _sent_name(document: Any) -> str:
    """The name in the metadata of a document; a generated one ends in ``*``."""
    try:
        metadata = document["metadata"]
        name, beginning = metadata.get("name"), metadata.get("generateName")
    except (TypeError, LookupError, AttributeError):
        return ""
    if isinstance(name, str) and name:
        return name
    return f"{beginning}*" if isinstance(beginning, str) and beginning else ""


class Requests(Sequence[RecordedRequest]):
    """Some requests, in the order in which they came. Immutable.

    Equal to a list of their lines, so that a test reads as what it means::

        assert kube.requests.writes() == ["create pods default/web", "delete pods default/web"]
    """

    def __init__(self, requests: Iterable[RecordedRequest] = ()) -> None:
        self._requests = tuple(requests)

    @property
    def lines(self) -> list[str]:
        """One line for each."""
        return [str(request) for request in self._requests]

    @overload
    def __getitem__(self, index: int) -> RecordedRequest: ...
    @overload
    def __getitem__(self, index: slice) -> Requests: ...
    def __getitem__(self, index: int | slice) -> RecordedRequest | Requests:
        if isinstance(index, slice):
            return Requests(self._requests[index])
        return self._requests[index]

    def __len__(self) -> int:
        return len(self._requests)

    def __iter__(self) -> Iterator[RecordedRequest]:
        return iter(self._requests)

    def __contains__(self, wanted: object) -> bool:
        return wanted in self._requests or wanted in self.lines

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Requests):
            return self._requests == other._requests
        if isinstance(other, list | tuple):
            return self.lines == [str(each) for each in other]
        return NotImplemented

    def __hash__(self) -> int:
        return hash(self._requests)

    def __repr__(self) -> str:
        return repr(self.lines)


class RequestLog:
    """The requests of one server, oldest first. Safe to share between threads.

    What :class:`~kregistry.kube.kube.Kube` itself asks is not among them.

    Args:
        matches: Makes what to look for out of words.
    """

    def __init__(self, matches: MatchMaker) -> None:
        self._matches = matches
        self._lock = threading.Lock()
        self._requests: dict[int, RecordedRequest] = {}
        self._count = 0
        self._listeners: list[Callable[[], None]] = []

    def begin(self, make: Callable[[int], RecordedRequest]) -> RecordedRequest:
        """Enter the next request; *make* gets its number."""
        with self._lock:
            self._count += 1
            entered = self._requests[self._count] = make(self._count)
        self._tell()
        return entered

    def change(self, number: int, **changes: Any) -> None:
        """Enter what became of a request, unless it was cleared away."""
        with self._lock:
            if number in self._requests:
                self._requests[number] = attrs.evolve(self._requests[number], **changes)
        self._tell()

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call *listener* whenever a request came or was answered, in the thread of that."""
        self._listeners.append(listener)

    def clear(self) -> None:
        """Forget what came so far; numbers go on."""
        with self._lock:
            self._requests.clear()

    def all(self) -> Requests:
        """Everything that came since the last :meth:`clear`."""
        with self._lock:
            return Requests(self._requests.values())

    def select(
        self,
        *,
        verb: str | Iterable[str] = (),
        resource: str = "",
        name: str = "",
        namespace: str = "",
        user_agent: str = "",
        path: str = "",
    ) -> Requests:
        """Those that fit all that is given; ``*`` and ``?`` stand for any text and character.

        Args:
            verb: One verb, or several.
            resource: A plural, singular, kind or short name, with a group if need be
                (``deployments.apps``), or with a subresource (``pods/status``); a resource
                alone does not mean its subresources, ``pods*`` means both.
            name: Name of the object.
            namespace: Its namespace.
            user_agent: What the client calls itself, such as ``kopf/*``.
            path: Path of the request.

        Raises:
            ValueError: There is no such verb or resource, so nothing could ever fit.
        """
        match = self._matches.make(
            verb=verb,
            resource=resource,
            name=name,
            namespace=namespace,
            user_agent=user_agent,
            path=path,
        )
        return self.fitting(match)

    def fitting(self, match: Match) -> Requests:
        """Those that fit *match*."""
        return Requests(request for request in self.all() if match.fits(request))

    def writes(self) -> Requests:
        """Those that were to change something."""
        return Requests(request for request in self.all() if request.is_write)

    def assert_made(self, *lines: str, **match: Any) -> None:
        """Check that exactly these requests came, in this order.

        Args:
            lines: Such as ``"update pods/status default/web"``.
            match: Look only at some, as for :meth:`select`.

        Raises:
            AssertionError: Other requests came; says which are missing and which are too many.
        """
        __tracebackhide__ = True
        found = self.select(**match)
        if found != list(lines):
            told = "\n".join(difference(found.lines, list(lines)))
            raise AssertionError(f"other requests came than expected ({_SIGNS}):\n{told}")

    def assert_none(self, **match: Any) -> None:
        """Check that no such request came.

        Args:
            match: What must not have come, as for :meth:`select`.

        Raises:
            AssertionError: There were some; tells each.
        """
        __tracebackhide__ = True
        found = self.select(**match)
        if found:
            told = "\n".join(f"  {request.told()}" for request in found)
            raise AssertionError(f"no request {self._matches.make(**match)} was expected:\n{told}")

    def __len__(self) -> int:
        return len(self.all())

    def __iter__(self) -> Iterator[RecordedRequest]:
        return iter(self.all())

    def __getitem__(self, index: int) -> RecordedRequest:
        return self.all()[index]

    def __contains__(self, wanted: object) -> bool:
        return wanted in self.all()

    def __eq__(self, other: object) -> bool:
        if isinstance(other, RequestLog):
            return self is other
        return self.all() == other

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return repr(self.all())

    def _tell(self) -> None:
        for listener in self._listeners:
            listener()


def difference(found: Sequence[str], expected: Sequence[str]) -> list[str]:
    """What to add (``+``) to and take (``-``) from the *expected* lines to get the *found* ones."""
    return [line for line in ndiff(list(expected), list(found)) if not line.startswith("?")]
