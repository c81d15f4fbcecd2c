"""Which recording is replayed where.

A test that replays recordings names them in a list of its module, or one by one in calls of
``load``. The table in ``docs/conformance.md`` is made from that::

    python tests/conformance/recordedcases.py docs/conformance.md
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

from recordings import names

from kregistry.testing.catalogue import replaced

TESTS = Path(__file__).parents[1]

BEGIN = "<!-- recordings: made by tests/conformance/recordedcases.py -->"
END = "<!-- end of recordings -->"

_MANAGED = (
    "who manages which field is worked out by who answers the request, before a Store is asked"
)
_PATCH = "a patch is applied by who answers the request; a Store gets the patched object"

#: Recordings that say nothing about Stores, and why.
NOT_HERE = {
    "apply_create_and_own": _MANAGED,
    "crd_defaults_pruning_validation": "kinds that are defined at run time have their schema "
    "applied by who answers the request",
    "managed_fields_update": _MANAGED,
    "patch_json": _PATCH,
    "patch_strategic_lists": _PATCH,
    "patch_unsupported_type": _PATCH,
}


def replayed() -> dict[str, list[str]]:
    """Each recording that a test replays, and the modules of these tests."""
    known, found = set(names()), dict[str, list[str]]()
    for path in sorted(TESTS.rglob("test_*.py")):
        source = path.read_text("utf-8")
        if "from recordings import" in source:
            for name in sorted(known & set(_named(ast.parse(source)))):
                found.setdefault(name, []).append(path.stem)
    return found


def _named(tree: ast.Module) -> Iterator[str]:
    """Texts in lists of the module and in calls of load."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.List):
            yield from _texts(node.value.elts)
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "load":
            yield from _texts(call.args)


def _texts(nodes: list[ast.expr]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def table() -> str:
    """The table of ``docs/conformance.md``."""
    found = replayed()
    lines = ["| recording | replayed by |", "| --- | --- |"]
    for name in names():
        where = ", ".join(f"`{module}`" for module in found.get(name, []))
        lines.append(f"| {name} | {where or 'not here: ' + NOT_HERE.get(name, 'not built yet')} |")
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
