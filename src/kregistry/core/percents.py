"""Numbers of Pods that may also be a share of them.

Source: ``k8s.io/kubernetes/pkg/apis/apps/validation`` ValidatePositiveIntOrPercent,
IsNotMoreThan100Percent.
"""

from __future__ import annotations

import re
from typing import Final

from kregistry.core.pod.validation.checks import not_negative
from kregistry.meta import names
from kregistry.meta.field import ErrorList, Path
from kregistry.meta.intstr import IntOrString

_PATTERN: Final = "[0-9]+%"
_PERCENT: Final = re.compile(_PATTERN, re.ASCII)
_NUMBER: Final = re.compile("[+-]?[0-9]+", re.ASCII)
_NOT_A_PERCENT: Final = names.regex_message(
    "a valid percent string must be a numeric string followed by an ending '%'",
    _PATTERN,
    "1%",
    "93%",
)


def check_int_or_percent(errs: ErrorList, path: Path, value: IntOrString) -> None:
    """A number that is not negative, or a share in per cent."""
    raw = value.value
    if isinstance(raw, int):
        not_negative(errs, path, raw)
    elif not _PERCENT.fullmatch(raw):
        errs.invalid(path, value, _NOT_A_PERCENT)


def check_not_more_than_all(errs: ErrorList, path: Path, value: IntOrString) -> None:
    """A share of at most 100 per cent."""
    share = percent(value)
    if share is not None and share > 100:
        errs.invalid(path, value, "must not be greater than 100%")


def percent(value: IntOrString) -> int | None:
    """The share; None for a plain number, or for text that is no share."""
    raw = value.value
    if isinstance(raw, int) or not _PERCENT.fullmatch(raw):
        return None
    digits = raw[:-1].lstrip("0")
    return int(digits or "0") if len(digits) < 10 else 10**9


def is_zero(value: IntOrString | None) -> bool:
    """Whether it comes to nothing, as number or as share. Source: ``getIntOrPercentValue``."""
    if value is None:
        return True
    raw = value.value
    if isinstance(raw, str) and _NUMBER.fullmatch(raw):
        return not raw.strip("+-0")  # no share, and yet counted as the number that it spells
    return raw == 0 if isinstance(raw, int) else percent(value) in (None, 0)
