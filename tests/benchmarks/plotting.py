"""Plotting: results as SVG, readable on a light page and on a dark one."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from xml.etree import ElementTree

import attrs
from figures import Result
from measuring import Spread
from reporting import bar_of, figure_of, told

Points = Sequence[tuple[int, Spread]]

_STYLE = """
text { font: 12px system-ui, sans-serif; fill: #24292f; }
text.title { font-size: 15px; font-weight: 600; }
text.quiet { fill: #57606a; }
text.end { text-anchor: end; }
text.middle { text-anchor: middle; }
.page { fill: #ffffff; }
.grid { stroke: #d0d7de; stroke-width: 1; }
.limit { stroke: #24292f; stroke-width: 1.5; stroke-dasharray: 4 3; }
.met { fill: #2a7fb8; }
.missed { fill: #d55e00; }
.curve { fill: none; stroke-width: 2; }
.band { stroke: none; opacity: 0.15; }
.s0 { stroke: #0072b2; fill: #0072b2; } .s1 { stroke: #d55e00; fill: #d55e00; }
.s2 { stroke: #009e73; fill: #009e73; } .s3 { stroke: #aa4499; fill: #aa4499; }
.s4 { stroke: #6e7781; fill: #6e7781; }
.curve.s0, .curve.s1, .curve.s2, .curve.s3, .curve.s4 { fill: none; }
text.s0, text.s1, text.s2, text.s3, text.s4 { stroke: none; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; }
  text.quiet { fill: #9198a1; }
  .page { fill: #0d1117; }
  .grid { stroke: #30363d; }
  .limit { stroke: #e6edf3; }
  .met { fill: #56b4e9; }
  .missed { fill: #f0883e; }
  .s0 { stroke: #56b4e9; fill: #56b4e9; } .s1 { stroke: #f0883e; fill: #f0883e; }
  .s2 { stroke: #2bc49a; fill: #2bc49a; } .s3 { stroke: #dd88cc; fill: #dd88cc; }
  .s4 { stroke: #9198a1; fill: #9198a1; }
}
"""
_COLOURS = 5
#: Bars end here, in bars: how far something is beyond it matters less than that it is.
_FARTHEST = 2.0
_WIDTH, _ROW, _LABELS, _FIGURES = 900, 20, 400, 160
_PLOT = {"left": 70, "right": 250, "top": 46, "bottom": 48, "width": 900, "height": 420}


def write_plots(results: Sequence[Result], folder: Path) -> list[Path]:
    """Draw what there are results for: bars, and a plot for each thing that costs grow with."""
    folder.mkdir(parents=True, exist_ok=True)
    plots: dict[str, str] = {}
    if any(result.met is not None for result in results):
        plots["bars"] = bars(results)
    for over, series in curves_of(results).items():
        plots[over] = curves(f"Cost against the number of {over.split(',')[0]}", over, series)
    written = []
    for name, text in plots.items():
        written.append(folder / f"{name.replace(', ', '-').lower()}.svg")
        written[-1].write_text(text, encoding="utf-8")
    return written


def curves_of(results: Sequence[Result]) -> dict[str, dict[str, Points]]:
    """The curves in *results*, by what they go over. One plot shows memory, another SQLite."""
    found: dict[str, dict[str, Points]] = {}
    for result in results:
        for name, points in result.figure.curve.items() if result.figure else ():
            assert result.figure is not None
            operation, _, backend = name.partition(", ")
            over = result.figure.over
            if over == "objects":
                found.setdefault(f"{over}, {backend}", {})[operation] = points
            else:
                found.setdefault(over, {})[name] = points
    return found


def bars(results: Sequence[Result]) -> str:
    """How much of what its bar allows each line uses up. To the left of the limit is good."""
    shown = [result for result in results if result.met is not None]
    bottom = 52 + _ROW * len(shown)
    picture = _Picture(_WIDTH, bottom + 18)
    picture.text(16, 26, "Share of its bar that each line uses up", "title")
    left, right = _LABELS, _WIDTH - _FIGURES
    scale = (right - left) / _FARTHEST
    for half in range(5):
        x = left + half / 2 * scale
        picture.line(x, 44, x, bottom, "grid")
        picture.text(x, 40, "the bar" if half == 2 else f"{half / 2:g}", "quiet middle")
    for number, result in enumerate(shown):
        assert result.figure is not None
        used = result.line.share(result.figure.value) or 0.0
        y = 52 + _ROW * number
        picture.text(left - 10, y + 12, result.line.name, "end")
        length = max(min(used, _FARTHEST) * scale, 1)
        picture.bar(left, y + 2, length, _ROW - 6, "met" if result.met else "missed")
        picture.text(right + 12, y + 12, f"{figure_of(result)}, {bar_of(result)}", "quiet")
    picture.line(left + scale, 44, left + scale, bottom, "limit")
    return picture.done()


def curves(title: str, over: str, series: Mapping[str, Points]) -> str:
    """Medians as curves, p10 to p90 as bands around them, both axes logarithmic."""
    assert series
    area = _Area.around(series.values())
    picture = _Picture(_PLOT["width"], _PLOT["height"])
    picture.text(16, 26, f"{title}{', on ' + over.split(', ')[1] if ', ' in over else ''}", "title")
    _axes(picture, area, over.split(",")[0])
    for number, (_, points) in enumerate(series.items()):
        low = [(area.x(size), area.y(spread.p10)) for size, spread in points]
        high = [(area.x(size), area.y(spread.p90)) for size, spread in points]
        picture.polygon(low + high[::-1], f"band s{number % _COLOURS}")
    ends = _apart({name: area.y(points[-1][1].median) for name, points in series.items()})
    for number, (name, points) in enumerate(series.items()):
        style = f"s{number % _COLOURS}"
        line = [(area.x(size), area.y(spread.median)) for size, spread in points]
        picture.polyline(line, f"curve {style}")
        for x, y in line:
            picture.dot(x, y, style)
        label = f"{name}: {told(points[-1][1].median)}"
        picture.text(line[-1][0] + 12, ends[name] + 4, label, style)
    return picture.done()


def _axes(picture: _Picture, area: _Area, over: str) -> None:
    for size in area.sizes:
        x = area.x(size)
        picture.line(x, area.top, x, area.bottom, "grid")
        picture.text(x, area.bottom + 18, f"{size:,}", "quiet middle")
    for power in range(math.floor(area.low), math.ceil(area.high) + 1):
        y = area.y(10.0**power)
        picture.line(area.left, y, area.right, y, "grid")
        picture.text(area.left - 8, y + 4, told(10.0**power), "quiet end")
    picture.text((area.left + area.right) / 2, area.bottom + 38, over, "quiet middle")


def _apart(ends: Mapping[str, float], gap: float = 16) -> dict[str, float]:
    """Where labels go, so that none lies on another: as near as can be to where they belong."""
    placed: dict[str, float] = {}
    last = -math.inf
    for name, y in sorted(ends.items(), key=lambda end: end[1]):
        last = placed[name] = max(y, last + gap)
    return placed


@attrs.frozen
class _Area:
    """Where in a picture the curves are, and the powers of ten that they lie between."""

    sizes: Sequence[int]
    low: float
    high: float
    left: float = _PLOT["left"]
    right: float = _PLOT["width"] - _PLOT["right"]
    top: float = _PLOT["top"]
    bottom: float = _PLOT["height"] - _PLOT["bottom"]

    @classmethod
    def around(cls, curves: Iterator[Points] | Sequence[Points]) -> _Area:
        every = [point for points in curves for point in points]
        sizes = sorted({size for size, _ in every})
        costs = [max(cost, 1e-9) for _, spread in every for cost in (spread.p10, spread.p90)]
        low, high = math.floor(math.log10(min(costs))), math.ceil(math.log10(max(costs)))
        return cls(sizes, low, max(high, low + 1))

    def x(self, size: int) -> float:
        first, last = math.log10(self.sizes[0]), math.log10(self.sizes[-1])
        share = (math.log10(size) - first) / (last - first) if last > first else 0.5
        return self.left + share * (self.right - self.left)

    def y(self, cost: float) -> float:
        share = (math.log10(max(cost, 1e-9)) - self.low) / (self.high - self.low)
        return self.bottom - share * (self.bottom - self.top)


class _Picture:
    """An SVG that grows element by element."""

    def __init__(self, width: int, height: int) -> None:
        self._root = ElementTree.Element(
            "svg",
            xmlns="http://www.w3.org/2000/svg",
            width=str(width),
            height=str(height),
            viewBox=f"0 0 {width} {height}",
        )
        ElementTree.SubElement(self._root, "style").text = _STYLE
        self._add("rect", "page", width=width, height=height, rx=6)

    def text(self, x: float, y: float, text: str, style: str) -> None:
        self._add("text", style, x=x, y=y).text = text

    def line(self, x1: float, y1: float, x2: float, y2: float, style: str) -> None:
        self._add("line", style, x1=x1, y1=y1, x2=x2, y2=y2)

    def bar(self, x: float, y: float, width: float, height: float, style: str) -> None:
        self._add("rect", style, x=x, y=y, width=width, height=height, rx=2)

    def dot(self, x: float, y: float, style: str) -> None:
        self._add("circle", style, cx=x, cy=y, r=3)

    def polyline(self, points: Sequence[tuple[float, float]], style: str) -> None:
        self._add("polyline", style).set("points", _joined(points))

    def polygon(self, points: Sequence[tuple[float, float]], style: str) -> None:
        self._add("polygon", style).set("points", _joined(points))

    def done(self) -> str:
        """The document."""
        ElementTree.indent(self._root)
        return ElementTree.tostring(self._root, encoding="unicode") + "\n"

    def _add(self, tag: str, style: str, **places: float) -> ElementTree.Element:
        element = ElementTree.SubElement(self._root, tag, {"class": style})
        for name, value in places.items():
            element.set(name, f"{value:.1f}".removesuffix(".0"))
        return element


def _joined(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
