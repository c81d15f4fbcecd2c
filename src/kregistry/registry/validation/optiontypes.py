"""Are the values of options of their declared types at all?

Options that were read from a request are; those that a program made may be anything.
"""

from __future__ import annotations

from typing import Any, Final

from kregistry.meta.field import ErrorList, Path
from kregistry.meta.model import camel_case
from kregistry.meta.options import (
    CreateOptions,
    DeleteOptions,
    ListOptions,
    Preconditions,
    UpdateOptions,
)

_NONE: Final = type(None)

_WRITE: Final[dict[str, tuple[type, ...]]] = {
    "dry_run": (tuple, list),
    "field_manager": (str,),
    "field_validation": (str,),
}

_TYPES: Final[dict[type, dict[str, tuple[type, ...]]]] = {
    CreateOptions: _WRITE,
    UpdateOptions: _WRITE,
    DeleteOptions: {
        "grace_period_seconds": (int, _NONE),
        "preconditions": (Preconditions, _NONE),
        "orphan_dependents": (bool, _NONE),
        "propagation_policy": (str, _NONE),
        "dry_run": (tuple, list),
    },
    ListOptions: {
        "label_selector": (str,),
        "field_selector": (str,),
        "resource_version": (str,),
        "resource_version_match": (str,),
        "limit": (int,),
        "continue_": (str,),
        "send_initial_events": (bool, _NONE),
    },
}


def validate_option_types(options: Any, wanted: type) -> ErrorList:
    """An error for each value of another type than declared, or for options not *wanted*."""
    errs = ErrorList()
    if not isinstance(options, wanted):
        name = type(options).__name__
        return errs.type_invalid(Path(), name, f"must be {wanted.__name__}")
    for name, types in _TYPES[wanted].items():
        value = getattr(options, name)
        if not isinstance(value, types) or (value is True and bool not in types):
            errs.type_invalid(Path(camel_case(name)), value, "is of the wrong type")
    return errs
