"""Recorded requests about Pods, answered by a Store.

As much of a REST layer as the recordings of create, get, list and patch need: it reads a path
and a body, fills in defaults, and words errors of decoding. All rules are the library's.
"""

from __future__ import annotations

import copy
import json
import re
from typing import Any

import attrs

from kregistry.core.pod import PODS, PodStrategy
from kregistry.core.scheme import core_scheme
from kregistry.core.v1 import Pod
from kregistry.meta.context import Context
from kregistry.meta.errors import BadRequest, StatusError
from kregistry.meta.object import Object
from kregistry.meta.options import CreateOptions, ListOptions
from kregistry.registry import Store
from kregistry.registry.systemfields import wipe
from kregistry.runtime import Codec, DecodeError
from kregistry.storage import Interface

_PATH = re.compile(r"/api/v1/namespaces/(?P<namespace>[^/]+)/pods(?:/(?P<name>[^/]+))?")


@attrs.frozen
class Response:
    """What a client would get.

    Attributes:
        code: HTTP status.
        body: The JSON document.
        warnings: Values of the Warning header.
    """

    code: int
    body: Any
    warnings: list[str]


class PodRequests:
    """Answers requests from a Store of Pods in *storage*."""

    def __init__(self, storage: Interface[Object]) -> None:
        self.scheme = core_scheme()
        self.codec = Codec(self.scheme)
        self.store = Store(PODS, storage, PodStrategy(), codec=self.codec)

    def answer(self, step: dict[str, Any]) -> Response:
        """Do what *step* asks."""
        found = _PATH.fullmatch(step["path"])
        assert found is not None, step["path"]
        ctx = Context(namespace=found["namespace"])
        verb = getattr(self, f"_{step['do']}")
        try:
            code, body = verb(ctx, found["name"] or "", step)
        except StatusError as error:
            code, body = error.status.code, self.codec.to_dict(error.status)
        return Response(code, body, [f"299 - {json.dumps(text)}" for text in ctx.warnings])

    def _create(self, ctx: Context, name: str, step: dict[str, Any]) -> tuple[int, Any]:
        query = step.get("query", {})
        data = step["raw"].encode() if "raw" in step else json.dumps(step["body"]).encode()
        pod = self._decoded(ctx, data, query.get("fieldValidation", "Warn"))
        wipe(pod.metadata)
        options = CreateOptions(dry_run=[query["dryRun"]] if "dryRun" in query else [])
        return 201, self.codec.to_dict(self.store.create(ctx, pod, options=options))

    def _get(self, ctx: Context, name: str, step: dict[str, Any]) -> tuple[int, Any]:
        return 200, self.codec.to_dict(self.store.get(ctx, name))

    def _list(self, ctx: Context, name: str, step: dict[str, Any]) -> tuple[int, Any]:
        query = step.get("query", {})
        options = ListOptions(
            label_selector=query.get("labelSelector", ""),
            field_selector=query.get("fieldSelector", ""),
        )
        return 200, self.listed(self.codec.to_dict(self.store.list(ctx, options)))

    def _patch(self, ctx: Context, name: str, step: dict[str, Any]) -> tuple[int, Any]:
        def change(pod: Pod) -> Pod:
            document = merged(self.codec.to_dict(pod), step["body"], step["kind"])
            return self._decoded(ctx, json.dumps(document).encode(), "Warn")

        return 200, self.codec.to_dict(self.store.modify(ctx, name, change))

    def _decoded(self, ctx: Context, data: bytes, unknown: Any) -> Pod:
        """Raises BadRequest, as the API server words it."""
        try:
            decoded = self.codec.decode_strict(data, Pod, unknown=unknown)
        except DecodeError as error:
            raise BadRequest(error.handled_as("Pod")) from error
        for warning in decoded.warnings:
            ctx.warn(warning)
        self.scheme.set_defaults(decoded.obj)
        return decoded.obj

    @staticmethod
    def listed(body: dict[str, Any]) -> dict[str, Any]:
        """A list as the API server sends it: what all items have in common is said once."""
        for item in body["items"]:
            item.pop("apiVersion", None)
            item.pop("kind", None)
        return body


def merged(document: Any, patch: Any, kind: str) -> Any:
    """*document* after a merge patch, or after a strategic one that names containers.

    Only what the recordings of this folder need; patch proper is the server's business.
    """
    if not (isinstance(document, dict) and isinstance(patch, dict)):
        return copy.deepcopy(patch)
    result = dict(document)
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        elif kind == "strategic" and key == "containers":
            result[key] = _merged_by_name(result.get(key, []), value, kind)
        else:
            result[key] = merged(result.get(key), value, kind)
    return result


def _merged_by_name(items: list[Any], patches: list[Any], kind: str) -> list[Any]:
    """Containers that are named change in their place; new ones stand in front."""
    by_name = {patch["name"]: patch for patch in patches}
    kept = [merged(item, by_name.pop(item["name"], {}), kind) for item in items]
    return [*by_name.values(), *kept]
