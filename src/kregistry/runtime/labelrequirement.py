"""Requirement: one condition on one label.

Source: ``k8s.io/apimachinery/pkg/labels/selector.go`` Requirement.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any, Final

import attrs

from kregistry.meta import names
from kregistry.meta.field import ErrorList, Path
from kregistry.runtime.errors import SelectorError
from kregistry.runtime.limits import INT64_MAX, INT64_MIN


class Operator(StrEnum):
    """What a requirement asks of a label. Source: ``selection.Operator``."""

    IN = "in"
    NOT_IN = "notin"
    EQUALS = "="
    DOUBLE_EQUALS = "=="
    NOT_EQUALS = "!="
    GREATER_THAN = "gt"
    LESS_THAN = "lt"
    EXISTS = "exists"
    DOES_NOT_EXIST = "!"


_SETS: Final = frozenset({Operator.IN, Operator.NOT_IN})
_EXACT: Final = frozenset({Operator.EQUALS, Operator.DOUBLE_EQUALS, Operator.NOT_EQUALS})
_PRESENCE: Final = frozenset({Operator.EXISTS, Operator.DOES_NOT_EXIST})
_ORDERED: Final = frozenset({Operator.GREATER_THAN, Operator.LESS_THAN})
_NEGATIVE: Final = frozenset({Operator.NOT_IN, Operator.NOT_EQUALS})

#: How each operator stands between key and value.
_SYMBOLS: Final = {
    Operator.IN: " in ",
    Operator.NOT_IN: " notin ",
    Operator.EQUALS: "=",
    Operator.DOUBLE_EQUALS: "==",
    Operator.NOT_EQUALS: "!=",
    Operator.GREATER_THAN: ">",
    Operator.LESS_THAN: "<",
}


def _sorted_values(values: Iterable[str]) -> tuple[str, ...]:
    if isinstance(values, str):
        raise TypeError("values is a collection of strings, not a string")
    return tuple(sorted(set(values)))


def _known_operator(operator: Operator | str) -> Any:
    """The operator of that spelling; an unknown one stays text and is refused later."""
    return Operator(operator) if operator in _SPELLINGS else str(operator)


_SPELLINGS: Final = frozenset(operator.value for operator in Operator)


@attrs.frozen
class Requirement:
    """A condition such as ``tier in (a,b)``.

    Attributes:
        key: Name of the label.
        operator: What is asked of it.
        values: What it is compared with, sorted, each once.

    Raises:
        SelectorError: Key, operator and values do not make a condition.
    """

    key: str
    operator: Operator = attrs.field(converter=_known_operator)
    values: tuple[str, ...] = attrs.field(default=(), converter=_sorted_values)
    _members: frozenset[str] = attrs.field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "_members", frozenset(self.values))
        problems = _problems(self)
        if problems:
            raise SelectorError(problems.to_aggregate())

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether *labels* meet it; a negative condition is met by absence too."""
        value = labels.get(self.key)
        operator = self.operator
        if value is None:
            return operator in _NEGATIVE or operator is Operator.DOES_NOT_EXIST
        if operator in _NEGATIVE:
            return value not in self._members
        if operator in _PRESENCE:
            return operator is Operator.EXISTS
        if operator in _ORDERED:
            return self._compares(value)
        return value in self._members

    @property
    def exact_value(self) -> str | None:
        """The only value that the label may have; None if there may be several."""
        positive = self.operator in _EXACT | _SETS and self.operator not in _NEGATIVE
        return self.values[0] if positive and len(self.values) == 1 else None

    def __str__(self) -> str:
        if self.operator in _PRESENCE:
            return f"!{self.key}" if self.operator is Operator.DOES_NOT_EXIST else self.key
        values = ",".join(self.values)
        if self.operator in _SETS:
            values = f"({values})"
        return f"{self.key}{_SYMBOLS[self.operator]}{values}"

    def _compares(self, value: str) -> bool:
        found, bound = parse_int64(value), parse_int64(self.values[0])
        if found is None or bound is None:
            return False
        return found > bound if self.operator is Operator.GREATER_THAN else found < bound


def key_problems(key: str, path: Path) -> ErrorList:
    """What is wrong with the key of a label. Source: ``labels.validateLabelKey``."""
    problems = ErrorList()
    messages = names.qualified_name(key)
    if messages:
        problems.invalid(path, key, "; ".join(messages))
    return problems


def parse_int64(text: str) -> int | None:
    """A whole number of 64 bits, signed or not; None for anything else.

    Source: Go ``strconv.ParseInt(text, 10, 64)``.
    """
    digits = text[1:] if text[:1] in ("+", "-") else text
    if not (digits.isascii() and digits.isdigit()):
        return None
    significant = digits.lstrip("0") or "0"
    if len(significant) > 19:
        return None
    number = -int(significant) if text[0] == "-" else int(significant)
    return number if INT64_MIN <= number <= INT64_MAX else None


def _problems(requirement: Requirement) -> ErrorList:
    """Source: ``labels.NewRequirement``."""
    values = requirement.values
    path = Path("values")
    problems = key_problems(requirement.key, Path("key"))
    _check_values(requirement.operator, values, path, problems)
    for index, value in enumerate(values):
        messages = names.label_value(value)
        if messages:
            where = path.index(index).key(requirement.key)
            problems.invalid(where, value, "; ".join(messages))
    return problems


def _check_values(
    operator: Operator, values: Sequence[str], path: Path, problems: ErrorList
) -> None:
    count = len(values)
    if operator in _SETS:
        if count == 0:
            detail = "for 'in', 'notin' operators, values set can't be empty"
            problems.invalid(path, list(values), detail)
    elif operator in _EXACT:
        if count != 1:
            detail = "exact-match compatibility requires one single value"
            problems.invalid(path, list(values), detail)
    elif operator in _PRESENCE:
        if count != 0:
            detail = "values set must be empty for exists and does not exist"
            problems.invalid(path, list(values), detail)
    elif operator in _ORDERED:
        _check_number(values, path, problems)
    else:
        problems.not_supported(Path("operator"), operator, [each.value for each in Operator])


def _check_number(values: Sequence[str], path: Path, problems: ErrorList) -> None:
    if len(values) != 1:
        detail = "for 'Gt', 'Lt' operators, exactly one value is required"
        problems.invalid(path, list(values), detail)
    for index, value in enumerate(values):
        if parse_int64(value) is None:
            detail = "for 'Gt', 'Lt' operators, the value must be an integer"
            problems.invalid(path.index(index), value, detail)
