"""``python -m kregistry`` saves Pods, tells a true story, and fails in one clear line."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]

POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "web"},
    "spec": {"containers": [{"name": "c", "image": "nginx:1.27"}]},
}


@pytest.fixture
def run(tmp_path: Path) -> Run:
    def run_it(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "kregistry", *arguments],
            cwd=tmp_path,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            env={**os.environ, "PYTHONWARNINGS": "error"},
        )

    return run_it


def write(path: Path, document: object) -> str:
    path.write_text(json.dumps(document), encoding="utf-8")
    return str(path)


def steps(shown: str) -> list[str]:
    return re.findall(r"^ +\d+  (\S+(?: \S+)?)  ", shown, re.MULTILINE)


def test_without_arguments_the_sample_is_saved_and_every_step_told(run: Run) -> None:
    done = run()
    assert (done.returncode, done.stderr) == (0, "")
    assert "kregistry.db is empty, at resourceVersion 1" in done.stdout
    assert steps(done.stdout) == [
        "decoded",
        "defaulted",
        "name generated",
        "prepared",
        "validated",
        "canonicalized",
        "key",
        "bytes",
        "revision",
        "watched",
    ]
    assert "Stored now: 1 Pod, at resourceVersion 2" in done.stdout


def test_the_second_run_finds_the_pods_of_the_first(run: Run) -> None:
    first = run("--output", "json")
    second = run()
    (pod,) = json.loads(first.stdout)["pods"]
    assert f"kregistry.db already holds 1 Pod: {pod['name']}, at resourceVersion 2" in second.stdout
    assert "Stored now: 2 Pods, at resourceVersion 3" in second.stdout


def test_what_is_told_is_what_is_in_the_file(run: Run, tmp_path: Path) -> None:
    told = json.loads(run("--output", "json").stdout)
    details = {step["name"]: step["detail"] for step in told["manifests"][0]["steps"]}
    with sqlite3.connect(tmp_path / "kregistry.db") as file:
        tables = [
            row[0] for row in file.execute("SELECT name FROM sqlite_schema WHERE type='table'")
        ]
        cells = [
            cell
            for table in tables
            for row in file.execute(f"SELECT * FROM {table}")
            for cell in row
        ]
    file.close()
    assert details["key"].encode() in cells
    (value,) = [cell for cell in cells if isinstance(cell, bytes) and cell.startswith(b"{")]
    assert details["bytes"].startswith(f"{len(value)} bytes of JSON")
    assert json.loads(value)["metadata"]["name"] == told["pods"][0]["name"]


def test_nothing_is_written_to_disk_for_a_store_in_memory(run: Run, tmp_path: Path) -> None:
    assert run("--storage", "memory").returncode == 0
    assert list(tmp_path.iterdir()) == []


def test_several_manifests_and_standard_input_are_saved_in_order(run: Run, tmp_path: Path) -> None:
    named = write(tmp_path / "one.json", POD)
    piped = json.dumps(POD | {"metadata": {"name": "piped", "namespace": "other"}})
    done = run(named, "-", "--path", "mine.db", "-o", "json", stdin=piped)
    assert done.returncode == 0
    pods = {(pod["namespace"], pod["name"]) for pod in json.loads(done.stdout)["pods"]}
    assert pods == {("default", "web"), ("other", "piped")}
    assert (tmp_path / "mine.db").exists()


def test_yaml_is_read_with_all_its_documents(run: Run, tmp_path: Path) -> None:
    pytest.importorskip("yaml")
    text = "---\n".join(json.dumps(POD | {"metadata": {"name": name}}) + "\n" for name in "ab")
    (tmp_path / "pods.yaml").write_text(text, encoding="utf-8")
    done = run("pods.yaml", "-o", "json")
    assert [pod["name"] for pod in json.loads(done.stdout)["pods"]] == ["a", "b"]


def test_an_invalid_pod_ends_with_2_and_the_field_errors(run: Run, tmp_path: Path) -> None:
    spec = {"containers": [{"name": "C", "image": ""}], "restartPolicy": "Sometimes"}
    bad = {**POD, "spec": spec}
    done = run(write(tmp_path / "bad.json", bad))
    assert done.returncode == 2
    assert 'Pod "web" is invalid: [spec.containers[0].name: Invalid value: "C"' in done.stderr
    assert "  * spec.containers[0].image: Required value" in done.stderr
    assert '  * spec.restartPolicy: Unsupported value: "Sometimes": supported' in done.stderr
    assert "Stored now: 0 Pods" in done.stdout


def test_the_good_ones_are_saved_although_one_is_bad(run: Run, tmp_path: Path) -> None:
    good = write(tmp_path / "good.json", POD)
    done = run("missing.json", good, "-o", "json")
    assert done.returncode == 1
    told = json.loads(done.stdout)
    assert told["manifests"][0]["error"] == "missing.json: No such file or directory"
    assert [pod["name"] for pod in told["pods"]] == ["web"]


def test_a_pod_that_exists_is_refused(run: Run, tmp_path: Path) -> None:
    named = write(tmp_path / "pod.json", POD)
    assert run(named).returncode == 0
    again = run(named)
    assert again.returncode == 1
    assert again.stderr.splitlines() == ['pods "web" already exists']


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"{", "bad.json: "),
        (b"", "bad.json: "),
        (b"[]", "bad.json: "),
        (b"\xff\xfe{\x00}\x00", "bad.json: "),
        (b"[" * 100_000, "bad.json: "),
        (b'{"apiVersion": "v1", "kind": "Secret"}', "bad.json: "),
        (b'{"apiVersion": "apps/v1", "kind": "Pod"}', "bad.json: "),
        (b'{"apiVersion": "v1", "kind": "Pod", "spec": 7}', "bad.json: "),
        (b" " * (3 * 1024 * 1024 + 1), "bad.json: larger than 3145728 bytes"),
    ],
    ids=["cut", "empty", "list", "utf-16", "deep", "secret", "group", "type", "large"],
)
def test_what_is_not_a_pod_gets_one_clear_line(
    run: Run, tmp_path: Path, content: bytes, complaint: str
) -> None:
    (tmp_path / "bad.json").write_bytes(content)
    done = run("bad.json")
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"kregistry: {complaint}")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "text",
    [
        "a: &x [1]\nb: *x\n",
        "a: 1\na: 2\n",
        "a: [\n",
        "[" * 5000,
        "a: !!python/object:os.system {}\n",
    ],
    ids=["alias", "twice", "cut", "deep", "object"],
)
def test_hostile_yaml_gets_one_clear_line(run: Run, tmp_path: Path, text: str) -> None:
    pytest.importorskip("yaml")
    (tmp_path / "bad.yaml").write_text(text, encoding="utf-8")
    done = run("bad.yaml")
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("kregistry: bad.yaml: ")


def test_a_file_that_is_no_store_is_refused_and_left_alone(run: Run, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("not a database" * 200, encoding="utf-8")
    done = run("--path", "notes.txt")
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert (tmp_path / "notes.txt").read_text(encoding="utf-8") == "not a database" * 200


@pytest.mark.parametrize("path", [".", "missing/kregistry.db", ""])
def test_a_place_that_cannot_hold_a_store_gets_one_clear_line(run: Run, path: str) -> None:
    done = run("--path", path)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("kregistry: ")


def test_nothing_that_a_terminal_obeys_is_printed(run: Run, tmp_path: Path) -> None:
    evil = {**POD, "metadata": {"name": "web\x1b[31m"}, "\x1b[2Jfield": 1}
    done = run(write(tmp_path / "evil.json", evil))
    assert done.returncode == 2
    assert "\x1b" not in done.stdout + done.stderr


def test_a_broken_pipe_or_no_colour_leaves_no_escape_codes(run: Run) -> None:
    assert "\x1b" not in run().stdout


def test_a_manifest_that_is_called_like_a_command_is_given_with_its_folder(
    run: Run, tmp_path: Path
) -> None:
    write(tmp_path / "migrate", POD)
    assert run("migrate").returncode == 2, "the command lacks FROM and TO"
    done = run("./migrate", "-o", "json")
    assert [pod["name"] for pod in json.loads(done.stdout)["pods"]] == ["web"]


def test_a_cluster_that_nobody_named_or_reaches_gets_one_clear_line(run: Run) -> None:
    for arguments in ([], ["--endpoints", "http://127.0.0.1:1"]):
        done = run("--storage", "etcd3", *arguments)
        assert done.returncode == 1
        (line,) = done.stderr.splitlines()
        assert line.startswith("kregistry: ")
