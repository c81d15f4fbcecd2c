from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from bench import Bench
from documents import NoMarks, marked, write_between
from figures import Figure, Line, Result, line
from measuring import OURS, Samples, Spread
from plotting import write_plots
from reporting import as_json, compared, markdown, peers, summary, table, told

SAMPLES = Samples({OURS: [2e-6, 2e-6], "raw": [1e-6, 1e-6], "shelf": [9e-6, 9e-6]})
CURVE = {"get, memory": [(1000, Spread(1e-5, 8e-6, 2e-5)), (10_000, Spread(2e-5, 1e-5, 3e-5))]}


def result(name: str, bar: float | None, *, at_least: bool = False, **more: Any) -> Result:
    figure = more.pop("figure", Figure.ratio(SAMPLES, to="raw", note="in a test"))
    made = Line(name, lambda bench: figure, "x", bar, at_least)
    return Result(line=made, figure=figure, **more)


RESULTS = [
    result("a: met", 3),
    result("a: missed", 1.5),
    result("a: at least", 1.9, at_least=True),
    result("a: informs", None),
    result("a: absent", 2, figure=None, why="no such program here"),
    result("a: broken", 2, figure=None, why="KeyError('x')", broken=True),
]


@pytest.mark.parametrize(
    ("value", "scale", "text"),
    [
        (1.234e-7, "s", "123 ns"),
        (1.234e-5, "s", "12.3 us"),
        (1.234e-3, "s", "1.23 ms"),
        (12.0, "s", "12.0 s"),
        (0.0, "s", "0 ns"),
        (4700, "B", "4.59 KiB"),
        (0.5, "", "0.500"),
    ],
)
def test_figures_are_told_with_three_digits_in_the_unit_that_suits(
    value: float, scale: str, text: str
) -> None:
    assert told(value, scale) == text


def test_a_bar_can_be_above_or_below() -> None:
    met = {each.line.name: each.met for each in RESULTS}
    assert met == {
        "a: met": True,
        "a: missed": False,
        "a: at least": True,
        "a: informs": None,
        "a: absent": None,
        "a: broken": None,
    }
    assert RESULTS[0].line.share(2.0) == pytest.approx(2 / 3)
    assert RESULTS[2].line.share(2.0) == pytest.approx(1.9 / 2)


def test_what_is_neither_ours_nor_raw_is_a_peer() -> None:
    figure = Figure.ratio(SAMPLES, to="raw")
    assert (figure.value, figure.against, list(figure.peers)) == (2.0, "raw", ["shelf"])
    assert Figure.ratio(SAMPLES, to="raw", inverse=True).value == 0.5
    assert Figure.time(SAMPLES, 1e-6).value == pytest.approx(2.0)


def test_the_table_names_every_line_what_it_is_held_against_and_what_is_missing() -> None:
    text = table(RESULTS)
    for words in ("a: met", "raw", "shelf", "4.50 ours", "<= 1.5 x", "MISSED", ">= 1.9 x"):
        assert words in text
    assert "no such program here" in text
    assert "6 lines: 2 met, 1 missed, 1 without a bar, 1 SKIPPED, 1 BROKEN" in summary(RESULTS)


def test_the_json_has_name_ratio_bar_and_met_of_each_line() -> None:
    document = json.loads(as_json(RESULTS, quick=True))
    kept = [(one["name"], one["ratio"], one["bar"], one["met"]) for one in document["lines"]]
    assert kept[:3] == [
        ("a: met", 2.0, 3, True),
        ("a: missed", 2.0, 1.5, False),
        ("a: at least", 2.0, 1.9, True),
    ]
    assert kept[4] == ("a: absent", None, 2, None)
    assert document["lines"][5]["broken"] is True
    assert document["quick"] is True


def test_two_runs_are_compared_line_by_line() -> None:
    earlier = json.loads(as_json(RESULTS, quick=True))
    assert compared(RESULTS, earlier).endswith("4 of 4 figures agree within 15%")
    earlier["lines"][0]["ratio"] = 1.5
    del earlier["lines"][1]
    told_apart = compared(RESULTS, earlier).splitlines()
    assert told_apart[0].endswith("2 of 3 figures agree within 15%")
    assert told_apart[1:] == ["    a: met: 1.50 before, 2.00 now"]


def test_the_pages_get_a_row_for_each_line_and_each_peer() -> None:
    assert "| a: missed | 2.00 us | raw | 1.00 us | 2.00 x | <= 1.5 x | MISSED |" in markdown(
        RESULTS
    )
    assert "| a: met | 2.00 us | shelf | 9.00 us | 4.50 x |" in peers(RESULTS)


def test_the_plots_are_xml_with_a_bar_for_each_line_and_a_curve_for_each_operation(
    tmp_path: Path,
) -> None:
    curved = Figure(value=2, ours=CURVE["get, memory"][1][1], curve=CURVE, over="objects")
    paths = write_plots([*RESULTS, result("b: get", 3, figure=curved)], tmp_path / "plots")
    assert [path.name for path in paths] == ["bars.svg", "objects-memory.svg"]
    bars, curves = (ElementTree.parse(path).getroot() for path in paths)
    assert len([each for each in bars.iter() if each.get("class") in ("met", "missed")]) == 4
    lines = [each for each in curves.iter() if "curve" in each.get("class", "")]
    assert [len(each.get("points", "").split()) for each in lines] == [2]
    assert "prefers-color-scheme: dark" in paths[0].read_text()


def test_nothing_is_drawn_of_nothing(tmp_path: Path) -> None:
    assert write_plots([RESULTS[4]], tmp_path) == []


def test_a_page_gets_what_belongs_between_its_marks_and_keeps_the_rest(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    begin, end = marked("figures")
    page.write_text(f"before\n{begin}\nold\n{end}\nafter\n")
    write_between(page, {"figures": r"new \1"})
    assert page.read_text() == f"before\n{begin}\n\nnew \\1\n\n{end}\nafter\n"
    write_between(page, {"figures": "newer"})
    assert page.read_text() == f"before\n{begin}\n\nnewer\n\n{end}\nafter\n"


def test_a_page_without_marks_is_left_alone(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("nothing")
    with pytest.raises(NoMarks, match=r"page\.md needs one line"):
        write_between(page, {"figures": "new"})
    assert page.read_text() == "nothing"


def test_a_line_is_made_of_the_function_that_measures_it(tmp_path: Path) -> None:
    @line("a: new", at_least=2)
    def measured(bench: Bench) -> Figure:
        return Figure.ratio(SAMPLES, to="raw")

    assert isinstance(measured, Line)
    assert (measured.name, measured.bar, measured.at_least) == ("a: new", 2, True)
    assert measured.measure(Bench(tmp_path)).value == 2.0


@pytest.mark.parametrize(
    ("line", "value", "met"),
    [
        (result("a: equal", 1.0).line, 1.004, True),
        (result("a: equal", 1.0).line, 1.006, False),
        (result("a: more", 2.0, at_least=True).line, 1.996, True),
        (result("a: more", 2.0, at_least=True).line, 1.99, False),
        (result("a: told", None).line, 1.0, None),
    ],
)
def test_a_figure_is_judged_as_it_is_printed(line: Line, value: float, met: bool | None) -> None:
    assert line.met_by(value) is met
