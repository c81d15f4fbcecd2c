"""What clients look for in the documents, looked for in the way in which they do it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import urllib3
from kubernetes.client import ApiClient, Configuration
from kubernetes.client.rest import RESTResponse
from kubernetes.dynamic import DynamicClient
from kubernetes.dynamic.discovery import EagerDiscoverer, LazyDiscoverer
from kubernetes.dynamic.exceptions import ResourceNotFoundError
from shopkinds import GADGETS, SHELVES
from specs import operations, spec

from kregistry.meta.gvk import GroupVersionKind
from kregistry.server.discovery import Discovery, VersionInfo, builtin_resources
from kregistry.server.openapi import OpenAPI
from kregistry.server.served import ServedResource

SERVED = (*builtin_resources(by_default=True), GADGETS, SHELVES)
PATCHED = [served for served in SERVED if "patch" in served.verbs]
DISCOVERY = Discovery(SERVED, server_address="127.0.0.1:8001")
OPENAPI = OpenAPI(SERVED)
GVK = "x-kubernetes-group-version-kind"


def document_of(served: ServedResource) -> dict[str, Any]:
    return spec(OPENAPI, f"apis/{served.api_version}" if served.group else f"api/{served.version}")


def gvk_of(extension: dict[str, str]) -> GroupVersionKind:
    return GroupVersionKind(extension["group"], extension["version"], extension["kind"])


def patches(tree: dict[str, Any], gvk: GroupVersionKind) -> Iterator[dict[str, Any]]:
    """The operations in which kubectl looks for what a server can do with a kind."""
    for _, method, operation in operations(tree):
        if method == "patch" and gvk_of(operation[GVK]) == gvk:
            yield operation


# kubectl create, apply, replace and edit: the verifier of query parameters.


@pytest.mark.parametrize("parameter", ["fieldValidation", "dryRun"])
@pytest.mark.parametrize("served", PATCHED, ids=lambda served: str(served.gvr))
def test_kubectl_finds_that_a_kind_is_validated_by_the_server(
    served: ServedResource, parameter: str
) -> None:
    found = list(patches(document_of(served), served.gvk))
    assert found
    for operation in found:
        assert parameter in {p["name"] for p in operation["parameters"] if p["in"] == "query"}


def test_kubectl_falls_back_to_the_patch_of_a_namespace() -> None:
    namespace = GroupVersionKind("", "v1", "Namespace")
    assert list(patches(spec(OPENAPI, "api/v1"), namespace))


# kubectl apply: which patch to compute.


@pytest.mark.parametrize("served", PATCHED, ids=lambda served: str(served.gvr))
def test_kubectl_merges_strategically_what_the_document_describes(served: ServedResource) -> None:
    tree = document_of(served)
    described = any(
        served.gvk in map(gvk_of, schema.get(GVK, ()))
        and "x-kubernetes-preserve-unknown-fields" not in schema
        for schema in tree["components"]["schemas"].values()
    )
    for operation in patches(tree, served.gvk):
        content = operation["requestBody"]["content"]
        assert ("application/strategic-merge-patch+json" in content) is described
        assert "application/merge-patch+json" in content
        assert "application/json-patch+json" in content


# kubectl explain: from the plural to the type.


@pytest.mark.parametrize(
    "served", [s for s in SERVED if "list" in s.verbs], ids=lambda served: str(served.gvr)
)
def test_kubectl_finds_the_type_to_explain(served: ServedResource) -> None:
    tree = document_of(served)
    prefix = f"/apis/{served.api_version}" if served.group else "/api/v1"
    inside = f"{prefix}/namespaces/{{namespace}}"
    tried = [
        f"{root}/{served.plural}{name}" for root in (prefix, inside) for name in ("", "/{name}")
    ]
    kinds = {
        gvk_of(operation[GVK])
        for path, _, operation in operations(tree)
        if path in tried and GVK in operation
    }
    assert kinds == {served.gvk}
    (schema,) = (
        schema
        for schema in tree["components"]["schemas"].values()
        if served.gvk in map(gvk_of, schema.get(GVK, ()))
    )
    assert schema["type"] == "object"


def test_kubectl_explains_a_field_through_references() -> None:
    schemas = spec(OPENAPI, "apis/apps/v1")["components"]["schemas"]
    found = schemas["io.k8s.api.apps.v1.Deployment"]
    for field in ("spec", "template", "spec", "containers", "image"):
        found = follow(schemas, found["properties"][field])
    assert found["type"] == "string"
    assert found["description"]


def follow(schemas: dict[str, Any], schema: dict[str, Any]) -> Any:
    while True:
        if "allOf" in schema:
            schema = schema["allOf"][0]
        elif "items" in schema:
            schema = schema["items"]
        elif "$ref" in schema:
            schema = schemas[schema["$ref"].rpartition("/")[2]]
        else:
            return schema


# kopf and kr8s: plain discovery.


def ask(path: str) -> Any:
    document = DISCOVERY.document(path)
    assert document is not None
    return json.loads(document.body)


def test_kopf_sees_which_resources_have_a_status_of_their_own() -> None:
    entries = ask("/apis/shop.example/v1")["resources"]
    names = {entry["name"] for entry in entries}
    with_status = [name for name in names if f"{name}/status" in names]
    assert with_status == ["gadgets"]
    assert all({"singularName", "namespaced", "verbs", "kind"} <= set(entry) for entry in entries)


def test_kopf_prefers_one_version_that_is_there() -> None:
    for group in ask("/apis")["groups"]:
        assert group["preferredVersion"] in group["versions"]
        for version in group["versions"]:
            assert (
                ask(f"/apis/{version['groupVersion']}")["groupVersion"] == version["groupVersion"]
            )


def test_kr8s_reads_the_release() -> None:
    major, minor, _ = VersionInfo().tree()["gitVersion"].removeprefix("v").split(".")
    assert (int(major), int(minor)) == (1, 36)


# The dynamic client of the official Python package, with the documents in place of a server.


class DocumentsInsteadOfAServer:
    """Answers what the client's HTTP connection would, from the documents."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def request(self, method: str, url: str, **more: Any) -> RESTResponse:
        path = urlsplit(url).path
        self.asked.append(path)
        document = (
            VersionInfo().document()
            if path == "/version"
            else DISCOVERY.document(path, accept=more["headers"]["Accept"])
        )
        body, status = (b"not found", 404) if document is None else (document.body, 200)
        return RESTResponse(urllib3.HTTPResponse(body, status=status, preload_content=True))


@pytest.fixture
def server() -> DocumentsInsteadOfAServer:
    return DocumentsInsteadOfAServer()


def dynamic_client(
    server: DocumentsInsteadOfAServer, tmp_path: Path, discoverer: type[Any]
) -> DynamicClient:
    api = ApiClient(Configuration(host="http://127.0.0.1:8001"))
    api.rest_client = server
    return DynamicClient(api, cache_file=str(tmp_path / "cache.json"), discoverer=discoverer)


def test_the_dynamic_client_asks_no_more_than_it_needs(
    server: DocumentsInsteadOfAServer, tmp_path: Path
) -> None:
    client = dynamic_client(server, tmp_path, LazyDiscoverer)
    assert client.version["kubernetes"]["gitVersion"] == "v1.36.0"
    assert server.asked == ["/version", "/apis"]
    deployments = client.resources.get(api_version="apps/v1", kind="Deployment")
    assert deployments.path(name="web", namespace="shop") == (
        "/apis/apps/v1/namespaces/shop/deployments/web"
    )
    assert "/apis/apps/v1" in server.asked


@pytest.mark.parametrize("served", SERVED, ids=lambda served: str(served.gvr))
def test_the_dynamic_client_finds_every_kind(served: ServedResource, eager: DynamicClient) -> None:
    found = eager.resources.get(api_version=served.api_version, kind=served.kind)
    assert (found.name, found.namespaced) == (served.plural, served.namespaced)
    assert tuple(found.verbs) == served.verbs
    assert found.singular_name == served.singular
    assert set(found.subresources) == {door.name for door in served.subresources}


@pytest.fixture(scope="module")
def eager(tmp_path_factory: pytest.TempPathFactory) -> DynamicClient:
    return dynamic_client(
        DocumentsInsteadOfAServer(), tmp_path_factory.mktemp("eager"), EagerDiscoverer
    )


def test_the_dynamic_client_is_told_what_is_not_served(eager: DynamicClient) -> None:
    with pytest.raises(ResourceNotFoundError):
        eager.resources.get(api_version="apps/v1", kind="Toaster")
