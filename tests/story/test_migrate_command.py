"""``python -m kregistry migrate`` copies a store, or says in one clear line why not."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import sqlite3
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from kregistry.__main__ import main
from kregistry.storage.sqlite import SqliteBackend
from kregistry.testing.suites.backend_cases import EVERYTHING

COMMAND = [sys.executable, "-m", "kregistry", "migrate"]
TIMEOUT = 60.0


ENVIRONMENT = {**os.environ, "PYTHONWARNINGS": "error"}


class Done(NamedTuple):
    """What came of a command."""

    status: int
    out: str
    err: str


Run = Callable[..., Done]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Runs the command in this process, in the folder of the test."""
    monkeypatch.chdir(tmp_path)

    def run_it(*arguments: str) -> Done:
        try:
            status = main(["migrate", *arguments])
        except SystemExit as ended:
            status = int(ended.code or 0)
        return Done(status, *capfd.readouterr())

    return run_it


def fill(path: Path, count: int) -> None:
    with SqliteBackend(path, synchronous="normal") as store:
        for number in range(count):
            store.put(f"/registry/pods/default/{number:05}", b"pod %d" % number, expected=0)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A store of three keys, at revision 4."""
    fill(tmp_path / "shop.db", 3)
    return tmp_path / "shop.db"


def content(path: Path) -> dict[str, bytes]:
    with SqliteBackend(path) as store:
        return {record.key: record.value for record in store.range(*EVERYTHING).records}


def complaint(done: Done) -> str:
    """The one line that a failed run says."""
    assert (done.status, done.out) == (1, "")
    (line,) = done.err.splitlines()
    assert line.startswith("kregistry: ")
    assert "Traceback" not in line
    return line.removeprefix("kregistry: ")


def test_a_store_is_copied_and_the_copy_compared(run: Run, shop: Path, tmp_path: Path) -> None:
    done = run("sqlite:shop.db", "sqlite:new.db")
    assert done.status == 0
    assert done.out.splitlines() == [
        "Copied 3 keys from sqlite:shop.db, as of revision 4.",
        "Compared all of them, byte by byte: no difference.",
        f"sqlite:new.db goes on at revision {revision_of(tmp_path / 'new.db')}.",
    ]
    assert content(tmp_path / "new.db") == content(shop)
    assert re.fullmatch(
        r"(survey: \d of 3\n)+(advance: \d of \d\n)+(copy: \d of 3\n)+(verify: \d of 3\n)+",
        done.err,
    )


def revision_of(path: Path) -> int:
    with SqliteBackend(path) as store:
        return store.current_revision()


def test_programs_get_json(run: Run, shop: Path, tmp_path: Path) -> None:
    done = run("sqlite:shop.db", "sqlite:new.db", "-o", "json", "--quiet")
    assert (done.status, done.err) == (0, "")
    assert json.loads(done.out) == {
        "from": "sqlite:shop.db",
        "to": "sqlite:new.db",
        "sourceRevision": 4,
        "targetRevision": revision_of(tmp_path / "new.db"),
        "keys": 3,
        "found": 0,
        "expired": 0,
        "verified": True,
    }


def test_a_second_copy_into_the_same_target_is_refused(run: Run, shop: Path) -> None:
    assert run("sqlite:shop.db", "sqlite:new.db").status == 0
    said = complaint(run("sqlite:shop.db", "sqlite:new.db"))
    assert said.startswith("the target is not empty: it holds '/registry/pods/default/00000'")


def test_pods_saved_into_the_copy_go_on_behind_the_source(run: Run, tmp_path: Path) -> None:
    save = [sys.executable, "-m", "kregistry", "-o", "json", "--path"]
    for path in ("one.db", "one.db"):
        subprocess.run([*save, path], cwd=tmp_path, check=True, capture_output=True)
    assert run("sqlite:one.db", "sqlite:two.db").status == 0
    saved = subprocess.run([*save, "two.db"], cwd=tmp_path, check=True, capture_output=True)
    pods = json.loads(saved.stdout)["pods"]
    assert len(pods) == 3
    assert all(int(pod["resourceVersion"]) > 3 for pod in pods)


@pytest.fixture
def hostile(shop: Path, tmp_path: Path) -> Path:
    """The folder, with much in it that is no store, and other names of the store."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "notes.txt").write_text("no database" * 100, encoding="utf-8")
    (tmp_path / "nothing.db").touch()
    (tmp_path / "link.db").symlink_to("shop.db")
    (tmp_path / "dangling.db").symlink_to("nowhere.db")
    os.mkfifo(tmp_path / "pipe")
    for name, statements in {
        "foreign.db": "CREATE TABLE t (x);",
        "blank.db": "CREATE TABLE t (x); DROP TABLE t;",
    }.items():
        file = sqlite3.connect(tmp_path / name)
        file.executescript(statements)
        file.close()
    return tmp_path


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.name: path.read_bytes()
        for path in folder.iterdir()
        if path.is_file() and not path.name.startswith("shop.db")
    }


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("sqlite:missing.db", "there is no file 'missing.db' to copy from"),
        ("sqlite:dangling.db", "'dangling.db' is no file"),
        ("sqlite:folder", "'folder' is no file"),
        ("sqlite:pipe", "'pipe' is no file"),
        ("sqlite:/dev/null", "'/dev/null' is no file"),
        ("sqlite:", "there is no file ''"),
        ("sqlite:notes.txt", "'notes.txt' is no store of kregistry"),
        ("sqlite:nothing.db", "'nothing.db' is no store of kregistry"),
        ("sqlite:foreign.db", "'foreign.db' is no store of kregistry"),
        ("sqlite:blank.db", "'blank.db' is no store of kregistry"),
        ("sqlite://shop.db", "'sqlite://shop.db': write sqlite:PATH"),
        ("shop.db", "'shop.db' is no store; say sqlite:PATH or etcd3:URL[,URL...]"),
        ("memory", "a memory store lives in one program"),
        ("memory:", "a memory store lives in one program"),
        ("etcd2:http://127.0.0.1:1", "'etcd2:http://127.0.0.1:1' is no store; say"),
        ("\x1b[2J:x", r"'\x1b[2J:x' is no store"),
        ("", "'' is no store"),
    ],
)
def test_what_is_no_source_is_said_and_nothing_is_made(
    run: Run, hostile: Path, source: str, said: str
) -> None:
    before = files(hostile)
    assert complaint(run(source, "sqlite:new.db")).startswith(said)
    assert files(hostile) == before


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("sqlite:shop.db", "FROM and TO are the same store"),
        ("sqlite:./folder/../shop.db", "FROM and TO are the same store"),
        ("sqlite:link.db", "FROM and TO are the same store"),
        ("sqlite:folder", "is a folder; name a file"),
        ("sqlite:pipe", "is no regular file"),
        ("sqlite:", "'' is no path of a file"),
        ("sqlite:missing/new.db", "does not exist; create it first"),
        ("sqlite:notes.txt", "is not a database of kregistry"),
        ("sqlite:foreign.db", "is a database of another program"),
        ("memory", "a memory store lives in one program"),
        ("etcd3:", "'' is no URL of an etcd member"),
        ("etcd3:127.0.0.1:2379", "'127.0.0.1:2379' is no URL of an etcd member, such as"),
        ("etcd3:ftp://127.0.0.1:2379", "is no URL of an etcd member, such as"),
        ("etcd3:http://127.0.0.1:99999", "is no URL of an etcd member: Port out of range"),
        ("etcd3:http://127.0.0.1:0", "is no URL of an etcd member"),
        ("etcd3:http://[::1", "is no URL of an etcd member: Invalid IPv6"),
        ("etcd3:http://a b:1", "is no URL of an etcd member"),
        ("etcd3:http://127.0.0.1:1/v3", "nothing may follow the port"),
        ("etcd3:http://127.0.0.1:1,", "'' is no URL of an etcd member"),
        ("etcd3:http://bob:secret@127.0.0.1:1", "a URL of an etcd member names no user"),
    ],
)
def test_what_is_no_target_is_said_and_the_source_left_alone(
    run: Run, hostile: Path, target: str, said: str
) -> None:
    before, stored = files(hostile), content(hostile / "shop.db")
    line = complaint(run("sqlite:shop.db", target))
    assert said in line
    assert "secret" not in line
    after = files(hostile)
    assert {name: after[name] for name in before} == before
    assert content(hostile / "shop.db") == stored


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--user", "bob:secret"], "--user is for etcd3 stores, and none is named"),
        (["--cacert", "ca.pem"], "--cacert is for etcd3 stores, and none is named"),
    ],
)
def test_options_of_etcd_need_an_etcd(
    run: Run, shop: Path, arguments: list[str], said: str
) -> None:
    assert complaint(run("sqlite:shop.db", "sqlite:new.db", *arguments)) == said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--user", "bob"], "--user bob needs a password: set KREGISTRY_ETCD_PASSWORD"),
        (["--user", ":secret"], "--user needs a name: NAME or NAME:PASSWORD"),
        (["--cert", "c.pem"], "--cert and --key go together"),
        (["--cacert", "ca.pem"], "--cacert is for https:// endpoints; http://127.0.0.1:1 is not"),
    ],
)
def test_options_that_do_not_fit_are_refused(
    run: Run, shop: Path, arguments: list[str], said: str
) -> None:
    line = complaint(run("sqlite:shop.db", "etcd3:http://127.0.0.1:1", *arguments))
    assert line.startswith(said)
    assert "secret" not in line


def test_two_places_that_share_a_member_are_one_cluster(run: Run) -> None:
    urls = ("etcd3:http://127.0.0.1:1,http://127.0.0.1:2", "etcd3:http://127.0.0.1:2/")
    assert complaint(run(*urls)) == "FROM and TO are the same store"


def test_a_target_on_a_read_only_disk_is_refused(run: Run, shop: Path, tmp_path: Path) -> None:
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m,ro", "tmpfs", str(place)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("needs the right to mount")
    try:
        said = complaint(run("sqlite:shop.db", "sqlite:disk/new.db"))
    finally:
        subprocess.run(["umount", str(place)], check=True)
    assert "is not writable" in said


def test_a_target_with_a_foreign_marker_is_refused(run: Run, shop: Path, tmp_path: Path) -> None:
    with SqliteBackend(tmp_path / "new.db") as store:
        store.put("/kregistry.migration", b"mine", expected=0)
    assert "holds something else" in complaint(run("sqlite:shop.db", "sqlite:new.db"))


def test_a_word_too_few_is_explained(run: Run) -> None:
    done = run("sqlite:shop.db")
    assert done.status == 2
    assert "the following arguments are required: TO" in done.err


# What is cut off, and what a terminal shows.


#: Keys that cannot be copied while a signal is on its way, however busy the machine is.
MANY = 12_000


def start(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*COMMAND, *arguments],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=ENVIRONMENT,
    )


def read_until(running: subprocess.Popen[str], phase: str) -> None:
    """Read what it says until it has finished a phase."""
    assert running.stderr is not None
    for line in running.stderr:
        found = re.fullmatch(rf"{phase}: (\d+) of (\d+)\n", line)
        if found and found[1] == found[2]:
            return
    pytest.fail(f"it never came to the end of {phase}")


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGKILL], ids=["ctrl-c", "kill"])
def test_a_run_that_is_stopped_is_finished_by_the_next(
    run: Run, tmp_path: Path, sent: signal.Signals
) -> None:
    fill(tmp_path / "big.db", MANY)
    stopped = start(tmp_path, "sqlite:big.db", "sqlite:new.db")
    try:
        read_until(stopped, "advance")
        stopped.send_signal(sent)
        said = stopped.communicate(timeout=TIMEOUT)[1]
    finally:
        stopped.kill()
    if sent == signal.SIGINT:
        assert stopped.returncode == 130
        assert said.splitlines()[-1] == (
            "kregistry: interrupted; run the same command again, and it goes on where it was"
        )
    else:
        assert stopped.returncode == -signal.SIGKILL

    done = run("sqlite:big.db", "sqlite:new.db", "-o", "json")

    assert done.status == 0
    told = json.loads(done.out)
    assert (told["keys"], told["sourceRevision"]) == (MANY, MANY + 1)
    assert 0 <= told["found"] < MANY
    assert content(tmp_path / "new.db") == content(tmp_path / "big.db")


def on_terminal(folder: Path, *arguments: str, columns: int = 0) -> tuple[int, str]:
    """Run the command on a terminal of its own; its exit status and all that it drew."""
    ours, its = pty.openpty()
    termios.tcsetwinsize(its, (24, columns))
    with subprocess.Popen(
        [*COMMAND, *arguments], cwd=folder, stdin=its, stdout=its, stderr=its, env=ENVIRONMENT
    ) as running:
        os.close(its)
        drawn = b"".join(pieces(ours))
        os.close(ours)
        return running.wait(TIMEOUT), drawn.decode()


def pieces(terminal: int) -> Iterator[bytes]:
    deadline = time.monotonic() + TIMEOUT
    while select.select([terminal], [], [], max(deadline - time.monotonic(), 0))[0]:
        try:
            yield os.read(terminal, 65536)
        except OSError:  # it hung up
            return
    pytest.fail("the command did not end in time")


def rendered(drawn: str) -> list[str]:
    """What the terminal shows in the end: each line as it was drawn last."""
    lines = [line.split("\r")[-1].replace("\x1b[K", "") for line in drawn.split("\r\n")]
    assert not any("\x1b" in line for line in lines)
    return lines


def test_a_terminal_shows_a_bar_for_each_phase(shop: Path, tmp_path: Path) -> None:
    status, drawn = on_terminal(tmp_path, "sqlite:shop.db", "sqlite:new.db")
    assert status == 0
    bars, said = rendered(drawn)[:4], rendered(drawn)[4:]
    assert [re.sub(r"\d+/\d+", "n/n", bar) for bar in bars] == [
        f"{phase:<7} [{'#' * 30}] 100 %  n/n" for phase in ("survey", "advance", "copy", "verify")
    ]
    assert said[0] == "Copied 3 keys from sqlite:shop.db, as of revision 4."


def test_a_bar_stays_on_one_line_of_a_narrow_terminal(shop: Path, tmp_path: Path) -> None:
    _, drawn = on_terminal(tmp_path, "sqlite:shop.db", "sqlite:new.db", columns=30)
    assert rendered(drawn)[0] == "survey  [#####################"[:29]


def test_a_terminal_shows_no_bar_that_nobody_wants(shop: Path, tmp_path: Path) -> None:
    status, drawn = on_terminal(tmp_path, "sqlite:shop.db", "sqlite:new.db", "--quiet")
    assert status == 0
    assert rendered(drawn)[0].startswith("Copied 3 keys")


def test_an_error_does_not_stand_behind_a_bar(shop: Path, tmp_path: Path) -> None:
    with SqliteBackend(tmp_path / "new.db") as store:
        store.put("/mine", b"", expected=0)
    status, drawn = on_terminal(tmp_path, "sqlite:shop.db", "sqlite:new.db")
    assert status == 1
    assert rendered(drawn)[0].startswith("kregistry: the target is not empty")
