"""Time and MicroTime: instants as the API writes them.

Source: ``k8s.io/apimachinery/pkg/apis/meta/v1`` Time, MicroTime.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import total_ordering
from typing import Any

from typing_extensions import Self

_RFC3339 = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(?:[.,](\d+))?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)


def _parse(text: str) -> datetime:
    """The instant that an RFC 3339 *text* names, in UTC, to the microsecond."""
    found = _RFC3339.fullmatch(text)
    if found is None:
        raise ValueError(f"cannot parse {text!r} as an RFC 3339 time")
    day, clock, fraction, zone = found.groups()
    offset = "+00:00" if zone in "Zz" else zone
    try:
        stamp = datetime.fromisoformat(f"{day}T{clock}.{(fraction or '')[:6]:0<6}{offset}")
        return stamp.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"cannot parse {text!r} as an RFC 3339 time") from None


@total_ordering
class Time:
    """An instant to the second. Immutable.

    ``str`` gives the wire form, ``2026-01-31T12:00:00Z``.
    """

    __slots__ = ("_datetime",)
    _datetime: datetime

    def __init__(self, text: str) -> None:
        """Read the wire form; offsets are converted to UTC, fractions dropped as needed.

        Raises:
            ValueError: *text* is no RFC 3339 time.
        """
        object.__setattr__(self, "_datetime", self._round(_parse(text)))

    @classmethod
    def of(cls, instant: datetime) -> Self:
        """The time of an aware ``datetime``.

        Raises:
            ValueError: *instant* has no time zone.
        """
        if instant.tzinfo is None:
            raise ValueError("a time needs a time zone; use datetime.now(UTC)")
        made = cls.__new__(cls)
        object.__setattr__(made, "_datetime", cls._round(instant.astimezone(UTC)))
        return made

    @staticmethod
    def _round(instant: datetime) -> datetime:
        return instant.replace(microsecond=0)

    @property
    def datetime(self) -> datetime:
        """The instant as an aware ``datetime`` in UTC."""
        return self._datetime

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"{self.__class__.__name__} is immutable")

    def __str__(self) -> str:
        return self._datetime.strftime("%Y-%m-%dT%H:%M:%SZ").rjust(20, "0")

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        return self._datetime == other._datetime if isinstance(other, Time) else NotImplemented

    def __lt__(self, other: object) -> bool:
        return self._datetime < other._datetime if isinstance(other, Time) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._datetime)

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return (self.__class__, (str(self),))


class MicroTime(Time):
    """An instant to the microsecond. Its wire form always has six decimals."""

    __slots__ = ()

    @staticmethod
    def _round(instant: datetime) -> datetime:
        return instant

    def __str__(self) -> str:
        return self._datetime.strftime("%Y-%m-%dT%H:%M:%S.%fZ").rjust(27, "0")
