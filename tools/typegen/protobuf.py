"""Reads from ``generated.proto`` and the Go source beside it how messages are JSON.

A ``.proto`` file has the number, the name and the type of each field. The tags in the Go source
have what it does not tell: the name in JSON, whether the members of a message count as those of
the message around it, and whether nothing is kept apart from zero. Numbers, names and these facts
are all that is kept.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from pathlib import Path

from typegen.gofacts import COMMENT, STRUCT
from typegen.source import SourceError

#: What is left out of the names of messages.
PREFIX = "k8s.io."
#: What makes a message an object that a client may send.
_METADATA = ["", f".{PREFIX}apimachinery.pkg.apis.meta.v1.ObjectMeta", "metadata"]

_SCALARS = frozenset({"string", "bytes", "bool", "int32", "int64", "double"})
_PACKAGE = re.compile(r"^package ([\w.]+);", re.MULTILINE)
_MESSAGE = re.compile(r"^message (\w+) \{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
_PLAIN = re.compile(r"(optional|repeated) ([\w.]+) (\w+) = (\d+)")
_MAP = re.compile(r"map<string, ([\w.]+)> (\w+) = (\d+)")
_TAGGED = re.compile(r'^\s+(?:\w+\s+)?(\S+)\s+`([^`]*protobuf:"\w+,(\d+),[^`]*)`', re.MULTILINE)
_JSON = re.compile(r'json:"([^"]*)"')
_LIST = re.compile(r"^type (\w+) \[\]string$", re.MULTILINE)
_GROUP = re.compile(r'^const GroupName = "([\w.-]*)"', re.MULTILINE)

#: Text of each field by its number.
Message = dict[str, str]


class Package:
    """What one directory of Go has in messages.

    Args:
        path: Its ``generated.proto``.
        formed: Full names of the messages that have a form of their own in JSON; of them the
            names of fields are those in the ``.proto`` file.

    Attributes:
        name: Of the package, such as ``k8s.io.api.core.v1``.
        api_version: Group and version of its kinds, "" if it is no part of the API.

    Raises:
        SourceError: *path* is no such file.
    """

    def __init__(self, path: Path, formed: Collection[str]) -> None:
        text = COMMENT.sub("", path.read_text())
        named = _PACKAGE.search(text)
        if named is None:
            raise SourceError(f"{path} is of no package")
        self.name = named[1]
        self._formed = formed
        sources = [COMMENT.sub("", each.read_text()) for each in _written_by_hand(path.parent)]
        self.api_version = self._api_version(sources)
        # The first one counts: others are for builds with tags.
        structs = [pair for each in sources for pair in STRUCT.findall(each)]
        self._structs: dict[str, str] = dict(reversed(structs))
        self._lists = {name for each in sources for name in _LIST.findall(each)}
        self._bodies: dict[str, str] = dict(_MESSAGE.findall(text))

    def roots(self) -> Iterator[str]:
        """Full names of the messages that are objects of the API."""
        for name, body in self._bodies.items():
            if any(given == _METADATA for _, *given in _fields_of(body)):
                yield f"{self.name}.{name}"

    def message(self, full_name: str) -> Message:
        """Text of each field by its number, as ``kregistry.server.protobuf.table`` reads it.

        Raises:
            SourceError: It is not there, something is written in a way that was not foreseen,
                or the Go source does not fit.
        """
        name = full_name.removeprefix(f"{self.name}.")
        if name not in self._bodies:
            raise SourceError(f"no message {full_name}")
        return self._message(name, self._bodies[name])

    def _api_version(self, sources: list[str]) -> str:
        groups = {match[1] for text in sources if (match := _GROUP.search(text))}
        if not groups:
            return ""
        version = self.name.rpartition(".")[2]
        group = groups.pop()
        return f"{group}/{version}" if group else version

    def _message(self, name: str, body: str) -> Message:
        fields = {}
        tags = self._tags(name)
        whole = ["whole"] if name in self._lists else []
        for number, label, type_, given in _fields_of(body):
            full = self._full_name(type_)
            if tags is None:
                flags = [given, label + full, *whole]
            elif number not in tags:
                raise SourceError(f"{self.name}.{name} has no field {number} in Go")
            else:
                flags = _described(given, label + full, *tags[number])
            fields[number] = " ".join(flags)
        return fields

    def _tags(self, name: str) -> dict[str, tuple[str, str]] | None:
        """Go type and tag of each field; None if the message does not show them in JSON."""
        if f"{self.name}.{name}" in self._formed or name in self._lists:
            return None
        found = _TAGGED.findall(self._structs.get(name, ""))
        return {number: (go_type, tag) for go_type, tag, number in found}

    def _full_name(self, type_: str) -> str:
        if type_ in _SCALARS:
            return type_
        if type_.startswith("."):
            return type_[1:]
        if type_[0].islower():
            raise SourceError(f"{self.name}: nobody foresaw values of the type {type_}")
        return f"{self.name}.{type_}"


def reached(packages: Collection[Package], roots: Collection[str]) -> dict[str, Message]:
    """The *roots* and all messages that they are made of, by their full names.

    Raises:
        SourceError: One is missing, or cannot be read.
    """
    by_name = {package.name: package for package in packages}
    kept: dict[str, Message] = {}
    wanted = sorted(roots)
    while wanted:
        name = wanted.pop()
        if name in kept:
            continue
        package = by_name.get(name.rpartition(".")[0])
        if package is None:
            raise SourceError(f"no message {name}")
        kept[name] = package.message(name)
        types = (text.split()[1].lstrip("[]{}") for text in kept[name].values())
        wanted += [type_ for type_ in types if "." in type_]
    return kept


def shortened(name: str, fields: Message) -> Message:
    """The same with the names of types as short as can be: the package of *name* goes unsaid."""
    package = name.rpartition(".")[0]
    made = {}
    for number, text in fields.items():
        field, type_, *flags = text.split()
        label = type_[:2] if type_[:2] in ("[]", "{}") else ""
        type_ = type_.removeprefix(label)
        type_ = type_.removeprefix(f"{package}.").removeprefix(PREFIX)
        made[number] = " ".join([field, label + type_, *flags])
    return made


def _fields_of(body: str) -> Iterator[tuple[str, str, str, str]]:
    """Number, label, type and name of each field; the label is ``[]``, ``{}`` or empty."""
    for line in filter(None, (line.strip(" ;") for line in body.splitlines())):
        if plain := _PLAIN.fullmatch(line):
            label, type_, name, number = plain.groups()
            yield number, "[]" if label == "repeated" else "", type_, name
        elif a_map := _MAP.fullmatch(line):
            type_, name, number = a_map.groups()
            yield number, "{}", type_, name
        else:
            raise SourceError(f"nobody foresaw the line: {line}")


def _described(given: str, type_: str, go_type: str, tag: str) -> list[str]:
    """Name in JSON, type, and what else JSON has of the field."""
    json = _JSON.search(tag)
    if json is None:
        raise SourceError(f"the field {given} of type {type_} has no name in JSON")
    name, *options = json[1].split(",")
    if name == "-" and type_ == "bytes":
        return [given, "json", "whole"]
    if not name:
        return [given, type_, "inline"]
    zero_is_nothing = "omitempty" in options and not go_type.startswith("*")
    return [name, type_, *(["omitempty"] if zero_is_nothing and type_ in _SCALARS else [])]


def _written_by_hand(directory: Path) -> Iterator[Path]:
    made = ("zz_generated", "generated.", "types_swagger")
    for path in sorted(directory.glob("*.go")):
        if not path.name.startswith(made) and not path.name.endswith("_test.go"):
            yield path
