"""The index of OpenAPI documents, how they are kept, and how they are found."""

from __future__ import annotations

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from shopkinds import GADGETS, SHELVES, resource

from kregistry.server.discovery import builtin_resources
from kregistry.server.discovery.document import Document
from kregistry.server.openapi import OpenAPI, Redirect, hash_of

DEFAULT = builtin_resources(by_default=True)
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.fixture(scope="module")
def openapi() -> OpenAPI:
    return OpenAPI([*DEFAULT, GADGETS, SHELVES])


def document(openapi: OpenAPI, place: str) -> Document:
    found = openapi.document(place)
    assert found is not None, place
    return found


def index(openapi: OpenAPI) -> dict[str, Any]:
    paths: dict[str, Any] = json.loads(openapi.index().body)["paths"]
    return paths


def test_the_index_lists_every_group_and_version(openapi: OpenAPI) -> None:
    places = index(openapi)
    versions = {each.group_version for each in (*DEFAULT, GADGETS)}
    expected = {"api", "apis", "version"}
    expected |= {f"apis/{gv}" if gv.group else f"api/{gv}" for gv in versions}
    expected |= {f"apis/{gv.group}" for gv in versions if gv.group}
    assert set(places) == expected
    assert list(places) == sorted(places)


def test_the_index_tells_the_hash_of_each_document(openapi: OpenAPI) -> None:
    for place, entry in index(openapi).items():
        found = document(openapi, place)
        digest = hashlib.sha512(found.body).hexdigest().upper()
        assert entry == {"serverRelativeURL": f"/openapi/v3/{place}?hash={digest}"}
        assert found.etag == f'"{digest}"'
        assert found.media_type == "application/json"
        assert ("Vary", "Accept") in found.headers


def test_the_index_changes_with_the_resources_and_tells_so(openapi: OpenAPI) -> None:
    assert openapi.index() is openapi.index()
    assert openapi.index().etag == OpenAPI([SHELVES, GADGETS, *DEFAULT]).index().etag
    assert openapi.index().etag != OpenAPI(DEFAULT).index().etag


def test_who_asks_by_the_right_hash_may_keep_the_document(openapi: OpenAPI) -> None:
    known = hash_of(document(openapi, "apis/apps/v1"))
    answer = openapi.answer("apis/apps/v1", asked_hash=known, now=NOW)
    assert isinstance(answer, Document)
    assert dict(answer.headers) == {
        "Vary": "Accept",
        "Cache-Control": "public, immutable",
        "Expires": "Sat, 02 Jan 2027 03:04:05 GMT",
    }


def test_who_asks_without_a_hash_is_not_to_keep_the_document(openapi: OpenAPI) -> None:
    answer = openapi.answer("apis/apps/v1", asked_hash="", now=NOW)
    assert answer is document(openapi, "apis/apps/v1")
    assert dict(answer.headers) == {"Vary": "Accept"}


@pytest.mark.parametrize("asked", ["0", "abc", "%0d%0aSet-Cookie: a=b", "x" * 100_000])
def test_who_asks_by_another_hash_is_sent_to_the_right_one(openapi: OpenAPI, asked: str) -> None:
    answer = openapi.answer("apis/apps/v1", asked_hash=asked, now=NOW)
    known = hash_of(document(openapi, "apis/apps/v1"))
    assert answer == Redirect(f"/openapi/v3/apis/apps/v1?hash={known}")


@pytest.mark.parametrize(
    "place",
    [
        "",
        "/",
        "api/v2",
        "apis/nope/v1",
        "apis/apps/v1/",
        "/apis/apps/v1",
        "apis/apps/v1/deployments",
    ],
)
def test_there_are_no_other_documents(openapi: OpenAPI, place: str) -> None:
    assert openapi.document(place) is None
    assert openapi.answer(place, asked_hash="x", now=NOW) is None


def test_a_client_that_knows_a_document_need_not_get_it(openapi: OpenAPI) -> None:
    found = document(openapi, "version")
    assert found.is_known_to(found.etag)
    assert not found.is_known_to(document(openapi, "apis").etag)


def test_a_document_is_made_once_for_all_servers(openapi: OpenAPI) -> None:
    other = OpenAPI([*DEFAULT, SHELVES, GADGETS, resource(group="zoo.example")])
    for place in index(openapi):
        assert document(other, place) is document(openapi, place)


def test_a_change_touches_only_the_version_that_changed(openapi: OpenAPI) -> None:
    other = index(OpenAPI([*DEFAULT, GADGETS]))
    changed = {place for place, entry in index(openapi).items() if other.get(place) != entry}
    assert changed == {"apis/shop.example/v1"}


def test_the_order_of_the_resources_does_not_matter(openapi: OpenAPI) -> None:
    assert index(OpenAPI([SHELVES, *reversed(DEFAULT), GADGETS])) == index(openapi)


def test_a_server_says_which_release_it_is() -> None:
    info = json.loads(document(OpenAPI([GADGETS], release="v1.30.1"), "version").body)["info"]
    assert info == {"title": "Kubernetes", "version": "v1.30.1"}


def test_a_resource_is_described_once() -> None:
    with pytest.raises(ValueError, match="is served twice"):
        OpenAPI([GADGETS, resource("gadgets", group="shop.example")])


def test_nothing_served_leaves_the_documents_about_the_server() -> None:
    assert set(index(OpenAPI([]))) == {"api", "apis", "version"}


def test_threads_that_ask_at_once_get_equal_documents() -> None:
    openapi = OpenAPI([*DEFAULT, resource(group="threads.example")])
    with ThreadPoolExecutor(8) as pool:
        bodies = set(pool.map(lambda _: openapi.index().body, range(16), timeout=60))
    assert len(bodies) == 1
