"""What is served is what clients are told about, also after it has changed."""

from __future__ import annotations

import pytest
import yaml
from asking import Client

from kregistry.core.generics.storage import GenericStorage
from kregistry.meta.gvk import GroupVersion
from kregistry.meta.object import Object
from kregistry.runtime import Unstructured
from kregistry.runtime.resource import Resource
from kregistry.server import APIServer, Settings
from kregistry.server.discovery import VersionInfo
from kregistry.server.resources import APIResource, Endpoint
from kregistry.storage import Interface

AGGREGATED = "application/json;v=v2;g=apidiscovery.k8s.io;as=APIGroupDiscoveryList"
VERBS = ("create", "delete", "get", "list", "patch", "update", "watch")
GADGETS = Resource(
    Unstructured, plural="gadgets", group="shop.example", version="v1", kind="Gadget"
)


@pytest.fixture
def client(server: APIServer) -> Client:
    return Client(server)


def told(client: Client) -> set[tuple[str, str]]:
    """Every resource and subresource that legacy discovery lists, by group version."""
    groups = client.get("/apis").body["groups"]
    versions = [each["groupVersion"] for group in groups for each in group["versions"]]
    found = {("v1", each["name"]) for each in client.get("/api/v1").body["resources"]}
    for version in versions:
        body = client.get(f"/apis/{version}").body
        found |= {(version, each["name"]) for each in body["resources"]}
    return found


def test_everything_that_is_served_is_told_of_and_nothing_else(
    server: APIServer, client: Client
) -> None:
    served = {
        (each.resource.api_version, name)
        for each in server.resources
        for name in (
            each.resource.plural,
            *(f"{each.resource.plural}/{part}" for part in each.subresources),
        )
    }
    assert told(client) == served


def test_the_verbs_that_are_told_of_are_those_that_are_served(
    server: APIServer, client: Client
) -> None:
    for served in server.resources:
        version = served.resource.api_version
        path = "/api/v1" if version == "v1" else f"/apis/{version}"
        listed = {each["name"]: each for each in client.get(path).body["resources"]}
        assert set(listed[served.resource.plural]["verbs"]) == set(served.endpoint.verbs), served


def test_what_comes_at_run_time_is_told_of_at_once_and_forgotten_when_it_goes(
    server: APIServer, client: Client, memory: Interface[Object]
) -> None:
    before = told(client)
    index = client.get("/openapi/v3").body["paths"]
    door = GenericStorage(GADGETS, memory).objects
    endpoint = Endpoint(gvk=GADGETS.gvk, verbs=VERBS, door=door)
    gadgets = APIResource(resource=GADGETS, endpoint=endpoint, custom=True)
    server.resources.add(gadgets)
    assert told(client) - before == {("shop.example/v1", "gadgets")}
    aggregated = client.get("/apis", headers={"accept": AGGREGATED}).body
    assert "shop.example" in [item["metadata"]["name"] for item in aggregated["items"]]
    now = client.get("/openapi/v3").body["paths"]
    assert set(now) - set(index) == {"apis/shop.example", "apis/shop.example/v1"}
    server.resources.remove(gadgets)
    assert told(client) == before
    assert client.get("/apis/shop.example/v1").status == 404
    assert server.resources.version(GroupVersion("shop.example", "v1")) is None


@pytest.mark.parametrize("path", ["/openapi/v3", "/openapi/v3/api/v1", "/openapi/v3/apis/apps/v1"])
def test_who_has_a_document_is_not_sent_it_again(client: Client, path: str) -> None:
    first = client.get(path)
    assert first.status == 200
    again = client.get(path, headers={"if-none-match": first.header("etag")})
    assert (again.status, again.response.body) == (304, b"")
    assert client.get(path, headers={"if-none-match": '"other"'}).status == 200


def test_the_index_of_openapi_leads_to_every_document(client: Client) -> None:
    for place, entry in client.get("/openapi/v3").body["paths"].items():
        url, _, asked = entry["serverRelativeURL"].partition("?hash=")
        assert url == f"/openapi/v3/{place}"
        found = client.get(url, query={"hash": asked})
        assert found.status == 200
        assert "immutable" in found.header("cache-control")
    moved = client.get("/openapi/v3/api/v1", query={"hash": "OLD"})
    assert moved.status == 301
    assert moved.header("location").startswith("/openapi/v3/api/v1?hash=")


@pytest.mark.parametrize(
    "path",
    ["/apis/nobody", "/apis/apps/v9", "/api/v2", "/openapi/v3/apis/nobody/v1", "/openapi/v3/x/y"],
)
def test_what_is_not_served_is_not_found(client: Client, path: str) -> None:
    assert client.get(path).status == 404


@pytest.mark.parametrize("path", ["/", "/api", "/apis", "/version", "/openapi/v3"])
def test_nobody_can_write_there(client: Client, path: str) -> None:
    told = client.post(path, {})
    assert (told.status, told.header("allow")) == (405, "GET, HEAD")


def test_the_version_can_be_chosen(memory: Interface[Object]) -> None:
    server = APIServer(memory, Settings(version=VersionInfo(git_version="v1.35.2")))
    assert Client(server).get("/version").body["gitVersion"] == "v1.35.2"
    assert Client(server).get("/version").body["minor"] == "35"


@pytest.mark.parametrize("path", ["/api", "/apis", "/api/v1", "/apis/apps", "/apis/apps/v1/"])
def test_discovery_comes_in_the_form_that_is_asked_for(client: Client, path: str) -> None:
    document = client.get(path).body
    told = client.get(path, headers={"accept": "application/yaml"})
    assert told.header("content-type") == "application/yaml"
    assert yaml.safe_load(told.response.body) == document
    pretty = client.get(path, query={"pretty": "1"})
    assert pretty.body == document
    assert pretty.response.body.startswith(b'{\n  "')
    assert client.get(path, headers={"accept": "text/html, */*;q=0.1"}).body == document


@pytest.mark.parametrize("path", ["/api", "/apis/apps/v1", "/openapi/v3", "/openapi/v3/api/v1"])
def test_a_form_of_a_description_that_cannot_be_had_is_told_so(client: Client, path: str) -> None:
    told = client.get(path, headers={"accept": "image/png, application/json;q=0"})
    assert (told.status, told.body["reason"]) == (406, "NotAcceptable")


@pytest.mark.parametrize("path", ["/", "/version", "/healthz", "/metrics", "/openapi/v2"])
def test_what_has_one_form_comes_in_it(client: Client, path: str) -> None:
    assert client.get(path, headers={"accept": "image/png"}).status == 200


def test_what_is_kept_may_be_kept_on_after_304(client: Client) -> None:
    first = client.get("/apis", headers={"accept": AGGREGATED})
    headers = {"accept": AGGREGATED, "if-none-match": first.header("etag")}
    again = client.get("/apis", headers=headers)
    assert (again.status, again.response.body) == (304, b"")
    for name in ("etag", "cache-control", "vary"):
        assert again.header(name) == first.header(name) != ""
