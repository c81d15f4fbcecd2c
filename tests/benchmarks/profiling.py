"""Profiling: in which functions the time of one call goes."""

from __future__ import annotations

import cProfile
import pstats
import time
from pathlib import Path

from measuring import Call

_SECONDS = 1.0
_SHOWN = 15


def profile(call: Call) -> str:
    """The functions that take most of *call* by themselves, in microseconds for each call of it.

    The profiler makes every call of a function dearer, so small functions look worse than they
    are: the order counts, and how often something is called.
    """
    call()
    profiler, calls = cProfile.Profile(), 0
    end = time.monotonic() + _SECONDS
    while not calls or time.monotonic() < end:
        profiler.runcall(call)
        calls += 1
    found = pstats.Stats(profiler).stats.items()  # type: ignore[attr-defined]
    rows = sorted(((own, times, place) for place, (_, times, own, _, _) in found), reverse=True)
    lines = [f"{'own us':>10} {'calls':>8}  function"]
    for own, times, place in rows[:_SHOWN]:
        lines.append(f"{own / calls * 1e6:>10.1f} {times / calls:>8.1f}  {_named(*place)}")
    return "\n".join(lines)


def _named(file: str, line: int, name: str) -> str:
    if file == "~":  # built in
        return name
    parts = Path(file).parts
    inside = parts[parts.index("kregistry") + 1 :] if "kregistry" in parts else parts[-1:]
    return f"{name} ({'/'.join(inside)}:{line})"
