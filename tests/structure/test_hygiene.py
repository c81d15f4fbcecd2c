"""What no line of the source may do, because others have been attacked through it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "kregistry"
MODULES = sorted(SOURCE.rglob("*.py"))

#: Calls that run or build what data says.
FORBIDDEN_CALLS = {
    "eval",
    "os.system",
    "os.popen",
    "pickle.load",
    "pickle.loads",
    "marshal.loads",
    "shelve.open",
    "yaml.load",
    "yaml.load_all",
    "yaml.full_load",
    "yaml.unsafe_load",
    "ssl._create_unverified_context",
}

#: Code that was generated from our own classes, and from nothing else.
MAY_EXECUTE = {"runtime/generate.py"}
#: The version of an etcd may go on with anything.
MAY_MATCH_A_BEGINNING = {"storage/etcd3/scope.py"}
#: A request to a Pod that speaks TLS; kube-apiserver knows no certificates of Pods either.
MAY_TRUST = {"core/pod/process/sockets.py"}

#: In a text these mean more than ASCII, unless the pattern says otherwise.
BROAD = ("\\d", "\\w", "\\s", "\\b")


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    """Every call of a module, by what is called."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


def name_of(path: Path) -> str:
    return path.relative_to(SOURCE).as_posix()


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_nothing_runs_what_data_says(path: Path) -> None:
    called = {name for name, _ in calls(path)}
    assert not called & FORBIDDEN_CALLS
    assert "exec" not in called or name_of(path) in MAY_EXECUTE
    assert "re.match" not in called or name_of(path) in MAY_MATCH_A_BEGINNING


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_nobody_forgoes_the_check_of_a_certificate(path: Path) -> None:
    if name_of(path) in MAY_TRUST:
        return
    for name, call in calls(path):
        for keyword in call.keywords:
            off = isinstance(keyword.value, ast.Constant) and keyword.value.value is False
            assert not (off and keyword.arg in ("verify", "check_hostname")), name
            assert not (off and keyword.arg == "shell"), name
    assert "CERT_NONE" not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_patterns_mean_ascii_and_the_whole_of_a_text(path: Path) -> None:
    """``$`` fits before a line feed, too, and ``\\d`` fits the digits of every script."""
    for name, call in calls(path):
        if not name.startswith("re.") or not call.args:
            continue
        pattern = call.args[0]
        if not isinstance(pattern, ast.Constant) or not isinstance(pattern.value, str):
            continue
        assert not pattern.value.endswith("$") or pattern.value.endswith("\\$"), pattern.value
        if any(each in pattern.value for each in BROAD):
            told = [
                ast.unparse(each) for each in [*call.args[1:], *(k.value for k in call.keywords)]
            ]
            assert any("re.ASCII" in each for each in told), pattern.value


@pytest.mark.parametrize("path", sorted((SOURCE / "storage").rglob("*.py")), ids=name_of)
def test_no_sql_is_put_together_from_values(path: Path) -> None:
    for name, call in calls(path):
        if name.rpartition(".")[2] not in ("execute", "executemany", "executescript"):
            continue
        for node in ast.walk(call.args[0]) if call.args else ():
            assert not isinstance(node, ast.JoinedStr), ast.unparse(call)
            assert not (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod)), name


def test_every_test_that_the_table_names_exists() -> None:
    root = Path(__file__).parents[2]
    table = (root / "docs" / "conformance.md").read_text(encoding="utf-8")
    named = re.findall(r"`([\w/]+\.py)::(test_\w+)`", table)
    assert len(named) > 50
    for path, test in named:
        source = (root / "tests" / path).read_text(encoding="utf-8")
        assert f"def {test}(" in source, f"{path}::{test}"
