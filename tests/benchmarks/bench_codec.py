"""Codec against its yardsticks, side by side: ``python tests/benchmarks/bench_codec.py``.

Every alternative runs in every round, so that whatever else the machine does hits all of
them; the median of the ratios within a round is what counts, not the microseconds.
"""

from __future__ import annotations

import argparse
import copy
import gc
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from plain_cattrs import plain_converter

from kregistry.core.v1 import Pod
from kregistry.runtime import Codec

HERE = Path(__file__).parent
_REPEAT = 10


def alternatives() -> dict[str, dict[str, Callable[[], object]]]:
    """By operation, the yardstick first."""
    stdlib, orjson = Codec(engine="stdlib"), Codec(engine="orjson")
    converter = plain_converter()
    pod = stdlib.from_dict(json.loads((HERE / "pod.json").read_text()), Pod)
    data = stdlib.encode(pod)
    tree = json.loads(data)
    dumps = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
    return {
        "decode": {
            "cattrs + json": lambda: converter.structure(json.loads(data), Pod),
            "codec stdlib": lambda: stdlib.decode(data, Pod),
            "codec orjson": lambda: orjson.decode(data, Pod),
            "codec strict": lambda: stdlib.decode_strict(data, Pod),
            "json.loads": lambda: json.loads(data),
        },
        "encode": {
            "cattrs + json": lambda: dumps(converter.unstructure(pod)).encode(),
            "codec stdlib": lambda: stdlib.encode(pod),
            "codec orjson": lambda: orjson.encode(pod),
            "codec to_dict": lambda: stdlib.to_dict(pod),
            "json.dumps": lambda: dumps(tree).encode(),
        },
        "copy": {
            "copy.deepcopy": lambda: copy.deepcopy(pod),
            "codec copy": lambda: stdlib.copy(pod),
        },
    }


def measure(calls: dict[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Seconds of CPU per call, for every round."""
    samples: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            call()
            started = time.thread_time()
            for _ in range(_REPEAT):
                call()
            samples[name].append((time.thread_time() - started) / _REPEAT)
    return samples


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=200)
    rounds = parser.parse_args().rounds
    gc.disable()
    for operation, calls in alternatives().items():
        samples = measure(calls, rounds)
        base = next(iter(samples.values()))
        for name, values in samples.items():
            ratio = statistics.median(a / b for a, b in zip(values, base, strict=True))
            median = statistics.median(values) * 1e6
            print(f"{operation:7} {name:15} {median:9.1f} us  {ratio:6.3f} x")


if __name__ == "__main__":
    main()
