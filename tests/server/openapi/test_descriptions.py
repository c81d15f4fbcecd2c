"""Types and fields are described in words of our own, and nothing is described wrongly."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import Any

import pytest

from kregistry.server.discovery import builtin_resources
from kregistry.server.discovery.packagedata import package_data
from kregistry.server.openapi.descriptions import described, type_text
from kregistry.server.openapi.schemas import builtin_schemas
from kregistry.server.openapi.types import KindTypes

META = "io.k8s.apimachinery.pkg.apis.meta.v1"
CORE = "io.k8s.api.core.v1"
TOLD = json.loads(package_data("kregistry.server.openapi", "descriptions.json"))

SERVED = builtin_resources(by_default=True)
TYPES = KindTypes(builtin_schemas(), SERVED)
KINDS = sorted({TYPES.name_of(each.gvk) for each in SERVED})


def component(name: str) -> dict[str, Any]:
    found: dict[str, Any] = TYPES.components([name])[name]
    return found


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_and_what_all_kinds_have_is_described(name: str) -> None:
    found = component(name)
    assert found["description"].endswith(".")
    for field in ("apiVersion", "kind", "metadata"):
        assert found["properties"][field]["description"]


def test_a_type_with_a_class_is_described_by_its_docstring() -> None:
    assert type_text(f"{CORE}.Pod").startswith("Containers that share a node")
    assert component(f"{CORE}.PodSpec")["description"].startswith("What a Pod shall run")


@pytest.mark.parametrize("name", ["PodSpec", "Container"])
def test_every_field_of_a_pod_is_described(name: str) -> None:
    for field, schema in component(f"{CORE}.{name}")["properties"].items():
        assert schema.get("description"), field


def test_every_field_of_the_metadata_is_described() -> None:
    for field, schema in component(f"{META}.ObjectMeta")["properties"].items():
        assert schema.get("description"), field


def test_what_is_described_is_there() -> None:
    """A field that a release took away must not stay behind in the words."""
    schemas = {f"{name.split('.')[-3]}.{name.split('.')[-1]}": name for name in KINDS}
    assert set(TOLD["types"]) <= set(schemas) | {
        "authentication.TokenRequest",
        "autoscaling.HorizontalPodAutoscaler",
    }
    for key, fields in TOLD["members"].items():
        group, _, short = key.partition(".")
        assert set(fields) <= set(component(f"io.k8s.api.{group}.v1.{short}")["properties"])


def test_a_field_that_only_has_the_name_of_another_is_not_described_like_it() -> None:
    condition = component(f"{CORE}.PodCondition")["properties"]["status"]
    assert "description" not in condition
    keys = component(f"{CORE}.ConfigMapVolumeSource")["properties"]["items"]
    assert "description" not in keys


def test_custom_types_are_left_to_describe_themselves() -> None:
    schema = {"type": "object", "properties": {"spec": {"type": "object"}}}
    assert described("com.example.apps.v1.StatefulSet", schema) == schema
    own = {"description": "mine", "type": "object"}
    assert described(f"{CORE}.Pod", own)["description"] == "mine"


def test_no_description_has_marks_of_another_language() -> None:
    for name in TYPES.components(KINDS):
        text = type_text(name)
        assert not re.search(r"[`\n]", text), name


def test_descriptions_are_read_when_documents_are_and_not_before() -> None:
    code = (
        "import sys; from kregistry.server import APIServer; "
        "from kregistry.storage import Config, factory; APIServer(factory.create(Config())); "
        "print('kregistry.server.openapi.descriptions' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == "False\n"


def test_without_docstrings_only_the_table_is_told() -> None:
    code = (
        "from kregistry.server.openapi.descriptions import type_text; "
        f"print([type_text(each) for each in ('{CORE}.Pod', 'io.k8s.api.batch.v1.Job')])"
    )
    done = subprocess.run(
        [sys.executable, "-OO", "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == "['', 'Runs Pods until enough of them have succeeded.']\n"
