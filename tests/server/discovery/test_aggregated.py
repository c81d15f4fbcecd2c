"""Aggregated discovery: one document for all groups, and who gets it."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from shopkinds import GADGETS, SHELVES

from kregistry.server.discovery import Discovery, aggregated_version, builtin_resources
from kregistry.server.discovery.document import Document

V2 = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
V2BETA1 = "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList"
#: What clients of Kubernetes 1.30 and later send.
KUBECTL = f"{V2},{V2BETA1},application/json"


@pytest.fixture(scope="module")
def shop() -> Discovery:
    return Discovery([*builtin_resources(), GADGETS, SHELVES], server_address="127.0.0.1:8001")


def document(discovery: Discovery, path: str, accept: str = KUBECTL) -> Document:
    found = discovery.document(path, accept=accept)
    assert found is not None
    return found


def tree(discovery: Discovery, path: str, accept: str = KUBECTL) -> Any:
    return json.loads(document(discovery, path, accept).body)


def test_the_media_type_repeats_what_was_asked_for(shop: Discovery) -> None:
    assert document(shop, "/api").media_type == V2
    assert document(shop, "/apis").media_type == V2
    assert document(shop, "/apis", V2BETA1).media_type == V2BETA1


def test_the_etag_is_the_digest_of_the_json(shop: Discovery) -> None:
    found = document(shop, "/apis")
    assert found.etag == f'"{hashlib.sha512(found.body).hexdigest().upper()}"'
    assert dict(found.headers) == {"Vary": "Accept", "Cache-Control": "public"}


def test_equal_resources_have_equal_etags_and_others_other_ones(shop: Discovery) -> None:
    again = Discovery([SHELVES, GADGETS, *builtin_resources()])
    less = Discovery([SHELVES, *builtin_resources()])
    assert document(again, "/apis").etag == document(shop, "/apis").etag
    assert document(less, "/apis").etag != document(shop, "/apis").etag
    assert document(less, "/api").etag == document(shop, "/api").etag


def test_api_holds_the_core_group_and_nothing_else(shop: Discovery) -> None:
    found = tree(shop, "/api")
    assert list(found) == ["kind", "apiVersion", "metadata", "items"]
    assert found["kind"] == "APIGroupDiscoveryList"
    assert found["apiVersion"] == "apidiscovery.k8s.io/v2"
    assert [item["metadata"] for item in found["items"]] == [{}]
    assert [version["version"] for version in found["items"][0]["versions"]] == ["v1"]


def test_apis_holds_all_other_groups_in_their_order(shop: Discovery) -> None:
    names = [item["metadata"]["name"] for item in tree(shop, "/apis")["items"]]
    legacy = shop.document("/apis")
    assert legacy is not None
    assert names == [group["name"] for group in json.loads(legacy.body)["groups"]]


def test_a_version_is_current(shop: Discovery) -> None:
    for item in tree(shop, "/apis")["items"]:
        for version in item["versions"]:
            assert list(version) == ["version", "resources", "freshness"]
            assert version["freshness"] == "Current"


def resources(found: Any, group: str, version: str) -> dict[str, Any]:
    (item,) = (each for each in found["items"] if each["metadata"].get("name", "") == group)
    (wanted,) = (each for each in item["versions"] if each["version"] == version)
    return {entry["resource"]: entry for entry in wanted["resources"]}


def test_a_built_in_kind_leaves_out_the_group_and_version_around_it(shop: Discovery) -> None:
    deployments = resources(tree(shop, "/apis"), "apps", "v1")["deployments"]
    assert list(deployments.items()) == [
        ("resource", "deployments"),
        ("responseKind", {"group": "", "version": "", "kind": "Deployment"}),
        ("scope", "Namespaced"),
        ("singularResource", "deployment"),
        (
            "verbs",
            ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
        ),
        ("shortNames", ["deploy"]),
        ("categories", ["all"]),
        (
            "subresources",
            [
                {
                    "subresource": "scale",
                    "responseKind": {"group": "autoscaling", "version": "v1", "kind": "Scale"},
                    "verbs": ["get", "patch", "update"],
                },
                {
                    "subresource": "status",
                    "responseKind": {"group": "", "version": "", "kind": "Deployment"},
                    "verbs": ["get", "patch", "update"],
                },
            ],
        ),
    ]


def test_a_custom_kind_is_named_in_full(shop: Discovery) -> None:
    served = resources(tree(shop, "/apis"), "shop.example", "v1")
    full = {"group": "shop.example", "version": "v1", "kind": "Gadget"}
    assert served["gadgets"]["responseKind"] == full
    assert served["gadgets"]["subresources"][0]["responseKind"] == full
    assert served["shelves"]["scope"] == "Cluster"
    assert "subresources" not in served["shelves"]


def test_both_forms_tell_the_same(shop: Discovery) -> None:
    old = shop.document("/api/v1")
    assert old is not None
    entries = json.loads(old.body)["resources"]
    aggregated = resources(tree(shop, "/api"), "", "v1")
    names = {
        name
        for plural, entry in aggregated.items()
        for name in (
            plural,
            *(f"{plural}/{d['subresource']}" for d in entry.get("subresources", ())),
        )
    }
    assert names == {entry["name"] for entry in entries}
    for entry in entries:
        if "/" not in entry["name"]:
            assert aggregated[entry["name"]]["verbs"] == entry["verbs"]


def test_nothing_served_is_no_items() -> None:
    assert tree(Discovery([]), "/api")["items"] == []
    assert tree(Discovery([]), "/apis")["items"] == []


def test_below_the_roots_there_is_one_form_only(shop: Discovery) -> None:
    assert document(shop, "/apis/apps/v1", V2).media_type == "application/json"
    assert document(shop, "/", V2).media_type == "application/json"


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("", ""),
        ("*/*", ""),
        ("application/json", ""),
        (KUBECTL, "v2"),
        (f"{V2BETA1},application/json", "v2beta1"),
        (f"application/json, {V2}", ""),
        (f"application/json;q=0.5, {V2}", "v2"),
        (f"{V2};q=0.1, application/json", ""),
        (f"{V2};q=0, application/json", ""),
        (f"{V2};profile=nopeer,application/json", "v2"),
        ("application/json ; g = apidiscovery.k8s.io ; v = v2 ; as = APIGroupDiscoveryList", "v2"),
        (V2.upper().replace("APIDISCOVERY.K8S.IO", "apidiscovery.k8s.io"), ""),
        (V2.replace("v=v2", "v=v3"), ""),
        (V2.replace("v=v2;", ""), ""),
        (f"{V2.replace('v=v2', 'v=v3')},{V2}", "v2"),
        ("application/json;as=Table;v=v1;g=meta.k8s.io", ""),
        (f"application/json;as=Table;v=v1;g=meta.k8s.io,{V2}", "v2"),
        (V2.replace("json", "vnd.kubernetes.protobuf"), ""),
        (f"application/vnd.kubernetes.protobuf,{V2}", "v2"),
        ("application/json;as=APIGroupDiscoveryList;v=v2", ""),
        (f"{V2};q=nan", ""),
        (f"{V2};q=2", ""),
        (f"{V2};q=", ""),
        (";;;=,,=;", ""),
        ("," * 50_000 + V2, "v2"),
        (";" * 50_000, ""),
    ],
)
def test_the_header_decides_about_the_form(accept: str, expected: str) -> None:
    assert aggregated_version(accept) == expected


@pytest.mark.parametrize(
    ("header", "known"),
    [
        ("{etag}", True),
        ("W/{etag}", True),
        ('"other", {etag}', True),
        ('"other",W/{etag}  ,"third"', True),
        ("*", True),
        (" * ", True),
        ("", False),
        ('"other"', False),
        ("{bare}", False),
        ("{etag}x", False),
        ('"unfinished, {etag}', False),
        ("garbage, {etag}", False),
        (", " * 20_000, False),
        ('"' * 20_000, False),
    ],
)
def test_a_client_that_knows_the_document_need_not_get_it(
    shop: Discovery, header: str, known: bool
) -> None:
    found = document(shop, "/apis")
    value = header.format(etag=found.etag, bare=found.etag.strip('"'))
    assert found.is_known_to(value) is known


def test_a_document_without_etag_is_never_known(shop: Discovery) -> None:
    legacy = shop.document("/apis")
    assert legacy is not None
    assert not legacy.is_known_to("*")
    assert not legacy.is_known_to('""')
