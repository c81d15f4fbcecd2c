"""Ages: how long ago something was, in as few characters as tell it.

Source: ``k8s.io/apimachinery/pkg/util/duration`` HumanDuration, and what
``pkg/printers/internalversion`` makes of it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from kregistry.meta.time import MicroTime, Time

#: Stands for a time that nobody noted.
UNKNOWN: Final = "<unknown>"

_MINUTE: Final = 60
_HOUR: Final = 60 * _MINUTE
_DAY: Final = 24 * _HOUR
_YEAR: Final = 365 * _DAY

#: Below so many seconds: the big unit, the small one or 0 for none, and a letter for each.
_SCALES: Final = (
    (2 * _MINUTE, 1, 0, "s"),
    (10 * _MINUTE, _MINUTE, 1, "ms"),
    (3 * _HOUR, _MINUTE, 0, "m"),
    (8 * _HOUR, _HOUR, _MINUTE, "hm"),
    (2 * _DAY, _HOUR, 0, "h"),
    (8 * _DAY, _DAY, _HOUR, "dh"),
    (2 * _YEAR, _DAY, 0, "d"),
    (8 * _YEAR, _YEAR, _DAY, "yd"),
)


def human_duration(length: timedelta) -> str:
    """*length* in one or two units, such as ``90s``, ``5m30s`` or ``3d4h``.

    Two seconds below zero are a clock that runs ahead and read ``0s``; more is ``<invalid>``.
    """
    seconds = int(length.total_seconds())  # towards zero, as Go
    if seconds < -1:
        return "<invalid>"
    seconds = max(0, seconds)
    for limit, big, small, letters in _SCALES:
        if seconds < limit:
            return _in_units(seconds, big, small, letters)
    return f"{seconds // _YEAR}y"


def _in_units(seconds: int, big: int, small: int, letters: str) -> str:
    text = f"{seconds // big}{letters[0]}"
    rest = seconds % big // small if small else 0
    return f"{text}{rest}{letters[1]}" if rest else text


def age(since: Time | MicroTime | None, now: datetime) -> str:
    """How long ago *since* was; ``<unknown>`` for None. Source: ``translateTimestampSince``."""
    return UNKNOWN if since is None else human_duration(now - since.datetime)
