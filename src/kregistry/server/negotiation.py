"""Negotiation: in which form the answer is given, and in which form the body came.

Source: ``k8s.io/apiserver/pkg/endpoints/handlers/negotiation``.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Container, Iterable, Mapping
from functools import cache, lru_cache
from typing import Final

import attrs

from kregistry.meta.errors import NotAcceptable, UnsupportedMediaType
from kregistry.meta.gvk import GroupVersionKind
from kregistry.server.query import Query
from kregistry.server.request import Request

META_GROUP: Final = "meta.k8s.io"
META_VERSIONS: Final = ("v1", "v1beta1")

TABLE: Final = "Table"
PARTIAL: Final = "PartialObjectMetadata"
PARTIAL_LIST: Final = "PartialObjectMetadataList"

#: The forms in which objects can be had instead of their own.
TRANSFORMS: Final = frozenset({TABLE, PARTIAL, PARTIAL_LIST})

_PEOPLE: Final = ("curl", "Wget", "Mozilla/5.0")
_TRUE: Final = ("1", "t", "T", "true", "TRUE", "True")

#: Longer Accept headers are read anew each time, as a client may think of any number of them.
_MAX_REMEMBERED: Final = 512


@attrs.frozen
class MediaType:
    """A form of documents.

    Attributes:
        name: As it stands in header fields.
        streams: Whether documents can follow each other in one answer.
    """

    name: str
    streams: bool = False


JSON: Final = MediaType("application/json", streams=True)
YAML: Final = MediaType("application/yaml")
#: Read, never written: who sends it takes JSON as well.
PROTOBUF: Final = MediaType("application/vnd.kubernetes.protobuf")


@cache
def media_types() -> tuple[MediaType, ...]:
    """What can be read and written, the default first; YAML if the extra is installed."""
    return (JSON, YAML) if importlib.util.find_spec("yaml") is not None else (JSON,)


@attrs.frozen(kw_only=True)
class Clause:
    """One alternative of an Accept header.

    Attributes:
        kind: Before the slash; ``*`` for any.
        subtype: Behind it.
        parameters: All but the quality.
        quality: From 0 to 1.
    """

    kind: str
    subtype: str
    parameters: Mapping[str, str]
    quality: float = 1.0

    def admits(self, media_type: MediaType) -> bool:
        """Whether it means that form."""
        kind, _, subtype = media_type.name.partition("/")
        return self.kind in (kind, "*") and self.subtype in (subtype, "*")


@attrs.frozen(kw_only=True)
class Negotiated:
    """The form of an answer.

    Attributes:
        media_type: How documents are written.
        target: Kind that the object is to be shown as; None for its own.
        pretty: Whether people will read it.
    """

    media_type: MediaType = JSON
    target: GroupVersionKind | None = None
    pretty: bool = False


def negotiate(
    request: Request, *, transforms: Iterable[str] = (), stream: bool = False
) -> Negotiated:
    """The form that *request* likes best of those that can be had.

    Args:
        request: Its Accept header decides; without one it is JSON.
        transforms: Kinds of meta.k8s.io that the object can be shown as.
        stream: Whether documents will follow each other.

    Raises:
        NotAcceptable: None of them can be had (406).
    """
    accept = ",".join(request.headers.all("accept"))
    choose = _chosen if len(accept) <= _MAX_REMEMBERED else _chosen.__wrapped__
    found = choose(accept, stream, frozenset(transforms), _is_pretty(request))
    if found is not None:
        return found
    suffix = ";stream=watch" if stream else ""
    names = ", ".join(f"{media_type.name}{suffix}" for media_type in _offered(stream=stream))
    raise NotAcceptable(f"only the following media types are accepted: {names}")


def _offered(*, stream: bool) -> tuple[MediaType, ...]:
    """What can be had, for a stream of documents or for one."""
    return tuple([each for each in media_types() if each.streams or not stream])


@lru_cache(maxsize=256)
def _chosen(
    accept: str, stream: bool, transforms: frozenset[str], pretty: bool
) -> Negotiated | None:
    """What *accept* likes best. A client always says the same: remembered, it is 0.2 us, not 9."""
    offered = _offered(stream=stream)
    if not accept.strip():
        return Negotiated(media_type=offered[0], pretty=pretty)
    for clause in parse_accept(accept):
        for media_type in offered:
            found = _fit(clause, media_type, transforms)
            if found is not None:
                return attrs.evolve(found, pretty=found.pretty or pretty)
    return None


def _fit(clause: Clause, media_type: MediaType, transforms: Container[str]) -> Negotiated | None:
    """The form that *clause* asks for, if it is *media_type* and can be had.

    Source: ``acceptMediaTypeOptions``.
    """
    asked = clause.parameters
    if clause.quality <= 0 or not clause.admits(media_type):
        return None
    stream = asked.get("stream", "")
    if stream and not (media_type.streams and stream == "watch"):
        return None
    if asked.get("sv"):
        return None
    target = None
    if not asked.keys().isdisjoint(("as", "g", "v")):
        target = GroupVersionKind(asked.get("g", ""), asked.get("v", ""), asked.get("as", ""))
        known = target.group == META_GROUP and target.version in META_VERSIONS
        if not known or target.kind not in transforms:
            return None
    return Negotiated(media_type=media_type, target=target, pretty=asked.get("pretty") == "1")


def parse_accept(text: str) -> list[Clause]:
    """The alternatives, the most wanted first; of equally wanted ones the narrower first.

    What is no alternative does not count.

    Source: ``goautoneg.ParseAccept``.
    """
    found = [clause for part in text.split(",") if (clause := _clause(part)) is not None]
    return sorted(found, key=lambda each: (-each.quality, each.kind == "*", each.subtype == "*"))


def _clause(text: str) -> Clause | None:
    name, *parts = (part.strip() for part in text.split(";"))
    kind, slash, subtype = name.lower().partition("/")
    if not slash:
        if kind != "*":
            return None
        subtype = "*"
    parameters: dict[str, str] = {}
    for part in parts:
        key, _, value = part.partition("=")
        parameters[key.strip()] = value.strip().strip('"')
    quality = _quality(parameters.pop("q", "1"))
    return Clause(kind=kind, subtype=subtype, parameters=parameters, quality=quality)


def _quality(text: str) -> float:
    """What cannot be read is wanted as much as what says nothing."""
    try:
        quality = float(text)
    except ValueError:
        return 1.0
    return quality if 0 <= quality <= 1 else 1.0


def media_type_of_body(request: Request) -> MediaType:
    """The form in which the body came; without a word about it, JSON.

    Raises:
        UnsupportedMediaType: It is no form that can be read (415).

    Source: ``NegotiateInputSerializer``.
    """
    said = request.headers.get("content-type")
    if said == JSON.name:
        return JSON
    name = said.partition(";")[0].strip().lower()
    offered = (*media_types(), PROTOBUF)
    if not name:
        return offered[0]
    for media_type in offered:
        if media_type.name == name:
            return media_type
    names = ", ".join(media_type.name for media_type in offered)
    raise UnsupportedMediaType(
        f"the body of the request was in an unknown format - accepted media types include: {names}"
    )


def _is_pretty(request: Request) -> bool:
    """Source: ``isPrettyPrint``."""
    if request.query and (asked := Query(request.query).text("pretty")):
        return asked in _TRUE
    return request.headers.get("user-agent").startswith(_PEOPLE)
