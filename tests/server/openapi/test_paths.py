"""Paths and operations: every verb that is served, once, and everything it refers to is there."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import kubernetes.client
import pytest
from shopkinds import CUSTOM_VERBS, GADGETS, OLD_GADGETS, SHELVES, STATUS, resource
from specs import operations, parameter_names, places, references, resolve, spec

from kregistry.server.discovery import builtin_resources
from kregistry.server.openapi import OpenAPI
from kregistry.server.openapi.naming import friendly_group
from kregistry.server.served import ServedResource, ServedSubresource

ALL = (*builtin_resources(), GADGETS, OLD_GADGETS, SHELVES)
OPENAPI = OpenAPI(ALL)
PLACES = places(OPENAPI)
VERSIONS = [place for place in PLACES if place.count("/") > place.startswith("apis/")]
ACTIONS = {
    "get": ("get", "list"),
    "put": ("put",),
    "post": ("post",),
    "patch": ("patch",),
    "delete": ("delete", "deletecollection"),
}
CONNECT = {"get": "get", "create": "post", "update": "put", "patch": "patch", "delete": "delete"}


@pytest.mark.parametrize("place", PLACES)
def test_every_reference_resolves_and_every_type_is_referred_to(place: str) -> None:
    tree = spec(OPENAPI, place)
    for reference in set(references(tree)):
        assert isinstance(resolve(tree, reference), dict)
    used, waiting = set(), list(references([tree["paths"], tree["components"]["responses"]]))
    while waiting:
        reference = waiting.pop()
        if reference not in used:
            used.add(reference)
            waiting.extend(references(resolve(tree, reference)))
    declared = {f"#/components/schemas/{name}" for name in tree["components"]["schemas"]}
    assert declared == {name for name in used if "/schemas/" in name}


@pytest.mark.parametrize("place", PLACES)
def test_every_part_of_a_path_is_declared_and_wanted(place: str) -> None:
    for path, item in spec(OPENAPI, place)["paths"].items():
        wanted = re.findall(r"\{(\w+)\}", path)
        declared = [each for each in item.get("parameters", ()) if each["in"] == "path"]
        assert sorted(each["name"] for each in declared) == sorted(wanted), path
        assert all(each["required"] for each in declared)


@pytest.mark.parametrize("place", PLACES)
def test_no_parameter_is_declared_twice(place: str) -> None:
    tree = spec(OPENAPI, place)
    for path, method, _ in operations(tree):
        names = parameter_names(tree["paths"][path], method, "query")
        assert max(Counter(names).values(), default=1) == 1, (path, method)


def test_no_identifier_comes_twice_in_all_documents() -> None:
    found = Counter(
        operation["operationId"]
        for place in PLACES
        for _, _, operation in operations(spec(OPENAPI, place))
    )
    assert [name for name, count in found.items() if count > 1] == []


def expected_operations(served: ServedResource) -> Iterator[tuple[str, str]]:
    """Where the verbs of a resource must be, by the paths of the API server."""
    root = f"/apis/{served.api_version}" if served.group else f"/api/{served.version}"
    inside = f"{root}/namespaces/{{namespace}}" if served.namespaced else root
    collection, one = f"{inside}/{served.plural}", f"{inside}/{served.plural}/{{name}}"
    if served.namespaced and "list" in served.verbs:
        yield f"{root}/{served.plural}", "get"
    for verb, place in (
        ("list", (collection, "get")),
        ("create", (collection, "post")),
        ("deletecollection", (collection, "delete")),
        ("get", (one, "get")),
        ("update", (one, "put")),
        ("patch", (one, "patch")),
        ("delete", (one, "delete")),
    ):
        if verb in served.verbs:
            yield place
    for door in served.subresources:
        for verb in door.verbs:
            yield f"{one}/{door.name}", CONNECT[verb]
            if door.name == "proxy":
                yield f"{one}/{door.name}/{{path}}", CONNECT[verb]


@pytest.mark.parametrize("place", VERSIONS)
def test_every_verb_that_is_served_is_described_exactly_once(place: str) -> None:
    described = [(path, method) for path, method, _ in operations(spec(OPENAPI, place))]
    served = [each for each in ALL if place.split("/", 1)[1] == each.api_version]
    expected = [found for each in served for found in expected_operations(each)]
    assert sorted(described) == sorted([*expected, (f"/{place}/", "get")])


@pytest.mark.parametrize("place", VERSIONS)
def test_every_operation_on_a_resource_names_its_action_and_kind(place: str) -> None:
    for path, method, operation in operations(spec(OPENAPI, place)):
        if path.endswith("/"):
            continue
        action = operation["x-kubernetes-action"]
        assert action in ("connect", *ACTIONS[method]), (path, method)
        assert (action == "connect") == operation["operationId"].startswith("connect")
        assert set(operation["x-kubernetes-group-version-kind"]) == {"group", "version", "kind"}


@pytest.mark.parametrize("place", VERSIONS)
def test_writes_take_the_parameters_of_writes(place: str) -> None:
    wanted = {"dryRun", "fieldManager", "fieldValidation"}
    for path, method, operation in operations(spec(OPENAPI, place)):
        names = {each["name"] for each in operation.get("parameters", ())}
        match operation.get("x-kubernetes-action"):
            case "post" | "put" | "patch":
                assert wanted <= names, (path, method)
                assert ("force" in names) == (method == "patch")
                assert operation["requestBody"]["required"]
            case "delete" | "deletecollection":
                assert {"dryRun", "propagationPolicy", "gracePeriodSeconds"} <= names
                assert not wanted & names - {"dryRun"}
                assert "required" not in operation["requestBody"]
            case "list":
                assert {"watch", "allowWatchBookmarks", "limit", "continue"} <= names
                assert "requestBody" not in operation


def kubernetes_method(operation_id: str, group: str, version: str) -> str:
    """What the generator of the Python client makes of an identifier."""
    name = operation_id.replace(friendly_group(group) + version.capitalize(), "", 1)
    words = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", name)
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", words).lower()


@pytest.mark.parametrize(
    "version", sorted({each.group_version for each in builtin_resources(by_default=True)}), ids=str
)
def test_the_python_client_has_a_method_for_every_operation(version: Any) -> None:
    group, name = version
    api = getattr(kubernetes.client, f"{friendly_group(group)}{name.capitalize()}Api")
    place = f"apis/{version}" if group else f"api/{version}"
    ours = {
        kubernetes_method(operation["operationId"], group, name)
        for _, _, operation in operations(spec(OPENAPI, place))
    }
    assert [method for method in sorted(ours) if not hasattr(api, method)] == []


def test_a_list_can_be_watched() -> None:
    tree = spec(OPENAPI, "apis/apps/v1")
    content = tree["paths"]["/apis/apps/v1/deployments"]["get"]["responses"]["200"]["content"]
    assert set(content) == {"application/json", "application/json;stream=watch"}


def test_a_log_is_read_as_text_with_its_options() -> None:
    tree = spec(OPENAPI, "api/v1")
    item = tree["paths"]["/api/v1/namespaces/{namespace}/pods/{name}/log"]
    assert set(item["get"]["responses"]["200"]["content"]) == {"text/plain"}
    assert {"container", "follow", "tailLines", "insecureSkipTLSVerifyBackend"} <= set(
        parameter_names(item, "get", "query")
    )


def test_a_connection_takes_its_options_in_the_query() -> None:
    paths = spec(OPENAPI, "api/v1")["paths"]
    run = paths["/api/v1/namespaces/{namespace}/pods/{name}/exec"]["post"]
    command = next(each for each in run["parameters"] if each["name"] == "command")
    assert command["schema"] == {"type": "array", "items": {"type": "string"}}
    assert "requestBody" not in run
    proxy = paths["/api/v1/nodes/{name}/proxy/{path}"]
    assert [each["name"] for each in proxy["parameters"]] == ["name", "path", "pretty"]


def test_a_connection_of_a_stranger_has_no_options() -> None:
    door = ServedSubresource(name="exec", kind="PodExecOptions", verbs=("get",), connects=True)
    served = resource("boxes", group="shop.example", kind="Box", subresources=(door,))
    tree = spec(OpenAPI([served]), "apis/shop.example/v1")
    item = tree["paths"]["/apis/shop.example/v1/namespaces/{namespace}/boxes/{name}/exec"]
    assert parameter_names(item, "get", "query") == ["pretty"]


def test_kinds_that_would_share_an_identifier_get_different_ones() -> None:
    confusing = [
        resource("gadgets", group="shop.example", kind="Gadget", subresources=(STATUS,)),
        resource(
            "gadgetstatuses", group="shop.example", kind="GadgetStatus", verbs=("get", "patch")
        ),
        resource("gadgetlists", group="shop.example", kind="GadgetList", verbs=("get", "list")),
    ]
    tree = spec(OpenAPI(confusing), "apis/shop.example/v1")
    found = [operation["operationId"] for _, _, operation in operations(tree)]
    assert len(found) == len(set(found))
    assert "readShopExampleV1NamespacedGadgetStatus_2" in found


@pytest.mark.parametrize(
    "group",
    [
        "a",
        "1",
        "x-1.y-2",
        "api",
        "apis",
        "v1",
        "k8s.io",
        "core.api.k8s.io",
        ".".join(["a" * 62] * 4),
        "namespaces",
    ],
)
def test_odd_groups_are_described_like_others(group: str) -> None:
    odd = ServedResource(
        group=group,
        version="v1",
        kind="Pod",
        plural="namespaces",
        verbs=CUSTOM_VERBS,
        custom=True,
        subresources=(ServedSubresource(name="name", kind="Pod", verbs=("get",)),),
    )
    openapi = OpenAPI([*builtin_resources(by_default=True), odd])
    tree = spec(openapi, f"apis/{group}/v1")
    assert all(resolve(tree, reference) for reference in references(tree))
    described = [(path, method) for path, method, _ in operations(tree)]
    assert sorted(described) == sorted([*expected_operations(odd), (f"/apis/{group}/v1/", "get")])
    assert openapi.document("api/v1") is OPENAPI.document("api/v1")
