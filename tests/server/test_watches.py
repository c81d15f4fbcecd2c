"""A watch is an answer that comes bit by bit, for threads and for coroutines alike."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from asking import CONFIGMAPS, Client, config_map

from kregistry.meta.context import Cancellation
from kregistry.meta.gvk import GroupVersion
from kregistry.meta.object import Object
from kregistry.meta.options import ListOptions
from kregistry.meta.table import Table
from kregistry.registry import TableConvertor
from kregistry.runtime import Codec
from kregistry.server import APIServer, EventStream, Request, Settings
from kregistry.server.call import Call
from kregistry.server.handlers.watch import _seconds
from kregistry.server.requestinfo import request_info
from kregistry.server.routes import find_route
from kregistry.server.scope import RequestScope, Tools
from kregistry.storage import Config, Interface, factory

TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
PARTIAL = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"
END = "k8s.io/initial-events-end"


def take(stream: EventStream, count: int) -> list[Any]:
    return [json.loads(next(stream.frames)) for _ in range(count)]


def watch(client: Client, path: str = CONFIGMAPS, **more: Any) -> EventStream:
    query = {"watch": "1", "timeoutSeconds": "20", **more.pop("query", {})}
    return client.stream(path, query=query, **more)


def test_each_event_is_a_line_of_json(client: Client) -> None:
    client.post(CONFIGMAPS, config_map("a"))
    with watch(client) as stream:
        assert stream.status == 200
        assert stream.headers.get("content-type") == "application/json"
        assert stream.headers.get("cache-control") == "no-cache, private"
        frame = next(stream.frames)
        assert frame.endswith(b"}\n")
        assert frame.count(b"\n") == 1
        event = json.loads(frame)
        assert (event["type"], event["object"]["kind"]) == ("ADDED", "ConfigMap")
        client.patch(f"{CONFIGMAPS}/a", {"data": {"b": "2"}})
        client.delete(f"{CONFIGMAPS}/a")
        changed, deleted = take(stream, 2)
        assert (changed["type"], deleted["type"]) == ("MODIFIED", "DELETED")
        versions = [int(each["object"]["metadata"]["resourceVersion"]) for each in (event, changed)]
        assert versions == sorted(versions)


def test_the_version_in_an_answer_is_the_version_in_the_event(client: Client) -> None:
    with watch(client) as stream:
        version = client.post(CONFIGMAPS, config_map("a")).body["metadata"]["resourceVersion"]
        (event,) = take(stream, 1)
        assert event["object"]["metadata"]["resourceVersion"] == version


def test_a_watch_for_one_object_in_the_old_way(client: Client) -> None:
    for name in ("a", "b"):
        client.post(CONFIGMAPS, config_map(name))
    path = "/api/v1/watch/namespaces/default/configmaps/b"
    with client.stream(path, query={"timeoutSeconds": "20"}) as stream:
        (event,) = take(stream, 1)
        assert event["object"]["metadata"]["name"] == "b"
    told = client.get(path, query={"fieldSelector": "metadata.name=a"})
    assert told.status == 400
    assert told.message == "fieldSelector metadata.name doesn't match requested name"
    with client.stream(path, query={"fieldSelector": "metadata.name=b"}) as stream:
        assert take(stream, 1)[0]["object"]["metadata"]["name"] == "b"


def test_a_watch_of_all_namespaces_in_the_old_way(client: Client) -> None:
    client.post(CONFIGMAPS, config_map("a"))
    client.post(CONFIGMAPS.replace("default", "kube-system"), config_map("b"))
    with client.stream("/api/v1/watch/configmaps", query={"timeoutSeconds": "20"}) as stream:
        assert [event["object"]["metadata"]["name"] for event in take(stream, 2)] == ["a", "b"]


def test_initial_events_end_with_a_bookmark(client: Client) -> None:
    client.post(CONFIGMAPS, config_map("a"))
    with watch(client, query={"allowWatchBookmarks": "1"}) as stream:
        added, end = take(stream, 2)
    assert (added["type"], end["type"]) == ("ADDED", "BOOKMARK")
    assert end["object"]["metadata"]["annotations"] == {END: "true"}
    assert end["object"]["kind"] == "ConfigMap"
    assert set(end["object"]) == {"apiVersion", "kind", "metadata"}


def test_bookmarks_come_as_time_goes_by(memory: Interface[Object]) -> None:
    server = APIServer(memory, Settings(bookmark_seconds=0.01))
    server.create_namespaces()
    client = Client(server)
    version = client.get(CONFIGMAPS).body["metadata"]["resourceVersion"]
    with watch(client, query={"allowWatchBookmarks": "1", "resourceVersion": version}) as stream:
        first, second = take(stream, 2)
    assert first["type"] == second["type"] == "BOOKMARK"
    assert first["object"]["metadata"]["resourceVersion"] == version
    assert "annotations" not in first["object"]["metadata"]


def test_a_bookmark_tells_of_changes_that_were_none_of_the_watchers_business(
    memory: Interface[Object],
) -> None:
    server = APIServer(memory, Settings(bookmark_seconds=0.01))
    server.create_namespaces()
    client = Client(server)
    query = {"allowWatchBookmarks": "1", "resourceVersion": "1", "labelSelector": "a=b"}
    with watch(client, query=query) as stream:
        version = client.post(CONFIGMAPS, config_map("a")).body["metadata"]["resourceVersion"]
        for _ in range(100):
            (event,) = take(stream, 1)
            assert event["type"] == "BOOKMARK"
            if event["object"]["metadata"]["resourceVersion"] == version:
                return
    raise AssertionError("the bookmarks stood still")


def test_who_understands_no_bookmarks_gets_none(memory: Interface[Object]) -> None:
    server = APIServer(memory, Settings(bookmark_seconds=0.001))
    server.create_namespaces()
    stream = watch(Client(server), query={"resourceVersion": "1", "timeoutSeconds": "1"})
    assert list(stream.frames) == []


def test_a_watch_ends_as_if_nothing_had_happened_when_its_time_is_over(client: Client) -> None:
    client.post(CONFIGMAPS, config_map("a"))
    stream = watch(client, query={"timeoutSeconds": "1"})
    assert [json.loads(frame)["type"] for frame in stream.frames] == ["ADDED"]
    assert list(stream.frames) == []


@pytest.mark.parametrize(("chance", "least"), [(0.0, 100.0), (0.999, 199.0)])
def test_a_watch_that_says_nothing_lasts_for_a_random_while(
    chance: float, least: float, client: Client
) -> None:
    request = Request(path=CONFIGMAPS)
    info = request_info(request)
    route = find_route(client.server.resources, "GET", info)
    assert route is not None
    tools = Tools(codec=Codec(), chance=lambda: chance, min_watch_seconds=100.0)
    scope = RequestScope(call=Call(request=request, info=info), route=route, tools=tools)
    assert least <= _seconds(scope, ListOptions()) < 200
    assert _seconds(scope, ListOptions(timeout_seconds=7)) == 7


def test_a_start_that_is_gone_is_an_error_event_and_the_end(
    client: Client, memory: Interface[Object]
) -> None:
    for name in ("a", "b", "c"):
        client.post(CONFIGMAPS, config_map(name))
    memory.compact(int(client.get(CONFIGMAPS).body["metadata"]["resourceVersion"]))
    frames = list(watch(client, query={"resourceVersion": "2"}).frames)
    (event,) = map(json.loads, frames)
    assert event["type"] == "ERROR"
    assert (event["object"]["kind"], event["object"]["code"]) == ("Status", 410)
    assert event["object"]["reason"] == "Expired"


def test_an_event_that_cannot_be_told_is_an_error_and_the_end(
    memory: Interface[Object], caplog: pytest.LogCaptureFixture
) -> None:
    server = APIServer(memory)
    server.create_namespaces()
    client = Client(server)
    served = server.resources.find(GroupVersion("", "v1"), "configmaps")
    assert served is not None

    class Broken(TableConvertor[Any]):
        def convert_to_table(self, obj: Any, **_: Any) -> Table:
            raise ZeroDivisionError("secret detail")

    served.endpoint.door.tables = Broken()
    client.post(CONFIGMAPS, config_map("a"))
    (frame,) = watch(client, headers={"accept": TABLE}).frames
    event = json.loads(frame)
    assert (event["type"], event["object"]["reason"]) == ("ERROR", "InternalError")
    assert "secret" not in event["object"]["message"]
    assert "ZeroDivisionError" in caplog.text


@pytest.mark.parametrize("seconds", ["-1", "-9223372036854775808"])
def test_a_watch_without_time_ends_at_once(client: Client, seconds: str) -> None:
    assert list(watch(client, query={"timeoutSeconds": seconds}).frames) == []


def test_a_watch_may_last_longer_than_the_world(client: Client) -> None:
    stream = watch(client, query={"timeoutSeconds": str(2**63 - 1), "allowWatchBookmarks": "1"})
    client.post(CONFIGMAPS, config_map("a"))
    assert take(stream, 2)[-1]["type"] == "ADDED"
    client.post(CONFIGMAPS, config_map("b"))
    assert len(asyncio.run(taken(stream, 1))) == 1
    stream.close()


def test_a_cancelled_request_ends(server: APIServer) -> None:
    cancellation = Cancellation()
    request = Request.of_target("GET", f"{CONFIGMAPS}?watch=1")
    answer = server.handle(request, cancellation=cancellation)
    assert isinstance(answer, EventStream)
    timer = threading.Timer(0.05, cancellation.cancel)
    timer.start()
    assert list(answer.frames) == []
    timer.join(timeout=5)


def test_who_leaves_ends_the_watch(client: Client) -> None:
    stream = watch(client)
    stream.close()
    stream.close()
    assert list(stream.frames) == []


def test_a_store_that_is_closed_ends_its_watches() -> None:
    with factory.create(Config()) as storage:
        stream = watch(Client(APIServer(storage)))
    assert list(stream.frames) == []


# Other forms.


def test_a_table_says_once_what_its_columns_are(client: Client) -> None:
    client.post(CONFIGMAPS, config_map("a"))
    query = {"allowWatchBookmarks": "1", "includeObject": "Object"}
    with watch(client, headers={"accept": TABLE}, query=query) as stream:
        first, end = take(stream, 2)
        client.post(CONFIGMAPS, config_map("b"))
        (second,) = take(stream, 1)
    assert [column["name"] for column in first["object"]["columnDefinitions"]] == [
        "Name",
        "Data",
        "Age",
    ]
    assert first["object"]["rows"][0]["object"]["kind"] == "ConfigMap"
    assert end["object"]["rows"][0]["object"]["kind"] == "PartialObjectMetadata"
    assert end["object"]["rows"][0]["object"]["metadata"]["annotations"] == {END: "true"}
    assert second["object"]["columnDefinitions"] == []
    assert second["object"]["rows"][0]["cells"][0] == "b"


def test_a_watch_of_metadata_alone(client: Client) -> None:
    client.post(CONFIGMAPS, config_map("a"))
    with watch(client, headers={"accept": PARTIAL}) as stream:
        (event,) = take(stream, 1)
    assert event["object"]["kind"] == "PartialObjectMetadata"
    assert "data" not in event["object"]


def test_an_error_event_is_a_status_in_every_form(
    client: Client, memory: Interface[Object]
) -> None:
    client.post(CONFIGMAPS, config_map("a"))
    memory.compact(int(client.get(CONFIGMAPS).body["metadata"]["resourceVersion"]))
    stream = watch(client, headers={"accept": TABLE}, query={"resourceVersion": "1"})
    assert json.loads(next(stream.frames))["object"]["kind"] == "Status"


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"fieldSelector": "nope=1"}, 400),
        ({"labelSelector": "a in"}, 400),
        ({"timeoutSeconds": "x"}, 400),
        ({"sendInitialEvents": "true"}, 422),
        ({"resourceVersionMatch": "NotOlderThan"}, 422),
        ({"resourceVersion": "abc"}, 500),
    ],
)
def test_what_is_wrong_with_a_watch_is_told_before_it_begins(
    client: Client, query: dict[str, str], status: int
) -> None:
    told = client.get(CONFIGMAPS, query={"watch": "1", **query})
    assert (told.status, told.body["kind"]) == (status, "Status")


def test_a_watch_in_yaml_cannot_be_had(client: Client) -> None:
    told = client.get(CONFIGMAPS, query={"watch": "1"}, headers={"accept": "application/yaml"})
    assert told.status == 406


# Coroutines.


async def taken(stream: EventStream, count: int) -> list[Any]:
    events = []
    async with asyncio.timeout(10):
        async for frame in stream.frames:
            events.append(json.loads(frame))
            if len(events) == count:
                break
    return events


def test_a_coroutine_gets_the_same_events(client: Client) -> None:
    async def main() -> list[Any]:
        stream = watch(client)
        reading = asyncio.create_task(taken(stream, 2))
        await asyncio.sleep(0)
        client.post(CONFIGMAPS, config_map("a"))
        await asyncio.to_thread(client.delete, f"{CONFIGMAPS}/a")
        events = await reading
        stream.close()
        return events

    assert [event["type"] for event in asyncio.run(main())] == ["ADDED", "DELETED"]


def test_a_watch_that_a_coroutine_reads_ends_in_time(client: Client) -> None:
    async def main() -> list[Any]:
        stream = watch(client, query={"timeoutSeconds": "1"})
        return [frame async for frame in stream.frames]

    assert asyncio.run(main()) == []


def test_a_coroutine_gets_bookmarks(memory: Interface[Object]) -> None:
    server = APIServer(memory, Settings(bookmark_seconds=0.01))
    server.create_namespaces()

    async def main() -> list[Any]:
        query = {"allowWatchBookmarks": "1", "resourceVersion": "1"}
        return await taken(watch(Client(server), query=query), 2)

    assert [event["type"] for event in asyncio.run(main())] == ["BOOKMARK", "BOOKMARK"]


def test_a_thousand_watches_cost_no_thread(client: Client) -> None:
    before = threading.active_count()

    async def main() -> int:
        streams = [watch(client, query={"resourceVersion": "1"}) for _ in range(1000)]
        readers = [asyncio.create_task(taken(stream, 1)) for stream in streams]
        await asyncio.sleep(0)
        client.post(CONFIGMAPS, config_map("a"))
        during = threading.active_count()
        found = await asyncio.gather(*readers)
        for stream in streams:
            stream.close()
        assert all(len(events) == 1 for events in found)
        return during

    assert asyncio.run(main()) <= before + 1


def test_no_event_is_lost_when_bookmarks_come_thick_and_fast(memory: Interface[Object]) -> None:
    server = APIServer(memory, Settings(bookmark_seconds=0.0005))
    server.create_namespaces()
    client = Client(server)

    def names(events: Iterator[bytes]) -> list[str]:
        found: list[str] = []
        deadline = time.monotonic() + 20
        for frame in events:
            event = json.loads(frame)
            if event["type"] != "BOOKMARK":
                found.append(event["object"]["metadata"]["name"])
            if len(found) == 50 or time.monotonic() > deadline:
                break
        return found

    query = {"allowWatchBookmarks": "1", "resourceVersion": "1"}
    with watch(client, query=query) as stream:
        writer = threading.Thread(
            target=lambda: [client.post(CONFIGMAPS, config_map(f"c{n:02}")) for n in range(50)]
        )
        writer.start()
        found = names(stream.frames)
        writer.join(timeout=20)
    assert found == [f"c{number:02}" for number in range(50)]
