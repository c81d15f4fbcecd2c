"""Which numbered case of the registry is tested where.

A test says with ``@pytest.mark.case("RS04")`` which cases it covers; so may a class for all of
its tests. The cases RT01 to RT43 have their numbers in the names of their functions, in
``kregistry.testing.RESTStorageSuite``. The table in ``docs/conformance.md`` is made from that::

    python tests/conformance/registrycases.py docs/conformance.md
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import attrs
from registrynumbers import BEHAVIOURS, NOT_APPLICABLE, NUMBERS

from kregistry.testing.catalogue import cell, replaced

TESTS = Path(__file__).parents[1]
SUITES = TESTS.parent / "src" / "kregistry" / "testing" / "suites"

BEGIN = "<!-- registry: made by tests/conformance/registrycases.py -->"
END = "<!-- end of registry -->"

_BEHAVIOUR = re.compile(r"test_((?:rt\d\d_)+)(\w+)", re.ASCII)


@attrs.frozen(order=True)
class Covered:
    """One case, and a test of it.

    Attributes:
        number: Such as ``RS04``.
        where: Module, and function or class.
        says: What the test says that it checks.
    """

    number: str
    where: str
    says: str


def covered() -> list[Covered]:
    """All of them."""
    found = [case for path in TESTS.rglob("test_*.py") for case in _marked(path)]
    found += [case for path in SUITES.glob("rest*.py") for case in _behaviours(path)]
    return sorted(set(found))


def _marked(path: Path) -> Iterator[Covered]:
    source = path.read_text("utf-8")
    if "pytest.mark.case(" not in source:
        return
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            for number in _numbers(node):
                name = node.name.removeprefix("test_")
                yield Covered(number, f"{path.stem}.{node.name}", name.replace("_", " "))


def _numbers(node: ast.FunctionDef | ast.ClassDef) -> Iterator[str]:
    for decorator in node.decorator_list:
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "pytest.mark.case":
            yield from (ast.literal_eval(argument) for argument in decorator.args)


def _behaviours(path: Path) -> Iterator[Covered]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        found = _BEHAVIOUR.fullmatch(node.name) if isinstance(node, ast.FunctionDef) else None
        if found is not None:
            for number in found[1].strip("_").split("_"):
                yield Covered(number.upper(), path.stem, found[2].replace("_", " "))


def table() -> str:
    """The table of ``docs/conformance.md``."""
    cases: dict[str, list[Covered]] = {}
    for case in covered():
        cases.setdefault(case.number, []).append(case)
    lines = ["| case | what must hold | test |", "| --- | --- | --- |"]
    for number in [*NUMBERS, *BEHAVIOURS]:
        found = cases.get(number, [])
        says = NUMBERS.get(number) or "; ".join(dict.fromkeys(case.says for case in found))
        where = ", ".join(dict.fromkeys(f"`{case.where}`" for case in found))
        if not found:
            reason = NOT_APPLICABLE.get(number)
            where = f"not applicable: {reason}" if reason else "not built yet"
        lines.append(f"| {number} | {cell(says)} | {where} |")
    return "\n".join(lines)


def rewritten(page: str) -> str:
    """A page with its table made anew."""
    return replaced(page, BEGIN, END, table())


def main() -> None:
    """Rewrite the table of the pages that are named."""
    for name in sys.argv[1:]:
        path = Path(name)
        path.write_text(rewritten(path.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main()
