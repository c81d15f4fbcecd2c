"""The tool that brings the served OpenAPI types to another release."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from kregistry.server.openapi import OpenAPI, Schemas, builtin_schemas
from kregistry.server.served import ServedResource

TOOL = Path(__file__).parents[2] / "tools" / "refresh_schemas.py"
CONFIG_MAPS = ServedResource(version="v1", kind="ConfigMap", plural="configmaps", verbs=("get",))


def run(documents: Path, target: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(TOOL), "--openapi", str(documents), "--target", str(target)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_types_survive_the_way_through_a_document(tmp_path: Path) -> None:
    document = OpenAPI([CONFIG_MAPS]).document("api/v1")
    assert document is not None
    (tmp_path / "v1.json").write_bytes(document.body)
    target = tmp_path / "made"
    done = run(tmp_path, target)
    assert (done.returncode, done.stderr) == (0, "")
    made = Schemas(json.loads(target.read_text(encoding="utf-8")))
    name = made.name_of(CONFIG_MAPS.gvk)
    assert name == "io.k8s.api.core.v1.ConfigMap"
    for each in made.reachable([name]):
        assert made.component(each) == builtin_schemas().component(each)


def test_a_directory_without_documents_leaves_the_types_as_they_are(tmp_path: Path) -> None:
    target = tmp_path / "made"
    target.write_text("{}")
    done = run(tmp_path, target)
    assert (done.returncode, done.stderr) == (2, f"no documents in {tmp_path}\n")
    assert target.read_text() == "{}"
