"""One process of a test: opens a store, writes, watches, and tells its parent by lines.

    python member.py write PATH NAME [options]     ack REVISION KEY NUMBER, one per write
    python member.py both PATH NAME [options]      writes and watches; ends with the watched log

Lines go straight to the pipe, so what the parent read had been acknowledged before.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading

from kregistry.meta.failpoints import Failpoints
from kregistry.storage.errors import RevisionMismatch
from kregistry.storage.sqlite import SqliteBackend

KEYS = 20
WATCH_TIMEOUT = 60.0


def value_of(name: str, number: int) -> bytes:
    """What write *number* of the process *name* stores."""
    return f"{name} {number} ".encode() * (1 + number % 7 * 60)


def say(text: str) -> None:
    os.write(1, f"{text}\n".encode())


def write(store: SqliteBackend, name: str, count: int, *, compact_every: int) -> None:
    """Create, update and delete keys of one's own, acknowledging each write; 0 goes on forever."""
    number = 0
    while not count or number < count:
        key = f"/{name}/{number % KEYS}"
        held = store.get(key).record
        expected = held.mod_revision if held is not None else 0
        if expected and number % 5 == 4:
            say(f"ack {store.delete(key, expected=expected)} {key} -1")
        else:
            revision = store.put(key, value_of(name, number), expected=expected)
            say(f"ack {revision} {key} {number}")
        number += 1
        if compact_every and number % compact_every == 0:
            store.compact(store.current_revision() - 50)


def hammer(store: SqliteBackend, count: int) -> None:
    """Increment one shared counter *count* times."""
    done = 0
    while done < count:
        held = store.get("/counter").record
        value, expected = (int(held.value), held.mod_revision) if held else (0, 0)
        try:
            store.put("/counter", b"%d" % (value + 1), expected=expected)
        except RevisionMismatch:
            continue
        done += 1


def watch(store: SqliteBackend, upto: int) -> list[tuple[str, int, bool, int]]:
    """Everything from the beginning to revision *upto*, as a watcher sees it."""
    seen: list[tuple[str, int, bool, int]] = []
    stream = store.watch("", "\U0010ffff", after=1)
    while stream.position < upto:
        for key, revision, value, _, previous_revision in stream.poll():
            seen.append((key, revision, value is None, previous_revision))
        bell = threading.Event()
        if stream.position < upto and stream.park(bell.set) and not bell.wait(WATCH_TIMEOUT):
            raise TimeoutError(f"nothing came after {stream.position}")
    stream.close()
    return seen


def both(store: SqliteBackend, options: argparse.Namespace) -> None:
    result: list[list[tuple[str, int, bool, int]]] = []
    watcher = threading.Thread(target=lambda: result.append(watch(store, options.upto)))
    watcher.start()
    say("ready")
    sys.stdin.readline()
    if options.hammer:
        hammer(store, options.count)
    else:
        write(store, options.name, options.count, compact_every=options.compact_every)
    watcher.join(WATCH_TIMEOUT)
    say("log " + json.dumps(result[0]))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("mode", choices=["write", "both"])
    parser.add_argument("path")
    parser.add_argument("name")
    parser.add_argument("--count", type=int, default=0)
    parser.add_argument("--upto", type=int, default=0)
    parser.add_argument("--hammer", action="store_true")
    parser.add_argument("--compact-every", type=int, default=0)
    parser.add_argument("--synchronous", default="full")
    parser.add_argument("--die-at", default="", help="failpoint at which to be killed")
    parser.add_argument("--die-after", type=int, default=1, help="at which hit of it")
    options = parser.parse_args()
    points = Failpoints() if options.die_at else None
    if points is not None:
        hits = iter(range(options.die_after - 1))

        def die() -> None:
            if next(hits, None) is None:
                os.kill(os.getpid(), signal.SIGKILL)

        points.arm(options.die_at, die)
    store = SqliteBackend(
        options.path, synchronous=options.synchronous, failpoints=points, busy_timeout=30
    )
    with store:
        if options.mode == "both":
            both(store, options)
        else:
            write(store, options.name, options.count, compact_every=options.compact_every)


if __name__ == "__main__":
    main()
