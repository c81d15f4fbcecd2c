"""Requests as a test reads and checks them."""

from __future__ import annotations

import threading
from contextlib import closing
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest
from protobufwriter import MEDIA_TYPE, document
from wire import CONFIGMAPS, ask, asked, config_map, watched

from kregistry.kube import Kube, Requests

A = f"{CONFIGMAPS}/a"


def test_each_request_is_one_line(kube: Kube) -> None:
    generated = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"generateName": "run-"}}
    ask(kube, "POST", CONFIGMAPS, config_map("a"))
    ask(kube, "POST", CONFIGMAPS, generated)
    ask(kube, "GET", A)
    ask(kube, "GET", CONFIGMAPS)
    ask(kube, "GET", "/api/v1/configmaps", query={"fieldSelector": "metadata.name=a"})
    ask(kube, "PATCH", A, {"data": {"b": "1"}})
    ask(kube, "PUT", A, config_map("a"))
    ask(kube, "GET", "/api/v1/namespaces/default/status")
    ask(kube, "DELETE", A)
    ask(kube, "DELETE", CONFIGMAPS)
    with asked(kube, "GET", "/livez"):
        pass
    with watched(kube):
        pass

    assert kube.requests == [
        "create configmaps default/a",
        "create configmaps default/run-*",
        "get configmaps default/a",
        "list configmaps default/",
        "list configmaps a",
        "patch configmaps default/a",
        "update configmaps default/a",
        "get namespaces/status default",
        "delete configmaps default/a",
        "deletecollection configmaps default/",
        "get /livez",
        "watch configmaps default/",
    ]


def test_a_request_tells_what_was_sent_and_answered(kube: Kube) -> None:
    ask(kube, "PATCH", A, {"data": {}}, query={"fieldManager": "me"}, agent="kopf/1")

    (found,) = kube.requests
    assert (found.number, found.status, found.fault) == (1, 404, "")
    assert (found.verb, found.method, found.path) == ("patch", "PATCH", A)
    assert found.query == {"fieldManager": ["me"]}
    assert found.body == {"data": {}}
    assert found.content_type == "application/merge-patch+json"
    assert found.user_agent == "kopf/1"
    assert found.time == kube.clock.now()
    assert found.told() == "#1 patch configmaps default/a -> 404  [kopf/1]"


def test_no_request_shows_the_token(kube: Kube) -> None:
    ask(kube, "GET", CONFIGMAPS)

    assert kube.token not in repr(list(kube.requests))
    assert kube.token not in repr(kube)


def post(kube: Kube, body: bytes, content_type: str) -> int:
    """Sends bytes as they are; the status of the answer."""
    connection = HTTPConnection(urlsplit(kube.url).netloc, timeout=20)
    headers = {"authorization": f"Bearer {kube.token}", "content-type": content_type}
    with closing(connection):
        connection.request("POST", CONFIGMAPS, body, headers)
        return connection.getresponse().status


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"metadata": 7}', b"\xff", b"[" * 100_000])
def test_a_body_that_is_no_document_is_recorded_all_the_same(kube: Kube, body: bytes) -> None:
    assert post(kube, body, "application/json") in (400, 422)

    (found,) = kube.requests
    assert str(found) == "create configmaps default/"
    assert found.content == body
    assert found.body is None or found.body in ([], {"metadata": 7})


def test_what_kubectl_sends_is_told_as_what_it_says(kube: Kube) -> None:
    sent = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"k": "v"}}
    assert post(kube, document(sent), MEDIA_TYPE) == 201
    assert post(kube, b"k8s\x00\xff", MEDIA_TYPE) == 400

    assert kube.requests == ["create configmaps default/a", "create configmaps default/"]
    assert [each.body for each in kube.requests] == [sent, None]


def test_a_path_that_nobody_understands_is_recorded_all_the_same(kube: Kube) -> None:
    with asked(kube, "GET", "/api/v1/watch"):
        pass

    assert kube.requests == ["get /api/v1/watch"]


def test_a_query_that_nobody_reads_is_recorded_and_refused_all_the_same(kube: Kube) -> None:
    told = ask(kube, "GET", f"{CONFIGMAPS}?{'&'.join(['a=1'] * 1001)}")

    assert told.status == 400
    assert [request.status for request in kube.requests] == [400]


@pytest.mark.parametrize(
    ("words", "numbers"),
    [
        ({}, [1, 2, 3, 4]),
        ({"verb": "get"}, [2, 3]),
        ({"verb": ("create", "list")}, [1, 4]),
        ({"resource": "Pod"}, [3]),
        ({"resource": "p*"}, [3]),
        ({"name": "a"}, [1, 2, 3]),
        ({"name": "a", "resource": "cm"}, [1, 2]),
        ({"user_agent": "two*"}, [2]),
        ({"namespace": "kube-system"}, []),
    ],
)
def test_requests_are_selected_by_what_they_are(
    kube: Kube, words: dict[str, Any], numbers: list[int]
) -> None:
    ask(kube, "POST", CONFIGMAPS, config_map("a"))
    ask(kube, "GET", A, agent="two/1")
    ask(kube, "GET", "/api/v1/namespaces/default/pods/a")
    ask(kube, "GET", CONFIGMAPS)

    assert [each.number for each in kube.requests.select(**words)] == numbers


def test_only_writes_are_writes(kube: Kube) -> None:
    ask(kube, "GET", A)
    ask(kube, "POST", CONFIGMAPS, config_map("a"))

    assert kube.requests.writes() == ["create configmaps default/a"]
    assert kube.requests.writes()[0].is_write


def test_what_cannot_be_asked_for_cannot_be_looked_for(kube: Kube) -> None:
    for words in ({"verb": "reads"}, {"resource": "confgimaps"}):
        with pytest.raises(ValueError, match=r"reads|confgimaps"):
            kube.requests.select(**words)
        with pytest.raises(ValueError, match=r"reads|confgimaps"):
            kube.requests.assert_none(**words)


def test_cleared_requests_are_forgotten_and_numbers_go_on(kube: Kube) -> None:
    ask(kube, "GET", A)
    with watched(kube):
        kube.requests.clear()
        assert len(kube.requests) == 0
    ask(kube, "GET", A)

    assert [each.number for each in kube.requests] == [3]


def test_some_requests_are_compared_with_lines_and_with_each_other(kube: Kube) -> None:
    ask(kube, "GET", A)
    found = kube.requests.all()

    assert found == ["get configmaps default/a"]
    assert found == ("get configmaps default/a",)
    assert found != ["get configmaps default/b"]
    assert found != "get configmaps default/a"
    assert found == Requests(found)
    assert hash(found) == hash(Requests(found))
    assert found != Requests()
    assert found[:0] == []
    assert "get configmaps default/a" in found
    assert found[0] in found
    assert "get configmaps default/b" not in found
    assert repr(found) == "['get configmaps default/a']"


def test_a_selection_does_not_change_any_more(kube: Kube) -> None:
    before = kube.requests.all()
    ask(kube, "GET", A)

    assert before == []
    assert len(kube.requests) == 1


def test_exactly_the_requests_that_are_expected_came(kube: Kube) -> None:
    ask(kube, "GET", A)
    ask(kube, "POST", CONFIGMAPS, config_map("a"))

    kube.requests.assert_made("create configmaps default/a", verb="create")
    with pytest.raises(AssertionError) as failed:
        kube.requests.assert_made("get configmaps default/a", "update configmaps default/a")

    assert str(failed.value) == (
        "other requests came than expected (- missing, + too many):\n"
        "  get configmaps default/a\n"
        "- update configmaps default/a\n"
        "+ create configmaps default/a"
    )


def test_requests_that_must_not_come_are_told(kube: Kube) -> None:
    ask(kube, "GET", A)

    kube.requests.assert_none(verb="delete")
    with pytest.raises(AssertionError) as failed:
        kube.requests.assert_none(verb="get", resource="configmaps")

    assert str(failed.value) == (
        "no request get configmaps was expected:\n  #1 get configmaps default/a -> 404  [wire/1]"
    )


def test_concurrent_requests_are_all_recorded_once(kube: Kube) -> None:
    def client() -> None:
        for _ in range(10):
            ask(kube, "GET", A)

    threads = [threading.Thread(target=client) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert [each.number for each in kube.requests] == list(range(1, 41))
    assert {each.status for each in kube.requests} == {404}
