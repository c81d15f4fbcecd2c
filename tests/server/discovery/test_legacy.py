"""Discovery as it always was: the documents of /api, /apis and below."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shopkinds import CUSTOM_VERBS, GADGETS, OLD_GADGETS, SHELVES, resource

from kregistry.server.discovery import Discovery, builtin_resources
from kregistry.server.served import VERBS, ServedResource

DEFAULT = builtin_resources(by_default=True)


def ask(discovery: Discovery, path: str) -> Any:
    document = discovery.document(path)
    assert document is not None, path
    assert (document.media_type, document.etag) == ("application/json", "")
    assert document.body.endswith(b"}\n")
    return json.loads(document.body)


@pytest.fixture(scope="module")
def shop() -> Discovery:
    resources = [*builtin_resources(), GADGETS, OLD_GADGETS, SHELVES]
    return Discovery(resources, server_address="127.0.0.1:8001")


def test_api_names_the_versions_of_the_core_group(shop: Discovery) -> None:
    document = ask(shop, "/api")
    assert document == {
        "kind": "APIVersions",
        "versions": ["v1"],
        "serverAddressByClientCIDRs": [
            {"clientCIDR": "0.0.0.0/0", "serverAddress": "127.0.0.1:8001"}
        ],
    }
    assert next(iter(document)) == "kind"


def test_apis_lists_every_group_but_the_core_group(shop: Discovery) -> None:
    document = ask(shop, "/apis")
    assert list(document) == ["kind", "apiVersion", "groups"]
    assert (document["kind"], document["apiVersion"]) == ("APIGroupList", "v1")
    assert len(document["groups"]) == 23
    assert document["groups"][0]["name"] == "apiregistration.k8s.io"
    assert document["groups"][-1] == {
        "name": "shop.example",
        "versions": [
            {"groupVersion": "shop.example/v1", "version": "v1"},
            {"groupVersion": "shop.example/v1beta1", "version": "v1beta1"},
        ],
        "preferredVersion": {"groupVersion": "shop.example/v1", "version": "v1"},
    }


def test_a_group_is_told_as_in_the_list(shop: Discovery) -> None:
    (listed,) = (g for g in ask(shop, "/apis")["groups"] if g["name"] == "autoscaling")
    assert ask(shop, "/apis/autoscaling") == {"kind": "APIGroup", "apiVersion": "v1", **listed}
    assert listed["preferredVersion"]["version"] == "v2"


def test_the_core_version_has_no_api_version(shop: Discovery) -> None:
    document = ask(shop, "/api/v1")
    assert list(document) == ["kind", "groupVersion", "resources"]
    assert (document["kind"], document["groupVersion"]) == ("APIResourceList", "v1")


def test_the_version_of_a_group_has_an_api_version(shop: Discovery) -> None:
    document = ask(shop, "/apis/apps/v1")
    assert list(document) == ["kind", "apiVersion", "groupVersion", "resources"]
    assert [entry["name"] for entry in document["resources"]] == [
        "controllerrevisions",
        "daemonsets",
        "daemonsets/status",
        "deployments",
        "deployments/scale",
        "deployments/status",
        "replicasets",
        "replicasets/scale",
        "replicasets/status",
        "statefulsets",
        "statefulsets/scale",
        "statefulsets/status",
    ]


def test_a_resource_is_told_in_the_order_of_the_go_struct(shop: Discovery) -> None:
    (pods,) = (e for e in ask(shop, "/api/v1")["resources"] if e["name"] == "pods")
    assert list(pods.items()) == [
        ("name", "pods"),
        ("singularName", "pod"),
        ("namespaced", True),
        ("kind", "Pod"),
        (
            "verbs",
            list(VERBS),
        ),
        ("shortNames", ["po"]),
        ("categories", ["all"]),
        ("storageVersionHash", "xPOwRZ+Yhw8="),
    ]


def test_a_foreign_subresource_names_its_group_and_version(shop: Discovery) -> None:
    entries = {e["name"]: e for e in ask(shop, "/api/v1")["resources"]}
    assert list(entries["pods/eviction"].items()) == [
        ("name", "pods/eviction"),
        ("singularName", ""),
        ("namespaced", True),
        ("group", "policy"),
        ("version", "v1"),
        ("kind", "Eviction"),
        ("verbs", ["create"]),
    ]
    assert entries["serviceaccounts/token"]["kind"] == "TokenRequest"
    assert "group" not in entries["pods/status"]


def test_what_there_is_none_of_is_left_out(shop: Discovery) -> None:
    (bindings,) = (e for e in ask(shop, "/api/v1")["resources"] if e["name"] == "bindings")
    assert list(bindings) == ["name", "singularName", "namespaced", "kind", "verbs"]


def test_a_custom_resource_keeps_its_order_of_verbs_and_subresources(shop: Discovery) -> None:
    gadgets, status, scale, shelves = ask(shop, "/apis/shop.example/v1")["resources"]
    assert gadgets["verbs"] == list(CUSTOM_VERBS)
    assert (status["name"], scale["name"]) == ("gadgets/status", "gadgets/scale")
    assert scale["group"] == "autoscaling"
    assert shelves["namespaced"] is False


@pytest.mark.parametrize("path", ["/api", "/apis", "/api/v1", "/apis/apps", "/apis/apps/v1"])
def test_a_slash_at_the_end_does_not_matter(shop: Discovery, path: str) -> None:
    assert shop.document(f"{path}/") is shop.document(path)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "api",
        "/api//",
        "//",
        "//api",
        "/api/v2",
        "/API",
        "/apis/nope",
        "/apis/apps/v2",
        "/apis/apps/v1/deployments",
        "/apis/v1",
        "/apis//v1",
        "/apis/shop.example/v1\n",
        "/api/../apis",
        "/apis/%61pps",
        "/version",
        "/" * 10_000,
    ],
)
def test_other_paths_are_not_of_discovery(shop: Discovery, path: str) -> None:
    assert shop.document(path) is None


def test_nothing_served_is_empty_lists() -> None:
    nothing = Discovery([])
    assert ask(nothing, "/api")["versions"] == []
    assert ask(nothing, "/apis")["groups"] == []
    assert nothing.document("/api/v1") is None


def test_a_document_is_made_once(shop: Discovery) -> None:
    assert shop.document("/apis/apps/v1") is shop.document("/apis/apps/v1")


NAMES = st.sampled_from(["a", "b-c", "x1.example", "k8s.io", "api", "apis", "v1", "a.b.c.d"])


@settings(deadline=None)
@given(st.lists(st.tuples(NAMES, st.sampled_from(["v1", "v2", "v1beta1", "odd"])), unique=True))
def test_every_resource_is_told_exactly_once(places: list[tuple[str, str]]) -> None:
    served = [resource(group=group, version=version) for group, version in places]
    served += [*DEFAULT[:3], GADGETS, SHELVES]
    discovery = Discovery(served)
    told = [
        (group["name"], version["version"], entry["name"])
        for group in [*ask(discovery, "/apis")["groups"], _core(discovery)]
        for version in group["versions"]
        for entry in ask(discovery, _root(group["name"], version["version"]))["resources"]
    ]
    assert sorted(told) == sorted(name for each in served for name in _names(each))


def _core(discovery: Discovery) -> dict[str, Any]:
    versions = ask(discovery, "/api")["versions"]
    return {"name": "", "versions": [{"version": version} for version in versions]}


def _root(group: str, version: str) -> str:
    return f"/apis/{group}/{version}" if group else f"/api/{version}"


def _names(served: ServedResource) -> list[tuple[str, str, str]]:
    plurals = [
        served.plural,
        *(f"{served.plural}/{door.name}" for door in served.subresources),
    ]
    return [(served.group, served.version, plural) for plural in plurals]
