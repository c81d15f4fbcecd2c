"""Field selectors: values that say which fields of an object are wanted.

::

    selector = fields.parse("spec.nodeName=n1,status.phase!=Running")
    selector.matches({"spec.nodeName": "n1"})   # True: an absent field reads as ""

Only equality is known, and text is compared exactly.

Source: ``k8s.io/apimachinery/pkg/fields``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

import attrs

from kregistry.runtime.errors import SelectorError

#: Changes a field and its value, or refuses them.
TransformFunc = Callable[[str, str], tuple[str, str]]

_OPERATORS: Final = ("!=", "==", "=")
_ESCAPED: Final = "\\,="


@attrs.frozen
class Requirement:
    """One field that must, or must not, have one value.

    Attributes:
        field: Path of the field, such as ``metadata.name``.
        value: What it is compared with.
        negated: Every other value is wanted.
    """

    field: str
    value: str
    negated: bool = False

    @property
    def operator(self) -> str:
        """``=`` or ``!=``."""
        return "!=" if self.negated else "="

    def matches(self, fields: Mapping[str, str]) -> bool:
        """Whether *fields* meet it; an absent field reads as ""."""
        return (fields.get(self.field, "") == self.value) is not self.negated

    def __str__(self) -> str:
        return f"{self.field}{self.operator}{escape_value(self.value)}"


def _as_tuple(requirements: Iterable[Requirement]) -> tuple[Requirement, ...]:
    return tuple(requirements)


@attrs.frozen
class Selector:
    """Requirements that must all be met, in the order of their texts.

    Without any, everything is selected. The one selector that selects nothing is made by
    :func:`nothing`.
    """

    _requirements: tuple[Requirement, ...] = attrs.field(
        default=(), converter=_as_tuple, alias="requirements"
    )
    _nothing: bool = attrs.field(default=False, kw_only=True, alias="nothing")

    def matches(self, fields: Mapping[str, str]) -> bool:
        """Whether these fields are wanted."""
        if self._nothing:
            return False
        return all(requirement.matches(fields) for requirement in self._requirements)

    @property
    def empty(self) -> bool:
        """Whether everything is wanted, so that nobody need look at fields."""
        return not self._requirements and not self._nothing

    def requirements(self) -> tuple[Requirement, ...]:
        """The conditions; () for everything and for nothing alike."""
        return self._requirements

    def requires_exact_match(self, field: str) -> str | None:
        """The only value of the field that can match; None if there may be several.

        Source: ``fields.Selector.RequiresExactMatch``.
        """
        for requirement in self._requirements:
            if requirement.field == field and not requirement.negated:
                return requirement.value
        return None

    def transform(self, change: TransformFunc) -> Selector:
        """The selector with every field and value changed by *change*.

        A requirement of which nothing is left, neither field nor value, is dropped. What
        *change* raises comes out.

        Source: ``fields.Selector.Transform``.
        """
        if self._nothing:
            return self
        changed = [
            attrs.evolve(each, field=field, value=value)
            for each in self._requirements
            for field, value in [change(each.field, each.value)]
            if field or value
        ]
        return Selector(changed)

    def __str__(self) -> str:
        return ",".join(map(str, self._requirements))


_EVERYTHING: Final = Selector()
_NOTHING: Final = Selector(nothing=True)


def everything() -> Selector:
    """Selects all objects."""
    return _EVERYTHING


def nothing() -> Selector:
    """Selects none; it is not empty, and prints as ""."""
    return _NOTHING


def equals(field: str, value: str) -> Selector:
    """Select one value of one field. Source: ``fields.OneTermEqualSelector``."""
    return Selector([Requirement(field, value)])


def not_equals(field: str, value: str) -> Selector:
    """Select all other values of a field. Source: ``fields.OneTermNotEqualSelector``."""
    return Selector([Requirement(field, value, negated=True)])


def every(selectors: Iterable[Selector]) -> Selector:
    """Select what all of them select. Source: ``fields.AndSelectors``."""
    parts = list(selectors)
    if any(part == _NOTHING for part in parts):
        return _NOTHING
    return Selector(each for part in parts for each in part.requirements())


def from_set(fields: Mapping[str, str] | None) -> Selector:
    """Select exactly these values of these fields; everything for none.

    Source: ``fields.SelectorFromSet``.
    """
    return Selector(Requirement(field, value) for field, value in sorted((fields or {}).items()))


def parse(text: str) -> Selector:
    r"""Read a selector from its text; "" selects everything.

    A ``,``, ``=`` or ``\`` in a value stands behind a ``\``.

    Raises:
        SelectorError: The text is none, in the API server's words.
    """
    if not isinstance(text, str):
        raise SelectorError(f"a selector is text, not a value of type {type(text).__name__}")
    found = [_requirement(text, term) for term in sorted(_split_terms(text)) if term]
    return Selector(each for each in found if each.field or each.value)


def escape_value(value: str) -> str:
    """A value as it stands in a selector. Source: ``fields.EscapeValue``."""
    for character in _ESCAPED:
        value = value.replace(character, f"\\{character}")
    return value


def unescape_value(text: str) -> str:
    r"""The value that stands in a selector as *text*.

    Raises:
        SelectorError: A ``\`` stands before something else, or a ``,`` or ``=`` without it.

    Source: ``fields.UnescapeValue``.
    """
    value = []
    characters = iter(text)
    for character in characters:
        if character == "\\":
            following = next(characters, "")
            if not following or following not in _ESCAPED:
                raise SelectorError(
                    f"invalid field selector: invalid escape sequence: \\{following}"
                )
            value.append(following)
        elif character in _ESCAPED:
            raise SelectorError(
                f"invalid field selector: unescaped character in value: {ord(character)}"
            )
        else:
            value.append(character)
    return "".join(value)


def _split_terms(text: str) -> list[str]:
    """The parts between commas; one behind a backslash separates nothing."""
    terms = []
    start = 0
    escaped = False
    for at, character in enumerate(text):
        if escaped:
            escaped = False
        elif character == "\\":
            escaped = True
        elif character == ",":
            terms.append(text[start:at])
            start = at + 1
    terms.append(text[start:])
    return terms


def _requirement(text: str, term: str) -> Requirement:
    for at in range(len(term)):
        for operator in _OPERATORS:
            if term.startswith(operator, at):
                value = unescape_value(term[at + len(operator) :])
                return Requirement(term[:at], value, negated=operator == "!=")
    raise SelectorError(f"invalid selector: '{text}'; can't understand '{term}'")
