"""Response and EventStream: what is answered, as values.

An answer is either there as a whole, or it comes bit by bit and lasts: a watch, a followed log.
An adapter writes the first with a length, the second chunk by chunk, each as soon as it is there.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Iterable, Iterator, Mapping
from types import TracebackType
from typing import Self, TypeAlias

import attrs

from kregistry.server.request import Headers, headers_of


class Frames(ABC):
    """Pieces of an answer as they come; read with ``for`` or with ``async for``.

    One reader. :meth:`close` may be called from anywhere, and must be when the reader leaves.
    """

    @abstractmethod
    def __next__(self) -> bytes:
        """The next piece; waits for it."""

    @abstractmethod
    def __anext__(self) -> Awaitable[bytes]:
        """The next piece; the waiting costs no thread where the source needs none."""

    @abstractmethod
    def close(self) -> None:
        """Let go of what the pieces come from. A second call does nothing."""

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self


def _headers(pairs: Headers | Mapping[str, str] | Iterable[tuple[str, str]]) -> Headers:
    return pairs if isinstance(pairs, Headers) else Headers(pairs)


@attrs.frozen(kw_only=True)
class Response:
    """An answer that is there as a whole.

    Attributes:
        status: HTTP status.
        headers: Header fields, names in lower case, without Date and Content-Length, which are
            the adapter's.
        body: The whole body.
    """

    status: int = 200
    headers: Headers = attrs.field(factory=Headers, converter=_headers)
    body: bytes = attrs.field(default=b"", repr=False)


@attrs.frozen(kw_only=True)
class EventStream:
    """An answer that comes bit by bit.

    The header fields are to be sent at once, before the first frame: clients wait for them.
    Each frame is to be flushed. The end of the frames is the regular end of the answer.

    Attributes:
        status: HTTP status.
        headers: Header fields.
        frames: The pieces; to be closed by who reads them.
    """

    status: int = 200
    headers: Headers = attrs.field(factory=Headers, converter=_headers)
    frames: Frames = attrs.field(repr=False)

    def close(self) -> None:
        """Let go of what the frames come from."""
        self.frames.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


#: Whatever a request is answered with.
Answer: TypeAlias = Response | EventStream


def with_header(answer: Answer, name: str, value: str) -> Answer:
    """*answer* with one more header field, unless it is there already."""
    pairs = answer.headers.pairs
    for pair in pairs:
        if pair[0] == name:
            return answer
    return replaced(answer, headers_of((*pairs, (name, value))))


def replaced(answer: Answer, headers: Headers) -> Answer:
    """*answer* with other header fields. By hand: ``attrs.evolve`` takes four times as long."""
    if isinstance(answer, Response):
        return Response(status=answer.status, headers=headers, body=answer.body)
    return EventStream(status=answer.status, headers=headers, frames=answer.frames)


def text_response(status: int, text: str) -> Response:
    """A plain text, as Go's ``http.Error`` sends it."""
    headers = {"content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff"}
    return Response(status=status, headers=Headers(headers), body=text.encode())
