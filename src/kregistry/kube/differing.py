"""Differing: where two documents differ, field by field."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from enum import Enum
from itertools import zip_longest
from typing import Any, Final

import attrs

#: What servers write into the metadata of every object, and tests rarely mean.
NOISE: Final = frozenset(
    {
        "metadata.creationTimestamp",
        "metadata.generation",
        "metadata.managedFields",
        "metadata.resourceVersion",
        "metadata.selfLink",
        "metadata.uid",
    }
)

#: What tells the items of a list apart, in the order in which it is tried.
_KEYS: Final = ("name", "type", "key", "uid")

_PLAIN: Final = re.compile(r"[A-Za-z_$][\w$-]*", re.ASCII)


class Missing(Enum):
    """Stands for a value that is not there."""

    MISSING = "nothing"


_NOTHING: Final = Missing.MISSING


@attrs.frozen
class Difference:
    """One place where two documents differ.

    Attributes:
        path: Of the field, such as ``spec.containers[name=web].image``.
        left: What stands there on the left; ``Missing.MISSING`` for nothing.
        right: Likewise on the right.
    """

    path: str
    left: Any
    right: Any

    @property
    def is_noise(self) -> bool:
        """Whether that is the server's, and different for every object."""
        return any(self.path == noise or self.path.endswith(f"].{noise}") for noise in NOISE)


def differences(left: Any, right: Any, path: str = "") -> Iterator[Difference]:
    """Every place where the two differ, in the order of the fields on the left.

    Items of lists are paired by what names them (``name``, ``type``, the name of an object), and
    where nothing does by their place.
    """
    if isinstance(left, dict) and isinstance(right, dict):
        yield from _of_dicts(left, right, path)
    elif isinstance(left, list) and isinstance(right, list):
        yield from _of_lists(left, right, path)
    elif left != right or isinstance(left, bool) is not isinstance(right, bool):
        yield Difference(path, left, right)


def _of_dicts(left: dict[Any, Any], right: dict[Any, Any], path: str) -> Iterator[Difference]:
    for key in [*left, *(key for key in right if key not in left)]:
        inner = _field(path, str(key))
        yield from _of_values(left.get(key, _NOTHING), right.get(key, _NOTHING), inner)


def _of_values(left: Any, right: Any, path: str) -> Iterator[Difference]:
    if left is _NOTHING or right is _NOTHING:
        yield Difference(path, left, right)
    else:
        yield from differences(left, right, path)


def _of_lists(left: list[Any], right: list[Any], path: str) -> Iterator[Difference]:
    key = next((key for key in _namings() if _names(left, key) and _names(right, key)), None)
    if key is None:
        for index, (ours, theirs) in enumerate(zip_longest(left, right, fillvalue=_NOTHING)):
            yield from _of_values(ours, theirs, f"{path}[{index}]")
    else:
        yield from _of_named(_by_name(left, key), _by_name(right, key), f"{path}[{key[-1]}=")


def _of_named(left: dict[str, Any], right: dict[str, Any], path: str) -> Iterator[Difference]:
    for name in [*left, *(name for name in right if name not in left)]:
        yield from _of_values(left.get(name, _NOTHING), right.get(name, _NOTHING), f"{path}{name}]")
    if left.keys() == right.keys() and list(left) != list(right):
        yield Difference(f"{path.rpartition('[')[0]} (order)", list(left), list(right))


def _by_name(items: list[Any], key: tuple[str, ...]) -> dict[str, Any]:
    return dict(zip(_names(items, key), items, strict=True))


def _namings() -> Iterator[tuple[str, ...]]:
    yield from ((key,) for key in _KEYS)
    yield ("metadata", "name")


def _names(items: Sequence[Any], key: tuple[str, ...]) -> list[str]:
    """The name of each item; empty if not every one has one of its own."""
    names = []
    for item in items:
        for step in key:
            item = item.get(step) if isinstance(item, dict) else None
        if not isinstance(item, str):
            return []
        names.append(item)
    return names if len(set(names)) == len(names) else []


def _field(path: str, key: str) -> str:
    if not _PLAIN.fullmatch(key):
        return f"{path}[{key!r}]"
    return f"{path}.{key}" if path else key
