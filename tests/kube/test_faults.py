"""Faults that a test injects, as a client meets them on the wire."""

from __future__ import annotations

import threading
import time
from http.client import HTTPException, IncompleteRead, RemoteDisconnected
from typing import Any

import pytest
from wire import CONFIGMAPS, ask, asked, config_map, event, watched

from kregistry.kube import Kube

A = f"{CONFIGMAPS}/a"


@pytest.fixture
def stored(kube: Kube) -> Kube:
    kube.apply(config_map("a", color="red"))
    return kube


def test_a_conflict_reads_as_that_of_a_stale_write(stored: Kube) -> None:
    with stored.inject(409, verb="update", resource="configmaps"):
        heard = ask(stored, "PUT", A, config_map("a", color="blue"))

    assert heard.status == 409
    assert heard.body["reason"] == "Conflict"
    assert heard.body["message"] == (
        'Operation cannot be fulfilled on configmaps "a": the object has been modified; '
        "please apply your changes to the latest version and try again"
    )
    assert heard.body["details"] == {"name": "a", "kind": "configmaps"}
    assert stored.get("configmaps", "a")["data"] == {"color": "red"}


def test_a_409_to_a_create_says_that_the_name_is_taken(kube: Kube) -> None:
    with kube.inject(409, verb="create"):
        heard = ask(kube, "POST", CONFIGMAPS, config_map("a"))

    assert heard.body["reason"] == "AlreadyExists"
    assert heard.body["message"] == 'configmaps "a" already exists'


def test_too_many_requests_say_when_to_come_again(kube: Kube) -> None:
    with kube.inject(429, retry_after=7):
        heard = ask(kube, "GET", CONFIGMAPS)

    assert heard.status == 429
    assert heard.headers["retry-after"] == "7"
    assert heard.body["reason"] == "TooManyRequests"
    assert heard.body["details"]["retryAfterSeconds"] == 7


def test_too_many_requests_say_one_second_if_the_test_says_nothing(kube: Kube) -> None:
    with kube.inject(429):
        assert ask(kube, "GET", CONFIGMAPS).headers["retry-after"] == "1"


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (400, "BadRequest"),
        (401, "Unauthorized"),
        (403, "Forbidden"),
        (404, "NotFound"),
        (410, "Expired"),
        (422, "Invalid"),
        (500, "InternalError"),
        (503, "ServiceUnavailable"),
        (504, "Timeout"),
        (599, "InternalError"),
    ],
)
def test_every_status_comes_as_a_status_of_its_own(kube: Kube, status: int, reason: str) -> None:
    with kube.inject(status):
        heard = ask(kube, "GET", A)

    assert heard.status == status
    assert heard.body["kind"] == "Status"
    assert heard.body["code"] == status
    assert heard.body["reason"] == reason
    assert heard.body["message"]


def test_a_test_may_choose_the_words(kube: Kube) -> None:
    with kube.inject(500, message="etcdserver: leader changed"):
        assert ask(kube, "GET", CONFIGMAPS).body["message"] == "etcdserver: leader changed"


def test_what_is_lost_after_it_was_carried_out_is_done(kube: Kube) -> None:
    with kube.inject(lose="answer", verb="create"), pytest.raises(RemoteDisconnected):
        ask(kube, "POST", CONFIGMAPS, config_map("a"))

    assert kube.get("configmaps", "a")
    assert [(str(r), r.status) for r in kube.requests] == [("create configmaps default/a", None)]
    assert kube.requests[0].fault == "answer lost (carried out)"


def test_what_is_lost_before_it_was_carried_out_is_not_done(kube: Kube) -> None:
    with kube.inject(lose="request", verb="create"), pytest.raises(RemoteDisconnected):
        ask(kube, "POST", CONFIGMAPS, config_map("a"))

    assert kube.list("configmaps") == []
    assert kube.requests[0].fault == "request lost (not carried out)"


def test_a_watch_whose_answer_is_lost_leaves_nothing_open(kube: Kube) -> None:
    lost = kube.inject(lose="answer", verb="watch")
    with lost, pytest.raises(RemoteDisconnected), watched(kube):
        pass

    assert kube.expire_watches() == 0


def test_a_delayed_request_is_carried_out_in_the_end(stored: Kube) -> None:
    with stored.inject(delay=0.05, verb="get") as late:
        before = time.monotonic()
        heard = ask(stored, "GET", A)

    assert heard.body["data"] == {"color": "red"}
    assert time.monotonic() - before >= 0.05
    assert len(late.hits) == 1


def test_a_delay_may_come_before_another_fault(stored: Kube) -> None:
    with stored.inject(504, delay=0.01, verb="get"):
        assert ask(stored, "GET", A).status == 504
    assert stored.requests[0].fault == "delay of 0.01 s, then status 504"


def test_closing_a_server_does_not_wait_for_a_delayed_request(kube_factory: Any) -> None:
    kube: Kube = kube_factory()
    kube.inject(delay=600)
    gone: list[Exception] = []

    def client() -> None:
        try:
            ask(kube, "GET", A)
        except (OSError, HTTPException) as error:
            gone.append(error)

    thread = threading.Thread(target=client)
    thread.start()
    kube.wait_for(lambda: kube.requests)
    before = time.monotonic()
    kube.close()
    thread.join(20)

    assert not thread.is_alive()
    assert time.monotonic() - before < 60


def test_a_watch_ends_properly_after_so_many_events(stored: Kube) -> None:
    with stored.inject(watch="end", events=1), watched(stored) as stream:
        first, then = event(stream), event(stream)

    assert first is not None
    assert first["object"]["metadata"]["name"] == "a"
    assert then is None


def test_a_watch_that_breaks_ends_in_the_middle(stored: Kube) -> None:
    with stored.inject(watch="break", events=1), watched(stored) as stream:
        assert event(stream) is not None
        with pytest.raises((IncompleteRead, ConnectionError)):
            stream.read()


def test_a_watch_may_break_before_its_first_event(stored: Kube) -> None:
    broken = pytest.raises((IncompleteRead, ConnectionError))
    with stored.inject(watch="break"), watched(stored) as stream, broken:
        stream.read()


def test_a_cut_watch_can_be_resumed_and_misses_nothing(stored: Kube) -> None:
    with stored.inject(watch="end", events=1, times=1), watched(stored) as stream:
        first = event(stream)
    assert first is not None
    stored.apply(config_map("b"))
    version = first["object"]["metadata"]["resourceVersion"]

    with watched(stored, resourceVersion=version) as stream:
        second = event(stream)

    assert second is not None
    assert (second["type"], second["object"]["metadata"]["name"]) == ("ADDED", "b")


def test_a_fault_hits_so_many_requests_and_no_more(stored: Kube) -> None:
    with stored.inject(500, verb="get", times=2) as fault:
        found = [ask(stored, "GET", A).status for _ in range(3)]

    assert found == [500, 500, 200]
    assert [hit.number for hit in fault.hits] == [1, 2]
    assert str(fault) == "status 500 on get: hit 2 of 2 times"


def test_a_fault_may_let_some_through_first(stored: Kube) -> None:
    with stored.inject(500, verb="get", after=1, times=1):
        assert [ask(stored, "GET", A).status for _ in range(3)] == [200, 500, 200]


def test_the_fault_that_was_injected_first_comes_first(stored: Kube) -> None:
    with stored.inject(500, times=1), stored.inject(503):
        assert [ask(stored, "GET", A).status for _ in range(2)] == [500, 503]


@pytest.mark.parametrize(
    ("words", "hit"),
    [
        ({"resource": "configmaps"}, True),
        ({"resource": "cm"}, True),
        ({"resource": "ConfigMap"}, True),
        ({"resource": "config*"}, True),
        ({"resource": "configmaps", "name": "a"}, True),
        ({"resource": "configmaps", "name": "b"}, False),
        ({"resource": "pods"}, False),
        ({"resource": "pods/status"}, False),
        ({"verb": ("update", "get")}, True),
        ({"verb": "list"}, False),
        ({"namespace": "default"}, True),
        ({"namespace": "kube-*"}, False),
        ({"user_agent": "wire/*"}, True),
        ({"user_agent": "kopf/*"}, False),
        ({"path": A}, True),
        ({"path": "/version"}, False),
    ],
)
def test_a_fault_hits_what_fits_all_that_is_said(
    stored: Kube, words: dict[str, Any], hit: bool
) -> None:
    with stored.inject(500, optional=True, **words):
        assert ask(stored, "GET", A).status == (500 if hit else 200)


def test_a_resource_alone_does_not_mean_its_subresources(stored: Kube) -> None:
    path = "/api/v1/namespaces/default/status"
    with stored.inject(500, resource="namespaces/status", optional=True):
        assert ask(stored, "GET", "/api/v1/namespaces/default").status == 200
        assert ask(stored, "GET", path).status == 500
    with stored.inject(500, resource="namespaces", optional=True):
        assert ask(stored, "GET", path).status == 200


def test_a_fault_hits_what_is_no_resource(kube: Kube) -> None:
    with kube.inject(503, path="/livez"), asked(kube, "GET", "/livez") as answer:
        assert answer.status == 503


def test_a_removed_fault_hits_nobody(stored: Kube) -> None:
    fault = stored.inject(500)
    fault.remove()
    fault.remove()

    assert ask(stored, "GET", A).status == 200
    assert stored.injections == (fault,)


def test_a_block_that_nobody_ran_into_fails(kube: Kube) -> None:
    complaint = pytest.raises(AssertionError, match="status 500 on create pods: never hit")
    with complaint, kube.inject(500, verb="create", resource="pods"):
        pass


def test_a_block_that_failed_already_is_not_failed_over_again(kube: Kube) -> None:
    with pytest.raises(ZeroDivisionError), kube.inject(500):
        _ = 1 / 0


def test_what_the_test_itself_asks_is_neither_spoilt_nor_recorded(kube: Kube) -> None:
    with kube.inject(500, optional=True):
        kube.apply(config_map("a"))
        assert kube.get("cm", "a")["metadata"]["name"] == "a"

    assert kube.requests == []


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ({}, "say what is to go wrong"),
        ({"status": 200}, "from 400 to 599"),
        ({"status": True}, "from 400 to 599"),
        ({"status": 500, "lose": "answer"}, "one thing goes wrong at a time"),
        ({"status": 500, "watch": "end"}, "one thing goes wrong at a time"),
        ({"lose": "both"}, "lose must be 'request' or 'answer', not 'both'"),
        ({"watch": "explode"}, "watch must be 'end' or 'break', not 'explode'"),
        ({"status": 500, "events": 2}, "events belong to the end of a watch"),
        ({"events": 2}, "events belong to the end of a watch"),
        ({"watch": "end", "events": -1}, "events must not be negative"),
        ({"retry_after": 3}, "belong to a status"),
        ({"status": 429, "retry_after": -1}, "retry_after must not be negative"),
        ({"delay": 0}, "delay must be a positive number"),
        ({"delay": float("nan")}, "delay must be a positive number"),
        ({"status": 500, "times": 0}, "times must be at least 1"),
        ({"status": 500, "after": -1}, "after must not be negative"),
        ({"status": 500, "verb": "updte"}, "there is no verb 'updte'"),
        ({"status": 500, "resource": "widgtes"}, 'doesn\'t have a resource type "widgtes"'),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(
    kube: Kube, words: dict[str, Any], problem: str
) -> None:
    with pytest.raises(ValueError, match=problem):
        kube.inject(**words)

    assert kube.injections == ()


def test_concurrent_clients_share_the_hits(stored: Kube) -> None:
    found: list[int] = []

    def client() -> None:
        found.extend(ask(stored, "GET", A).status for _ in range(5))

    with stored.inject(500, times=7) as fault:
        threads = [threading.Thread(target=client) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)

    assert sorted(found) == [200] * 13 + [500] * 7
    assert len(fault.hits) == 7
