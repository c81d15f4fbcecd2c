"""What is known of the types: three data files, read into plain records.

``schemas.json`` holds the OpenAPI schemas: names, types, lists, enums. ``go_facts.json`` holds
what they do not tell: the order of the fields, and which are pointers or left out when empty.
``topics.json`` says in which module a class lives and what its docstring says.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

#: Kinds for whose sake all this is made; what they reach comes along.
ROOTS = (
    "io.k8s.api.apps.v1.Deployment",
    "io.k8s.api.coordination.v1.Lease",
    "io.k8s.api.core.v1.Binding",
    "io.k8s.api.core.v1.ConfigMap",
    "io.k8s.api.core.v1.Event",
    "io.k8s.api.core.v1.Namespace",
    "io.k8s.api.core.v1.Node",
    "io.k8s.api.core.v1.Pod",
    "io.k8s.api.core.v1.Secret",
    "io.k8s.api.core.v1.Service",
    "io.k8s.api.policy.v1.Eviction",
    "io.k8s.api.policy.v1.PodDisruptionBudget",
)
#: Prefix of the types that are made; those of the meta layer are written by hand.
MADE = "io.k8s.api."
SECRET = {("Secret", "data"), ("Secret", "stringData")}


class SourceError(Exception):
    """The data files do not fit together."""


@dataclass(frozen=True)
class Property:
    """One field of a type: its schema and the facts from Go.

    Attributes:
        wire: Name in JSON.
        schema: What OpenAPI says.
        optional: Whether nothing is kept apart from an empty value.
        omitempty: Whether it is left out when empty.
        secret: Whether its value must not be shown.
    """

    wire: str
    schema: dict[str, Any]
    optional: bool
    omitempty: bool
    secret: bool


@dataclass(frozen=True)
class Type:
    """One class to be made."""

    name: str
    doc: str
    api_version: str
    kind: str
    map_type: str
    properties: tuple[Property, ...]

    @property
    def is_object(self) -> bool:
        """Whether it is a kind with metadata."""
        return bool(self.kind)


@dataclass(frozen=True)
class Topic:
    """One module to be made."""

    module: str
    doc: str
    types: tuple[Type, ...]
    enums: dict[str, tuple[str, ...]]


def references(schema: object) -> set[str]:
    """Names of the schemas that *schema* refers to directly."""
    if isinstance(schema, list):
        return set().union(*map(references, schema))
    if not isinstance(schema, dict):
        return set()
    own = {schema["$ref"]} if isinstance(schema.get("$ref"), str) else set()
    return own.union(*map(references, schema.values()))


def reachable(schemas: dict[str, Any], roots: tuple[str, ...] = ROOTS) -> set[str]:
    """Names of *roots* and of everything that they refer to."""
    found: set[str] = set()
    waiting = list(roots)
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        if name not in schemas:
            raise SourceError(f"no schema for {name}")
        found.add(name)
        waiting.extend(references(schemas[name]))
    return found


def load(directory: Path) -> list[Topic]:
    """The modules to make, in the order of ``topics.json``.

    Raises:
        SourceError: A class has no topic or a topic no class, or the files disagree about
            the fields of a type; the message says what to change.
    """
    schemas = json.loads((directory / "schemas.json").read_text())
    facts = json.loads((directory / "go_facts.json").read_text())["types"]
    topics = json.loads((directory / "topics.json").read_text())
    made = {name.rsplit(".", 1)[1]: name for name in reachable(schemas) if name.startswith(MADE)}
    listed = [name for topic in topics for name in topic["classes"]]
    _compare("topics.json", listed, list(made))
    return [
        Topic(
            topic["module"],
            topic["doc"],
            tuple(_type(made[name], doc, schemas, facts) for name, doc in topic["classes"].items()),
            {
                name: _enum(schemas[made[place.split(".")[0]]], place.split(".")[1])
                for name, place in topic.get("enums", {}).items()
            },
        )
        for topic in topics
    ]


def _type(full: str, doc: str, schemas: dict[str, Any], facts: dict[str, Any]) -> Type:
    name = full.rsplit(".", 1)[1]
    schema = schemas[full]
    known = facts.get(full)
    if known is None:
        raise SourceError(f"go_facts.json: nothing about {full}")
    _compare(f"go_facts.json: {full}", list(known), list(schema.get("properties", {})))
    group, version, kind = _kind(schema)
    hidden = {"apiVersion", "kind", "metadata"} if kind else set()
    properties = tuple(
        Property(
            wire,
            schema["properties"][wire],
            not {"pointer", "omitzero"}.isdisjoint(flags.split()),
            "omit" in flags,
            (name, wire) in SECRET,
        )
        for wire, flags in known.items()
        if wire not in hidden
    )
    api_version = f"{group}/{version}" if group else version
    map_type = schema.get("x-kubernetes-map-type", "")
    return Type(name, doc, api_version, kind, map_type, properties)


def _enum(schema: dict[str, Any], wire: str) -> tuple[str, ...]:
    return tuple(schema["properties"][wire]["enum"])


def _kind(schema: dict[str, Any]) -> tuple[str, str, str]:
    for entry in schema.get("x-kubernetes-group-version-kind", ()):
        return entry["group"], entry["version"], entry["kind"]
    return "", "", ""


def _compare(where: str, given: list[str], wanted: list[str]) -> None:
    missing, extra = sorted(set(wanted) - set(given)), sorted(set(given) - set(wanted))
    if missing or extra or len(given) != len(set(given)):
        raise SourceError(f"{where}: missing {missing}, superfluous {extra}")
