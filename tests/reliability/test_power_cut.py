"""Power cuts, enumerated: every write to the disk is recorded, and any cut of it is replayed.

What was not flushed when the power went may be on the disk whole, in part, or not at all, in
any order, sector by sector. The backend runs here on apsw, which lets a test see what SQLite
does to its files; what remains after a cut is read with the sqlite3 of the standard library.

    KREGISTRY_POWER_CUTS=200000 python -m pytest tests/reliability/test_power_cut.py
"""

from __future__ import annotations

import os
import random
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from kregistry.storage.sqlite import SqliteBackend, connections

apsw = pytest.importorskip("apsw")

CUTS = int(os.environ.get("KREGISTRY_POWER_CUTS", "400"))
SECTOR = 512

pytestmark = pytest.mark.timeout(120 + CUTS // 50)


class Step(NamedTuple):
    """Something that happened: write, truncate, sync, delete or ack."""

    what: str
    name: str
    at: int = 0
    data: bytes = b""


class Recorder(apsw.VFS):
    """Notes what is done to the files of one folder."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        super().__init__("recorder", "")

    def xOpen(self, name: Any, flags: list[int]) -> Any:
        return RecordedFile(self.steps, name, flags)

    def xDelete(self, name: str, sync: bool) -> None:
        super().xDelete(name, sync)
        self.steps.append(Step("delete", suffix(name)))


class RecordedFile(apsw.VFSFile):
    """Passes everything on to a real file, and notes it."""

    def __init__(self, steps: list[Step], name: Any, flags: list[int]) -> None:
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        self._steps = steps
        self._name = suffix(path or "")
        super().__init__("", name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:
        super().xWrite(data, offset)
        self._steps.append(Step("write", self._name, offset, bytes(data)))

    def xTruncate(self, size: int) -> None:
        super().xTruncate(size)
        self._steps.append(Step("truncate", self._name, size))

    def xSync(self, flags: int) -> None:
        super().xSync(flags)
        self._steps.append(Step("sync", self._name))


def suffix(path: str) -> str:
    """What a file of the store is: "" for the database, "-wal" for its log."""
    return path[path.rfind(".db") + 3 :]


class Connection(apsw.Connection):  # type: ignore[misc]
    """An apsw connection that looks like one of sqlite3, as far as the backend goes."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.cursor_factory = Cursor

    def getlimit(self, category: int) -> int:
        return int(self.limit(category))


class Cursor(apsw.Cursor):  # type: ignore[misc]
    """Likewise a cursor."""

    @property
    def rowcount(self) -> int:
        """Rows that the last statement changed."""
        return int(self.connection.changes())


def connect(recorder: Recorder) -> Callable[[str, str, float], Connection]:
    flags = {
        "rw": apsw.SQLITE_OPEN_READWRITE,
        "ro": apsw.SQLITE_OPEN_READONLY,
    }

    def _connect(path: str, mode: str, timeout: float) -> Connection:
        connection = Connection(path, flags=flags[mode], vfs="recorder")
        connection.set_busy_timeout(int(timeout * 1000))
        connection.execute("PRAGMA wal_autocheckpoint = 0").fetchall()
        return connection

    return _connect


def record(folder: Path, synchronous: str, monkeypatch: pytest.MonkeyPatch) -> list[Step]:
    """Run a script of writes, compactions and checkpoints on a new store."""
    recorder = Recorder()
    monkeypatch.setattr(connections, "_connect", connect(recorder))
    if synchronous == "off":
        monkeypatch.setitem(connections._SYNCHRONOUS, "full", "PRAGMA synchronous = OFF")
    chance = random.Random(5)
    option = "normal" if synchronous == "normal" else "full"
    store = SqliteBackend(folder / "recorded.db", synchronous=option)
    start = len(recorder.steps)
    held: dict[str, int] = {}
    for number in range(120):
        key = f"/k{chance.randrange(12)}"
        if key in held and chance.random() < 0.3:
            revision = store.delete(key, expected=held.pop(key))
        else:
            value = b"%d " % number + chance.randbytes(chance.randrange(9000))
            revision = held[key] = store.put(key, value, expected=held.get(key, 0))
        recorder.steps.append(Step("ack", "", revision))
        if number % 25 == 24:
            store.compact(revision - 10)
        if number % 30 == 29:
            store._checkpointer.run("PASSIVE")
    assert start > 0
    steps = list(recorder.steps)
    store.close()
    monkeypatch.undo()
    return steps


class Disk:
    """The files after a cut."""

    def __init__(self) -> None:
        self.files: dict[str, bytearray] = {}

    def apply(self, step: Step, sectors: Sequence[int] | None = None) -> None:
        """Let *step* reach the disk, or only some of its sectors."""
        if step.what == "delete":
            self.files.pop(step.name, None)
            return
        file = self.files.setdefault(step.name, bytearray())
        if step.what == "truncate":
            del file[step.at :]
            return
        for at in range(0, len(step.data), SECTOR):
            if sectors is None or at // SECTOR in sectors:
                part = step.data[at : at + SECTOR]
                begin = step.at + at
                if len(file) < begin:
                    file.extend(bytes(begin - len(file)))
                file[begin : begin + len(part)] = part

    def store(self, path: Path) -> None:
        for name in ("", "-wal", "-shm"):
            Path(f"{path}{name}").unlink(missing_ok=True)
        for name, data in self.files.items():
            Path(f"{path}{name}").write_bytes(data)


def cuts(steps: Sequence[Step], count: int, seed: int) -> Iterator[tuple[int, Disk]]:
    """Some states that a cut may leave, each with the last acknowledged revision."""
    chance = random.Random(seed)
    first = next(at for at, step in enumerate(steps) if step.what == "ack")
    for _ in range(count):
        yield cut(steps, chance.randrange(first, len(steps) + 1), chance)


def cut(steps: Sequence[Step], at: int, chance: random.Random) -> tuple[int, Disk]:
    """One state that a cut before step *at* may leave."""
    disk, acknowledged = Disk(), 1
    flushed = {step.name: index for index, step in enumerate(steps[:at]) if step.what == "sync"}
    fate = chance.choice(["none", "all", "prefix", "random", "random"])
    horizon = chance.randrange(at)
    for index, step in enumerate(steps[:at]):
        if step.what == "ack":
            acknowledged = step.at
        elif step.what == "delete" or index < flushed.get(step.name, -1):
            if step.what != "sync":
                disk.apply(step)
        elif step.what == "sync" or fate == "none" or (fate == "prefix" and index > horizon):
            continue
        elif fate == "random" and step.what == "write":
            total = -(-len(step.data) // SECTOR)
            disk.apply(step, [each for each in range(total) if chance.random() < 0.5])
        elif fate != "random" or chance.random() < 0.5:
            disk.apply(step)
    return acknowledged, disk


class Verdict(NamedTuple):
    """What became of the states that were looked at."""

    lost: int
    damaged: int


def judge(folder: Path, steps: Sequence[Step], count: int) -> Verdict:
    lost = damaged = 0
    path = folder / "after.db"
    for acknowledged, disk in cuts(steps, count, seed=11):
        disk.store(path)
        try:
            revision = inspect(path)
        except (sqlite3.DatabaseError, AssertionError):
            damaged += 1
            continue
        lost += revision < acknowledged
    return Verdict(lost, damaged)


def inspect(path: Path) -> int:
    """The revision of a store after a cut; raises if it is not a prefix of what was written."""
    raw = sqlite3.connect(path)
    try:
        assert raw.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        revision, compacted = raw.execute("SELECT revision, compacted FROM store").fetchone()
        kept = raw.execute(
            "SELECT revision FROM log WHERE revision > ? ORDER BY revision", (compacted,)
        ).fetchall()
        assert [each for (each,) in kept] == list(range(max(compacted, 1) + 1, revision + 1))
        astray = "SELECT count(*) FROM newest LEFT JOIN log USING (revision) WHERE log.key IS NULL"
        assert raw.execute(astray).fetchone() == (0,)
        return int(revision)
    finally:
        raw.close()


def test_at_full_no_cut_loses_an_acknowledged_write_or_harms_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert judge(tmp_path, record(tmp_path, "full", monkeypatch), CUTS) == Verdict(0, 0)


def test_at_normal_cuts_lose_the_tail_but_never_harm_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    verdict = judge(tmp_path, record(tmp_path, "normal", monkeypatch), CUTS)
    assert verdict.damaged == 0
    assert verdict.lost > CUTS / 20, "the harness would not notice a loss"


def test_without_any_flush_cuts_harm_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    verdict = judge(tmp_path, record(tmp_path, "off", monkeypatch), CUTS)
    assert verdict.damaged > CUTS / 20, "the harness would not notice damage"


def test_after_a_cut_at_normal_no_revision_is_given_out_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = record(tmp_path, "normal", monkeypatch)
    path = tmp_path / "after.db"
    for acknowledged, disk in cuts(steps, 40, seed=3):
        disk.store(path)
        with SqliteBackend(path, synchronous="normal") as store:
            assert store.current_revision() > acknowledged
            assert store.compacted_revision() == store.current_revision()
            assert store.verify() == []
