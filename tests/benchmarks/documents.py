"""Documents: figures written into a page, between marks that nobody else touches."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path


class NoMarks(Exception):
    """A page lacks the marks between which something should be written."""


def marked(name: str) -> tuple[str, str]:
    """The lines before and after what belongs to *name*."""
    return f"<!-- {name}: begin, written by tests/benchmarks/run.py -->", f"<!-- {name}: end -->"


def write_between(page: Path, parts: Mapping[str, str]) -> None:
    """Put each of *parts* between its marks in *page*; everything else stays as it is.

    Raises:
        NoMarks: There is no place for one; nothing is written then.
    """
    text = page.read_text(encoding="utf-8")
    for name, part in parts.items():
        begin, end = marked(name)
        pattern = re.compile(f"({re.escape(begin)}\n).*?({re.escape(end)})", re.DOTALL)
        text, found = pattern.subn(
            lambda match, part=part: f"{match[1]}\n{part}\n\n{match[2]}", text
        )
        if found != 1:
            raise NoMarks(f"{page.name} needs one line {begin!r}, and {end!r} after it")
    page.write_text(text, encoding="utf-8")
