from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from patchcases import failure

from kregistry.meta.gvk import GroupVersionKind
from kregistry.server.discovery import builtin_resources
from kregistry.server.patch import PatchSchema, PatchType, apply_patch, builtin_schema, patch_schema
from kregistry.server.patch.openapi import KINDS, MERGE_KEY, STRATEGY

SCHEMAS = json.loads((Path(__file__).parents[3] / "tools/patches/schemas.json").read_text())


def schema_of(api_version: str, kind: str) -> PatchSchema:
    schema = builtin_schema(GroupVersionKind.of(api_version, kind))
    assert schema is not None
    return schema


def kinds() -> list[GroupVersionKind]:
    return sorted({
        GroupVersionKind(each["group"], each["version"], each["kind"])
        for described in SCHEMAS.values()
        for each in described.get(KINDS, ())
    })  # fmt: skip


def test_every_kind_of_the_documents_has_its_schema() -> None:
    assert len(kinds()) > 100
    for kind in kinds():
        schema = builtin_schema(kind)
        assert schema is not None
        assert schema.kind == "struct"
        assert schema.name


@pytest.mark.parametrize(
    "kind",
    [("example.com", "v1", "Widget"), ("", "v2", "Pod"), ("apps", "v1", "Pod"), ("", "", "")],
)
def test_other_kinds_have_none(kind: tuple[str, str, str]) -> None:
    assert builtin_schema(GroupVersionKind(*kind)) is None


def test_every_kind_that_is_served_and_can_be_patched_has_one() -> None:
    """kubectl sends strategic merge patches for all of them."""
    for resource in builtin_resources(by_default=True):
        for kind in [resource.gvk, *(door.gvk(resource) for door in resource.subresources)]:
            doors = [resource, *resource.subresources]
            if any("patch" in door.verbs and door.kind == kind.kind for door in doors):
                assert builtin_schema(kind) is not None or kind.kind.endswith("Options"), kind


HPA = ("autoscaling/v2", "HorizontalPodAutoscaler")


def patched(kind: tuple[str, str], document: dict[str, Any], patch: dict[str, Any]) -> Any:
    return apply_patch(PatchType.STRATEGIC, document, patch, schema=schema_of(*kind))


@pytest.mark.parametrize(
    ("kind", "name", "key"),
    [
        (HPA, "conditions", "type"),
        (("resource.k8s.io/v1", "ResourceClaim"), "reservedFor", "uid"),
        (("flowcontrol.apiserver.k8s.io/v1", "FlowSchema"), "conditions", "type"),
    ],
)
def test_lists_that_are_merged_are_known_of_kinds_that_are_not_in_the_documents(
    kind: tuple[str, str], name: str, key: str
) -> None:
    document = {"status": {name: [{key: "a", "x": 1}, {key: "b"}]}}
    made = patched(kind, document, {"status": {name: [{key: "a", "y": 2}, {key: "c"}]}})
    assert made["status"][name] == [{key: "a", "x": 1, "y": 2}, {key: "c"}, {key: "b"}]
    gone = {"status": {name: [{"$patch": "delete", key: "a"}]}}
    assert patched(kind, document, gone) == {"status": {name: [{key: "b"}]}}


def test_what_else_such_kinds_have_is_merged_if_it_is_a_map_and_replaced_if_not() -> None:
    document = {
        "metadata": {"finalizers": ["a"], "labels": {"x": "1"}},
        "spec": {"metrics": [{"type": "a"}], "behavior": {"scaleUp": {"policies": [{}]}}},
    }
    patch = {
        "metadata": {"finalizers": ["b"], "labels": {"y": "2"}},
        "spec": {
            "maxReplicas": 3,
            "metrics": [{"type": "b"}],
            "behavior": {"scaleDown": {"policies": [{"value": 1}]}},
        },
    }
    assert patched(HPA, document, patch) == {
        "metadata": {"finalizers": ["b", "a"], "labels": {"x": "1", "y": "2"}},
        "spec": {
            "maxReplicas": 3,
            "metrics": [{"type": "b"}],
            "behavior": {
                "scaleUp": {"policies": [{}]},
                "scaleDown": {"policies": [{"value": 1}]},
            },
        },
    }


@pytest.mark.parametrize(
    ("patch", "spec"),
    [
        ({"$patch": "replace", "metrics": ["c"]}, {"metrics": ["c"]}),
        ({"$patch": "delete"}, {}),
        ({"$setElementOrder/metrics": ["a"], "metrics": ["a"]}, {"metrics": ["a"], "x": 1}),
        ({"$deleteFromPrimitiveList/metrics": ["b"]}, {"metrics": ["a"], "x": 1}),
        ({"$retainKeys": ["metrics"], "metrics": ["a"]}, {"metrics": ["a"]}),
    ],
    ids=lambda each: next(iter(each), "nothing"),
)
def test_directives_work_on_fields_of_which_nothing_is_known(
    patch: dict[str, Any], spec: dict[str, Any]
) -> None:
    made = patched(HPA, {"spec": {"metrics": ["a", "b"], "x": 1}}, {"spec": patch})
    assert made["spec"] == spec


def test_lists_of_which_no_key_is_known_cannot_be_merged() -> None:
    document = {"spec": {"metrics": [{"type": "a"}]}}
    patch = {"spec": {"$deleteFromPrimitiveList/metrics": [{"type": "a"}]}}
    assert "without merge key" in failure(patched, HPA, document, patch).status.message


def test_every_strategy_of_the_documents_is_found_on_its_field() -> None:
    types = schema_of("v1", "Pod").types
    found = 0
    for name in types:
        for field, described in SCHEMAS[name].get("properties", {}).items():
            schema = PatchSchema(types, name)
            listed = described.get("type") == "array"
            made = schema.list_field(field) if listed else schema.field(field)
            strategies = [s for s in described.get(STRATEGY, "").split(",") if s != "retainKeys"]
            assert made.strategy == "".join(strategies), (name, field)
            assert made.merge_key == described.get(MERGE_KEY, ""), (name, field)
            found += STRATEGY in described
    assert found > 50


def test_every_type_that_a_field_names_is_there() -> None:
    types = schema_of("v1", "Pod").types
    for name, fields in types.items():
        for field in fields:
            kind = PatchSchema(types, name).field(field).schema.type.removeprefix("[]")
            assert "." not in kind or kind in types, (name, field)


@pytest.mark.parametrize(
    ("path", "strategy", "merge_key", "type_name"),
    [
        ("spec.containers[]", "merge", "name", "Container"),
        ("spec.containers[].ports[]", "merge", "containerPort", "ContainerPort"),
        ("spec.containers[].env[]", "merge", "name", "EnvVar"),
        ("spec.containers[].command[]", "", "", "string"),
        ("spec.volumes[]", "merge", "name", "Volume"),
        ("spec.tolerations[]", "", "", "Toleration"),
        ("spec.nodeSelector", "", "", "map"),
        ("spec.hostname", "", "", "string"),
        ("spec.terminationGracePeriodSeconds", "", "", "int64"),
        ("metadata.finalizers[]", "merge", "", "string"),
        ("metadata.ownerReferences[]", "merge", "uid", "OwnerReference"),
        ("status.conditions[]", "merge", "type", "PodCondition"),
        ("metadata.creationTimestamp", "", "", "string"),
    ],
)
def test_fields_of_pods_have_the_strategies_that_everyone_knows(
    path: str, strategy: str, merge_key: str, type_name: str
) -> None:
    schema, found = schema_of("v1", "Pod"), None
    for step in path.split("."):
        found = (
            schema.list_field(step.removesuffix("[]"))
            if step.endswith("[]")
            else schema.field(step)
        )
        schema = found.schema
    assert found is not None
    assert (found.strategy, found.merge_key, schema.name) == (strategy, merge_key, type_name)


def test_a_field_is_known_in_another_case_as_go_knows_it() -> None:
    schema = schema_of("v1", "Pod")
    assert schema.field("SPEC") == schema.field("spec")
    assert schema.field("ſpec") == schema.field("spec")


@pytest.mark.parametrize("name", ["", "zzz", "spec ", "spéc", "$patch", '"'])
def test_a_field_that_is_not_there_is_named(name: str) -> None:
    status = failure(schema_of("v1", "Pod").field, name).status
    assert (status.code, status.reason) == (500, "")
    assert status.message.startswith("unable to find api field in struct Pod for the json field ")


def test_the_content_is_read_when_it_is_first_asked_for() -> None:
    code = (
        "from kregistry.server.patch import builtin_schema\n"
        "from kregistry.server.patch.builtin import _content\n"
        "from kregistry.meta.gvk import GroupVersionKind\n"
        "print(_content.cache_info().currsize)\n"
        "builtin_schema(GroupVersionKind('', 'v1', 'Pod'))\n"
        "print(_content.cache_info().currsize)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.split() == ["0", "1"]


DOCUMENT: dict[str, Any] = {
    "x.Widget": {
        "type": "object",
        "properties": {
            "parts": {
                "type": "array",
                "items": {"allOf": [{"$ref": "#/components/schemas/x.Part"}], "default": {}},
                STRATEGY: "merge",
                MERGE_KEY: "id",
            },
            "grid": {"type": "array", "items": {"type": "array", "items": {"type": "string"}}},
            "whole": {"allOf": [{"$ref": "#/components/schemas/x.Part"}], STRATEGY: "replace"},
            "size": {"$ref": "#/components/schemas/x.Size"},
            "free": {"type": "object"},
            "keyed": {"type": "array", "items": {"type": "object"}, MERGE_KEY: "id"},
        },
    },
    "x.Part": {"type": "object", "properties": {"id": {"type": "integer"}, "n": {}}},
    "x.Size": {"oneOf": [{"type": "string"}, {"type": "number"}]},
}


def test_a_schema_can_be_made_of_any_document() -> None:
    schema = patch_schema(DOCUMENT, "x.Widget")
    assert schema.list_field("parts").schema.name == "Part"
    assert schema.list_field("parts").schema.field("id").schema.kind == "int64"
    assert schema.field("size").schema.kind == "string"
    assert schema.field("free").schema.kind == "map"
    assert (schema.field("keyed").strategy, schema.field("keyed").merge_key) == ("", "id")
    live = {"parts": [{"id": 1, "n": 1}, {"id": 2}], "whole": {"id": 1, "n": 2}}
    patch = {"parts": [{"id": 2, "n": 3}], "whole": {"id": 4}}
    assert apply_patch(PatchType.STRATEGIC, live, patch, schema=schema) == {
        "parts": [{"id": 1, "n": 1}, {"id": 2, "n": 3}],
        "whole": {"id": 4},
    }


def test_a_list_of_lists_is_no_field_of_a_patch() -> None:
    status = failure(patch_schema(DOCUMENT, "x.Widget").list_field, "grid").status
    assert (status.code, status.message) == (500, "unexpected slice of slice")


@pytest.mark.parametrize("name", ["x.Nothing", "x.Size", "Widget"])
def test_a_schema_without_fields_is_not_taken(name: str) -> None:
    with pytest.raises(KeyError, match=name):
        patch_schema(DOCUMENT, name)


def test_a_reference_to_nothing_is_not_taken() -> None:
    broken = {"x.A": {"type": "object", "properties": {"b": {"$ref": "x.B"}}}}
    with pytest.raises(KeyError, match=r"x\.B"):
        patch_schema(broken, "x.A")
