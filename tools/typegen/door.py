"""Source text of the package whose classes come into being when first asked for."""

from __future__ import annotations

from typegen.render import WIDTH, packed
from typegen.source import Topic

_HEAD = '''"""Types of the group ``""`` in version v1: Pod and its relatives.

A module of this package is imported when one of its classes is first asked for, so that a
program pays for the kinds that it uses and not for all of them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

# fmt: off
# isort: off
if TYPE_CHECKING:
'''

_HOMES = "_HOMES = {name: home for home, names in _CLASSES.items() for name in names}"

_TAIL = """

def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
"""


def door(package: str, topics: list[Topic], others: dict[str, list[str]]) -> str:
    """The ``__init__`` of *package*.

    Args:
        package: Path of the package, such as ``core/v1``.
        topics: What is made; those of other packages are passed over.
        others: Classes by the name of modules of the package that are written by hand.
    """
    homes = {
        topic.module.rsplit("/", 1)[1]: [each.name for each in topic.types]
        for topic in topics
        if topic.module.rsplit("/", 1)[0] == package and topic.types
    } | others
    dotted = "kregistry." + package.replace("/", ".")
    lines = []
    for home in sorted(homes):
        lines += _import(f"{dotted}.{home}", sorted(homes[home]))
    lines += ["", "_CLASSES = {"]
    for home in sorted(homes):
        lines += _entry(home, [f'"{name}"' for name in sorted(homes[home])])
    lines += ["}", _HOMES, ""]
    every = sorted(f'"{name}"' for names in homes.values() for name in names)
    lines += [*packed("__all__ = [", every, "]"), "# isort: on", "# fmt: on"]
    return _HEAD + "\n".join(lines) + "\n" + _TAIL


def _import(home: str, names: list[str]) -> list[str]:
    line = f"    from {home} import {', '.join(names)}"
    return [line] if len(line) <= WIDTH else packed(f"    from {home} import (", names, ")")


def _entry(home: str, names: list[str]) -> list[str]:
    comma = "," if len(names) == 1 else ""
    line = f'    "{home}": ({", ".join(names)}{comma}),'
    return [line] if len(line) <= WIDTH else packed(f'    "{home}": (', names, "),")
