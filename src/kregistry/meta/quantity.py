"""Quantity: an exact amount of a resource, such as ``500m`` or ``1536Mi``.

Source: ``k8s.io/apimachinery/pkg/api/resource`` Quantity, ParseQuantity, CanonicalizeBytes.
"""

from __future__ import annotations

import re
from decimal import MAX_EMAX, MIN_EMIN, ROUND_UP, Context, Decimal, Inexact, InvalidOperation
from enum import Enum
from functools import lru_cache
from typing import Any, Final, NoReturn, Self


class Format(Enum):
    """Which suffixes an amount is written with; it keeps the family it was given in."""

    DECIMAL_SI = "DecimalSI"
    BINARY_SI = "BinarySI"
    DECIMAL_EXPONENT = "DecimalExponent"


_WRONG_FORMAT: Final = (
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
)
_WRONG_NUMBER: Final = "unable to parse numeric part of quantity"
_WRONG_SUFFIX: Final = "unable to parse quantity's suffix"

#: Longer texts and larger exponents are refused: they mean nothing and cost much.
_MAX_LENGTH: Final = 256
_MAX_EXPONENT: Final = 999
_REMEMBERED_LENGTH: Final = 40

_PATTERN: Final = re.compile(
    r"([+-]?)([0-9]*)(?:\.([0-9]*))?([eEinumkKMGTP]*[+-]?[0-9]*)", re.ASCII
)
_EXPONENT: Final = re.compile("[eE]([+-]?[0-9]+)", re.ASCII)
_DECIMAL_SUFFIXES: Final = {
    "n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18,
}  # fmt: skip
_BINARY_SUFFIXES: Final = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
_DECIMAL_NAMES: Final = {exponent: name for name, exponent in _DECIMAL_SUFFIXES.items()}
_BINARY_NAMES: Final = {exponent: name for name, exponent in _BINARY_SUFFIXES.items()}

_NANO: Final = Decimal("1e-9")
_MAX_BINARY: Final = Decimal(2**63 - 1)
#: Digits that any amount within the bounds has room in.
_DIGITS: Final = 4096
_EXACT: Final = Context(_DIGITS, None, MIN_EMIN, MAX_EMAX, traps=[InvalidOperation, Inexact])
_AWAY_FROM_ZERO: Final = Context(_DIGITS, ROUND_UP, MIN_EMIN, MAX_EMAX, traps=[InvalidOperation])


class Quantity:
    """An immutable, exact amount and the way in which it is written.

    ``Quantity("1Gi") == Quantity("1073741824")``: equality, order and hash go by the amount,
    ``str()`` by the canonical form of what was given.
    """

    __slots__ = ("_amount", "_decimals", "_format", "_text")

    _amount: Decimal
    _decimals: int
    _format: Format
    _text: str

    def __new__(cls, text: str | int | float = "0") -> Self:
        """The amount that *text* names; a number counts as its shortest text.

        What is finer than a nano is rounded away from zero; a binary amount is capped at
        2**63 - 1, both as the API server does it.

        Raises:
            ValueError: *text* is not a quantity; worded as the API server words it.
        """
        if isinstance(text, str) and len(text) <= _REMEMBERED_LENGTH:
            made: Self = _remembered(cls, text)
            return made
        return cls._parse(_text_of(text))

    @classmethod
    def of(cls, amount: int | Decimal, *, format: Format = Format.DECIMAL_SI) -> Self:
        """The exact *amount*, to be written in the family *format*.

        Raises:
            ValueError: *amount* is not finite, absurdly large, or no exact number at all.
        """
        if isinstance(amount, bool) or not isinstance(amount, int | Decimal):
            raise ValueError(_WRONG_NUMBER)
        if isinstance(amount, int) and amount.bit_length() > _DIGITS:
            raise ValueError(_WRONG_NUMBER)
        exact = Decimal(amount)
        if not exact.is_finite() or (exact and abs(exact.adjusted()) > _MAX_EXPONENT):
            raise ValueError(_WRONG_NUMBER)
        return cls._make(_AWAY_FROM_ZERO.quantize(exact, _NANO), format)

    @classmethod
    def _parse(cls, text: str) -> Self:
        text = text.strip()
        if not text:
            raise ValueError(_WRONG_FORMAT)
        if len(text) > _MAX_LENGTH:
            raise ValueError(_WRONG_NUMBER)
        match = _PATTERN.fullmatch(text)
        if match is None:
            raise ValueError(_WRONG_FORMAT)
        sign, whole, fraction, suffix = match.groups(default="")
        base, exponent, format = _meaning(suffix)
        digits = (whole.lstrip("0") or "0", fraction)
        amount = Decimal(f"{sign}{digits[0]}{fraction}e{-len(fraction)}")
        if base == 10:
            amount = _EXACT.scaleb(amount, exponent)
            reused = _is_canonical_decimal(digits, exponent)
        else:
            amount = _bounded(_EXACT.multiply(amount, Decimal(2**exponent)))
            reused = _is_canonical_binary(digits, exponent)
        if amount and _EXACT.remainder_near(amount, _NANO):
            amount = _AWAY_FROM_ZERO.quantize(amount, _NANO)
        made = cls._make(amount, format, text if reused else "")
        if len(made._text) > _MAX_LENGTH:  # 9...9e5 is 9...900e3, which nobody could read back
            raise ValueError(_WRONG_NUMBER)
        return made

    @classmethod
    def _make(cls, amount: Decimal, format: Format, text: str = "") -> Self:
        if format is Format.BINARY_SI and 0 < abs(amount) < 1:
            format = Format.DECIMAL_SI
        made = object.__new__(cls)
        object.__setattr__(made, "_amount", amount)
        object.__setattr__(made, "_format", format)
        object.__setattr__(made, "_text", text or _canonical(amount, format))
        return made

    @property
    def amount(self) -> Decimal:
        """The exact amount."""
        return self._amount

    @property
    def format(self) -> Format:
        """The family of suffixes it is written with."""
        return self._format

    def value(self) -> int:
        """The amount in whole units; a fraction is rounded away from zero."""
        return int(self._amount.to_integral_value(context=_AWAY_FROM_ZERO))

    def milli(self) -> int:
        """The amount in thousandths; what is finer is rounded away from zero."""
        return int(_EXACT.scaleb(self._amount, 3).to_integral_value(context=_AWAY_FROM_ZERO))

    def decimals(self) -> int:
        """How many digits stand behind the point, without zeros at the end.

        Counted when first asked. Quantities of one text are mostly one object, so among the
        requests of many Pods the next who asks finds the answer.
        """
        try:
            return self._decimals
        except AttributeError:
            exponent = _EXACT.normalize(self._amount).as_tuple().exponent
            assert isinstance(exponent, int)
            found = max(0, -exponent)
            object.__setattr__(self, "_decimals", found)
            return found

    def is_whole(self) -> bool:
        """Whether it is a number of whole units, as far as :meth:`milli` can tell."""
        return not self.decimals() or not self.milli() % 1000

    def __add__(self, other: Quantity) -> Quantity:
        """The sum, written as the first amount is, or as the second when the first is 0."""
        if not isinstance(other, Quantity):
            return NotImplemented
        format = self._format if self._amount else other._format
        return Quantity._make(_EXACT.add(self._amount, other._amount), format)

    def __sub__(self, other: Quantity) -> Quantity:
        """The difference, written as :meth:`__add__` says."""
        if not isinstance(other, Quantity):
            return NotImplemented
        return self + -other

    def __neg__(self) -> Quantity:
        return Quantity._make(_EXACT.minus(self._amount), self._format)

    def __bool__(self) -> bool:
        """Whether the amount is anything but 0."""
        return bool(self._amount)

    def __str__(self) -> str:
        """The canonical form: no fraction, the largest fitting suffix of its family."""
        return self._text

    def __repr__(self) -> str:
        return f"Quantity({self._text!r})"

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Quantity):
            return self._amount == other._amount
        return NotImplemented

    # All four in full, for all that creates a Pod compares twenty times: those that functools
    # derives take three times as long, and to ask for the type is a third of what is left.

    def __lt__(self, other: Quantity) -> bool:
        try:
            return self._amount < other._amount
        except AttributeError:
            return NotImplemented

    def __le__(self, other: Quantity) -> bool:
        try:
            return self._amount <= other._amount
        except AttributeError:
            return NotImplemented

    def __gt__(self, other: Quantity) -> bool:
        try:
            return self._amount > other._amount
        except AttributeError:
            return NotImplemented

    def __ge__(self, other: Quantity) -> bool:
        try:
            return self._amount >= other._amount
        except AttributeError:
            return NotImplemented

    def __hash__(self) -> int:
        return hash(self._amount)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError("Quantity is immutable")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError("Quantity is immutable")

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return self._make, (self._amount, self._format, self._text)


def _parse(cls: type[Quantity], text: str) -> Quantity:
    return cls._parse(text)


#: Typed loosely, because mypy does not count classes that define equality as hashable.
_remembered: Any = lru_cache(maxsize=4096)(_parse)


def _text_of(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(_WRONG_FORMAT)
    if isinstance(value, int) and value.bit_length() > _DIGITS:
        raise ValueError(_WRONG_NUMBER)
    return repr(value)


def _meaning(suffix: str) -> tuple[int, int, Format]:
    """Base, exponent and family of a suffix."""
    if suffix in _DECIMAL_SUFFIXES:
        return 10, _DECIMAL_SUFFIXES[suffix], Format.DECIMAL_SI
    if suffix in _BINARY_SUFFIXES:
        return 2, _BINARY_SUFFIXES[suffix], Format.BINARY_SI
    match = _EXPONENT.fullmatch(suffix)
    exponent = int(match[1]) if match is not None else _MAX_EXPONENT + 1
    if abs(exponent) > _MAX_EXPONENT:
        raise ValueError(_WRONG_SUFFIX)
    return 10, exponent, Format.DECIMAL_EXPONENT


def _is_canonical_decimal(digits: tuple[str, str], exponent: int) -> bool:
    """Whether the API server keeps such a text as it is.

    It looks for what cannot be written shorter and stops at 18 digits. That lets ``1.500``
    through, which is not canonical; an object must not change when it passes through here.
    """
    joined = "".join(digits)
    scale = exponent - len(digits[1])
    plain = scale % 3 == 0 and not joined.endswith("000") and joined[0] != "0"
    return plain and len(joined) <= 18 and scale >= -9


def _is_canonical_binary(digits: tuple[str, str], exponent: int) -> bool:
    """The same for binary suffixes: too few factors of two for the next larger suffix."""
    whole, fraction = digits
    if fraction or len(whole) + exponent * 3 // 10 > 14:
        return False
    return int(whole) & 7 != 0


def _bounded(amount: Decimal) -> Decimal:
    return _EXACT.copy_sign(_MAX_BINARY, amount) if abs(amount) > _MAX_BINARY else amount


def _canonical(amount: Decimal, format: Format) -> str:
    if not amount:
        return "0"
    if format is Format.BINARY_SI and abs(amount) >= 1024 and amount == int(amount):
        return _canonical_binary(int(amount))
    sign, digits, exponent = _EXACT.normalize(amount).as_tuple()
    assert isinstance(exponent, int)
    rounded = exponent - exponent % 3
    if format is not Format.DECIMAL_EXPONENT:
        rounded = min(rounded, 18)
    number = "".join(map(str, digits)) + "0" * (exponent - rounded)
    if format is not Format.DECIMAL_EXPONENT:
        suffix = _DECIMAL_NAMES[rounded]
    else:
        suffix = f"e{rounded}" if rounded else ""
    return f"{'-' if sign else ''}{number}{suffix}"


def _canonical_binary(number: int) -> str:
    exponent = 0
    while number % 1024 == 0 and exponent < 60:
        number //= 1024
        exponent += 10
    return f"{number}{_BINARY_NAMES.get(exponent, '')}"
