"""Descriptions: what types and fields are for, in a sentence, as ``kubectl explain`` shows it.

A type that has a class is told by the class' docstring. The kinds that have none, and the
fields that people ask for most, are told by ``descriptions.json``: ``types`` and ``members`` by
the last part of their package and their name, ``fields`` in every kind, ``metadata`` in that of
objects and lists. Read with the documents, when somebody asks for those.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import Any, Final

from kregistry.server.discovery.packagedata import package_data

#: How the names begin of types that are not custom ones.
_BUILT_IN: Final = "io.k8s."

#: Where the classes of a package are.
_MODULES: Final = {
    "io.k8s.api.apps.v1": ("kregistry.core.apps_v1",),
    "io.k8s.api.autoscaling.v1": ("kregistry.core.autoscaling_v1",),
    "io.k8s.api.coordination.v1": ("kregistry.core.coordination_v1",),
    "io.k8s.api.core.v1": ("kregistry.core.v1",),
    "io.k8s.api.policy.v1": ("kregistry.core.policy_v1",),
    "io.k8s.apimachinery.pkg.apis.meta.v1": (
        "kregistry.meta.objectmeta",
        "kregistry.meta.options",
        "kregistry.meta.status",
        "kregistry.meta.condition",
        "kregistry.meta.labelselector",
    ),
}

#: What a schema has that is the type of a kind.
_KINDS: Final = "x-kubernetes-group-version-kind"

#: Types whose fields are told apart from those of the same name elsewhere.
_META: Final = "io.k8s.apimachinery.pkg.apis.meta.v1"
_META_TYPES: Final = (f"{_META}.ObjectMeta", f"{_META}.ListMeta")

_ROLE: Final = re.compile(r":\w+:`~?([\w.]+)`|``?([^`]*)``?", re.ASCII)


def described(name: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    """*schema*, the type called *name*, with words for itself and its fields.

    Args:
        name: Name of the component.
        schema: In the shorter form; what describes itself stays as it is.
    """
    made = dict(schema)
    if not name.startswith(_BUILT_IN):
        return made
    if text := type_text(name):
        made.setdefault("description", text)
    texts, properties = _field_texts(name, schema), schema.get("properties")
    if texts and isinstance(properties, Mapping):
        made["properties"] = {
            field: _with_text(each, texts.get(field, "")) for field, each in properties.items()
        }
    return made


@cache
def type_text(name: str) -> str:
    """What a type is for; "" if nobody says."""
    text: str | None = _told()["types"].get(_key(name))
    if text is None:
        package, _, short = name.rpartition(".")
        cls = _class_of(package, short)
        text = _plain(inspect.cleandoc((cls.__doc__ if cls else "") or ""))
    return text


def _field_texts(name: str, schema: Mapping[str, Any]) -> Mapping[str, str]:
    """What the fields of a type are for, as far as anybody says."""
    told = _told()
    if name in _META_TYPES:
        return told["metadata"]
    members: dict[str, str] = told["members"].get(_key(name), {})
    return {**told["fields"], **members} if _KINDS in schema else members


@cache
def _told() -> dict[str, dict[str, Any]]:
    text = package_data("kregistry.server.openapi", "descriptions.json")
    told: dict[str, dict[str, Any]] = json.loads(text)
    return told


def _key(name: str) -> str:
    """``core.PodSpec`` of ``io.k8s.api.core.v1.PodSpec``."""
    parts = name.split(".")
    return f"{parts[-3]}.{parts[-1]}" if len(parts) > 2 else ""


def _with_text(schema: Any, text: str) -> Any:
    if not text or not isinstance(schema, Mapping) or "description" in schema:
        return schema
    return {**schema, "description": text}


def _class_of(package: str, short: str) -> type | None:
    """The class of a type; None if there is none."""
    for module in _MODULES.get(package, ()):
        found = getattr(import_module(module), short, None)
        if isinstance(found, type):
            return found
    return None


def _plain(text: str) -> str:
    """The first paragraph without the marks of reStructuredText, on one line."""
    first = text.partition("\n\n")[0]
    return " ".join(_ROLE.sub(lambda found: found[1] or found[2], first).split())
