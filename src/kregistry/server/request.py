"""Request: what a client sent, as a value. No socket stands behind it.

The REST layer is one function from this to a :mod:`~kregistry.server.response`::

    Request -> chain -> handler of the verb -> Store

:mod:`~kregistry.server.chain` lists the parts that every request passes, in order;
:mod:`~kregistry.server.requestinfo` says what a path means and
:mod:`~kregistry.server.routes` what serves it; :mod:`~kregistry.server.handlers` has a module
for each verb. :mod:`~kregistry.server.api` puts all of it together.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, Self, cast
from urllib.parse import unquote_to_bytes

import attrs

from kregistry.meta.errors import BadRequest

_NO_BODY: Final = b""

#: A path that is what it stands for: nothing is escaped, and every character may be there.
_PLAIN_PATH: Final = re.compile(r"/[!-$&-~]*")


class Headers:
    """Names and values in the order in which they came; names whatever their case. Immutable.

    Args:
        pairs: A mapping, or pairs of name and value if a name occurs more than once.

    Attributes:
        pairs: All of them, names in lower case.
    """

    __slots__ = ("_first", "pairs")

    def __init__(self, pairs: Mapping[str, str] | Iterable[tuple[str, str]] = ()) -> None:
        # The class first: to ask whether a list is a Mapping takes longer than all the rest.
        if pairs.__class__ is not list and isinstance(pairs, Mapping):
            pairs = list(cast("Mapping[str, str]", pairs).items())
        self.pairs: tuple[tuple[str, str], ...]
        self.pairs = tuple([(name.lower(), value) for name, value in pairs])
        self._first: dict[str, str] | None = None

    def get(self, name: str, default: str = "") -> str:
        """The first value of that name."""
        return (self._first or self._found()).get(name.lower(), default)

    def all(self, name: str) -> tuple[str, ...]:
        """Every value of that name."""
        wanted = name.lower()
        if wanted not in (self._first or self._found()):
            return ()
        return tuple([value for key, value in self.pairs if key == wanted])

    def plus(self, more: Iterable[tuple[str, str]]) -> Headers:
        """These and *more*, whose names are in lower case."""
        return headers_of((*self.pairs, *more))

    def without(self, name: str) -> Headers:
        """These but those called *name*, which is in lower case."""
        if name not in (self._first or self._found()):
            return self
        return headers_of(tuple([pair for pair in self.pairs if pair[0] != name]))

    def _found(self) -> dict[str, str]:
        """The first value of each name.

        A request is asked for about ten fields, so they are found by name: 0.1 us, not 0.7. An
        answer is asked for none.
        """
        self._first = dict(reversed(self.pairs))
        return self._first

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in (self._first or self._found())

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self.pairs)

    def __len__(self) -> int:
        return len(self.pairs)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Headers) and other.pairs == self.pairs

    def __hash__(self) -> int:
        return hash(self.pairs)

    def __repr__(self) -> str:
        """Names only: values may be secrets."""
        return f"Headers({', '.join(name for name, _ in self.pairs)})"


def headers_of(pairs: tuple[tuple[str, str], ...]) -> Headers:
    """Fields whose names are in lower case already."""
    made = Headers.__new__(Headers)
    made.pairs = pairs
    made._first = None
    return made


def _headers(value: Headers | Mapping[str, str] | Iterable[tuple[str, str]]) -> Headers:
    return value if isinstance(value, Headers) else Headers(value)


@attrs.frozen(kw_only=True)
class Request:
    """What a client sent.

    Attributes:
        method: HTTP method as it came; one in small letters is none that anybody knows.
        path: Path with its percent-escapes resolved, as Go's ``URL.Path``. A slash that came
            as ``%2F`` separates segments like any other: what is authorized and what is routed
            are read from this one text.
        query: What stands after the question mark, as it came.
        headers: Header fields.
        body: The whole body.
    """

    method: str = "GET"
    path: str = "/"
    query: str = ""
    headers: Headers = attrs.field(factory=Headers, converter=_headers)
    body: bytes = attrs.field(default=_NO_BODY, repr=False)

    @classmethod
    def of_target(
        cls,
        method: str,
        target: str,
        *,
        headers: Headers | Mapping[str, str] | Iterable[tuple[str, str]] = (),
        body: bytes = _NO_BODY,
    ) -> Self:
        """The request whose first line says *target*, such as ``/api/v1/pods?limit=5``.

        Raises:
            BadRequest: No path is written so (400).
        """
        path, _, query = target.partition("?")
        return cls(
            method=method,
            path=decoded_path(path),
            query=query.partition("#")[0],
            headers=_headers(headers),
            body=body,
        )


def without_credentials(request: Request) -> Request:
    """*request* without what tells who asks; the same one if it says nothing about that."""
    headers = request.headers.without("authorization")
    if headers is request.headers:
        return request
    return Request(
        method=request.method,
        path=request.path,
        query=request.query,
        headers=headers,
        body=request.body,
    )


def decoded_path(raw: str) -> str:
    """*raw* with its percent-escapes resolved, once.

    Raises:
        BadRequest: It does not begin with a slash, an escape is malformed, or what comes out is
            no text or holds control characters (400).
    """
    if _PLAIN_PATH.fullmatch(raw):
        return raw
    if not raw.startswith("/"):
        raise BadRequest("the path of a request begins with a slash")
    for escape in raw.split("%")[1:]:
        if len(escape) < 2 or not _is_hexadecimal(escape[:2]):
            raise BadRequest(f'invalid URL escape "%{escape[:2]}"')
    try:
        path = unquote_to_bytes(raw).decode("utf-8")
    except UnicodeError:
        raise BadRequest("the path of a request is text in UTF-8") from None
    if any(character < " " or character == "\x7f" for character in path):
        raise BadRequest("the path of a request has no control characters")
    return path


def _is_hexadecimal(text: str) -> bool:
    return all(character in "0123456789abcdefABCDEF" for character in text)
