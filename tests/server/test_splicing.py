"""Stored bytes are passed on only where they are what decoding and encoding would give."""

from __future__ import annotations

import json
from typing import Any

import pytest
from asking import CONFIGMAPS, PODS, Client, config_map, pod

from kregistry.core.configmap import CONFIG_MAPS
from kregistry.core.v1 import ConfigMap
from kregistry.meta.context import Context
from kregistry.meta.gvk import GroupVersion
from kregistry.meta.object import Object
from kregistry.meta.options import CreateOptions, GetOptions
from kregistry.registry.store import Store, ValidateObject
from kregistry.server import APIResource, APIServer, Endpoint
from kregistry.server.splicing import has_bytes
from kregistry.storage.interface import Interface

PRETTY = {"pretty": "1"}


class Reading(Store[ConfigMap]):
    """Says something that is not stored."""

    def get(
        self, ctx: Context, name: str, options: GetOptions | None = None, *, shared: bool = False
    ) -> ConfigMap:
        found = super().get(ctx, name, options)
        found.data["said"] = "by get"
        return found


class Writing(Store[ConfigMap]):
    """Says something about what it has just stored."""

    def after_create(self, obj: ConfigMap, options: CreateOptions) -> None:
        obj.data["said"] = "after create"


class Creating(Store[ConfigMap]):
    """Says something instead of what it has just stored."""

    def create(
        self,
        ctx: Context,
        obj: ConfigMap,
        *,
        validate: ValidateObject[ConfigMap] | None = None,
        options: CreateOptions | None = None,
    ) -> ConfigMap:
        made = super().create(ctx, obj, validate=validate, options=options)
        made.data["said"] = "by create"
        return made


def decorated(found: ConfigMap) -> None:
    found.data["said"] = "by a decorator"


def serving(storage: Interface[Object], store: type[Store[ConfigMap]], **options: Any) -> Client:
    """A client of a server whose config maps are those of another store."""
    server = APIServer(storage)
    server.create_namespaces()
    found = server.resources.find(GroupVersion("", "v1"), "configmaps")
    assert found is not None
    endpoint = Endpoint(
        gvk=found.endpoint.gvk,
        verbs=found.endpoint.verbs,
        door=store(CONFIG_MAPS, storage, **options),
    )
    server.resources.add(APIResource(resource=found.resource, endpoint=endpoint))
    return Client(server)


def test_an_object_is_told_the_same_with_and_without_splicing(client: Client) -> None:
    made = client.post(PODS, pod("web"))
    assert made.status == 201
    spliced, printed = client.get(f"{PODS}/web"), client.get(f"{PODS}/web", query=PRETTY)
    assert spliced.body == printed.body == made.body
    assert spliced.response.body.endswith(b"}\n")
    assert spliced.response.body.count(b"\n") == 1


@pytest.mark.parametrize("count", [0, 1, 3])
def test_a_list_is_told_the_same_with_and_without_splicing(client: Client, count: int) -> None:
    for number in range(count):
        client.post(CONFIGMAPS, config_map(f"c{number}", text='quotes " and \u00e4\n'))
    spliced, printed = client.get(CONFIGMAPS), client.get(CONFIGMAPS, query=PRETTY)
    assert spliced.body == printed.body
    assert len(spliced.body["items"]) == count
    assert all("kind" not in item for item in spliced.body["items"])


def test_a_page_is_told_the_same_with_and_without_splicing(client: Client) -> None:
    for number in range(3):
        client.post(CONFIGMAPS, config_map(f"c{number}"))
    spliced = client.get(CONFIGMAPS, query={"limit": 2})
    printed = client.get(CONFIGMAPS, query={"limit": 2, **PRETTY})
    assert spliced.body == printed.body
    assert spliced.body["metadata"]["remainingItemCount"] == 1


def test_a_kind_that_is_kept_in_another_version_is_not_spliced(client: Client) -> None:
    event = {
        "apiVersion": "events.k8s.io/v1",
        "kind": "Event",
        "metadata": {"name": "e"},
        "eventTime": "2026-01-02T03:04:05.000000Z",
        "action": "a",
        "reason": "r",
        "note": "told",
        "type": "Normal",
        "reportingController": "c.example/c",
        "reportingInstance": "i",
        "regarding": {"kind": "Pod", "name": "p", "namespace": "default"},
    }
    path = "/apis/events.k8s.io/v1/namespaces/default/events"
    assert client.post(path, event).body["note"] == "told"
    assert client.get(f"{path}/e").body["note"] == "told"
    assert client.get(path).body["items"][0]["note"] == "told"
    assert client.get("/api/v1/namespaces/default/events/e").body["message"] == "told"


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_a_dry_run_tells_what_would_be_stored(client: Client, method: str) -> None:
    client.post(CONFIGMAPS, config_map("a", k="old"))
    kind = "merge-patch+json" if method == "PATCH" else "json"
    headers = {"content-type": f"application/{kind}"}
    told = client.ask(
        method,
        f"{CONFIGMAPS}/a",
        config_map("a", k="new"),
        query={"dryRun": "All"},
        headers=headers,
    )
    assert told.body["data"] == {"k": "new"}
    assert client.get(f"{CONFIGMAPS}/a").body["data"] == {"k": "old"}


def test_a_store_with_ideas_of_its_own_about_reading_is_asked(memory: Interface[Object]) -> None:
    client = serving(memory, Reading)
    client.post(CONFIGMAPS, config_map("a", k="1"))
    assert client.get(f"{CONFIGMAPS}/a").body["data"] == {"k": "1", "said": "by get"}


def test_what_a_hook_says_about_a_new_object_is_told(memory: Interface[Object]) -> None:
    client = serving(memory, Writing)
    told = client.post(CONFIGMAPS, config_map("a", k="1"))
    assert told.body["data"] == {"k": "1", "said": "after create"}
    assert client.get(f"{CONFIGMAPS}/a").body["data"] == {"k": "1"}


def test_a_store_with_ideas_of_its_own_about_creating_is_asked(memory: Interface[Object]) -> None:
    client = serving(memory, Creating)
    told = client.post(CONFIGMAPS, config_map("a", k="1"))
    assert told.body["data"] == {"k": "1", "said": "by create"}
    assert client.get(f"{CONFIGMAPS}/a").body["data"] == {"k": "1"}


def test_a_rehearsed_create_tells_what_would_be_stored(client: Client) -> None:
    told = client.post(CONFIGMAPS, config_map("a", k="1"), query={"dryRun": "All"})
    assert told.status == 201
    assert told.body["data"] == {"k": "1"}
    assert "resourceVersion" not in told.body["metadata"]
    assert told.body["metadata"]["uid"]
    assert client.get(f"{CONFIGMAPS}/a").status == 404


def test_what_a_decorator_says_is_told_everywhere(memory: Interface[Object]) -> None:
    client = serving(memory, Store, decorator=decorated)
    said = {"k": "1", "said": "by a decorator"}
    made = client.post(CONFIGMAPS, config_map("a", k="1"))
    stream = client.stream(CONFIGMAPS, query={"watch": "1", "timeoutSeconds": "9"})
    with stream:
        event = json.loads(next(stream.frames))
    assert made.body["data"] == said
    assert client.get(f"{CONFIGMAPS}/a").body["data"] == said
    assert client.get(CONFIGMAPS).body["items"][0]["data"] == said
    assert event["object"]["data"] == said


def test_only_the_store_itself_has_bytes_for_its_objects(memory: Interface[Object]) -> None:
    assert has_bytes(Store(CONFIG_MAPS, memory))
    assert has_bytes(Writing(CONFIG_MAPS, memory))
    assert not has_bytes(Reading(CONFIG_MAPS, memory))
    assert not has_bytes(object())
    assert has_bytes(Reading(CONFIG_MAPS, memory), "create")
    assert not has_bytes(Creating(CONFIG_MAPS, memory), "create")


def test_watchers_in_two_forms_get_each_their_own(client: Client) -> None:
    query = {"watch": "1", "timeoutSeconds": "9"}
    partial = {
        "accept": "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1",
    }
    with (
        client.stream(CONFIGMAPS, query=query) as whole,
        client.stream(CONFIGMAPS, query=query) as same,
        client.stream(CONFIGMAPS, query=query, headers=partial) as part,
    ):
        made = client.post(CONFIGMAPS, config_map("a"))
        lines = [next(each.frames) for each in (whole, same, part)]
        client.delete(f"{CONFIGMAPS}/a")
        gone = json.loads(next(whole.frames))
    assert lines[0] == lines[1]
    assert json.loads(lines[0]) == {"type": "ADDED", "object": made.body}
    told = json.loads(lines[2])["object"]
    assert (told["kind"], told["metadata"]) == ("PartialObjectMetadata", made.body["metadata"])
    assert gone["type"] == "DELETED"
    version = gone["object"]["metadata"]["resourceVersion"]
    assert int(version) > int(made.body["metadata"]["resourceVersion"])
