"""Time and MicroTime: instants as the API writes them.

Source: ``k8s.io/apimachinery/pkg/apis/meta/v1`` Time, MicroTime.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache, total_ordering
from typing import Any, ClassVar, Final, NoReturn, Self

#: Longer texts are read but not remembered, so that a caller cannot fill memory with them.
_REMEMBERED_LENGTH: Final = 40

_YEAR_TO_SECOND: Final = (
    ("2006", "[0-9]{4}"),
    ("-", "-"),
    ("01", "[0-9]{2}"),
    ("-", "-"),
    ("02", "[0-9]{2}"),
    ("T", "T"),
    ("15", "[0-9]{1,2}"),
    (":", ":"),
    ("04", "[0-9]{2}"),
    (":", ":"),
    ("05", "[0-9]{2}"),
)
_ZONE: Final = ("Z07:00", "Z|[+-][0-9]{2}:[0-9]{2}")


@total_ordering
class _Instant:
    """What both kinds share; they differ in the layout of the text and in precision.

    The text is made once and kept: an object is written more often than its times change.
    """

    __slots__ = ("_datetime", "_text")

    _datetime: datetime
    _text: str

    _layout: ClassVar[tuple[tuple[str, str], ...]]
    _pattern: ClassVar[re.Pattern[str]]
    _precision: ClassVar[str]

    def __new__(cls, text: str) -> Self:
        """Same as :meth:`parse`."""
        return cls.parse(text)

    @classmethod
    def of(cls, moment: datetime) -> Self:
        """The instant of an aware *moment*; what is finer than the precision is cut off.

        Raises:
            ValueError: *moment* has no time zone, or lies outside the years 1 to 9999 in UTC.
        """
        if moment.tzinfo is None:
            raise ValueError(f"time {moment.isoformat()} has no time zone")
        try:
            return cls._make(moment.astimezone(UTC))
        except OverflowError:
            raise ValueError(f"time {moment.isoformat()} is out of range") from None

    @classmethod
    def parse(cls, text: str) -> Self:
        """The instant that an RFC 3339 *text* names, whatever its offset.

        Raises:
            ValueError: *text* is something else; worded as the API server words it.
        """
        if isinstance(text, str) and len(text) <= _REMEMBERED_LENGTH:
            made: Self = _remembered(cls, text)
            return made
        return cls._parse(text)

    @classmethod
    def _parse(cls, text: str) -> Self:
        if not isinstance(text, str):
            raise ValueError(f"a time is written as text, not as {type(text).__name__}")
        match = cls._pattern.fullmatch(text)
        if match is None:
            raise ValueError(f"parsing time {_quote(text)}{cls._first_difference(text)}")
        *numbers, fraction, zone = match.groups()
        year, month, day, hour, minute, second = map(int, numbers)
        micros = int((fraction or "")[1:7].ljust(6, "0"))
        try:
            moment = datetime(year, month, day, hour, minute, second, micros, UTC)
            return cls._make(moment - _offset(zone))
        except (ValueError, OverflowError) as error:
            raise ValueError(f"parsing time {_quote(text)}: {_range_error(error)}") from None

    @classmethod
    def _make(cls, moment: datetime) -> Self:
        if cls._precision == "seconds":
            moment = moment.replace(microsecond=0)
        made = object.__new__(cls)
        object.__setattr__(made, "_datetime", moment)
        text = moment.replace(tzinfo=None).isoformat(timespec=cls._precision) + "Z"
        object.__setattr__(made, "_text", text)
        return made

    @classmethod
    def _first_difference(cls, text: str) -> str:
        """Where *text* leaves the layout, in the words of Go's ``time.ParseError``."""
        rest = text
        for element, pattern in cls._layout:
            match = re.compile(pattern, re.ASCII).match(rest)
            if match is None:
                layout = "".join(element for element, _ in cls._layout)
                return f' as "{layout}": cannot parse {_quote(rest)} as "{element}"'
            rest = rest[match.end() :]
        return f": extra text: {_quote(rest)}"

    @property
    def datetime(self) -> datetime:
        """The moment in UTC."""
        return self._datetime

    def __str__(self) -> str:
        """The text on the wire, always in UTC."""
        return self._text

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._text!r})"

    def __eq__(self, other: object) -> bool:
        if isinstance(other, _Instant) and other.__class__ is self.__class__:
            return self._datetime == other._datetime
        return NotImplemented

    def __lt__(self, other: Self) -> bool:
        if isinstance(other, _Instant) and other.__class__ is self.__class__:
            return self._datetime < other._datetime
        return NotImplemented

    def __hash__(self) -> int:
        return hash(self._datetime)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} is immutable")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} is immutable")

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    def __reduce__(self) -> tuple[type[Self], tuple[str]]:
        return type(self), (self._text,)


class Time(_Instant):
    """An instant to the second: ``2026-01-02T15:04:05Z``. Fractions are read and cut off."""

    __slots__ = ()

    _layout = (*_YEAR_TO_SECOND, _ZONE)
    _pattern = re.compile(
        "([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{1,2}):([0-9]{2}):([0-9]{2})"
        "([.,][0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})",
        re.ASCII,
    )
    _precision = "seconds"


class MicroTime(_Instant):
    """An instant to the microsecond, always six digits: ``2026-01-02T15:04:05.000000Z``."""

    __slots__ = ()

    _layout = (*_YEAR_TO_SECOND, (".000000", "[.,][0-9]{6}"), _ZONE)
    _pattern = re.compile(
        "([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{1,2}):([0-9]{2}):([0-9]{2})"
        "([.,][0-9]{6})(Z|[+-][0-9]{2}:[0-9]{2})",
        re.ASCII,
    )
    _precision = "microseconds"


def _parse(cls: type[_Instant], text: str) -> _Instant:
    return cls._parse(text)


#: Typed loosely, because mypy does not count classes that define equality as hashable.
_remembered: Any = lru_cache(maxsize=4096)(_parse)


def _offset(zone: str) -> timedelta:
    if zone == "Z":
        return timedelta()
    hours, minutes = int(zone[1:3]), int(zone[4:6])
    if hours > 24:
        raise ValueError("time zone offset hour")
    if minutes > 59:
        raise ValueError("time zone offset minute")
    east = timedelta(hours=hours, minutes=minutes)
    return -east if zone[0] == "-" else east


def _range_error(error: Exception) -> str:
    """``month must be in 1..12`` becomes ``month out of range``."""
    words = str(error)
    if words.startswith("time zone"):
        return f"{words} out of range"
    first = words.split(" ", 1)[0]
    known = ("month", "day", "hour", "minute", "second")
    return f"{first if first in known else 'year'} out of range"


def _quote(text: str) -> str:
    """Go's quoting of a time that cannot be read: bytes outside ASCII in hexadecimal."""
    quoted = []
    for byte in text.encode("utf-8", "surrogatepass"):
        if byte in b'"\\':
            quoted.append("\\" + chr(byte))
        elif 0x20 <= byte < 0x7F:
            quoted.append(chr(byte))
        else:
            quoted.append(f"\\x{byte:02x}")
    return f'"{"".join(quoted)}"'
