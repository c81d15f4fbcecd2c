"""Durations as Go writes them: ``30s``, ``1m30s``, ``1.5h``.

Source: Go ``time.ParseDuration``.
"""

from __future__ import annotations

import re
from typing import Final

from kregistry.meta.goformat import quote

_UNITS: Final = {
    "ns": 1e-9,
    "us": 1e-6,
    "µs": 1e-6,
    "μs": 1e-6,
    "ms": 1e-3,
    "s": 1.0,
    "m": 60.0,
    "h": 3600.0,
}

_TERM: Final = re.compile(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)([a-zµμ]*)", re.ASCII)

#: What 64 bits of nanoseconds can say.
_LONGEST: Final = 2**63 / 1e9

#: Longer texts are no duration that anybody would write.
_MAX_LENGTH: Final = 100


def parse_duration(text: str) -> float:
    """The seconds that *text* stands for.

    Raises:
        ValueError: It is no duration; the message is Go's.
    """
    sign = -1.0 if text.startswith("-") else 1.0
    rest = text[1:] if text[:1] in ("+", "-") else text
    if rest == "0":
        return 0.0
    if not rest or len(rest) > _MAX_LENGTH:
        raise ValueError(f"time: invalid duration {quote(text[:_MAX_LENGTH])}")
    seconds = 0.0
    while rest:
        term = _TERM.match(rest)
        if term is None:
            raise ValueError(f"time: invalid duration {quote(text)}")
        seconds += float(term[1]) * _unit(term[2], text)
        rest = rest[term.end() :]
    if seconds > _LONGEST:
        raise ValueError(f"time: invalid duration {quote(text)}")
    return sign * seconds


def _unit(name: str, text: str) -> float:
    if not name:
        raise ValueError(f"time: missing unit in duration {quote(text)}")
    if name not in _UNITS:
        raise ValueError(f"time: unknown unit {quote(name)} in duration {quote(text)}")
    return _UNITS[name]
