"""Every code block of the README and of docs/ runs, and shows what it says it shows.

Python blocks of one page run in order in one namespace, in an empty directory. In a block
fenced as ``console`` every line that starts with ``$`` is run by the shell there; the lines
below it are what it prints, where ``...`` stands for anything. ``text`` blocks are pictures.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from pages import PAGES, ROOT, Block, blocks

from kregistry.testing.etcd import EtcdServer

#: Languages of blocks that are not code to run.
PICTURES = {"text", "json", "yaml", "toml", "sql"}
#: What makes a virtual environment of its own is run by CI itself, not from inside pytest.
SETUP = "bash .ci/"


def run_shell(block: Block, where: Path) -> None:
    """Run each ``$`` line and compare what it prints with the lines below it."""
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "NO_COLOR": "1",
    }
    for part in re.split(r"^\$ ", block.code, flags=re.MULTILINE)[1:]:
        command, _, expected = part.partition("\n")
        if command.startswith(SETUP):
            assert (ROOT / command.split()[1]).exists()
            continue
        done = subprocess.run(
            command,
            shell=True,
            cwd=where,
            env=environment,
            capture_output=True,
            text=True,
            timeout=90,
        )
        shown = done.stdout + done.stderr
        pattern = ".*".join(re.escape(piece) for piece in re.split(r"\.\.\.", expected.strip()))
        assert re.fullmatch(pattern, shown.strip(), re.DOTALL), f"{command}\n{shown}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_code_on_a_page_runs(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, object] = {"__name__": "__main__"}
    for block in blocks(page):
        if block.language == "python":
            padding = "\n" * (block.line - 1)  # so that a traceback names the page's line
            exec(compile(padding + block.code, str(page), "exec", dont_inherit=True), namespace)
        elif block.language == "console":
            run_shell(block, tmp_path)
        else:
            assert block.language in PICTURES, f"{page}:{block.line}: unknown {block.language!r}"


def test_the_shop_of_the_readme_needs_one_line_changed_to_run_on_etcd(
    fresh_etcd: EtcdServer,
) -> None:
    """The README says so: the line that names the store, and nothing else."""
    shop = "\n".join(
        block.code for block in blocks(ROOT / "README.md") if block.language == "python"
    )
    sqlite = 'k.Config(type="sqlite", path="shop.db")'
    (etcd3,) = re.findall(r"^config = (k\.Config\(.*\))$", shop, re.MULTILINE)
    etcd3 = etcd3.replace("http://127.0.0.1:2379", fresh_etcd.endpoints[0])
    assert shop.count(sqlite) == 1
    scope = {"__name__": "__main__"}
    exec(compile(shop.replace(sqlite, etcd3), "README.md", "exec", dont_inherit=True), scope)
    stored = fresh_etcd.ctl("get", "--prefix", "/registry", "--keys-only").split()
    assert stored == ["/registry/shop.example/widgets/default/anvil"]


@pytest.mark.parametrize("correct", [True, False], ids=["as it is", "without trying again"])
def test_the_controller_test_of_the_readme_can_pass_and_fail(
    pytester: pytest.Pytester, correct: bool
) -> None:
    """In a process of its own, as its readers run it."""
    (code,) = [block.code for block in blocks(ROOT / "README.md") if "def test_" in block.code]
    again = "        switch_on(client, name)"
    assert code.count(again) == 1
    pytester.makepyfile(code if correct else code.replace(again, "        return"))
    strictly = ("-W", "error", "-W", "ignore::ResourceWarning")  # lightkube closes no connection
    result = pytester.runpytest_subprocess(*strictly, "-p", "no:schemathesis", timeout=90)
    result.assert_outcomes(passed=int(correct), failed=int(not correct))
    assert len(code[code.index("def test_") :].strip().splitlines()) <= 12


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_within_the_project_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name} links to {target}"
