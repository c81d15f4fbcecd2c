"""Starting: the import, the first typed Pod, the first answer of a server."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from bench import Bench
from figures import Figure, line
from measuring import OURS, Samples
from servers import BARE, ENVIRONMENT, Client, served, serving

_NOTHING = "nothing"
_FIRST_POD = """
from kregistry.core.v1 import Pod
from kregistry.runtime import Codec
assert Codec(engine="stdlib").decode(data, Pod).spec.containers[1].image
"""
_HERE = Path(__file__).parents[1]


def processor_time(statement: str, before: str = "pass") -> float:
    """Seconds of processor time that *statement* takes in a fresh interpreter."""
    code = (
        "import time\n"
        f"{before}\n"
        "begin = time.process_time()\n"
        f"{statement}\n"
        "print(time.process_time() - begin)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        env=ENVIRONMENT,
    )
    return float(done.stdout)


@line("start: import kregistry", at_most=1.3)
def importing(bench: Bench) -> Figure:
    statements = {
        OURS: "import kregistry",
        "import attrs, cattrs": "import attrs, cattrs",
        "every everyday name": "from kregistry import *",
        "Store, factory and Pod": "from kregistry import Store, factory\n"
        "from kregistry.core.v1 import Pod",
    }
    samples = bench.rounds(
        {name: partial(processor_time, code) for name, code in statements.items()}, full=11
    )
    return Figure.ratio(samples, to="import attrs, cattrs", note="processor time")


@line("start: first typed Pod", at_most=150, unit="ms")
def first_pod(bench: Bench) -> Figure:
    """After ``import kregistry``, and with two containers: classes and codecs are made for it."""
    before = (
        "import kregistry, json\n"
        f"tree = json.load(open({str(_HERE / 'pod.json')!r}))\n"
        "assert len(tree['spec']['containers']) == 2\n"
        "data = json.dumps(tree).encode()"
    )
    samples = bench.rounds(
        {
            OURS: partial(processor_time, _FIRST_POD, before),
            "its imports alone": partial(
                processor_time, _FIRST_POD.rpartition("assert")[0], before
            ),
        },
        full=11,
    )
    return Figure.time(samples, 1e-3, note="processor time")


def _first_answer(command: list[str], path: str) -> float:
    import time

    begin = time.perf_counter()
    with serving(command) as (port, _), Client(port) as client:
        client.ask("GET", path)
        return time.perf_counter() - begin


@line("start: serve, to the first answer", at_most=0.5, unit="s")
def serve(bench: Bench) -> Figure:
    measures: dict[str, Callable[[], float]] = {
        OURS: partial(_first_answer, served("auto"), "/readyz"),
        "--http threaded": partial(_first_answer, served("threaded"), "/readyz"),
        "a bare uvicorn application": partial(_first_answer, BARE, "/constant"),
    }
    return Figure.time(bench.rounds(measures, full=7), 1.0, note="a process, by the wall")


_FIXTURE = """
import http.client, json, sys, tempfile, time
from pathlib import Path
from urllib.parse import urlsplit
from kregistry.kube import Kube

took = []
for _ in range(6):
    with tempfile.TemporaryDirectory() as folder:
        begin = time.perf_counter()
        with Kube(Path(folder)) as kube:
            client = http.client.HTTPConnection(urlsplit(kube.url).netloc, timeout=30)
            headers = {"authorization": f"Bearer {kube.token}"}
            client.request("GET", "/api/v1/namespaces/default", headers=headers)
            assert json.load(client.getresponse())["kind"] == "Namespace"
            took.append(time.perf_counter() - begin)
            client.close()
print(json.dumps(took))
"""


@line("start: the fixture kube, to the first answer", at_most=20, unit="ms")
def fixture(bench: Bench) -> Figure:
    """In the process of the test; the first one there also pays for imports and classes."""
    import json

    first, later = [], []
    for _ in range(bench.either(2, 7)):
        done = subprocess.run(
            [sys.executable, "-c", _FIXTURE],
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
            env=ENVIRONMENT,
        )
        one, *others = json.loads(done.stdout)
        first.append(one)
        later.append(min(others))
    samples = Samples({OURS: later, "the first in a process": first}, collector=True)
    return Figure.time(samples, 1e-3, note="by the wall; a later one, the best of five")


LINES = (importing, first_pod, serve, fixture)
