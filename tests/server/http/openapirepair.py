"""Repairs: what schemathesis makes of a document, turned into what a server may well accept.

A body that only keeps to its type is refused for its name, its labels, or a field that must be
there. So most of a request is taken from an object that is fine, and some of it stays as it was
generated. Requests are linked: what one has created, the next read, change and delete.
"""

from __future__ import annotations

import copy
import json
from collections import defaultdict
from collections.abc import Iterator
from enum import Enum
from typing import Any

from minimal import minimal

from kregistry.server import APIServer, Request, Response

NAMESPACE = "default"

#: What a mended request may say in its query, in turn.
_WRITING: tuple[dict[str, str], ...] = (
    {},
    {"fieldManager": "fuzz", "pretty": "true"},
    {"dryRun": "All"},
    {"fieldValidation": "Ignore"},
    {"fieldValidation": "Strict"},
)
_READING: tuple[dict[str, str], ...] = (
    {},
    {"limit": "1"},
    {"labelSelector": "fuzz"},
    {"resourceVersion": "0"},
    {"fieldSelector": "metadata.name=f-1"},
)

#: Members of an object that are never taken from what was generated.
_OWN = ("apiVersion", "kind", "metadata")

#: The order in which the operations of a document are tried: there must be something to change
#: before it is changed, and it is deleted last.
_ORDER = ("post", "list", "get", "put", "patch", "connect", "delete", "deletecollection")


class Taken(Enum):
    """How much of what was generated stays in a mended request."""

    NOTHING = "nothing"
    FIELD = "one field"
    ALL = "all fields"


class Repairs:
    """Remembers what there is, and mends requests so that they are about it.

    Args:
        server: Asked, without HTTP, for what is to be replaced.
    """

    def __init__(self, server: APIServer) -> None:
        self._server = server
        self._names: dict[str, list[str]] = defaultdict(list)
        self._generated: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self._count = 0

    def ordered(self, operations: Iterator[Any]) -> list[Any]:
        """The operations in an order in which they have something to be about."""
        return sorted(operations, key=lambda each: (_ORDER.index(action(each)), each.path))

    def aim(self, case: Any, turn: int) -> None:
        """Let the request be about something that is there; leave all else as it is."""
        found = self._names[collection(case)]
        known = {"namespace": NAMESPACE, "name": found[turn % len(found)] if found else "none"}
        for name in case.path_parameters:
            case.path_parameters[name] = known.get(name, case.path_parameters[name])

    def mend(self, case: Any, turn: int, *, taken: Taken) -> None:
        """Let the request be about something that is there, and be one that may succeed.

        Args:
            case: The request, which is changed.
            turn: Chooses among what may be done.
            taken: How much of what was generated is to stay.
        """
        self.aim(case, turn)
        verb = action(case.operation)
        queries = _READING if verb in ("list", "get", "connect") else _WRITING
        case.query = dict(queries[turn % len(queries)])
        match verb:
            case "post" | "put":
                case.body = self._object(case, turn, taken)
            case "patch":
                case.body = self._patch(case, turn, taken)
            case "delete" | "deletecollection":
                policies = ("Background", "Foreground", "Orphan")
                case.body = {
                    "propagationPolicy": policies[turn % 3],
                    "gracePeriodSeconds": turn % 2,
                }

    def learn(self, case: Any, status: int) -> None:
        """Remember what a request has created."""
        if status != 201 or "{name}" in case.path or (case.query or {}).get("dryRun"):
            return
        metadata = case.body.get("metadata") if isinstance(case.body, dict) else None
        name = metadata.get("name") if isinstance(metadata, dict) else None
        if isinstance(name, str):
            self._names[collection(case)].append(name)

    def _object(self, case: Any, turn: int, taken: Taken) -> dict[str, Any]:
        kind = case.operation.definition.raw["x-kubernetes-group-version-kind"]
        api_version = f"{kind['group']}/{kind['version']}" if kind["group"] else kind["version"]
        generated = case.body if isinstance(case.body, dict) else {}
        self._generated[collection(case)].append(generated)
        self._count += 1
        named = case.path_parameters.get("name", f"f-{self._count}")
        made = minimal(api_version, kind["kind"], named)
        if "namespace" in case.path_parameters:
            made["metadata"]["namespace"] = NAMESPACE
        current = self._stored(case) if action(case.operation) == "put" else None
        return grafted(current or made, generated, turn, taken=taken)

    def _stored(self, case: Any) -> dict[str, Any] | None:
        """What is to be replaced; None if there is nothing."""
        path = case.path.format(**case.path_parameters)
        answer = self._server.handle(Request.of_target("GET", path))
        if not isinstance(answer, Response) or answer.status != 200:
            return None
        found: dict[str, Any] = json.loads(answer.body)
        return found

    def _patch(self, case: Any, turn: int, taken: Taken) -> Any:
        """A patch that sets a label and one member that was generated for an object before."""
        seen = self._generated[collection(case)]
        content = grafted({}, seen[turn % len(seen)] if seen else {}, turn, taken=taken)
        label = {"fuzz": str(turn)}
        if not case.media_type.startswith("application/json-patch"):
            return {"metadata": {"labels": label}, **content}
        members = [{"op": "add", "path": f"/{name}", "value": it} for name, it in content.items()]
        return [{"op": "add", "path": "/metadata/labels", "value": label}, *members]


def grafted(
    base: dict[str, Any], generated: dict[str, Any], turn: int, *, taken: Taken
) -> dict[str, Any]:
    """*base* with members of *generated* that it lacks.

    Args:
        base: What is fine; changed and returned.
        generated: What may be anything.
        turn: Chooses the field if it is to be one.
        taken: How much of it: one field of each member, or all.
    """
    for name, value in copy.deepcopy(generated).items():
        if name in _OWN or taken is Taken.NOTHING:
            continue
        if not isinstance(value, dict) or not isinstance(base.get(name, {}), dict):
            base.setdefault(name, value)
            continue
        fields = sorted(value)
        one = fields[turn % len(fields) : turn % len(fields) + 1] if fields else []
        chosen = fields if taken is Taken.ALL else one
        base[name] = {**{field: value[field] for field in chosen}, **base.get(name, {})}
    return base


def action(operation: Any) -> str:
    """What the document calls the operation, such as ``deletecollection``."""
    found: str = operation.definition.raw.get("x-kubernetes-action", operation.method)
    return found


def collection(case: Any) -> str:
    """The path, as the document has it, below which the objects are that the request is about."""
    head: str = case.path.partition("/{name}")[0]
    return head
