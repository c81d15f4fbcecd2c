"""Rules for conditions as ``metav1`` has them.

Source: ``k8s.io/apimachinery/pkg/apis/meta/v1/validation`` ValidateConditions.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from kregistry.core.pod.validation.checks import follow, twice
from kregistry.meta import names
from kregistry.meta.condition import Condition
from kregistry.meta.field import ErrorList, Path

_STATUSES: Final = ("False", "True", "Unknown")
_MAX_REASON: Final = 1024
_MAX_MESSAGE: Final = 32 * 1024
_REASON_PATTERN: Final = "[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?"
_REASON: Final = re.compile(_REASON_PATTERN, re.ASCII)
_NOT_A_REASON: Final = names.regex_message(
    "a condition reason must start with alphabetic character, optionally followed by a string "
    "of alphanumeric characters or '_,:', and must end with an alphanumeric character or '_'",
    _REASON_PATTERN,
    "my_name",
    "MY_NAME",
    "MyName",
    "ReasonA,ReasonB",
    "ReasonA:ReasonB",
)


def check_conditions(errs: ErrorList, path: Path, conditions: Sequence[Condition]) -> None:
    """One condition of each type, each complete."""
    seen: set[str] = set()
    for index, condition in enumerate(conditions):
        at = path.index(index)
        twice(errs, at / "type", condition.type, seen)
        _check_condition(errs, at, condition)


def _check_condition(errs: ErrorList, path: Path, condition: Condition) -> None:
    follow(errs, path / "type", condition.type, names.qualified_name)
    if condition.status not in _STATUSES:
        errs.not_supported(path / "status", condition.status, _STATUSES)
    if condition.observed_generation < 0:
        detail = "must be greater than or equal to zero"
        errs.invalid(path / "observedGeneration", condition.observed_generation, detail)
    if condition.last_transition_time is None:
        errs.required(path / "lastTransitionTime", "must be set")
    _check_reason(errs, path / "reason", condition.reason)
    if _size(condition.message) > _MAX_MESSAGE:
        errs.too_long(path / "message", "", _MAX_MESSAGE)


def _check_reason(errs: ErrorList, path: Path, reason: str) -> None:
    if not reason:
        errs.required(path, "must be set")
        return
    if not _REASON.fullmatch(reason):
        errs.invalid(path, reason, _NOT_A_REASON)
    if _size(reason) > _MAX_REASON:
        errs.too_long(path, "", _MAX_REASON)


def _size(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))
