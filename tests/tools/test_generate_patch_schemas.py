"""The generator of the patch schemas: the tree has what it writes, and it says what is wrong."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tools/patches/schemas.json"


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "tools/generate_patch_schemas.py"), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_tree_has_what_the_generator_writes() -> None:
    done = run("--check")
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)


def test_a_check_names_the_file_and_writes_nothing(tmp_path: Path) -> None:
    target = tmp_path / "builtin.json"
    done = run("--check", "--target", target)
    assert (done.stdout.strip(), done.returncode) == (str(target), 1)
    assert not target.exists()


def test_writing_twice_changes_nothing_the_second_time(tmp_path: Path) -> None:
    target = tmp_path / "builtin.json"
    assert run("--target", target).stdout.strip() == str(target)
    assert run("--target", target).stdout == ""
    assert run("--check", "--target", target).returncode == 0


def test_a_new_strategy_appears(tmp_path: Path) -> None:
    schemas = json.loads(DATA.read_text())
    field = schemas["io.k8s.api.core.v1.PodSpec"]["properties"]["tolerations"]
    field["x-kubernetes-patch-strategy"] = "merge"
    field["x-kubernetes-patch-merge-key"] = "key"
    data, target = tmp_path / "schemas.json", tmp_path / "builtin.json"
    data.write_text(json.dumps(schemas))
    assert run("--data", data, "--target", target).returncode == 0
    types = json.loads(target.read_text())["types"]
    assert types["io.k8s.api.core.v1.PodSpec"]["tolerations"] == (
        "[]io.k8s.api.core.v1.Toleration merge key"
    )


@pytest.mark.parametrize(
    ("content", "problem"),
    [("{}", "no schema says of which kind it is"), ("[", "Expecting"), (None, "io.k8s.X")],
)
def test_data_that_does_not_fit_together_is_explained(
    tmp_path: Path, content: str | None, problem: str
) -> None:
    if content is None:
        schemas = json.loads(DATA.read_text())
        schemas["io.k8s.api.core.v1.Pod"]["properties"]["spec"] = {"$ref": "io.k8s.X"}
        content = json.dumps(schemas)
    data = tmp_path / "schemas.json"
    data.write_text(content)
    done = run("--data", data, "--target", tmp_path / "out.json")
    assert done.returncode == 2
    assert problem in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out.json").exists()


def test_another_release_is_one_command(tmp_path: Path) -> None:
    """The documents are made from the data here, and both files must come back as they were."""
    documents = tmp_path / "openapi"
    documents.mkdir()
    text = json.dumps({"components": {"schemas": json.loads(DATA.read_text())}})
    (documents / "all.json").write_text(text.replace('"$ref": "', '"$ref": "#/components/schemas/'))
    data, target = tmp_path / "schemas.json", tmp_path / "builtin.json"
    done = run("--openapi", documents, "--data", data, "--target", target)
    assert (done.stderr, done.returncode) == ("", 0)
    assert data.read_text() == DATA.read_text()
    assert target.read_text() == (ROOT / "src/kregistry/server/patch/builtin.json").read_text()
