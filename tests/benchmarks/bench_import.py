"""What importing kregistry costs, as a ratio to importing attrs and cattrs.

::

    python tests/benchmarks/bench_import.py [--runs 15]

Each import runs in a fresh interpreter, the kinds in turn; the figures are medians of the
processor time that the interpreter had used, less what an empty one uses.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys

IMPORTS = {
    "attrs and cattrs": "import attrs, cattrs",
    "the door": "import kregistry",
    "every everyday name": "from kregistry import *",
    "a Pod": "from kregistry.core.v1 import Pod",
}


def seconds(statement: str) -> float:
    """Processor time of a fresh interpreter that runs *statement*."""
    code = f"import time; {statement}; print(time.process_time())"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    return float(done.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=15)
    runs = parser.parse_args().runs
    statements = {"nothing": "pass", **IMPORTS}
    measured: dict[str, list[float]] = {name: [] for name in statements}
    for _ in range(runs):
        for name, statement in statements.items():
            measured[name].append(seconds(statement))
    empty = statistics.median(measured["nothing"])
    floor = statistics.median(measured["attrs and cattrs"]) - empty
    for name in IMPORTS:
        cost = statistics.median(measured[name]) - empty
        print(f"{name:<20} {cost * 1000:7.1f} ms {cost / floor:6.2f} x")


if __name__ == "__main__":
    main()
