"""Events."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from kinds import causes, cells, made

from kregistry.core.event import EventStore
from kregistry.core.v1 import Event
from kregistry.meta.context import Context
from kregistry.meta.errors import NotFound
from kregistry.meta.object import Object
from kregistry.meta.options import DeleteOptions, ListOptions
from kregistry.registry import DefaultUpdatedObjectInfo, Store
from kregistry.storage import EventType, Interface
from kregistry.testing.clock import FakeClock

ABOUT = {"kind": "Pod", "namespace": "default", "name": "web", "fieldPath": "spec.containers{c}"}
NEW: dict[str, Any] = {
    "involvedObject": ABOUT,
    "eventTime": "2026-01-01T00:00:00.000000Z",
    "reportingComponent": "shop.example/checker",
    "reportingInstance": "checker-1",
    "action": "Check",
    "reason": "Checked",
}


@pytest.fixture
def events(storage: Interface[Object], clock: FakeClock) -> Store[Event]:
    return EventStore(storage, ttl=60, clock=clock)


def test_an_event_expires_after_its_last_write(
    events: Store[Event], ctx: Context, clock: FakeClock
) -> None:
    events.create(ctx, made(Event, involvedObject=ABOUT))
    clock.advance(50)
    again = events.replace(ctx, made(Event, involvedObject=ABOUT, count=2))
    clock.advance(50)
    assert events.get(ctx, "a").count == 2
    since = ListOptions(resource_version=again.metadata.resource_version)
    with events.watch(ctx, since) as watch:
        clock.advance(20)
        gone = watch.next(timeout=30)
    assert gone is not None
    assert gone.type is EventType.DELETED
    with pytest.raises(NotFound):
        events.get(ctx, "a")


def test_an_update_creates_what_is_not_there(events: Store[Event], ctx: Context) -> None:
    info = DefaultUpdatedObjectInfo(made(Event, involvedObject=ABOUT))
    assert events.update(ctx, "a", info).created


@pytest.mark.parametrize(
    ("namespace", "about", "fits"),
    [
        ("default", "", True),
        ("default", "default", True),
        ("other", "other", True),
        ("other", "", False),
        ("other", "default", False),
    ],
)
def test_an_event_lies_beside_what_it_is_about(
    events: Store[Event], namespace: str, about: str, fits: bool
) -> None:
    ctx = Context(namespace=namespace)
    sent = made(Event, involvedObject={"kind": "Pod", "name": "web", "namespace": about})
    if fits:
        assert events.create(ctx, sent).metadata.namespace == namespace
    else:
        assert causes(lambda: events.create(ctx, sent)) == [
            f'involvedObject.namespace: Invalid value: "{about}": does not match event.namespace'
        ]


def test_an_event_with_a_time_says_who_and_what(events: Store[Event], ctx: Context) -> None:
    assert events.create(ctx, made(Event, NEW)).reason == "Checked"
    sent = made(
        Event,
        metadata={"name": "b"},
        involvedObject=ABOUT,
        eventTime=NEW["eventTime"],
        action="x" * 129,
        message="x" * 1025,
    )
    found = causes(lambda: events.create(ctx, sent))
    assert found[0] == "reportingController: Required value"
    assert found[1].startswith(
        'reportingController: Invalid value: "": name part must be non-empty'
    )
    assert found[-4:] == [
        "reportingInstance: Required value",
        'action: Invalid value: "": can have at most 128 characters',
        "reason: Required value",
        'message: Invalid value: "": can have at most 1024 characters',
    ]


@pytest.mark.parametrize(
    "selector",
    [
        "involvedObject.name=web",
        "involvedObject.kind=Pod,involvedObject.namespace=default",
        "reason=Checked",
        "source=shop.example/checker",
        "reportingComponent=shop.example/checker",
        "type!=Warning",
    ],
)
def test_events_are_found_by_what_they_are_about(
    events: Store[Event], ctx: Context, selector: str
) -> None:
    events.create(ctx, made(Event, NEW, type="Normal"))
    events.create(ctx, made(Event, metadata={"name": "b"}, type="Warning"))
    found = events.list(ctx, ListOptions(field_selector=selector))
    assert [item.metadata.name for item in found] == ["a"]


def test_nothing_waits_for_dependents_of_an_event(events: Store[Event], ctx: Context) -> None:
    events.create(ctx, made(Event, involvedObject=ABOUT))
    deleted = events.delete(ctx, "a", options=DeleteOptions(propagation_policy="Foreground"))
    assert deleted.immediate


def test_the_row_of_an_old_event(events: Store[Event], ctx: Context, clock: FakeClock) -> None:
    before = (clock.now() - timedelta(minutes=5)).strftime("%Y-%m-%dT%H:%M:%SZ")
    sent = made(
        Event,
        involvedObject=ABOUT,
        source={"component": "kubelet", "host": "n1"},
        reason="Pulled",
        message=" done\n",
        type="Normal",
        firstTimestamp=before,
    )
    assert cells(events, events.create(ctx, sent)) == {
        "Last Seen": "5m",
        "Type": "Normal",
        "Reason": "Pulled",
        "Object": "pod/web",
        "Subobject": "spec.containers{c}",
        "Source": "kubelet, n1",
        "Message": "done",
        "First Seen": "5m",
        "Count": 1,
        "Name": "a",
    }


def test_the_row_of_a_series(events: Store[Event], ctx: Context, clock: FakeClock) -> None:
    last = (clock.now() - timedelta(seconds=7)).strftime("%Y-%m-%dT%H:%M:%S.000000Z")
    sent = made(Event, NEW, series={"count": 4, "lastObservedTime": last})
    row = cells(events, events.create(ctx, sent))
    assert (row["Last Seen"], row["Count"]) == ("7s", 4)
    assert row["Source"] == "shop.example/checker, checker-1"
    empty = cells(events, Event())
    assert (empty["Last Seen"], empty["Object"], empty["Source"]) == ("<unknown>", "", "")
