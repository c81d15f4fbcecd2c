"""Recorded requests about Pods and their parts, answered by a PodStorage.

As much of a REST layer as these recordings need: paths, query, patches and defaults. All
rules are the library's.
"""

from __future__ import annotations

import json
import re
from typing import Any

import attrs

from kregistry.core.pod import PODS, PodStorage
from kregistry.core.pod.budgets import BUDGETS
from kregistry.core.policy_v1 import Eviction, PodDisruptionBudget
from kregistry.core.scheme import core_scheme
from kregistry.core.v1 import (
    Binding,
    Pod,
    PodAttachOptions,
    PodExecOptions,
    PodLogOptions,
    PodPortForwardOptions,
    PodProxyOptions,
)
from kregistry.meta.clock import Clock
from kregistry.meta.context import Context
from kregistry.meta.errors import StatusError
from kregistry.meta.options import CreateOptions, DeleteOptions
from kregistry.meta.status import Status
from kregistry.registry import Deleted, StatusStrategy, Store, Strategy
from kregistry.registry.systemfields import wipe
from kregistry.runtime import Codec
from kregistry.storage import Interface

_PATH = re.compile(
    r"/apis?/(?:policy/)?v1/namespaces/(?P<namespace>[^/]+)/(?P<resource>[a-z]+)"
    r"(?:/(?P<name>[^/]+))?(?:/(?P<part>[a-z]+))?"
)
_TABLE = "as=Table"
_KEYS = {"containers": "name", "ephemeralContainers": "name", "conditions": "type"}
_CONNECTS = {
    "exec": PodExecOptions(command=("ls",)),
    "attach": PodAttachOptions(),
    "portforward": PodPortForwardOptions(),
    "proxy": PodProxyOptions(),
}


@attrs.frozen
class Response:
    code: int
    body: Any


class PodReplay:
    """Answers requests from a PodStorage and a Store of budgets in *storage*."""

    def __init__(self, storage: Interface[Any], clock: Clock) -> None:
        self.scheme = core_scheme()
        self.codec = Codec(self.scheme)
        self.clock = clock
        pods = PodStorage(storage, clock=clock, codec=self.codec)
        self.parts = pods.rest_storage_map()
        rules = Strategy(BUDGETS, status_subresource=True)
        self.parts["poddisruptionbudgets"] = Store(BUDGETS, storage, rules)
        self.parts["poddisruptionbudgets/status"] = Store(
            BUDGETS, storage, rules, update_strategy=StatusStrategy(BUDGETS)
        )

    def answer(self, step: dict[str, Any]) -> Response:
        found = _PATH.fullmatch(step["path"])
        assert found is not None, step["path"]
        ctx = Context(namespace=found["namespace"])
        part = "/".join(filter(None, (found["resource"], found["part"])))
        try:
            code, body = self._answer(ctx, part, found["name"] or "", step)
        except StatusError as error:
            code, body = error.status.code, self.codec.to_dict(error.status)
        return Response(code, body)

    def _answer(self, ctx: Context, part: str, name: str, step: dict[str, Any]) -> tuple[int, Any]:
        served, verb = self.parts[part], step["do"]
        if found := _CONNECTS.get(part.partition("/")[2]):
            served.connect(ctx, name, found)
            raise AssertionError("nothing can be connected to here")
        if part == "pods/log":
            with served.get(ctx, name, _log_options(step.get("query", {}))) as stream:
                text = stream.read_all(timeout=5)
            return (200 if text else 204), text.decode()
        if part in ("pods/binding", "pods/eviction", "bindings"):
            return self._create_part(ctx, served, part, name, step["body"])
        return getattr(self, f"_{verb}")(ctx, served, name, step)

    def _create_part(
        self, ctx: Context, served: Any, part: str, name: str, body: dict[str, Any]
    ) -> tuple[int, Any]:
        cls = Eviction if part == "pods/eviction" else Binding
        obj = self.codec.from_dict(body, cls)
        arguments = (obj,) if part == "bindings" else (name, obj)
        status = served.create(ctx, *arguments)
        assert isinstance(status, Status)
        status.code = status.code or 201
        return status.code, self.codec.to_dict(status)

    def _create(self, ctx: Context, served: Any, name: str, step: Any) -> tuple[int, Any]:
        obj = self.codec.from_dict(step["body"], served.resource.cls)
        self.scheme.set_defaults(obj)
        wipe(obj.metadata)
        return 201, self.codec.to_dict(served.create(ctx, obj, options=CreateOptions()))

    def _get(self, ctx: Context, served: Any, name: str, step: Any) -> tuple[int, Any]:
        obj = served.get(ctx, name)
        if _TABLE in step.get("headers", {}).get("Accept", ""):
            return 200, self._table(served, obj)
        return 200, self.codec.to_dict(obj)

    def _list(self, ctx: Context, served: Any, name: str, step: Any) -> tuple[int, Any]:
        assert _TABLE in step["headers"]["Accept"]
        return 200, self._table(served, served.list(ctx))

    def _table(self, served: Any, obj: Any) -> Any:
        table = served.tables.convert_to_table(obj, now=self.clock.now())
        document = {
            "kind": "Table",
            "columnDefinitions": [
                {
                    key: getattr(column, key)
                    for key in ("name", "type", "format", "description", "priority")
                }
                for column in table.column_definitions
            ],
            "rows": [{"cells": row.cells} for row in table.rows],
        }
        if not isinstance(obj, Pod):
            assert len(table.rows) == len(obj.items)
        return document

    def _patch(self, ctx: Context, served: Any, name: str, step: Any) -> tuple[int, Any]:
        cls = PodDisruptionBudget if "poddisruptionbudgets" in step["path"] else PODS.cls

        def change(obj: Any) -> Any:
            document = merged(self.codec.to_dict(obj), step["body"], step["kind"])
            made = self.codec.decode_strict(json.dumps(document).encode(), cls).obj
            self.scheme.set_defaults(made)
            return made

        return 200, self.codec.to_dict(served.modify(ctx, name, change))

    def _delete(self, ctx: Context, served: Any, name: str, step: Any) -> tuple[int, Any]:
        query, body = step.get("query", {}), step.get("body") or {}
        options = self.codec.from_dict(body, DeleteOptions) if body else DeleteOptions()
        if "gracePeriodSeconds" in query:
            options = attrs.evolve(options, grace_period_seconds=int(query["gracePeriodSeconds"]))
        if "dryRun" in query:
            options = attrs.evolve(options, dry_run=(query["dryRun"],))
        if "propagationPolicy" in query:
            options = attrs.evolve(options, propagation_policy=query["propagationPolicy"])
        deleted: Deleted[Any] = served.delete(ctx, name, options=options)
        return 200, self.codec.to_dict(deleted.result)


def _log_options(query: dict[str, str]) -> PodLogOptions:
    tail = query.get("tailLines")
    return PodLogOptions(
        container=query.get("container", ""), tail_lines=int(tail) if tail else None
    )


def merged(document: Any, patch: Any, kind: str) -> Any:
    """*document* after a merge patch, or a strategic one as far as these recordings go."""
    if not (isinstance(document, dict) and isinstance(patch, dict)):
        return patch
    result = dict(document)
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        elif kind == "strategic" and key in _KEYS and isinstance(value, list):
            result[key] = _by_key(result.get(key, []), value, _KEYS[key])
        else:
            result[key] = merged(result.get(key, {}), value, kind)
    return result


def _by_key(items: list[Any], patches: list[Any], key: str) -> list[Any]:
    """Items that are named change in their place; new ones stand in front."""
    known = {patch[key]: patch for patch in patches}
    kept = [{**item, **known.pop(item[key], {})} for item in items]
    return [*known.values(), *kept]
