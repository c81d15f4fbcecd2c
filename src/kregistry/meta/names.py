"""Rules for names: what may be called how, and the words for what may not.

Every function returns the messages about one value, none if it is fine. Lengths are counted
in bytes, because that is what the limits protect.

Source: ``k8s.io/apimachinery/pkg/util/validation`` and ``pkg/api/validation/path``.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import Final, TypeAlias

_LABEL_PATTERN: Final = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN_PATTERN: Final = rf"{_LABEL_PATTERN}(\.{_LABEL_PATTERN})*"
_LABEL_1035_PATTERN: Final = "[a-z]([-a-z0-9]*[a-z0-9])?"
_QUALIFIED_PATTERN: Final = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_LABEL_VALUE_PATTERN: Final = f"({_QUALIFIED_PATTERN})?"

_LABEL: Final = re.compile(_LABEL_PATTERN, re.ASCII)
_SUBDOMAIN: Final = re.compile(_SUBDOMAIN_PATTERN, re.ASCII)
_LABEL_1035: Final = re.compile(_LABEL_1035_PATTERN, re.ASCII)
_QUALIFIED: Final = re.compile(_QUALIFIED_PATTERN, re.ASCII)
_LABEL_VALUE: Final = re.compile(_LABEL_VALUE_PATTERN, re.ASCII)

LABEL_MAX: Final = 63
SUBDOMAIN_MAX: Final = 253


def regex_message(message: str, pattern: str, *examples: str) -> str:
    """A rule in words, followed by its examples and its pattern.

    Source: ``validation.RegexError``.
    """
    if not examples:
        return f"{message} (regex used for validation is '{pattern}')"
    shown = " or ".join(f"'{example}', " for example in examples)
    return f"{message} (e.g. {shown}regex used for validation is '{pattern}')"


_NOT_A_LABEL: Final = regex_message(
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', "
    "and must start and end with an alphanumeric character",
    _LABEL_PATTERN,
    "my-name",
    "123-abc",
)
_NOT_A_SUBDOMAIN: Final = regex_message(
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, "
    "'-' or '.', and must start and end with an alphanumeric character",
    _SUBDOMAIN_PATTERN,
    "example.com",
)
_NOT_A_LABEL_1035: Final = regex_message(
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', "
    "start with an alphabetic character, and end with an alphanumeric character",
    _LABEL_1035_PATTERN,
    "my-name",
    "abc-123",
)
_QUALIFIED_WORDS: Final = (
    "must consist of alphanumeric characters, '-', '_' or '.', "
    "and must start and end with an alphanumeric character"
)
_QUALIFIED_EXAMPLES: Final = ("MyName", "my.name", "123-abc")
_NOT_A_NAME_PART: Final = regex_message(
    f"name part {_QUALIFIED_WORDS}", _QUALIFIED_PATTERN, *_QUALIFIED_EXAMPLES
)
_NOT_QUALIFIED: Final = (
    regex_message(f"a valid label key {_QUALIFIED_WORDS}", _QUALIFIED_PATTERN, *_QUALIFIED_EXAMPLES)
    + " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
)
_NOT_A_LABEL_VALUE: Final = regex_message(
    "a valid label must be an empty string or consist of alphanumeric characters, "
    "'-', '_' or '.', and must start and end with an alphanumeric character",
    _LABEL_VALUE_PATTERN,
    "MyValue",
    "my_value",
    "12345",
)


_Rule: TypeAlias = Callable[[str], list[str]]

#: So many values of each rule are remembered as good; good ones are short.
_REMEMBERED: Final = 4096


def remembering(rule: _Rule) -> _Rule:
    """The same rule, which looks up what it has found good before.

    The same labels, resources and names come with nearly every object; a look-up takes a tenth
    of the regular expressions. What is bad is judged anew, and may be of any size. For rules
    under which only short values are good.
    """
    good: set[str] = set()

    @functools.wraps(rule)
    def judge(value: str) -> list[str]:
        if value in good:
            return []
        messages = rule(value)
        if not messages and value.__class__ is str:
            if len(good) >= _REMEMBERED:
                good.clear()
            good.add(value)
        return messages

    return judge


@remembering
def dns1123_label(value: str) -> list[str]:
    """Lower-case letters, digits and dashes, at most 63. Source: ``IsDNS1123Label``."""
    messages = _too_long(value, LABEL_MAX)
    if not _LABEL.fullmatch(value):
        dotted = _SUBDOMAIN.fullmatch(value) is not None
        messages.append("must not contain dots" if dotted else _NOT_A_LABEL)
    return messages


@remembering
def dns1123_subdomain(value: str) -> list[str]:
    """Labels joined by dots, at most 253 in all. Source: ``IsDNS1123Subdomain``."""
    messages = _too_long(value, SUBDOMAIN_MAX)
    if not _SUBDOMAIN.fullmatch(value):
        messages.append(_NOT_A_SUBDOMAIN)
    return messages


@remembering
def dns1035_label(value: str) -> list[str]:
    """A label that starts with a letter. Source: ``IsDNS1035Label``."""
    messages = _too_long(value, LABEL_MAX)
    if not _LABEL_1035.fullmatch(value):
        messages.append(_NOT_A_LABEL_1035)
    return messages


@remembering
def qualified_name(value: str) -> list[str]:
    """A key of a label or annotation: ``name`` or ``example.com/name``.

    Source: ``IsQualifiedName``, ``content.IsLabelKey``.
    """
    prefix, slash, name = value.rpartition("/")
    if "/" in prefix:
        return [_NOT_QUALIFIED]
    messages: list[str] = []
    if slash and not prefix:
        messages.append("prefix part must be non-empty")
    elif slash:
        messages.extend(f"prefix part {message}" for message in dns1123_subdomain(prefix))
    if not name:
        messages.append("name part must be non-empty")
    elif _bytes(name) > LABEL_MAX:
        messages.append(f"name part must be no more than {LABEL_MAX} bytes")
    if not _QUALIFIED.fullmatch(name):
        messages.append(_NOT_A_NAME_PART)
    return messages


@remembering
def label_value(value: str) -> list[str]:
    """What a label may hold; empty is fine. Source: ``IsValidLabelValue``."""
    messages: list[str] = []
    if _bytes(value) > LABEL_MAX:
        messages.append(f"must be no more than {LABEL_MAX} bytes")
    if not _LABEL_VALUE.fullmatch(value):
        messages.append(_NOT_A_LABEL_VALUE)
    return messages


def path_segment_name(value: str, *, prefix: bool = False) -> list[str]:
    """What may stand between two slashes of a URL and of a storage key.

    Args:
        value: The name.
        prefix: It is the beginning of a name, and something will be appended.

    Source: ``path.ValidatePathSegmentName``.
    """
    if not prefix and value in (".", ".."):
        return [f"may not be '{value}'"]
    return [f"may not contain '{banned}'" for banned in ("/", "%") if banned in value]


def mask_trailing_dash(value: str) -> str:
    """A prefix of a name as if more followed: its last dash would not be last.

    Source: ``validation.maskTrailingDash``.
    """
    return f"{value[:-2]}a" if len(value) > 1 and value.endswith("-") else value


def _too_long(value: str, limit: int) -> list[str]:
    return [f"must be no more than {limit} characters"] if _bytes(value) > limit else []


def _bytes(value: str) -> int:
    return len(value) if value.isascii() else len(value.encode("utf-8", "surrogatepass"))
