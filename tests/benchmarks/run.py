"""How fast kregistry is, line by line, against the raw operation and against its peers.

    python tests/benchmarks/run.py [--quick] [--only PATTERN] [--json FILE] [--plots DIR]
    python tests/benchmarks/run.py --write-docs

Every line is measured in the same run as what it is held against, in slices that take turns:
judge the figures, which are ratios for the most part, and not the microseconds. A bar is what
the project promises of itself. Peers, from the extra ``bench``, stand beside us without a bar.

``--write-docs`` writes the figures and plots of the full form into docs/performance.md. Do that
on a quiet machine, with ``--json``, and see with ``--compare`` that a second run agrees.

The full form takes some eight minutes and 3 GB of memory, on a machine with nothing else to do.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from bench import Bench
from documents import write_between
from figures import Line, NotMeasured, Result
from lines import TOPICS
from plotting import write_plots
from reporting import as_json, compared, markdown, peers, summary, table

from kregistry.cli.progress import Shown, shown_on
from kregistry.storage.migration import Progress

#: Where --write-docs writes.
PAGE = Path(__file__).parents[2] / "docs" / "performance.md"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what is asked for.

    Returns:
        Exit status: 1 if a line failed to be measured, 0 otherwise, bars met or not.
    """
    options = parser().parse_args(arguments)
    if options.write_docs and (options.quick or options.only):
        parser().error("--write-docs takes the full form, with all lines")
    topics = list(chosen(options.only))
    earlier = json.loads(Path(options.compare).read_text("utf-8")) if options.compare else None
    if options.list:
        print("\n".join(line.name for topic in topics for line in topic))
        return 0
    with tempfile.TemporaryDirectory(dir=options.folder, prefix="kregistry-bench-") as folder:
        bench = Bench(Path(folder), quick=options.quick, profiles=options.profile)
        results = measure(topics, bench)
    print(table(results))
    if earlier is not None:
        print(compared(results, earlier))
    if bench.profiles:
        print("", *bench.profiles, sep="\n\n")
    if options.json:
        Path(options.json).write_text(as_json(results, quick=options.quick), encoding="utf-8")
    if options.plots:
        write_plots(results, Path(options.plots))
    if options.write_docs:
        write_docs(results)
    return int(any(result.broken for result in results))


def write_docs(results: Sequence[Result]) -> None:
    """Put the figures into the page that explains them, and the plots beside it."""
    write_plots(results, PAGE.parent / "performance")
    parts = {"figures": markdown(results), "peers": peers(results), "summary": summary(results)}
    write_between(PAGE, parts)


def parser() -> argparse.ArgumentParser:
    """What can be said on the command line."""
    summary, _, rest = (__doc__ or "").partition("\n\n")
    made = argparse.ArgumentParser(
        description=summary,
        epilog=rest.partition("\n\n")[2],
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("--quick", action="store_true", help="fewer cycles, within two minutes")
    made.add_argument("--only", metavar="PATTERN", default="", help="lines whose names match")
    made.add_argument("--json", metavar="FILE", help="write the figures there")
    made.add_argument("--compare", metavar="FILE", help="with what --json wrote there before")
    made.add_argument("--plots", metavar="DIR", help="draw the figures there, as SVG")
    made.add_argument("--profile", action="store_true", help="show where our own time goes")
    made.add_argument("--write-docs", action="store_true", help="write docs/performance.md anew")
    made.add_argument("--folder", metavar="DIR", help="put files there: on the disk to measure")
    made.add_argument("--list", action="store_true", help="name the lines, and measure nothing")
    return made


def chosen(pattern: str) -> Iterator[list[Line]]:
    """The lines whose names match *pattern* somewhere, topic by topic."""
    matches = re.compile(pattern, re.IGNORECASE).search
    for topic in TOPICS:
        if lines := [line for line in topic if matches(line.name)]:
            yield lines


def measure(topics: Sequence[Sequence[Line]], bench: Bench) -> list[Result]:
    """Measure line by line, and show how far that is. Ctrl-C ends it with what there is."""
    results: list[Result] = []
    total = sum(map(len, topics))
    with shown_on(sys.stderr) as shown:
        try:
            for topic in topics:
                for line in topic:
                    _show(shown, line.name, len(results), total)
                    results.append(_measured(line, bench))
                bench.end_topic()
            _show(shown, "done", total, total)
        except KeyboardInterrupt:
            print("interrupted", file=sys.stderr)
    return results


def _show(shown: Shown, name: str, done: int, total: int) -> None:
    shown.show(Progress(done, total, f"{name:<44}"), ended=done == total)  # type: ignore[arg-type]


def _measured(line: Line, bench: Bench) -> Result:
    if bench.profiles is not None:
        bench.profiles.append(line.name)
    begin = time.monotonic()
    try:
        figure, why, broken = line.measure(bench), "", False
    except NotMeasured as reason:
        figure, why, broken = None, str(reason), False
    except Exception as error:  # the other lines are still worth their time
        traceback.print_exc()
        figure, why, broken = None, repr(error), True
    seconds = time.monotonic() - begin
    return Result(line=line, figure=figure, why=why, broken=broken, seconds=seconds)


if __name__ == "__main__":
    sys.exit(main())
