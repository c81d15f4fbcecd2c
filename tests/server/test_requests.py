"""A request is a value; its path is decoded once, and what no path is written like is refused."""

from __future__ import annotations

import pytest

from kregistry.meta.errors import BadRequest
from kregistry.server import Headers, Request


def test_the_first_line_of_a_request_is_taken_apart() -> None:
    request = Request.of_target("GET", "/api/v1/pods?limit=5&continue=a%2Fb", body=b"x")
    assert (request.method, request.path) == ("GET", "/api/v1/pods")
    assert (request.query, request.body) == ("limit=5&continue=a%2Fb", b"x")


def test_escapes_of_the_path_are_resolved_once() -> None:
    assert Request.of_target("GET", "/a%20b/%C3%A4").path == "/a b/ä"
    assert Request.of_target("GET", "/a%2Fb").path == "/a/b"
    assert Request.of_target("GET", "/a%252Fb").path == "/a%2Fb"


@pytest.mark.parametrize(
    "target",
    ["", "pods", "http://x/pods", "/%", "/%2", "/%zz", "/%ff", "/%00", "/a%0d%0aX: y", "/\x01"],
)
def test_what_no_path_is_written_like_is_refused(target: str) -> None:
    with pytest.raises(BadRequest):
        Request.of_target("GET", target)


def test_header_fields_are_found_whatever_their_case() -> None:
    headers = Headers([("Accept", "a"), ("X-Y", "1"), ("accept", "b")])
    assert headers.get("ACCEPT") == "a"
    assert headers.all("accept") == ("a", "b")
    assert "x-y" in headers
    assert "z" not in headers
    assert headers.get("z", "none") == "none"
    assert headers == Headers([("ACCEPT", "a"), ("x-y", "1"), ("Accept", "b")])


def test_a_request_never_prints_its_secrets() -> None:
    request = Request(headers={"Authorization": "Bearer canary"}, body=b"canary")
    assert "canary" not in repr(request)
