"""The types in the documents: what a release says about them, and what stands in for the rest."""

from __future__ import annotations

from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV30SpecValidator
from shopkinds import GADGETS, SHELVES, resource
from specs import spec

from kregistry.meta.gvk import GroupVersionKind
from kregistry.server.discovery import builtin_resources
from kregistry.server.openapi import OpenAPI, Schemas, builtin_schemas
from kregistry.server.openapi.schemas import MAX_DEPTH, published, references
from kregistry.server.served import ServedResource

DEFAULT = builtin_resources(by_default=True)
GADGET = {"group": "shop.example", "version": "v1", "kind": "Gadget"}
OPENAPI = OpenAPI([*builtin_resources(), GADGETS, SHELVES])

#: Kinds served by default of which the release's types are not in the package.
OPEN = """\
autoscaling/v2 HorizontalPodAutoscaler
certificates.k8s.io/v1 CertificateSigningRequest
flowcontrol.apiserver.k8s.io/v1 FlowSchema
flowcontrol.apiserver.k8s.io/v1 PriorityLevelConfiguration
node.k8s.io/v1 RuntimeClass
resource.k8s.io/v1 DeviceClass
resource.k8s.io/v1 ResourceClaim
resource.k8s.io/v1 ResourceClaimTemplate
resource.k8s.io/v1 ResourceSlice
"""


def types(place: str, openapi: OpenAPI = OPENAPI) -> dict[str, Any]:
    schemas: dict[str, Any] = spec(openapi, place)["components"]["schemas"]
    return schemas


def place_of(served: ServedResource) -> str:
    return f"apis/{served.api_version}" if served.group else f"api/{served.version}"


@pytest.mark.parametrize(
    "place",
    [
        "api/v1",
        "apis/apps/v1",
        "apis/autoscaling/v1",
        "apis/autoscaling/v2",
        "apis/apiextensions.k8s.io/v1",
        "apis/shop.example/v1",
        "apis/authorization.k8s.io/v1",
        "apis/apps",
        "api",
        "apis",
        "version",
    ],
)
def test_a_document_is_valid_openapi(place: str) -> None:
    problems = OpenAPIV30SpecValidator(spec(OPENAPI, place)).iter_errors()  # type: ignore[arg-type]
    assert [problem.message for problem in problems] == []


def test_the_validator_would_find_a_mistake() -> None:
    tree = spec(OPENAPI, "version")
    broken = {**tree, "paths": {"/version/{x}": {"get": tree["paths"]["/version/"]["get"]}}}
    assert list(OpenAPIV30SpecValidator(broken).iter_errors())  # type: ignore[arg-type]


def test_a_field_says_how_lists_are_merged() -> None:
    containers = types("api/v1")["io.k8s.api.core.v1.PodSpec"]["properties"]["containers"]
    assert containers.pop("description")
    assert containers == {
        "type": "array",
        "items": {"$ref": "#/components/schemas/io.k8s.api.core.v1.Container"},
        "x-kubernetes-list-map-keys": ["name"],
        "x-kubernetes-list-type": "map",
        "x-kubernetes-patch-merge-key": "name",
        "x-kubernetes-patch-strategy": "merge",
    }


def test_what_belongs_to_a_field_stands_beside_a_wrapped_reference() -> None:
    volume = {"$ref": "a.Volume", "default": {}, "x-kubernetes-map-type": "atomic"}
    assert published(volume) == {
        "allOf": [{"$ref": "#/components/schemas/a.Volume"}],
        "x-kubernetes-map-type": "atomic",
    }
    assert published({"$ref": "a.Volume"}) == {"$ref": "#/components/schemas/a.Volume"}


def test_a_default_that_says_something_stays() -> None:
    port = types("api/v1")["io.k8s.api.core.v1.ServicePort"]["properties"]
    assert port["protocol"]["default"] == "TCP"
    assert "default" not in port["port"]


def test_a_property_may_have_the_name_of_a_word_of_openapi() -> None:
    schema = {
        "properties": {
            "$ref": {"type": "string"},
            "items": {"$ref": "a.Items"},
            "default": {"$ref": "a.Default", "default": {}},
            "properties": {"additionalProperties": {"$ref": "a.Props"}, "type": "object"},
        }
    }
    assert sorted(references(schema)) == ["a.Default", "a.Items", "a.Props"]
    assert published(schema)["properties"]["$ref"] == {"type": "string"}
    props = types("apis/apiextensions.k8s.io/v1")
    (name,) = (each for each in props if each.endswith(".JSONSchemaProps"))
    assert props[name]["properties"]["$ref"] == {"type": "string"}


def test_publishing_leaves_the_schema_as_it_was() -> None:
    schema = {"properties": {"a": {"$ref": "b", "default": {}}}, "default": ""}
    published(schema)
    assert schema == {"properties": {"a": {"$ref": "b", "default": {}}}, "default": ""}


@pytest.mark.parametrize("served", DEFAULT, ids=lambda served: str(served.gvr))
def test_the_type_of_a_kind_is_found_by_its_group_version_and_kind(served: ServedResource) -> None:
    wanted = {"group": served.group, "version": served.version, "kind": served.kind}
    found = [
        schema
        for schema in types(place_of(served)).values()
        if wanted in schema.get("x-kubernetes-group-version-kind", ())
    ]
    assert len(found) == 1
    is_open = f"{served.api_version} {served.kind}" in OPEN.splitlines()
    assert found[0].get("x-kubernetes-preserve-unknown-fields", False) is is_open
    assert "metadata" in found[0]["properties"]


def test_a_kind_without_a_schema_may_have_any_field() -> None:
    gadget = types("apis/shop.example/v1")["example.shop.v1.Gadget"]
    assert gadget == {
        "type": "object",
        "properties": {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            "metadata": {
                "$ref": "#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
            },
        },
        "x-kubernetes-preserve-unknown-fields": True,
        "x-kubernetes-group-version-kind": [
            {"group": "shop.example", "kind": "Gadget", "version": "v1"}
        ],
    }


def test_a_list_of_a_kind_without_a_schema_holds_its_objects() -> None:
    shop = types("apis/shop.example/v1")
    shelves = shop["example.shop.v1.ShelfList"]
    assert shelves["required"] == ["items"]
    assert shelves["properties"]["items"]["items"] == {
        "$ref": "#/components/schemas/example.shop.v1.Shelf"
    }
    assert "io.k8s.api.node.v1.RuntimeClassList" in types("apis/node.k8s.io/v1")


def test_a_group_that_looks_like_a_built_in_one_takes_no_name_away() -> None:
    disguised = resource(
        "pods", group="core.api.k8s.io", kind="Pod", verbs=("get", "list"), custom=True
    )
    pods = ServedResource(version="v1", kind="Pod", plural="pods", verbs=("get",))
    openapi = OpenAPI([pods, disguised])
    theirs = types("apis/core.api.k8s.io/v1", openapi)
    assert "io.k8s.api.core.v1.Pod_2" in theirs
    assert (
        "x-kubernetes-preserve-unknown-fields"
        not in types("api/v1", openapi)["io.k8s.api.core.v1.Pod"]
    )


def test_schemas_of_ones_own_are_used() -> None:
    own = builtin_schemas().with_more(
        {
            "example.shop.v1.Gadget": {
                "type": "object",
                "properties": {"size": {"$ref": "example.shop.v1.Size"}},
                "x-kubernetes-group-version-kind": [
                    {"group": "shop.example", "version": "v1", "kind": "Gadget"}
                ],
            },
            "example.shop.v1.Size": {"type": "integer"},
        }
    )
    shop = types("apis/shop.example/v1", OpenAPI([GADGETS], schemas=own))
    assert shop["example.shop.v1.Size"] == {"type": "integer"}
    assert "size" in shop["example.shop.v1.Gadget"]["properties"]
    paths = spec(OpenAPI([GADGETS], schemas=own), "apis/shop.example/v1")["paths"]
    patch = paths["/apis/shop.example/v1/namespaces/{namespace}/gadgets/{name}"]["patch"]
    assert "application/strategic-merge-patch+json" not in patch["requestBody"]["content"]
    assert builtin_schemas().name_of(GADGETS.gvk) is None


def test_a_schema_that_came_later_takes_the_place_of_an_older_one() -> None:
    first = Schemas({"a": {"type": "string"}, "b": {"$ref": "a"}})
    assert first.component("a") == {"type": "string"}
    assert first.with_more({"a": {"type": "integer"}}).component("a") == {"type": "integer"}
    assert first.component("a") == {"type": "string"}


@pytest.mark.parametrize(
    "broken",
    [
        {"a": {"$ref": "b"}},
        {"a": {"properties": {"x": {"items": {"$ref": "b"}}}}},
        {"a": {"additionalProperties": {"additionalProperties": {"$ref": "b"}}}},
    ],
    ids=str,
)
def test_a_reference_into_nothing_is_refused(broken: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="schema a refers to b, which is not there"):
        Schemas(broken)


def test_types_may_refer_to_themselves() -> None:
    schemas = Schemas({"tree": {"properties": {"left": {"$ref": "tree"}}}})
    assert schemas.reachable(["tree"]) == ["tree"]


def nested(depth: int, word: str) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(depth):
        schema = {word: schema if word == "items" else {"x": schema}}
    return schema


@pytest.mark.parametrize("word", ["items", "properties"])
def test_a_deep_schema_is_published_and_a_bottomless_one_refused(word: str) -> None:
    own = {**nested(MAX_DEPTH, word), "x-kubernetes-group-version-kind": [GADGET]}
    shop = types("apis/shop.example/v1", OpenAPI([GADGETS], schemas=with_own(own)))
    assert shop["a"][word]
    with pytest.raises(ValueError, match="nested more than"):
        with_own(nested(50_000, word))


def with_own(schema: dict[str, Any]) -> Schemas:
    return builtin_schemas().with_more({"a": schema})


@pytest.mark.parametrize(
    "broken",
    [
        [],
        "string",
        None,
        {"properties": []},
        {"properties": {"x": None}},
        {"items": [{"type": "string"}]},
        {"additionalProperties": "yes"},
    ],
    ids=str,
)
def test_what_is_no_schema_is_refused(broken: Any) -> None:
    with pytest.raises(TypeError, match="a schema is a mapping"):
        Schemas({"a": broken})


def test_additional_properties_may_be_a_boolean() -> None:
    assert Schemas({"a": {"additionalProperties": True}}).component("a") == {
        "additionalProperties": True
    }


def test_types_are_found_by_kind() -> None:
    assert builtin_schemas().name_of(GroupVersionKind("", "v1", "Pod")) == "io.k8s.api.core.v1.Pod"
    assert builtin_schemas().name_of(GroupVersionKind("", "v2", "Pod")) is None
    with pytest.raises(KeyError):
        builtin_schemas().component("io.k8s.api.core.v2.Pod")
