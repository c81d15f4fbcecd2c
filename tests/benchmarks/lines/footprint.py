"""Memory of stored Pods, and what the places for tests cost when nobody uses them."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import count
from pathlib import Path

from bench import Bench
from figures import Figure, line
from measuring import OURS, Spread
from pods import CONTEXT, STDLIB, key, pod, pods_in

from kregistry.meta.failpoints import Failpoints
from kregistry.storage import Config
from kregistry.storage.memory import MemoryBackend

_HERE = Path(__file__).parents[1]
#: Fills a store in a fresh interpreter and prints its bytes, and how much the process grew.
_FILL = """
import gc, json, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from pods import CONTEXT, DATA, STDLIB, key, name, pod, pods_in
from kregistry.storage import Config

def resident():
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

one, pods_made = pod(name=name(0)), int(sys.argv[2])
with pods_in(Config(codec=STDLIB)) as pods:
    pods.create(CONTEXT, key(0), one)
    before = resident()
    for number in range(1, pods_made + 1):
        one.metadata.name = name(number)
        made = pods.create(CONTEXT, key(number), one)
    print(json.dumps([resident() - before, pods_made * len(STDLIB.encode(made))]))
"""


@line("memory: of a stored Pod, to its bytes", at_most=1.35)
def per_pod(bench: Bench) -> Figure:
    """Growth of a process, by what its Pods are long; the resourceVersion of each included."""
    pods = bench.either(4_000, 10_000)
    command = [sys.executable, "-c", _FILL, str(_HERE), str(pods)]
    grown, stored = [], 0
    for _ in range(bench.either(1, 3)):
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
        growth, stored = json.loads(done.stdout)
        grown.append(growth / pods)
    spread = Spread.of(grown)
    return Figure(
        value=spread.median * pods / stored,
        ours=spread,
        raw=Spread.exactly(stored / pods),
        against="its bytes",
        scale="B",
        note=f"resident memory of a process that creates {pods:,} Pods, one version each",
    )


@line("memory: failpoints when off, of a create", at_most=1, unit="%")
def failpoints_off(bench: Bench) -> Figure:
    """What asking costs, as often as a create asks, of what a create costs."""
    asked, numbers, one = _asked(), count(), pod()
    backend = MemoryBackend()
    with backend, pods_in(Config(codec=STDLIB)) as pods:

        def ask() -> None:
            for name in asked:
                backend._hit(name)

        def nothing() -> None:
            for _ in asked:
                pass

        samples = bench.alternate(
            {
                OURS: ask,
                "an empty loop": nothing,
                "a create": lambda: pods.create(CONTEXT, key(next(numbers)), one),
            }
        )
    cost = max(samples.excess(OURS, "an empty loop"), 0.0)
    share = cost / samples.spread("a create").median * 100
    return Figure(
        value=share,
        ours=Spread.exactly(cost),
        raw=samples.spread("a create"),
        against="a create",
        note=f"a create asks {len(asked)} times",
    )


def _asked() -> list[str]:
    """The failpoints that a create on memory passes."""
    names: list[str] = []

    class Noted(Failpoints):
        def hit(self, name: str) -> None:
            names.append(name)

    with pods_in(Config(codec=STDLIB, failpoints=Noted())) as pods:
        pods.create(CONTEXT, key(0), pod())
    assert names
    return names


LINES = (per_pod, failpoints_off)
