"""Stores answer as a real API server did: recorded conversations, replayed without HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from recordings import Recording, differences, dig, filled, load

from kregistry.core import v1
from kregistry.core.coordination_v1 import Lease
from kregistry.core.pod.strategy import PODS, PodStrategy
from kregistry.core.scheme import core_scheme
from kregistry.meta.context import Context
from kregistry.meta.errors import StatusError
from kregistry.meta.object import Object, ObjectList
from kregistry.meta.objectmeta import ObjectMeta
from kregistry.meta.options import (
    CreateOptions,
    DeleteOptions,
    GetOptions,
    ListOptions,
    UpdateOptions,
)
from kregistry.registry import (
    DefaultUpdatedObjectInfo,
    ErrorList,
    Store,
    Strategy,
    UpdatedObjectInfo,
    error_to_status,
)
from kregistry.registry.validation import validate_object_meta_update
from kregistry.runtime.codec import Codec
from kregistry.runtime.resource import Resource
from kregistry.storage import Interface

SCHEME = core_scheme()
CODEC = Codec(SCHEME)

REPLAYED = [
    "create_bad_names",
    "create_dry_run",
    "create_generate_name",
    "create_labels_annotations_invalid",
    "create_namespace_mismatch",
    "create_no_name",
    "create_pod_twice",
    "create_server_owned_fields",
    "create_with_resource_version",
    "delete_collection",
    "delete_dry_run",
    "delete_pending_pod",
    "delete_preconditions",
    "delete_propagation",
    "delete_with_finalizer",
    "get_missing",
    "list_bad_options",
    "list_chunks",
    "list_chunks_selector",
    "list_empty",
    "list_field_selectors",
    "list_label_selectors",
    "list_resource_version",
    "patch_merge",
    "update_conflict",
    "update_create_on_update",
    "update_dry_run",
    "update_name_mismatch",
    "update_noop_keeps_version",
    "update_server_owned_metadata",
    "update_uid_mismatch",
    "update_unconditional",
    "watch_bad_version",
    "watch_finalizer_life",
    "watch_from_now",
    "watch_initial_state",
    "watch_replay_past",
    "watch_selector_transitions",
    "watch_send_initial_events",
    "watch_single_object",
    "watch_too_old",
]

#: Steps that are refused by who reads the request, and why.
ELSEWHERE = {
    ("patch_merge", 5): "what is no object is no patch",
    ("list_bad_options", 7): "a limit that is no number is no ListOptions",
    ("list_bad_options", 8): "a time that is no number is no ListOptions",
}


class Uncounted(Strategy[Any]):
    """The rules of kinds without a generation, which check metadata themselves once more."""

    def prepare_for_create(self, ctx: Context, obj: Any) -> None:
        pass

    def prepare_for_update(self, ctx: Context, obj: Any, old: Any) -> None:
        pass

    def validate_update(self, ctx: Context, obj: Any, old: Any) -> ErrorList:
        return validate_object_meta_update(obj.metadata, old.metadata)


class CreatedOnUpdate(Uncounted):
    def allow_create_on_update(self) -> bool:
        return True


class MergePatch(UpdatedObjectInfo[Any]):
    """The stored object with a JSON merge patch applied."""

    def __init__(self, patch: Mapping[str, Any]) -> None:
        self._patch = patch

    def updated_object(self, ctx: Context, old: Any) -> Any:
        return CODEC.from_dict(merged(CODEC.to_dict(old), self._patch), type(old))


def merged(target: Any, patch: Any) -> Any:
    if not isinstance(patch, Mapping):
        return patch
    result = dict(target) if isinstance(target, Mapping) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value)
    return result


class Server:
    """What stands between a request and a Store, as far as the recordings need it."""

    def __init__(self, storage: Interface[Object]) -> None:
        configmaps = Resource(v1.ConfigMap, plural="configmaps")
        leases = Resource(Lease, plural="leases")
        self.stores: dict[str, Store[Any]] = {
            "pods": Store(PODS, storage, PodStrategy(), return_deleted_object=True),
            "configmaps": Store(configmaps, storage, Uncounted(configmaps)),
            "leases": Store(leases, storage, CreatedOnUpdate(leases)),
        }
        for number in range(10):  # so that no revision is the 8 of k8s.io in a message
            filler = v1.ConfigMap(metadata=ObjectMeta(name=f"filler-{number}"))
            self.stores["configmaps"].create(Context(namespace="elsewhere"), filler)
        self.watches: dict[str, Any] = {}
        self.refused: StatusError | None = None

    def answer(self, step: dict[str, Any]) -> Any:
        """The body of the answer to *step*, or the events that a watch delivered."""
        try:
            return self.ask(step)
        except StatusError as error:
            return CODEC.to_dict(error_to_status(error))

    def ask(self, step: dict[str, Any]) -> Any:
        if step["do"] == "events" and self.refused is not None:
            raise self.refused
        parts = step["path"].split("/namespaces/")[-1].split("/")
        ctx, store = Context(namespace=parts[0]), self.stores[parts[1]]
        query = step.get("query") or {}
        body = step.get("body") or {}
        dry_run = (query["dryRun"],) if "dryRun" in query else tuple(body.get("dryRun", ()))
        match step["do"]:
            case "create":
                obj = self.decoded(store, body)
                made = store.create(ctx, obj, options=CreateOptions(dry_run=dry_run))
                return CODEC.to_dict(made)
            case "get":
                version = query.get("resourceVersion", "")
                return CODEC.to_dict(store.get(ctx, parts[2], GetOptions(resource_version=version)))
            case "list":
                return self.told(store.list(ctx, list_options(query)))
            case "deletecollection":
                gone = store.delete_collection(
                    ctx,
                    options=DeleteOptions(dry_run=dry_run),
                    list_options=list_options(query),
                )
                return self.told(gone)
            case "update" | "patch":
                info: UpdatedObjectInfo[Any] = MergePatch(body)
                if step["do"] == "update":
                    info = DefaultUpdatedObjectInfo(self.decoded(store, body))
                options = UpdateOptions(dry_run=dry_run)
                return CODEC.to_dict(store.update(ctx, parts[2], info, options=options).obj)
            case "delete":
                asked = {**body, **query, "dryRun": list(dry_run)}
                options_ = CODEC.from_dict(asked, DeleteOptions)
                return CODEC.to_dict(store.delete(ctx, parts[2], options=options_).result)
        raise AssertionError(f"no such step: {step['do']}")

    def decoded(self, store: Store[Any], body: dict[str, Any]) -> Any:
        obj = CODEC.from_dict(body, store.resource.cls)
        SCHEME.set_defaults(obj)
        return obj

    def told(self, found: ObjectList[Any]) -> Any:
        told = CODEC.to_dict(found)
        for item in told.get("items", []):
            item.pop("apiVersion", None), item.pop("kind", None)
        return told

    def watch(self, step: dict[str, Any]) -> None:
        parts = step["path"].split("/namespaces/")[-1].split("/")
        ctx = Context(namespace=parts[0])
        options = list_options(step.get("query") or {})
        try:
            self.watches[step["as"]] = self.stores[parts[1]].watch(ctx, options)
        except StatusError as error:
            self.refused = error

    def events(self, watch: str, count: int) -> list[dict[str, Any]]:
        found = []
        for _ in range(count):
            event = self.watches[watch].next(timeout=10)
            assert event is not None
            found.append({"type": str(event.type), "object": CODEC.to_dict(event.object)})
        return found

    def close(self) -> None:
        for watch in self.watches.values():
            watch.stop()


def list_options(query: dict[str, str]) -> ListOptions:
    initial = query.get("sendInitialEvents")
    return ListOptions(
        label_selector=query.get("labelSelector", ""),
        field_selector=query.get("fieldSelector", ""),
        resource_version=query.get("resourceVersion", ""),
        resource_version_match=query.get("resourceVersionMatch", ""),
        limit=int(query.get("limit", "0")),
        continue_=query.get("continue", ""),
        allow_watch_bookmarks=query.get("allowWatchBookmarks") == "true",
        send_initial_events=None if initial is None else initial == "true",
    )


def replay(recording: Recording, server: Server) -> list[str]:
    """Where the answers differ from the recorded ones."""
    normalize, saved, found = recording.normalizer(), {}, []
    answers = iter(recording.answers)
    for number, raw in enumerate(recording.steps):
        if (recording.name, number) in ELSEWHERE:
            next(answers)
            continue
        step = filled(raw, saved)
        normalize.asked(step.get("body"))
        if step["do"] == "watch":
            server.watch(step)
            continue
        want = next(answers)
        if "events" in want:
            got: Any = server.events(step["of"], len(want["events"]))
            found += differences(want["events"], normalize(got), "events")
            continue
        got = server.answer(step)
        if "as" in step:
            saved[step["as"]] = got
        normal = normalize(got)
        if "only" in step:
            normal = {path: dig(normal, path) for path in step["only"]}
        where = f"{step['do']} {step.get('path', '')}"
        found += differences(want["body"], normal, where)
    return found


@pytest.mark.parametrize("name", REPLAYED)
def test_a_store_answers_as_the_api_server_did(name: str, storage: Interface[Object]) -> None:
    server = Server(storage)
    try:
        assert replay(load(name), server) == []
    finally:
        server.close()
