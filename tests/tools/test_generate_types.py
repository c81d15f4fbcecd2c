"""The generator of the built-in kinds: the tree is what it writes, and it says what is wrong."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
TOOLS = ROOT / "tools"


def run(*arguments: object, script: str = "generate_types.py") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(TOOLS / script), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A copy of the data files that a test may spoil."""
    return Path(shutil.copytree(TOOLS / "types", tmp_path / "types"))


def change(path: Path, edit: Any) -> None:
    content = json.loads(path.read_text())
    edit(content)
    path.write_text(json.dumps(content))


def test_the_tree_is_what_the_generator_writes() -> None:
    done = run("--check")
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)


def test_a_check_names_what_differs_and_writes_nothing(tmp_path: Path) -> None:
    done = run("--check", "--target", tmp_path)
    assert done.returncode == 1
    assert str(tmp_path / "core/v1/pod.py") in done.stdout.splitlines()
    assert not list(tmp_path.rglob("*.py"))


def test_writing_twice_changes_nothing_the_second_time(tmp_path: Path) -> None:
    assert "podspec.py" in run("--target", tmp_path).stdout
    assert run("--target", tmp_path).stdout == ""
    assert run("--check", "--target", tmp_path).returncode == 0


def test_classes_written_by_hand_are_shown_by_the_door(tmp_path: Path) -> None:
    package = tmp_path / "core/v1"
    package.mkdir(parents=True)
    (package / "mine.py").write_text("class Mine: ...\nclass _Hidden: ...\n")
    run("--target", tmp_path)
    door = (package / "__init__.py").read_text()
    assert '"mine": ("Mine",),' in door
    assert "_Hidden" not in door


def test_a_new_field_appears_in_its_class(data: Path, tmp_path: Path) -> None:
    pod_ip = "io.k8s.api.core.v1.PodIP"
    documented = {"type": "string", "enum": ["IPv4", "IPv6"]}
    change(data / "schemas.json", lambda s: s[pod_ip]["properties"].update(ipFamily=documented))
    change(
        data / "go_facts.json", lambda f: f["types"][pod_ip].update(ipFamily="pointer omitempty")
    )
    assert run("--data", data, "--target", tmp_path).returncode == 0
    text = (tmp_path / "core/v1/network.py").read_text()
    assert '    ip_family: str | None = field(default=None, enum=("IPv4", "IPv6"))\n' in text


def test_a_field_that_go_leaves_out_when_zero_may_be_none(data: Path, tmp_path: Path) -> None:
    name = "io.k8s.api.core.v1.Container"
    change(data / "go_facts.json", lambda f: f["types"][name].update(resources="omitzero"))
    assert run("--data", data, "--target", tmp_path).returncode == 0
    text = (tmp_path / "core/v1/container.py").read_text()
    assert "    resources: ResourceRequirements | None = None\n" in text


@pytest.mark.parametrize(
    ("file", "edit", "problem"),
    [
        ("topics.json", lambda t: t[1]["classes"].popitem(), "missing ['FileKeySelector']"),
        (
            "topics.json",
            lambda t: t[1]["classes"].update(Ghost="Boo."),
            "superfluous ['Ghost']",
        ),
        (
            "topics.json",
            lambda t: t[1]["classes"].update(FileKeySelector="long " * 30),
            "too long for one line",
        ),
        (
            "go_facts.json",
            lambda f: f["types"].pop("io.k8s.api.core.v1.Pod"),
            "nothing about io.k8s.api.core.v1.Pod",
        ),
        (
            "go_facts.json",
            lambda f: f["types"]["io.k8s.api.core.v1.PodIP"].clear(),
            "io.k8s.api.core.v1.PodIP: missing ['ip']",
        ),
        ("schemas.json", lambda s: s.pop("io.k8s.api.core.v1.PodIP"), "no schema for"),
        (
            "schemas.json",
            lambda s: s["io.k8s.api.core.v1.PodIP"]["properties"]["ip"].update(type="number"),
            "no Python type for",
        ),
    ],
)
def test_data_that_does_not_fit_together_is_explained(
    data: Path, tmp_path: Path, file: str, edit: Any, problem: str
) -> None:
    change(data / file, edit)
    done = run("--data", data, "--target", tmp_path / "out")
    assert done.returncode == 2
    assert problem in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


GO_SOURCE = """
// type Fake struct { }
type Inner struct {
\tA string `json:"a"`
\tB *int32 `json:"b,omitempty" protobuf:"bytes,1"`
}
/* a comment
   Nothing string `json:"nothing"` */
type Outer struct {
\tmetav1.TypeMeta `json:",inline"`
\tInner `json:",inline" protobuf:"x"`
\t// Many says how many. `json:"no"`
\tMany []map[string]Inner `json:"many,omitempty"`
\tWhen metav1.Time `json:"when,omitempty,omitzero"`
\tPtr *Inner `json:"ptr"`
}
"""


@pytest.fixture
def typegen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(TOOLS))


@pytest.mark.usefixtures("typegen")
def test_facts_are_read_from_go_source(tmp_path: Path) -> None:
    from typegen.gofacts import facts_of

    (tmp_path / "core/v1").mkdir(parents=True)
    (tmp_path / "core/v1/types.go").write_text(GO_SOURCE)
    facts = facts_of(["io.k8s.api.core.v1.Outer"], tmp_path)["io.k8s.api.core.v1.Outer"]
    assert list(facts.items()) == [
        ("kind", "omitempty"), ("apiVersion", "omitempty"), ("a", ""), ("b", "pointer omitempty"),
        ("many", "omitempty"), ("when", "omitempty omitzero"), ("ptr", "pointer"),
    ]  # fmt: skip


@pytest.mark.usefixtures("typegen")
def test_schemas_are_reduced_to_what_is_read(tmp_path: Path) -> None:
    from typegen.openapi import schemas_of

    reference = {"$ref": "#/components/schemas/io.X"}
    document = {
        "components": {
            "schemas": {
                "io.A": {
                    "description": "Long.",
                    "type": "object",
                    "properties": {
                        "description": {"type": "string", "description": "A field of that name."},
                        "x": {"allOf": [reference], "default": {}, "description": "Long."},
                        "xs": {"type": "array", "items": {"allOf": [reference], "default": {}}},
                        "e": {"type": "string", "enum": ["b", "a", ""]},
                    },
                }
            }
        }
    }
    path = tmp_path / "a.json"
    path.write_text(json.dumps(document))
    assert schemas_of([path]) == {
        "io.A": {
            "type": "object",
            "properties": {
                "description": {"type": "string"},
                "x": {"$ref": "io.X", "default": {}},
                "xs": {"type": "array", "items": {"$ref": "io.X"}},
                "e": {"type": "string", "enum": ["", "a", "b"]},
            },
        }
    }


@pytest.mark.usefixtures("typegen")
@pytest.mark.parametrize(
    ("wire", "name"),
    [
        ("podIPs", "pod_ips"), ("hostIPC", "host_ipc"), ("clusterIP", "cluster_ip"),
        ("targetWWNs", "target_wwns"), ("podCIDRs", "pod_cidrs"), ("systemUUID", "system_uuid"),
        ("setHostnameAsFQDN", "set_hostname_as_fqdn"), ("fsGroup", "fs_group"), ("Port", "port"),
        ("seLinuxOptions", "se_linux_options"), ("downwardAPI", "downward_api"),
        ("insecureSkipTLSVerifyBackend", "insecure_skip_tls_verify_backend"), ("uid", "uid"),
        ("continue", "continue_"), ("from", "from_"), ("field", "field_"),
    ],
)  # fmt: skip
def test_names_become_what_a_person_would_write(wire: str, name: str) -> None:
    from typegen.names import snake_case

    assert snake_case(wire) == name


def test_another_release_is_one_command(tmp_path: Path) -> None:
    """Documents and source are made from the data here, and must come back as they were."""
    data = Path(shutil.copytree(TOOLS / "types", tmp_path / "types"))
    schemas = json.loads((data / "schemas.json").read_text())
    facts = json.loads((data / "go_facts.json").read_text())["types"]
    documents, source = tmp_path / "openapi", tmp_path / "go"
    documents.mkdir()
    text = json.dumps({"components": {"schemas": schemas}})
    (documents / "all.json").write_text(text.replace('"$ref": "', '"$ref": "#/components/schemas/'))
    for full, fields in facts.items():
        package, name = full.removeprefix("io.k8s.api.").rsplit(".", 1)
        path = source / package.replace(".", "/") / "types.go"
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = [
            f'\tF{number} {"*" if "pointer" in flags else ""}T `json:"{wire}'
            f'{",omitempty" if "omitempty" in flags else ""}"`'
            for number, (wire, flags) in enumerate(fields.items())
        ]
        with path.open("a") as file:
            file.write(f"type {name} struct {{\n" + "\n".join(lines) + "\n}\n\n")
    (data / "schemas.json").unlink()
    (data / "go_facts.json").unlink()
    done = run(
        "--release", "v1.36.3", "--openapi", documents, "--go", source, "--data", data,
        "--target", tmp_path / "out", script="refresh_types.py",
    )  # fmt: skip
    assert (done.stderr, done.returncode) == ("", 0)
    for name in ("schemas.json", "go_facts.json"):
        assert (data / name).read_text() == (TOOLS / "types" / name).read_text()


def test_a_release_that_lacks_a_type_is_explained(tmp_path: Path) -> None:
    done = run(
        "--release", "v9", "--openapi", tmp_path, "--go", tmp_path, "--data", tmp_path,
        "--target", tmp_path / "out", script="refresh_types.py",
    )  # fmt: skip
    assert done.returncode == 2
    assert "no schema for" in done.stderr
