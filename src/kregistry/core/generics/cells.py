"""Cells: what stands in one column of an object that has no class.

Whatever an object holds, a cell is a value of JSON; nothing here fails on content that nobody
checked.

Source: ``k8s.io/kubernetes/pkg/printers/internalversion``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Final

from kregistry.meta.labelselector import LabelSelector
from kregistry.meta.time import Time
from kregistry.registry.ages import UNKNOWN, age
from kregistry.runtime import labels
from kregistry.runtime.codec import Codec
from kregistry.runtime.errors import CodecError
from kregistry.runtime.unstructured import Unstructured

#: ``cell(obj, now)`` is the value of one column.
Cell = Callable[[Unstructured, datetime], Any]

NONE: Final = "<none>"
UNSET: Final = "<unset>"

_CODEC: Final = Codec()
_ACCESS_MODES: Final = {
    "ReadWriteOnce": "RWO",
    "ReadOnlyMany": "ROX",
    "ReadWriteMany": "RWX",
    "ReadWriteOncePod": "RWOP",
}


def _path(path: str) -> tuple[str, ...]:
    return tuple(path.split("."))


def text(path: str, default: str = "") -> Cell:
    """What stands at *path*, as text; *default* where nothing does."""
    steps = _path(path)

    def cell(obj: Unstructured, now: datetime) -> str:
        found = obj.at(*steps)
        return default if found is None or found == "" else shown(found)

    return cell


def number(path: str, default: int = 0) -> Cell:
    """The whole number at *path*."""
    steps = _path(path)

    def cell(obj: Unstructured, now: datetime) -> int:
        found = obj.at(*steps)
        return found if isinstance(found, int) and not isinstance(found, bool) else default

    return cell


def flag(path: str, *, default: bool = False) -> Cell:
    """Whether *path* says true."""
    steps = _path(path)

    def cell(obj: Unstructured, now: datetime) -> bool:
        found = obj.at(*steps)
        return found if isinstance(found, bool) else default

    return cell


def count(path: str) -> Cell:
    """How many there are at *path*."""
    steps = _path(path)
    return lambda obj, now: len(items_at(obj, *steps))


def since(path: str, default: str = UNKNOWN) -> Cell:
    """How long ago the time at *path* was."""
    steps = _path(path)

    def cell(obj: Unstructured, now: datetime) -> str:
        moment = time_at(obj, *steps)
        return default if moment is None else age(moment, now)

    return cell


def joined(path: str, member: str = "", default: str = NONE) -> Cell:
    """The items at *path*, or one member of each, with commas between them."""
    steps = _path(path)

    def cell(obj: Unstructured, now: datetime) -> str:
        found = items_at(obj, *steps)
        told = [member_of(item, member) if member else shown(item) for item in found]
        return ",".join(told) if told else default

    return cell


def modes(path: str) -> Cell:
    """The access modes at *path*, abbreviated."""
    steps = _path(path)

    def cell(obj: Unstructured, now: datetime) -> str:
        found = [each for each in items_at(obj, *steps) if isinstance(each, str)]
        return ",".join(short for mode, short in _ACCESS_MODES.items() if mode in found)

    return cell


def label_set(path: str) -> Cell:
    """The labels at *path*; ``<none>`` if there are none."""
    steps = _path(path)

    def cell(obj: Unstructured, now: datetime) -> str:
        found = obj.at(*steps)
        if not isinstance(found, dict) or not found:
            return NONE
        return ",".join(f"{key}={shown(value)}" for key, value in sorted(found.items()))

    return cell


def selector(path: str) -> Cell:
    """The label selector at *path*, in a line."""
    steps = _path(path)

    def cell(obj: Unstructured, now: datetime) -> str:
        found = obj.at(*steps)
        if not isinstance(found, dict):
            return NONE
        try:
            told = str(labels.from_label_selector(_CODEC.from_dict(found, LabelSelector)))
        except (CodecError, ValueError):
            return "<error>"
        return told or NONE

    return cell


def phase(obj: Unstructured, now: datetime) -> str:
    """``status.phase``, or that the object is on its way out."""
    if obj.metadata.deletion_timestamp is not None:
        return "Terminating"
    return shown(obj.at("status", "phase", default=""))


def shown(value: Any) -> str:
    """A scalar as people read it; everything else is not for people."""
    match value:
        case bool():
            return "true" if value else "false"
        case str() | int() | float():
            return str(value)
    return ""


def items_at(obj: Unstructured, *path: str) -> list[Any]:
    """The items of the list at *path*; of a map its values."""
    found = obj.at(*path)
    if isinstance(found, dict):
        return list(found.values())
    return found if isinstance(found, list) else []


def member_of(item: Any, member: str) -> str:
    """A scalar member of an object; "" where there is none."""
    return shown(item.get(member, "")) if isinstance(item, dict) else ""


def time_at(obj: Unstructured, *path: str) -> Time | None:
    """The time at *path*, if one is there."""
    found = obj.at(*path)
    if not isinstance(found, str):
        return None
    try:
        return Time.parse(found)
    except ValueError:
        return None


def first_few(items: Iterable[str], limit: int = 3) -> str:
    """Up to *limit* items, and how many more there are."""
    told = list(items)
    more = len(told) - limit
    shortened = ",".join(told[:limit])
    return f"{shortened} + {more} more..." if more > 0 else shortened or NONE
