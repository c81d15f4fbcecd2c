"""What the SQLite backend costs over raw SQLite, side by side in one process.

    python tests/benchmarks/bench_sqlite.py [--quick] [--large]

Every figure is measured next to its floor, in short slices that alternate, so that a machine
that changes its speed changes both. Judge the ratios, not the microseconds.
"""

from __future__ import annotations

import argparse
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence

from kregistry.storage.sqlite import SqliteBackend, schema

VALUE = os.urandom(4296)
SLICE = 20


class Raw:
    """The same rows in the same tables, with nothing around it."""

    def __init__(self, path: str, synchronous: str) -> None:
        self.db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self.db.execute("PRAGMA auto_vacuum = INCREMENTAL")
        self.db.execute("PRAGMA journal_mode = WAL")
        self.db.execute(f"PRAGMA synchronous = {synchronous}")
        schema.create(self.db)
        self.revision = 1
        self.lock = threading.Lock()

    def put(self, key: bytes) -> None:
        execute = self.db.execute
        self.revision += 1
        revision = self.revision
        execute("BEGIN IMMEDIATE")
        execute("INSERT INTO log VALUES (?, ?, 0, ?, ?)", (revision, key, revision, VALUE))
        execute("INSERT INTO newest VALUES (?, ?, ?, NULL)", (key, revision, revision))
        execute("UPDATE store SET revision = ? WHERE id = 1", (revision,))
        execute("COMMIT")

    def put_locked(self, key: bytes) -> None:
        with self.lock:
            self.put(key)

    def get(self, key: bytes) -> object:
        return self.db.execute(
            "SELECT l.value, n.revision, n.created FROM newest n JOIN log l "
            "ON l.revision = n.revision WHERE n.key = ?",
            (key,),
        ).fetchone()

    def page(self, start: bytes) -> object:
        return self.db.execute(
            "SELECT n.key, l.value, n.revision, n.created FROM newest n JOIN log l "
            "ON l.revision = n.revision WHERE n.key >= ? AND n.key < ? ORDER BY n.key LIMIT 500",
            (start, b"/q0"),
        ).fetchall()


def alternate(
    slices: int, *alternatives: Callable[[int], object], size: int = SLICE
) -> list[list[float]]:
    """Seconds a call, slice by slice, of each alternative."""
    times: list[list[float]] = [[] for _ in alternatives]
    number = 0
    for round_ in range(slices):
        turn = range(len(alternatives))
        for at in turn if round_ % 2 else reversed(turn):
            begin = time.perf_counter()
            for step in range(size):
                alternatives[at](number + step)
            times[at].append((time.perf_counter() - begin) / size)
        number += size
    return times


def report(name: str, ours: Sequence[float], floor: Sequence[float], target: float) -> None:
    ratio = statistics.median(a / b for a, b in zip(ours, floor, strict=True))
    verdict = "ok" if ratio <= target else "MISSED"
    print(
        f"{name:38} {statistics.median(ours) * 1e6:9.1f} us   raw "
        f"{statistics.median(floor) * 1e6:9.1f} us   x{ratio:5.2f}  (<= {target:4.2f}) {verdict}"
    )


def put_alone(folder: str, synchronous: str, slices: int, target: float) -> None:
    raw = Raw(f"{folder}/raw-{synchronous}.db", synchronous)
    with SqliteBackend(f"{folder}/our-{synchronous}.db", synchronous=synchronous) as store:
        ours, floor = alternate(
            slices,
            lambda n: store.put(f"/p/{n * 7919 % 1000003:07}", VALUE, expected=0),
            lambda n: raw.put(b"/p/%07d" % (n * 7919 % 1000003)),
        )
        report(f"put {synchronous} 1 thread", ours, floor, target)
    raw.db.close()


def in_threads(threads: int, count: int, put: Callable[[str], object]) -> float:
    """Seconds a put, by the wall."""
    gate = threading.Barrier(threads + 1)

    def work(name: int) -> None:
        gate.wait()
        for number in range(count):
            put(f"/p/{name:02}/{number:06}")

    workers = [threading.Thread(target=work, args=(each,)) for each in range(threads)]
    for worker in workers:
        worker.start()
    gate.wait()
    begin = time.perf_counter()
    for worker in workers:
        worker.join()
    return (time.perf_counter() - begin) / (threads * count)


def put_together(folder: str, threads: int, rounds: int, target: float) -> None:
    pairs = [one_round(f"{folder}/{threads}-{each}", threads) for each in range(rounds)]
    gain = statistics.median(floor / ours for ours, floor in pairs)
    ours, floor = (statistics.median(each) for each in zip(*pairs, strict=True))
    print(
        f"put full {threads:2} threads {'':20} {ours * 1e6:9.1f} us   raw {floor * 1e6:9.1f} us   "
        f"{gain:.2f} times faster than lock + own transaction (>= {target}) "
        f"{'ok' if gain >= target else 'MISSED'}; {1 / ours:.0f}/s"
    )


def one_round(path: str, threads: int) -> tuple[float, float]:
    """Seconds a put, ours and raw."""
    raw, count = Raw(f"{path}-raw.db", "FULL"), 1600 // threads
    with SqliteBackend(f"{path}-our.db") as store:
        floor = in_threads(threads, count, lambda key: raw.put_locked(key.encode()))
        ours = in_threads(threads, count, lambda key: store.put(key, VALUE, expected=0))
    raw.db.close()
    return ours, floor


def reads(folder: str, slices: int, size: int) -> None:
    path = f"{folder}/read-{size}.db"
    with SqliteBackend(path, synchronous="normal") as store:
        fill(path, size)
        raw = Raw(path, "NORMAL")
        ours, floor = alternate(
            slices,
            lambda n: store.get(f"/p/{n * 7919 % size:07}"),
            lambda n: raw.get(b"/p/%07d" % (n * 7919 % size)),
            size=100,
        )
        report(f"get of {size}", ours, floor, 1.6)
        starts = [size * each // 10 for each in range(9)]
        ours, floor = alternate(
            slices,
            lambda n: store.range(f"/p/{starts[n % 9]:07}", "/q0", limit=500),
            lambda n: raw.page(b"/p/%07d" % starts[n % 9]),
            size=2,
        )
        report(f"page of 500 out of {size}", ours, floor, 1.6)
        raw.db.close()


def fill(path: str, size: int) -> None:
    """Make *size* objects, past the backend, for speed."""
    value = VALUE[:253]
    raw = sqlite3.connect(path)
    raw.execute("PRAGMA synchronous = OFF")
    raw.executemany(
        "INSERT INTO log VALUES (?, ?, 0, ?, ?)",
        ((n + 2, b"/p/%07d" % n, n + 2, value) for n in range(size)),
    )
    raw.execute("INSERT INTO newest SELECT key, revision, created, NULL FROM log ORDER BY key")
    raw.execute("UPDATE store SET revision = ?", (size + 1,))
    raw.commit()
    raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    raw.close()


PEER = """
import sys, time
from kregistry.storage.sqlite import SqliteBackend
with SqliteBackend(sys.argv[1]) as store:
    for number in range(int(sys.argv[2])):
        sys.stdin.readline()
        store.put(f"/x/{number}", b"%f" % time.monotonic(), expected=0)
"""


def watch_across(folder: str, count: int) -> None:
    path = f"{folder}/watched.db"
    with SqliteBackend(path) as store:
        stream = store.watch("/x/", "/x0", after=1)
        command = [sys.executable, "-c", PEER, path, str(count)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, text=True) as peer:
            assert peer.stdin is not None
            delays = []
            for number in range(count):
                bell = threading.Event()
                stream.park(bell.set)
                time.sleep(0.003 + number % 7 / 1000)  # arrive at any point of the interval
                peer.stdin.write("\n")
                peer.stdin.flush()
                bell.wait(10)
                seen = time.monotonic()
                delays += [seen - float(each.value or b"0") for each in stream.poll()]
        begin = time.process_time(), time.monotonic()
        time.sleep(1.0)
        share = (time.process_time() - begin[0]) / (time.monotonic() - begin[1])
        stream.close()
    delays.sort()
    print(
        f"watch across processes, from before put   p50 {delays[len(delays) // 2] * 1e3:.2f} ms  "
        f"p99 {delays[len(delays) * 99 // 100] * 1e3:.2f} ms (p50 <= 10); idle watcher uses "
        f"{share:.2%} of a core"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer slices")
    parser.add_argument("--large", action="store_true", help="also read out of 1,000,000")
    options = parser.parse_args()
    slices, rounds = (15, 3) if options.quick else (50, 7)
    print(f"SQLite {sqlite3.sqlite_version}, Python {sys.version.split()[0]}")
    with tempfile.TemporaryDirectory() as folder:
        put_alone(folder, "full", slices, 1.25)
        put_alone(folder, "normal", slices * 2, 1.5)
        put_together(folder, 8, rounds, 2.3)
        put_together(folder, 16, rounds, 2.8)
        for size in [10_000, 1_000_000] if options.large else [10_000]:
            reads(folder, slices, size)
        watch_across(folder, 100)


if __name__ == "__main__":
    main()
