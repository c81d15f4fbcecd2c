"""YAML: documents of people, as the trees that JSON would have given.

Made from the events of the parser, one after the other: nothing recurses, and a document costs
what its length says. Names that stand for other parts of a document are refused, as nine lines
of them can denote more than any memory holds. Loaded where it is used; the extra ``yaml``
installs the parser.

Source: ``sigs.k8s.io/yaml`` YAMLToJSONStrict, ``goyaml.v2`` resolve.go.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any, Final

import attrs

#: Lists and maps inside each other; JSON may have fewer, see :class:`~kregistry.runtime.limits`.
MAX_NESTING: Final = 1000

_PREFIX: Final = "tag:yaml.org,2002:"

#: Plain scalars that are no text. Source: ``resolveMapList``.
_WORDS: Final[dict[str, Any]] = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "off", "Off", "OFF"), False),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
}

_INT: Final = re.compile(
    r"([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))", re.ASCII
)
_BASES: Final = (16, 2, 8, 10)
#: Longer numbers have no 64 bits in any base.
_MOST_DIGITS: Final = 64
_FLOAT: Final = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", re.ASCII)

#: Of a map: its next scalar is a key.
_NO_KEY: Final = object()


class YAMLProblem(ValueError):
    """It is no YAML, or says what JSON cannot."""


@attrs.frozen
class Document:
    """One document.

    Attributes:
        tree: Dicts with keys of text, lists and scalars.
        repeated: What is to be told about keys that occur twice in a map; the last one counts.
    """

    tree: Any
    repeated: list[str]


def documents(data: bytes) -> Iterator[Document]:
    """The documents in *data*, each as soon as it is read.

    Raises:
        YAMLProblem: It is no YAML, has aliases or tags beyond those of JSON, or is nested too
            deeply.
    """
    import yaml

    reader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    made = _Builder()
    try:
        for event in yaml.parse(data, Loader=reader):
            made.take(event)
            if isinstance(event, yaml.DocumentEndEvent):
                yield Document(made.tree, made.repeated)
                made = _Builder()
    except (yaml.YAMLError, ValueError) as error:
        raise YAMLProblem(" ".join(str(error).split())) from None


class _Builder:
    """Puts one document together."""

    def __init__(self) -> None:
        self.tree: Any = None
        self.repeated: list[str] = []
        self._open: list[Any] = []
        self._keys: list[Any] = []

    def take(self, event: Any) -> None:
        match type(event).__name__:
            case "ScalarEvent":
                self._put(_scalar(event), event)
            case "SequenceStartEvent":
                self._begin([], event, "seq")
            case "MappingStartEvent":
                self._begin({}, event, "map")
            case "SequenceEndEvent" | "MappingEndEvent":
                self._open.pop()
                self._keys.pop()
            case "AliasEvent":
                raise YAMLProblem("aliases are not accepted")

    def _begin(self, container: Any, event: Any, kind: str) -> None:
        if event.tag not in (None, "!", f"{_PREFIX}{kind}"):
            raise YAMLProblem(f"the tag {event.tag!r} is not accepted")
        if len(self._open) >= MAX_NESTING:
            raise YAMLProblem("nested too deeply")
        self._put(container, event)
        self._open.append(container)
        self._keys.append(_NO_KEY)

    def _put(self, value: Any, event: Any) -> None:
        """Put *value* where the document has come to."""
        if not self._open:
            self.tree = value
        elif isinstance(container := self._open[-1], list):
            container.append(value)
        elif (key := self._keys[-1]) is _NO_KEY:
            self._keys[-1] = self._key(value, container, event)
        else:
            container[key] = value
            self._keys[-1] = _NO_KEY

    def _key(self, value: Any, container: dict[str, Any], event: Any) -> str:
        if isinstance(value, dict | list):
            raise YAMLProblem("a key must be a scalar")
        key = _text(value)
        if key in container:
            line = event.start_mark.line + 1
            self.repeated.append(f'line {line}: key "{key}" already set in map')
        return key


def _scalar(event: Any) -> Any:
    """What a scalar stands for. Raises YAMLProblem: its tag is none of JSON, or does not fit."""
    text: str = event.value
    if event.tag is None:
        return resolved(text) if event.implicit[0] else text
    if event.tag in ("!", f"{_PREFIX}str"):
        return text
    value = resolved(text)
    kinds = {"null": type(None), "bool": bool, "int": int, "float": int | float}
    kind = kinds.get(event.tag.removeprefix(_PREFIX))
    if kind is None or not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise YAMLProblem(f"the tag {event.tag!r} is not accepted for {text[:40]!r}")
    return value


def resolved(text: str) -> Any:
    """What *text* stands for where it is not quoted.

    A time stays a text, and so does ``22:22``, which is a number to the base 60 in YAML of old.

    Source: ``resolve``.
    """
    if text in _WORDS:
        return _WORDS[text]
    if not text[0].isdecimal() and text[0] not in "+-.":
        return text
    plain = text.replace("_", "")
    if (whole := _whole(plain)) is not None:
        return whole
    if _FLOAT.fullmatch(plain) and math.isfinite(number := float(plain)):
        return number
    return text


def _whole(plain: str) -> int | None:
    """The number that *plain* stands for; None if it is none of 64 bits."""
    found = _INT.fullmatch(plain) if len(plain) <= _MOST_DIGITS + 3 else None
    if found is None:
        return None
    sign, *digits = found.groups()
    value = next(int(each, base) for each, base in zip(digits, _BASES, strict=True) if each)
    value = -value if sign == "-" else value
    return value if -(2**63) <= value < 2**64 else None


def _text(key: Any) -> str:
    """A key as JSON writes it."""
    match key:
        case str():
            return key
        case bool():
            return "true" if key else "false"
        case None:
            return "null"
    return str(key)
