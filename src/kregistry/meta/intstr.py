"""IntOrString: a port, a count or a percentage that is a number or a text.

Source: ``k8s.io/apimachinery/pkg/util/intstr`` IntOrString.
"""

from __future__ import annotations

from typing import Any, Final, NoReturn, Self

_INT32: Final = range(-(2**31), 2**31)


class IntOrString:
    """An immutable number of 32 bits or a text; the number 80 is not the text ``80``."""

    __slots__ = ("_value",)

    _value: int | str

    def __init__(self, value: int | str) -> None:
        """Hold *value*; of a subclass, such as an enum, the plain number or text that it is.

        Raises:
            ValueError: *value* is neither a text nor a whole number of 32 bits.
        """
        kind = value.__class__
        if kind is not str and kind is not int:
            value = _exactly(value)
        if isinstance(value, int) and value not in _INT32:
            raise ValueError(f"{_shortened(value)} does not fit into 32 bits")
        object.__setattr__(self, "_value", value)

    @classmethod
    def parse(cls, text: str) -> Self:
        """A number when *text* reads as one of 32 bits, else the text."""
        digits = text[1:] if text[:1] in ("+", "-") else text
        if digits.isascii() and digits.isdigit() and len(digits) <= 4000:
            number = int(text)
            if number in _INT32:
                return cls(number)
        return cls(text)

    @property
    def value(self) -> int | str:
        """What stands in the JSON."""
        return self._value

    @property
    def is_int(self) -> bool:
        """Whether it is a number."""
        return isinstance(self._value, int)

    def __str__(self) -> str:
        return str(self._value)

    def __repr__(self) -> str:
        return f"IntOrString({self._value!r})"

    def __eq__(self, other: object) -> bool:
        if isinstance(other, IntOrString):
            return self._value == other._value
        return NotImplemented

    def __hash__(self) -> int:
        return hash(self._value)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError("IntOrString is immutable")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError("IntOrString is immutable")

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    def __reduce__(self) -> tuple[type[Self], tuple[int | str]]:
        return type(self), (self._value,)


def _exactly(value: Any) -> int | str:
    """The plain number or text that a value of another class is."""
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return int(value)
    raise ValueError(f"a number or a text is wanted, not {type(value).__name__}")


def _shortened(number: int) -> str:
    """Very long numbers have no decimal text in Python unless one asks for it."""
    return str(number) if number.bit_length() < 256 else "a number of that size"
