"""Label selectors: values that say which labels are wanted.

::

    selector = labels.parse("tier in (a,b),!legacy")
    selector.matches({"tier": "a"})     # True
    str(selector)                       # '!legacy,tier in (a,b)'

Source: ``k8s.io/apimachinery/pkg/labels``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import attrs

from kregistry.meta.goformat import quote
from kregistry.meta.labelselector import LabelSelector
from kregistry.runtime.errors import SelectorError
from kregistry.runtime.labelparser import Parser
from kregistry.runtime.labelrequirement import Operator, Requirement

__all__ = [
    "Operator",
    "Requirement",
    "Selector",
    "everything",
    "from_label_selector",
    "from_set",
    "nothing",
    "parse",
]


def _by_key(requirements: Iterable[Requirement]) -> tuple[Requirement, ...]:
    return tuple(sorted(requirements, key=lambda each: each.key))


@attrs.frozen
class Selector:
    """Requirements that must all be met, sorted by key; those on one key stay in order.

    Without any, everything is selected. The one selector that selects nothing is made by
    :func:`nothing`.
    """

    _requirements: tuple[Requirement, ...] = attrs.field(
        default=(), converter=_by_key, alias="requirements"
    )
    _nothing: bool = attrs.field(default=False, kw_only=True, alias="nothing")

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether these labels are wanted."""
        if self._nothing:
            return False
        return all(requirement.matches(labels) for requirement in self._requirements)

    @property
    def empty(self) -> bool:
        """Whether everything is wanted, so that nobody need look at labels."""
        return not self._requirements and not self._nothing

    def requirements(self) -> tuple[Requirement, ...]:
        """The conditions; () for everything and for nothing alike."""
        return self._requirements

    def requires_exact_match(self, key: str) -> str | None:
        """The only value of the label that can match; None if there may be several.

        Source: ``labels.Selector.RequiresExactMatch``.
        """
        for requirement in self._requirements:
            if requirement.key == key:
                return requirement.exact_value
        return None

    def add(self, *requirements: Requirement) -> Selector:
        """A selector that asks for more. Nothing stays nothing."""
        if self._nothing:
            return self
        return Selector((*self._requirements, *requirements))

    def __str__(self) -> str:
        return ",".join(map(str, self._requirements))


_EVERYTHING: Final = Selector()
_NOTHING: Final = Selector(nothing=True)


def everything() -> Selector:
    """Selects all, labelled or not."""
    return _EVERYTHING


def nothing() -> Selector:
    """Selects none; it is not empty, and prints as ""."""
    return _NOTHING


def parse(text: str) -> Selector:
    """Read a selector from its text; "" selects everything.

    Raises:
        SelectorError: The text is none, in the API server's words.
    """
    if not isinstance(text, str):
        raise SelectorError(f"a selector is text, not a value of type {type(text).__name__}")
    return Selector(Parser(text).requirements())


def from_set(labels: Mapping[str, str] | None) -> Selector:
    """Select exactly these values of these labels; everything for none.

    Raises:
        SelectorError: A key or value breaks its rule.

    Source: ``labels.ValidatedSelectorFromSet``.
    """
    pairs = (labels or {}).items()
    return Selector(Requirement(key, Operator.EQUALS, [value]) for key, value in pairs)


_STRUCT_OPERATORS: Final = {
    "In": Operator.IN,
    "NotIn": Operator.NOT_IN,
    "Exists": Operator.EXISTS,
    "DoesNotExist": Operator.DOES_NOT_EXIST,
}


def from_label_selector(selector: LabelSelector | None) -> Selector:
    """What the field of an object means: None selects nothing, an empty one everything.

    Raises:
        SelectorError: An operator is unknown, or a requirement breaks a rule.

    Source: ``metav1.LabelSelectorAsSelector``.
    """
    if selector is None:
        return _NOTHING
    found = list(from_set(selector.match_labels).requirements())
    for expression in selector.match_expressions or ():
        operator = _STRUCT_OPERATORS.get(expression.operator)
        if operator is None:
            raise SelectorError(
                f"{quote(expression.operator)} is not a valid label selector operator"
            )
        found.append(Requirement(expression.key, operator, expression.values or ()))
    return Selector(found)
