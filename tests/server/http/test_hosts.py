"""Pages of strangers: a browser may be led to a server on loopback, and is recognized."""

from __future__ import annotations

import pytest
from rawclient import RawClient, message

from kregistry.server.hosts import Hosts, is_loopback
from kregistry.server.request import Headers


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:80", "LOCALHOST:1", "[::1]", "[::1]:80"])
def test_the_machine_goes_by_its_names_for_itself(raw: RawClient, host: str) -> None:
    assert raw.get("/readyz", host=host).status == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example:80", "", "[::2]", "localhost.", "127.0.0.2"]
)
def test_another_name_is_somebody_else(raw: RawClient, host: str) -> None:
    heard = raw.get("/api", host=host)
    assert (heard.status, heard.document["reason"]) == (403, "Forbidden")


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "", "http://[::2]:80"])
def test_a_page_of_another_host_is_refused(raw: RawClient, origin: str) -> None:
    assert raw.get("/api/v1/namespaces", origin=origin).status == 403


@pytest.mark.parametrize("origin", ["http://localhost:8888", "http://127.0.0.1", "http://[::1]:1"])
def test_a_page_of_the_machine_itself_is_served(raw: RawClient, origin: str) -> None:
    heard = raw.get("/api/v1/namespaces", origin=origin)
    assert heard.status == 200
    assert not [name for name in heard.fields if name.startswith("access-control")]


def test_who_does_not_accept_json_is_refused_all_the_same(raw: RawClient) -> None:
    assert raw.ask(message("GET", "/api", host="evil.example", accept="image/png")).status == 403


def test_a_server_may_be_given_more_names() -> None:
    hosts = Hosts.of_address("127.0.0.1", ["kregistry.test"])
    hosts.require_known(Headers({"host": "kregistry.test:80", "origin": "http://localhost"}))


def test_a_server_that_others_reach_goes_by_any_name() -> None:
    Hosts.of_address("192.0.2.1").require_known(Headers({"host": "kregistry.example"}))


@pytest.mark.parametrize(
    ("host", "is_one"),
    [("127.0.0.1", True), ("::1", True), ("localhost", True), ("127.8.8.8", True),
     ("0.0.0.0", False), ("::", False), ("", False), ("10.0.0.1", False), ("localhost.x", False),
     ("0x7f.1", False), ("2130706433", False)],
)  # fmt: skip
def test_loopback_is_what_no_other_machine_reaches(host: str, is_one: bool) -> None:
    assert is_loopback(host) is is_one
