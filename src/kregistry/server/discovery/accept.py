"""Which form of discovery an ``Accept`` header asks for.

Source: ``k8s.io/apiserver/pkg/endpoints/discovery/aggregated`` negotiation.go, wrapper.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from kregistry.server.discovery.aggregated import GROUP, KIND, VERSIONS

_JSON_RANGES: Final = frozenset({"application/json", "application/*", "*/*"})


def aggregated_version(accept: str) -> str:
    """The version of aggregated discovery that a client wants; "" if it wants the old form.

    Clauses are taken in the order of their quality, those of equal quality in the order in
    which they stand; the first that can be answered decides. A client that wants nothing that
    can be answered gets "": whether that is a 406 is for the negotiation of all other answers
    to say.

    Args:
        accept: Value of the header, "" if there was none.
    """
    for media_range, parameters in _clauses(accept):
        if media_range not in _JSON_RANGES:
            continue
        if "as" not in parameters:
            return ""
        asked = parameters.get("g"), parameters["as"]
        if asked == (GROUP, KIND) and parameters.get("v") in VERSIONS:
            return parameters["v"]
    return ""


def _clauses(accept: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Media range and parameters of each clause, the most wanted first."""
    found = []
    for clause in accept.split(","):
        media_range, *rest = (part.strip() for part in clause.split(";"))
        pairs = (part.partition("=") for part in rest)
        parameters = {name.strip().lower(): value.strip() for name, _, value in pairs}
        quality = _quality(parameters.pop("q", "1"))
        if quality > 0:
            found.append((quality, media_range.lower(), parameters))
    found.sort(key=lambda clause: -clause[0])
    for _, media_range, parameters in found:
        yield media_range, parameters


def _quality(text: str) -> float:
    """0 to 1; what is no such number is not wanted."""
    try:
        quality = float(text)
    except ValueError:
        return 0.0
    return quality if 0.0 <= quality <= 1.0 else 0.0
