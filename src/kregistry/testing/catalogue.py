"""The catalogue: which numbered cases there are, what each says and where it stands.

Every case of a suite carries its number, in the name of its function (``test_s044_...``) or in
the id of its parameters (``"S044 ..."``); the rest of the name says what is checked. So the
table in ``docs/conformance.md`` is made from the suites themselves::

    python -m kregistry.testing.catalogue docs/conformance.md
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs

#: Every number there is: 189 cases of a store, 69 of its watches.
NUMBERS = [*(f"S{n:03}" for n in range(1, 190)), *(f"W{n:03}" for n in range(1, 70))]

#: Cases that are no test, and why.
NOT_APPLICABLE = {
    "W047": "Periodic bookmarks come from a watch cache; a storage has none. A cache that "
    "sends them must never let one run ahead of an event.",
}

#: The page keeps its table between these lines.
BEGIN, END = "<!-- cases: made by kregistry.testing.catalogue -->", "<!-- end of cases -->"

_FUNCTION = re.compile(r"test_([sw]\d{3})_(\w+)", re.ASCII)
_ID = re.compile(r"([SW]\d{3}) (.+)", re.ASCII)


@attrs.frozen
class Case:
    """One numbered case.

    Attributes:
        number: Such as ``S044``.
        says: What is checked, in a sentence.
        suite: Class that holds the test.
        module: Module of that class.
        topic: First sentence of the module.
    """

    number: str
    says: str
    suite: str
    module: str
    topic: str


def cases_of(suite: type) -> Iterator[Case]:
    """The numbered cases of a suite, its bases included."""
    for owner in suite.__mro__:
        for name, function in vars(owner).items():
            if name.startswith("test_"):
                for number, says in _numbers(name, function):
                    module = sys.modules[owner.__module__]
                    topic = (module.__doc__ or "").split("\n")[0]
                    yield Case(number, says, owner.__name__, owner.__module__, topic)


def _numbers(name: str, function: Any) -> Iterator[tuple[str, str]]:
    """Numbers and sentences of one test."""
    found = _FUNCTION.fullmatch(name)
    if found is not None:
        yield found[1].upper(), found[2].replace("_", " ")
        return
    for mark in getattr(function, "pytestmark", []):
        for row in mark.args[1] if mark.name == "parametrize" else ():
            found = _ID.fullmatch(getattr(row, "id", None) or "")
            if found is not None:
                more = getattr(row.values[0], "in_short", "")
                yield found[1], f"{found[2]}: {more}" if more else found[2]


def all_cases() -> list[Case]:
    """Every case of the published suites, by number."""
    from kregistry.testing.suites.storage import StorageSuite
    from kregistry.testing.suites.watch import WatchSuite

    cases = [*cases_of(StorageSuite), *cases_of(WatchSuite)]
    return sorted(cases, key=lambda case: case.number)


def table() -> str:
    """The table of ``docs/conformance.md``."""
    cases = all_cases()
    lines = ["| case | what must hold | test |", "| --- | --- | --- |"]
    for number in NUMBERS:
        found = [case for case in cases if case.number == number]
        if found:
            says = "; ".join(dict.fromkeys(case.says for case in found))
            home = found[0].module.rsplit(".", 1)[1]
            lines.append(f"| {number} | {cell(says)} | `{home}.{found[0].suite}` |")
        else:
            lines.append(f"| {number} | {cell(NOT_APPLICABLE[number])} | not applicable |")
    return "\n".join(lines)


def cell(text: str) -> str:
    """Text as a sentence in a table."""
    text = text.replace("|", "\\|")
    return text[:1].upper() + text[1:].removesuffix(".") + "."


def replaced(page: str, first: str, last: str, text: str) -> str:
    """A page with another text between two of its lines.

    Raises:
        ValueError: The page does not have these lines.
    """
    head, begin, rest = page.partition(first)
    _, end, tail = rest.partition(last)
    if not begin or not end:
        raise ValueError(f"the page needs the lines {first} and {last}")
    return f"{head}{first}\n\n{text}\n\n{last}{tail}"


def rewritten(page: str) -> str:
    """A page with its table made anew.

    Raises:
        ValueError: The page has no place for a table.
    """
    return replaced(page, BEGIN, END, table())


def main() -> None:
    """Rewrite the table of the pages that are named."""
    for name in sys.argv[1:]:
        path = Path(name)
        path.write_text(rewritten(path.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main()
