"""The command itself, in its shortest form. What it finds is not judged here: only that it does."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from xml.etree import ElementTree

import pytest
import run
from bench import Bench
from documents import marked
from figures import Figure, Line, NotMeasured
from lines import TOPICS
from measuring import Spread
from peers import durable_peers

COMMAND = [sys.executable, str(Path(__file__).parent / "run.py")]


def test_the_command_writes_figures_and_plots(tmp_path: Path) -> None:
    wanted = "codec: (fresh copy|Pod to bytes$)"
    files = ["--json", str(tmp_path / "figures.json"), "--plots", str(tmp_path / "plots")]
    done = subprocess.run(
        [*COMMAND, "--quick", "--only", wanted, *files, "--folder", str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr
    assert "codec: fresh copy of a Pod" in done.stdout
    assert "done" in done.stderr
    lines = json.loads((tmp_path / "figures.json").read_text())["lines"]
    assert [one["name"] for one in lines] == ["codec: Pod to bytes", "codec: fresh copy of a Pod"]
    for one in lines:
        assert one["ratio"] > 0
        assert one["bar"] > 0
        assert one["met"] is (one["ratio"] <= one["bar"])
        assert one["ours"]["p10"] <= one["ours"]["median"] <= one["ours"]["p90"]
    bars = ElementTree.parse(tmp_path / "plots" / "bars.svg").getroot()
    assert bars.tag == "{http://www.w3.org/2000/svg}svg"


def test_every_line_has_a_name_of_its_own_that_begins_with_a_topic() -> None:
    names = [line.name for topic in TOPICS for line in topic]
    assert len(set(names)) == len(names)
    assert all(": " in name for name in names)


def test_lines_are_chosen_by_what_matches_anywhere_in_their_names() -> None:
    (topic,) = run.chosen("^codec: fresh")
    assert [line.name for line in topic] == ["codec: fresh copy of a Pod"]
    assert list(run.chosen("no such line")) == []


def line_that(name: str, error: Exception | None = None) -> Line:
    def measure(bench: Bench) -> Figure:
        if error is not None:
            raise error
        return Figure(value=1.0, ours=Spread.exactly(1.0))

    return Line(name, measure, "x", 2)


def test_a_line_that_fails_or_cannot_be_measured_stops_no_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [
        line_that("a: broken", ZeroDivisionError("oh")),
        line_that("a: skipped", NotMeasured("no etcd")),
        line_that("a: whole"),
    ]
    broken, skipped, whole = run.measure([lines], Bench(tmp_path, quick=True))
    assert (broken.broken, broken.why) == (True, "ZeroDivisionError('oh')")
    assert (skipped.broken, skipped.why) == (False, "no etcd")
    assert whole.met
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_what_lines_share_is_made_once_and_closed_with_their_topic(tmp_path: Path) -> None:
    events: list[str] = []

    @contextmanager
    def setup(bench: Bench):  # type: ignore[no-untyped-def]
        events.append("made")
        yield events
        events.append("closed")

    bench = Bench(tmp_path)
    assert bench.shared(setup) is bench.shared(setup)
    bench.end_topic()
    assert events == ["made", "closed"]
    bench.shared(setup)
    assert events == ["made", "closed", "made"]
    bench.end_topic()


def test_files_do_not_get_in_each_others_way(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    assert bench.path("a.db") != bench.path("a.db")


def test_peers_that_are_not_installed_are_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("diskcache", "lmdb", "ZODB", "sqlitedict"):
        monkeypatch.setitem(sys.modules, module, None)
    with durable_peers(Bench(tmp_path)) as found:
        assert found == []


@pytest.mark.filterwarnings("ignore")  # theirs, not ours
def test_peers_give_back_what_they_were_given(tmp_path: Path) -> None:
    tree = {"kind": "Pod", "spec": {"containers": [{"name": "c", "ports": [80]}]}}
    with durable_peers(Bench(tmp_path)) as found:
        for peer in found:
            peer.put("one", tree)
            assert peer.get("one") == tree
            assert peer.all() == [tree]


def test_docs_are_written_from_the_full_form_only(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run.main(["--write-docs", "--quick"])
    assert "--write-docs takes the full form" in capsys.readouterr().err


def test_the_page_about_speed_has_the_places_for_figures() -> None:
    text = run.PAGE.read_text(encoding="utf-8")
    for name in ("figures", "peers", "summary"):
        begin, end = marked(name)
        assert text.count(begin) == text.count(end) == 1
