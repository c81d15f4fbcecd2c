"""Reporting: what a failed test shows of its servers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from kregistry.kube.kube import Kube

#: So many of the last requests are shown.
_LAST: Final = 20


def report(kubes: Iterable[Kube]) -> list[tuple[str, str]]:
    """Title and text of the sections about these servers: injected faults, last requests."""
    sections = []
    for kube in kubes:
        if faults := "\n".join(f"  {injection}" for injection in _told(kube)):
            sections.append((f"injected faults, {kube.url}", faults))
        requests = kube.requests.all()
        lines = [f"  {request.told()}" for request in requests[-_LAST:]]
        if (more := len(requests) - _LAST) > 0:
            lines.insert(0, f"  ... {more} before these")
        sections.append((f"requests, {kube.url}", "\n".join(lines) or "  none"))
    return sections


def _told(kube: Kube) -> Iterable[str]:
    for injection in kube.injections:
        yield str(injection)
        yield from (f"  #{hit.number} {hit}" for hit in injection.hits)
