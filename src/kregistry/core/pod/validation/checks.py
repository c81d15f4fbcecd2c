"""The small rules that most others are made of: one value, one path, one list of errors.

Each function adds to *errs* what is wrong and goes on; those that return a bool say whether
there is something left to look at.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from kregistry.meta import names
from kregistry.meta.field import ErrorList, Path

MAX_INT32: Final = 2**31 - 1
MAX_MODE: Final = 0o777
NOT_NEGATIVE: Final = "must be greater than or equal to 0"
NOT_POSITIVE: Final = "must be greater than zero"
BAD_MODE: Final = "must be a number between 0 and 0777 (octal), both inclusive"
BLANKS_AROUND: Final = "must not have leading or trailing whitespace"

_CONFIG_KEY_PATTERN: Final = "[-._a-zA-Z0-9]+"
_CONFIG_KEY: Final = re.compile(_CONFIG_KEY_PATTERN, re.ASCII)
_NOT_A_CONFIG_KEY: Final = names.regex_message(
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
    _CONFIG_KEY_PATTERN,
    "key.name",
    "KEY_NAME",
    "key-name",
)
_MAX_CONFIG_KEY: Final = 253


def require(errs: ErrorList, path: Path, value: object, detail: str = "") -> bool:
    """Something must be given."""
    if not value:
        errs.required(path, detail)
    return bool(value)


def follow(errs: ErrorList, path: Path, value: str, rule: Callable[[str], Iterable[str]]) -> None:
    """*value* must satisfy a rule that answers with messages, such as those for names."""
    for message in rule(value):
        errs.invalid(path, value, message)


def require_label(errs: ErrorList, path: Path, value: str) -> None:
    """A name must be given and be a DNS label."""
    if require(errs, path, value):
        follow(errs, path, value, names.dns1123_label)


def supported(errs: ErrorList, path: Path, value: str, known: Sequence[str]) -> None:
    """*value* must be one of *known*; being empty is an error like any other."""
    if value not in known:
        errs.not_supported(path, value, known)


def require_supported(errs: ErrorList, path: Path, value: str, known: Sequence[str]) -> None:
    """A value must be given, and be one of *known*."""
    if require(errs, path, value):
        supported(errs, path, value, known)


def between(errs: ErrorList, path: Path, value: int, low: int, high: int) -> None:
    """*value* must lie between the two, both allowed."""
    if not low <= value <= high:
        errs.invalid(path, value, f"must be between {low} and {high}, inclusive")


def not_negative(errs: ErrorList, path: Path, value: int) -> None:
    """*value* must be 0 or more."""
    if value < 0:
        errs.invalid(path, value, NOT_NEGATIVE)


def file_mode(errs: ErrorList, path: Path, mode: int | None) -> None:
    """Permission bits, if given, must be permission bits."""
    if mode is not None and not 0 <= mode <= MAX_MODE:
        errs.invalid(path, mode, BAD_MODE)


def no_blanks_around(errs: ErrorList, path: Path, value: str) -> None:
    """No white space at either end."""
    if value != value.strip():
        errs.invalid(path, value, BLANKS_AROUND)


def no_steps_back(errs: ErrorList, path: Path, value: str) -> None:
    """No ``..`` between slashes. Source: ``validatePathNoBacksteps``."""
    if steps_back(value):
        errs.invalid(path, value, "must not contain '..'")


def steps_back(value: str) -> bool:
    """Whether one of the parts between slashes is ``..``."""
    return ".." in value and ".." in value.split("/")


def descending_path(errs: ErrorList, path: Path, value: str) -> None:
    """A path that leads down from where it starts. Source: ``validateLocalDescendingPath``."""
    if value.startswith("/"):
        errs.invalid(path, value, "must be a relative path")
    no_steps_back(errs, path, value)


def local_path(errs: ErrorList, path: Path, value: str) -> None:
    """The same, and names with two dots in front are kept for the kubelet.

    Source: ``validateLocalNonReservedPath``.
    """
    descending_path(errs, path, value)
    if value.startswith("..") and not value.startswith("../"):
        errs.invalid(path, value, "must not start with '..'")


@names.remembering
def config_key(value: str) -> list[str]:
    """What is wrong with a key of a ConfigMap or Secret. Source: ``IsConfigMapKey``."""
    messages = []
    if len(value.encode("utf-8", "surrogatepass")) > _MAX_CONFIG_KEY:
        messages.append(f"must be no more than {_MAX_CONFIG_KEY} characters")
    if not _CONFIG_KEY.fullmatch(value):
        messages.append(_NOT_A_CONFIG_KEY)
    elif value in (".", ".."):
        messages.append(f"must not be '{value}'")
    elif value.startswith(".."):
        messages.append("must not start with '..'")
    return messages


def twice(errs: ErrorList, path: Path, value: Any, seen: set[Any]) -> None:
    """*value* must not be in *seen*, and is from now on."""
    if value in seen:
        errs.duplicate(path, value)
    seen.add(value)
