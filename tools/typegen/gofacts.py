"""Reads from Go source what the schemas do not tell about a field.

That is the order of the fields, whether one is a pointer, and whether it is left out when
empty. Nothing else of the source is kept.
"""

from __future__ import annotations

import re
from pathlib import Path

from typegen.source import MADE, SourceError

COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
STRUCT = re.compile(r"^type (\w+) struct \{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
_FIELD = re.compile(r'^\s+(?:\w+\s+)?(\S+)\s+`[^`]*json:"([^"]*)"[^`]*`', re.MULTILINE)
#: What ``metav1.TypeMeta`` holds.
_TYPE_META = {"kind": "omitempty", "apiVersion": "omitempty"}


def facts_of(names: list[str], directory: Path) -> dict[str, dict[str, str]]:
    """The facts of each named type, fields in the order of the source.

    Args:
        names: Full names such as ``io.k8s.api.core.v1.Pod``.
        directory: Where the Go package ``k8s.io/api`` is.

    Raises:
        SourceError: A type is not there.
    """
    packages: dict[str, dict[str, str]] = {}
    facts = {}
    for name in sorted(names):
        package, _, short = name.removeprefix(MADE).rpartition(".")
        if package not in packages:
            packages[package] = _structs(directory / package.replace(".", "/") / "types.go")
        facts[name] = _fields(short, packages[package])
    return facts


def _structs(path: Path) -> dict[str, str]:
    if not path.exists():
        raise SourceError(f"no Go source at {path}")
    return dict(STRUCT.findall(COMMENT.sub("", path.read_text())))


def _fields(name: str, structs: dict[str, str]) -> dict[str, str]:
    if name not in structs:
        raise SourceError(f"no Go type {name}")
    fields: dict[str, str] = {}
    for go_type, tag in _FIELD.findall(structs[name]):
        wire, *options = tag.split(",")
        if go_type == "metav1.TypeMeta":
            fields |= _TYPE_META
        elif not wire:
            fields |= _fields(go_type, structs)
        else:
            fields[wire] = _flags(go_type, options)
    return fields


def _flags(go_type: str, options: list[str]) -> str:
    flags = ["pointer"] if go_type.startswith("*") else []
    return " ".join([*flags, *(each for each in ("omitempty", "omitzero") if each in options)])
