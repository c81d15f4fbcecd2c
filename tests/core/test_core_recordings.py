"""The built-in kinds answer as a real API server did: recorded conversations, without HTTP.

What is replayed here is about ConfigMaps, Leases, Namespaces and Deployments; Pods have tests
of their own. Where a recording has a step that no Store answers, such as the admission of new
content into a dying namespace, that step is left out and said so below.
"""

from __future__ import annotations

from typing import Any

import pytest
from kinds import CODEC, SCHEME
from recordings import Recording, differences, dig, filled, load

from kregistry.core.storages import core_storages
from kregistry.meta.context import Context
from kregistry.meta.errors import StatusError
from kregistry.meta.object import Object
from kregistry.meta.options import (
    CreateOptions,
    DeleteOptions,
    ListOptions,
    UpdateOptions,
)
from kregistry.registry import DefaultUpdatedObjectInfo, Store, error_to_status
from kregistry.storage import Interface

REPLAYED = [
    "delete_collection",
    "generation_bumps_on_spec_only",
    "list_chunks",
    "list_chunks_selector",
    "list_label_selectors",
    "namespace_life",
    "update_dry_run",
    "update_name_mismatch",
    "update_noop_keeps_version",
    "update_server_owned_metadata",
    "update_uid_mismatch",
    "update_unconditional",
]

#: Steps that somebody else answers: admission refuses content for a dying namespace.
ELSEWHERE = {"namespace_life": {3}}


class Server:
    """What stands between a request and a Store, as far as these recordings need it."""

    def __init__(self, storage: Interface[Object]) -> None:
        self.stores: dict[str, Any] = dict(core_storages(storage))
        for number in range(10):  # so that no revision is the 8 of k8s.io in a message
            filler = CODEC.from_dict({"metadata": {"name": f"filler-{number}"}}, self.cls("events"))
            self.stores["events"].create(Context(namespace="default"), filler)

    def cls(self, plural: str) -> Any:
        return self.stores[plural].resource.cls

    def answer(self, step: dict[str, Any]) -> Any:
        try:
            return self.ask(step)
        except StatusError as error:
            return CODEC.to_dict(error_to_status(error))

    def ask(self, step: dict[str, Any]) -> Any:
        ctx, plural, name = routed(step["path"])
        store: Store[Any] = self.stores[plural]
        query, body = step.get("query") or {}, step.get("body") or {}
        dry_run = (query["dryRun"],) if "dryRun" in query else tuple(body.get("dryRun", ()))
        match step["do"]:
            case "create":
                options = CreateOptions(dry_run=dry_run)
                return CODEC.to_dict(store.create(ctx, self.decoded(store, body), options=options))
            case "get":
                return CODEC.to_dict(store.get(ctx, name))
            case "list":
                return listed(store.list(ctx, list_options(query)))
            case "update":
                info = DefaultUpdatedObjectInfo(self.decoded(store, body))
                updated = store.update(ctx, name, info, options=UpdateOptions(dry_run=dry_run))
                return CODEC.to_dict(updated.obj)
            case "patch":
                return CODEC.to_dict(store.modify(ctx, name, lambda old: patched(old, body)))
            case "delete":
                asked = CODEC.from_dict({**body, "dryRun": list(dry_run)}, DeleteOptions)
                return CODEC.to_dict(store.delete(ctx, name, options=asked).result)
            case "deletecollection":
                wanted = DeleteOptions(dry_run=dry_run)
                gone = store.delete_collection(
                    ctx, options=wanted, list_options=list_options(query)
                )
                return listed(gone)
        raise AssertionError(f"no such step: {step['do']}")

    def decoded(self, store: Store[Any], body: dict[str, Any]) -> Any:
        obj = CODEC.from_dict(body, store.resource.cls)
        SCHEME.set_defaults(obj)
        return obj


def routed(path: str) -> tuple[Context, str, str]:
    """Namespace, key of the storage map, and name that *path* means."""
    parts = path.strip("/").split("/")
    parts = parts[2:] if parts[0] == "api" else parts[3:]
    ctx = Context()
    if parts[0] == "namespaces" and len(parts) > 2 and parts[2] not in ("status", "finalize"):
        ctx, parts = Context(namespace=parts[1]), parts[2:]
    plural, name, subresource = (*parts, "", "")[:3]
    return ctx, f"{plural}/{subresource}" if subresource else plural, name


def patched(old: Any, patch: dict[str, Any]) -> Any:
    return CODEC.from_dict(merged(CODEC.to_dict(old), patch), type(old))


def merged(target: Any, patch: Any) -> Any:
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value)
    return result


def listed(found: Any) -> Any:
    told = CODEC.to_dict(found)
    for item in told.get("items", []):
        item.pop("apiVersion", None), item.pop("kind", None)
    return told


def list_options(query: dict[str, str]) -> ListOptions:
    return ListOptions(
        label_selector=query.get("labelSelector", ""),
        field_selector=query.get("fieldSelector", ""),
        resource_version=query.get("resourceVersion", ""),
        resource_version_match=query.get("resourceVersionMatch", ""),
        limit=int(query.get("limit", "0")),
        continue_=query.get("continue", ""),
    )


def replay(recording: Recording, server: Server) -> list[str]:
    normalize, saved, found = recording.normalizer(), {}, []
    for number, (raw, want) in enumerate(recording.exchanges()):
        if number in ELSEWHERE.get(recording.name, ()):
            continue
        step = filled(raw, saved)
        normalize.asked(step.get("body"))
        got = server.answer(step)
        if "as" in step:
            saved[step["as"]] = got
        normal = normalize(got)
        if "only" in step:
            normal = {path: dig(normal, path) for path in step["only"]}
        found += differences(want["body"], normal, f"{step['do']} {step['path']}")
    return found


@pytest.mark.parametrize("name", REPLAYED)
def test_the_built_in_kinds_answer_as_the_api_server_did(
    name: str, storage: Interface[Object]
) -> None:
    assert replay(load(name), Server(storage)) == []
