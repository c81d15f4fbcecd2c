"""Processes, readers and peers that misbehave: nothing is left of them, and nothing grows."""

from __future__ import annotations

import gc
import os
import select
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from podfactory import create

from kregistry.core.pod import PodStorage
from kregistry.core.pod.kubelet import KubeletError
from kregistry.core.pod.process import ExecCall, ProcessKubelet, Reply, Run
from kregistry.core.pod.process import child as children
from kregistry.core.pod.process.child import Child, Receiver
from kregistry.core.pod.process.containerlog import ContainerLog, LogReader
from kregistry.core.pod.process.loop import Loop
from kregistry.core.pod.streams import Channel, ExitStatus
from kregistry.core.v1 import (
    Pod,
    PodAttachOptions,
    PodExecOptions,
    PodIP,
    PodPortForwardOptions,
    PodProxyOptions,
)
from kregistry.meta.context import Cancellation, Context
from kregistry.meta.errors import BadRequest, InternalError, Invalid
from kregistry.storage import Config, factory
from kregistry.testing.clock import FakeClock

WAIT = 20.0
STDOUT = frozenset({Channel.STDOUT})


def script(code: str) -> Run:
    return Run((sys.executable, "-u", "-c", code))


HANG = script("import time; print('up'); time.sleep(600)")


def decide(call: ExecCall) -> Any:
    """Scripts are told by their text."""
    if call.command[0] == "reply":
        return Reply(stdout=b"x")
    return None if call.command[0] == "none" else script(call.command[-1])


@pytest.fixture
def kubelet(clock: FakeClock) -> Iterator[ProcessKubelet]:
    before = threading.active_count()
    with ProcessKubelet(exec=decide, clock=clock) as made:
        yield made
    assert threading.active_count() == before
    assert not made._children
    assert not made._open


@pytest.fixture
def served(kubelet: ProcessKubelet, ctx: Context, clock: FakeClock) -> Iterator[PodStorage]:
    with factory.create(Config()) as storage:
        pods = PodStorage(storage, connector=kubelet, clock=clock)
        create(pods, ctx, nodeName="n1", status={"phase": "Running"})
        pods.status.modify(ctx, "foo", _with_ip)
        yield pods


def _with_ip(pod: Pod) -> None:
    pod.status.pod_ip = "10.0.0.9"
    pod.status.pod_ips = [PodIP(ip="10.0.0.9")]


def options(code: str, *, stdin: bool = False) -> PodExecOptions:
    return PodExecOptions(command=("python", code), stdin=stdin, stdout=True)


# Floods.


class _Full(Receiver):
    """Has had enough after the first bytes."""

    def __init__(self) -> None:
        self.received = 0
        self.wrote_first = threading.Event()
        self.taken = threading.Semaphore(0)
        self.over = threading.Event()

    def wrote(self, channel: Channel, data: bytes) -> bool:
        self.received += len(data)
        self.wrote_first.set()
        return False

    def took(self, count: int) -> None:
        self.taken.release()

    def stopped_reading(self) -> None:
        """It never does."""

    def ended(self, status: ExitStatus) -> None:
        self.over.set()


@pytest.mark.parametrize("tty", [False, True])
def test_input_does_not_make_a_full_reader_take_more_output(tty: bool) -> None:
    flood = script(
        "import os, threading\n"
        "def swallow():\n"
        "    while os.read(0, 4096): pass\n"
        "threading.Thread(target=swallow, daemon=True).start()\n"
        "while True: os.write(1, b'x' * 65536)"
    )
    loop, receiver = Loop(), _Full()
    child = Child(
        loop, flood, receiver, channels=STDOUT, stdin=True, tty=tty, gone=lambda child: None
    )
    try:
        child.start()
        assert receiver.wrote_first.wait(WAIT)
        for _ in range(50):
            loop.submit(lambda: child.write(b"x\n"))
            assert receiver.taken.acquire(timeout=WAIT)
        assert receiver.received <= 65536
    finally:
        loop.submit(child.kill)
        assert receiver.over.wait(WAIT)
        loop.close()


def test_a_flood_of_empty_lines_stays_within_its_memory(kubelet: ProcessKubelet) -> None:
    log = ContainerLog(FakeClock(), 10_000)
    log.append(b"\n" * 100_000)
    start, lines = log.take(0, None)
    assert start == 100_000
    assert len(lines) < 100


def test_a_gigabyte_nobody_reads_is_not_taken(served: PodStorage, ctx: Context) -> None:
    code = "import os\nfor _ in range(1 << 14): os.write(1, b'x' * 65536)"
    with served.exec.connect(ctx, "foo", options(code)) as session:
        frame = session.read(WAIT)
        assert frame is not None
        with pytest.raises(TimeoutError):
            session.wait(0.2)


def test_a_long_line_is_cut_though_it_ends(kubelet: ProcessKubelet) -> None:
    log = kubelet.log("ns", "foo", "c")
    log.append(b"x" * 40_000 + b"\n" + b"y" * 16_384 + b"\n\n")
    sizes = [len(line.data) for line in log.take(0, None)[1]]
    assert sizes == [16384, 16384, 7233, 16385, 1]


def test_input_of_an_attached_session_waits_within_bounds(
    served: PodStorage, kubelet: ProcessKubelet, ctx: Context
) -> None:
    kubelet.run("ns", "foo", "c", HANG, stdin=True)
    wanted = PodAttachOptions(stdin=True, stdout=True)
    with served.attach.connect(ctx, "foo", wanted) as session, pytest.raises(TimeoutError):
        session.write(b"x" * (1 << 22), 0.2)


def test_input_that_nobody_reads_any_more_is_refused(served: PodStorage, ctx: Context) -> None:
    code = "import os, time; os.close(0); print('up'); time.sleep(600)"
    with served.exec.connect(ctx, "foo", options(code, stdin=True)) as session:
        assert session.read(WAIT) is not None
        with pytest.raises(BrokenPipeError):
            session.write(b"x" * (1 << 22), WAIT)


def test_lines_that_are_not_wanted_do_not_prolong_a_wait(clock: FakeClock) -> None:
    log = ContainerLog(clock, 1000)
    reader = LogReader(log, follow=True, since=clock.now().replace(year=9999))
    stop = threading.Event()

    def chatter() -> None:
        while not stop.wait(0.001):
            log.append(b"x\n")

    chatterer = threading.Thread(target=chatter)
    chatterer.start()
    closer = threading.Timer(WAIT, reader.close)
    closer.start()
    try:
        with pytest.raises(TimeoutError):
            reader.read(0.1)
    finally:
        closer.cancel()
        closer.join(WAIT)
        stop.set()
        chatterer.join(WAIT)
        reader.close()


# Processes that stay, and processes that never were.


def test_what_a_command_leaves_behind_ends_with_it(
    served: PodStorage, ctx: Context, tmp_path: Path
) -> None:
    held = str(tmp_path / "held")
    os.mkfifo(held)
    end = os.open(held, os.O_RDONLY | os.O_NONBLOCK)
    code = (
        "import os, subprocess\n"
        f"fd = os.open({held!r}, os.O_WRONLY)\n"
        "subprocess.Popen(('/bin/sleep', '600'), pass_fds=(fd,))\n"
        "os._exit(0)"
    )
    try:
        with served.exec.connect(ctx, "foo", options(code)) as session:
            assert session.wait(WAIT).code == 0
            poll = select.poll()
            poll.register(end, select.POLLIN)
            assert [event for _, event in poll.poll(WAIT * 1000)] == [select.POLLHUP]
    finally:
        os.close(end)


def test_a_process_that_ignores_requests_to_end_ends(served: PodStorage, ctx: Context) -> None:
    code = (
        "import signal, time\n"
        "for each in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):\n"
        "    signal.signal(each, signal.SIG_IGN)\n"
        "print('up'); time.sleep(600)"
    )
    session = served.exec.connect(ctx, "foo", options(code))
    assert session.read(WAIT) is not None
    session.close()  # the fixture sees to it that nothing is left


def children_of_this_process() -> set[int]:
    """Of all its threads, dead ones that nobody has waited for among them."""
    found: set[int] = set()
    for listed in Path("/proc/self/task").glob("*/children"):
        found |= set(map(int, listed.read_text().split()))
    return found


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs /proc")
def test_a_start_that_fails_half_way_leaves_nothing(
    kubelet: ProcessKubelet, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[int] = []
    before = children_of_this_process()

    def refuse(fd: int) -> int:
        started.append(fd)
        raise OSError(24, "Too many open files")

    with monkeypatch.context() as patched:
        patched.setattr(children, "_taken", refuse)
        with pytest.raises(KubeletError, match="Too many open files"):
            kubelet.run("ns", "foo", "c", HANG)
    assert started
    assert children_of_this_process() <= before
    gc.collect()  # would complain of a process that runs
    assert kubelet.run("ns", "foo", "c", script("")).wait(WAIT).code == 0


@pytest.mark.parametrize(
    "make",
    [
        lambda: Run("ls -l"),
        lambda: Run(b"ls"),
        lambda: Run(5),
        lambda: Run(("ls", 1)),
        lambda: Run(("ls",), env={"A": 1}),  # type: ignore[dict-item]
    ],
)
def test_a_command_and_its_environment_are_strings(make: Callable[[], Run]) -> None:
    with pytest.raises(TypeError):
        make()


@pytest.mark.parametrize("env", [{"A=B": "x"}, {"A": "\0"}, {"": "x"}])
def test_an_impossible_environment_is_an_error_of_the_api(
    kubelet: ProcessKubelet, env: dict[str, str]
) -> None:
    if env == {"": "x"}:
        kubelet.run("ns", "foo", "c", Run(("/bin/true",), env=env)).wait(WAIT)
        return
    with pytest.raises(KubeletError):
        kubelet.run("ns", "foo", "c", Run(("/bin/true",), env=env))
    assert kubelet.run("ns", "foo", "c", Run(("/bin/true",))).wait(WAIT).code == 0


def test_a_handler_that_decides_nonsense_costs_no_session(ctx: Context) -> None:
    wrong: Any = lambda call: ["ls"] if call.command[0] == "wrong" else Reply()  # noqa: E731
    with factory.create(Config()) as storage, ProcessKubelet(exec=wrong, max_sessions=1) as kubelet:
        pods = PodStorage(storage, connector=kubelet)
        create(pods, ctx, nodeName="n1")
        for _ in range(2):
            with pytest.raises(TypeError, match="decides for Run or Reply"):
                pods.exec.connect(ctx, "foo", PodExecOptions(command=("wrong",), stdout=True))
        pods.exec.connect(ctx, "foo", PodExecOptions(command=("right",), stdout=True)).close()


def test_sessions_that_nobody_closes_end_with_the_kubelet(served: PodStorage, ctx: Context) -> None:
    for _ in range(200):
        served.exec.connect(ctx, "foo", PodExecOptions(command=("reply",), stdout=True))
    for _ in range(10):
        served.exec.connect(ctx, "foo", options("import time; time.sleep(600)"))


def test_closing_while_commands_start_leaves_nothing(served: PodStorage, ctx: Context) -> None:
    connector = served.exec._locator.connector
    assert isinstance(connector, ProcessKubelet)
    begun = threading.Barrier(5)

    def start() -> None:
        begun.wait(WAIT)
        for _ in range(20):
            try:
                served.exec.connect(ctx, "foo", options("import time; time.sleep(600)"))
            except Exception:
                return

    starters = [threading.Thread(target=start) for _ in range(4)]
    for starter in starters:
        starter.start()
    begun.wait(WAIT)
    connector.close()
    for starter in starters:
        starter.join(WAIT)
        assert not starter.is_alive()


def test_a_pod_that_is_removed_while_it_starts_is_gone(kubelet: ProcessKubelet) -> None:
    processes = []
    over = threading.Event()

    def remove() -> None:
        while not over.is_set():
            kubelet.remove("ns", "foo")

    remover = threading.Thread(target=remove)
    remover.start()
    try:
        for number in range(20):
            processes.append(kubelet.run("ns", "foo", f"c{number}", HANG))
    finally:
        over.set()
        remover.join(WAIT)
    kubelet.remove("ns", "foo")
    assert {process.wait(WAIT).code for process in processes} == {137}


# Forks.


def test_a_forked_child_does_not_touch_what_its_parent_opened(
    served: PodStorage, kubelet: ProcessKubelet, ctx: Context
) -> None:
    kubelet.run("ns", "foo", "c", Run(("/bin/cat",)), stdin=True)
    attached = served.attach.connect(ctx, "foo", PodAttachOptions(stdin=True, stdout=True))
    with socket.create_server(("127.0.0.1", 0)) as server:
        kubelet.serve("ns", "foo", 80, server.getsockname()[:2])
        stream = served.port_forward.connect(ctx, "foo", PodPortForwardOptions(ports=(80,)))[80]
        peer, _ = server.accept()
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            answer = _use_in_child(kubelet, [attached, stream])
            os.write(writing, answer)
        finally:
            os._exit(0)
    os.close(writing)
    try:
        ready, _, _ = select.select([reading], [], [], WAIT)
        assert ready
        assert os.read(reading, 1000) == b"the kubelet runs in another process"
        os.waitpid(pid, 0)
        attached.write(b"hi\n", WAIT)
        frame = attached.read(WAIT)
        assert frame is not None
        assert frame.data == b"hi\n"
        peer.sendall(b"still here")
        assert stream.read(WAIT) == b"still here"
    finally:
        os.close(reading)
        peer.close()
        stream.close()
        attached.close()


def _use_in_child(kubelet: ProcessKubelet, streams: list[Any]) -> bytes:
    try:
        kubelet.run("ns", "bar", "c", HANG)
    except KubeletError as error:
        for stream in streams:
            stream.close()
        kubelet.close()
        return error.message.encode()
    return b"it ran"


# Peers.


class Peer:
    """Answers one request with the beginning of a body."""

    def __init__(self, head: bytes) -> None:
        self._head = head
        self._server = socket.create_server(("127.0.0.1", 0))
        self._let_go = threading.Event()
        self.request = b""
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    @property
    def address(self) -> tuple[str, int]:
        found: tuple[str, int] = self._server.getsockname()
        return found

    def _serve(self) -> None:
        connection, _ = self._server.accept()
        with connection:
            while b"\r\n\r\n" not in self.request:
                self.request += connection.recv(4096)
            connection.sendall(self._head)
            self._let_go.wait(WAIT)

    def __enter__(self) -> Peer:
        return self

    def __exit__(self, *_: object) -> None:
        self._let_go.set()
        self._thread.join(WAIT)
        self._server.close()


HEAD = (
    b"HTTP/1.1 200 OK\r\nConnection: X-Hop\r\nX-Hop: 1\r\nX-End: 2\r\nContent-Length: 9\r\n\r\nab"
)


@pytest.mark.parametrize("how", ["cancel", "kubelet", "body"])
def test_an_answer_that_never_ends_can_be_ended(
    served: PodStorage, kubelet: ProcessKubelet, how: str
) -> None:
    cancellation = Cancellation()
    asked = Context(namespace="ns", cancellation=cancellation)
    with Peer(HEAD) as peer:
        kubelet.serve("ns", "foo", 80, peer.address)
        answer = served.proxy.connect(asked, "foo:80", PodProxyOptions())
        assert answer.body.read(WAIT) == b"ab"
        seen: list[bytes] = []
        reader = threading.Thread(target=lambda: seen.append(answer.body.read(WAIT)))
        reader.start()
        ends = {"cancel": cancellation.cancel, "kubelet": kubelet.close, "body": answer.body.close}
        ends[how]()
        reader.join(WAIT / 2)
        assert seen == [b""]
        answer.body.close()
    assert not cancellation._callbacks


def test_headers_of_one_connection_are_not_passed_on(
    served: PodStorage, kubelet: ProcessKubelet, ctx: Context
) -> None:
    with Peer(HEAD) as peer:
        kubelet.serve("ns", "foo", 80, peer.address)
        headers = {"Connection": "X-Secret, close", "X-Secret": "1", "X-Open": "2"}
        answer = served.proxy.connect(ctx, "foo:80", PodProxyOptions(), headers=headers)
        answer.body.close()
    assert b"X-Secret" not in peer.request
    assert b"X-Open: 2" in peer.request
    assert answer.headers == (("X-End", "2"), ("Content-Length", "9"))


def test_a_request_forgets_its_closed_connections(
    served: PodStorage, kubelet: ProcessKubelet
) -> None:
    cancellation = Cancellation()
    asked = Context(namespace="ns", cancellation=cancellation)
    with socket.create_server(("127.0.0.1", 0)) as server:
        kubelet.serve("ns", "foo", 80, server.getsockname()[:2])
        for _ in range(3):
            opened = served.port_forward.connect(asked, "foo", PodPortForwardOptions(ports=(80,)))
            opened[80].close()
        assert not cancellation._callbacks


# What a program hands in.


@pytest.mark.parametrize(
    ("command", "container"), [(("\ud800",), ""), (("echo", "\udcff"), ""), (("echo",), "\ud800")]
)
def test_half_a_character_is_an_error_of_the_api(
    served: PodStorage, ctx: Context, command: tuple[str, ...], container: str
) -> None:
    wanted = PodExecOptions(command=command, container=container, stdout=True)
    with pytest.raises(Invalid, match="valid UTF-8"):
        served.exec.connect(ctx, "foo", wanted)


@pytest.mark.parametrize("headers", [5, "a", {"a": 5}, {5: "a"}, {"a": None}])
def test_headers_are_strings(served: PodStorage, ctx: Context, headers: Any) -> None:
    with pytest.raises(BadRequest):
        served.proxy.connect(ctx, "foo:80", PodProxyOptions(), headers=headers)


@pytest.mark.parametrize("request_", [5, None, b"foo", ["foo"]])
def test_a_request_for_a_pod_is_a_string(served: PodStorage, ctx: Context, request_: Any) -> None:
    with pytest.raises(BadRequest, match="invalid pod request"):
        served.proxy.connect(ctx, request_, PodProxyOptions())


def test_a_program_that_is_not_there_is_an_error_of_the_api(ctx: Context) -> None:
    with (
        factory.create(Config()) as storage,
        ProcessKubelet(exec=lambda call: Run(call.command)) as kubelet,
    ):
        pods = PodStorage(storage, connector=kubelet)
        create(pods, ctx, nodeName="n1")
        for program in ("", "/", "../../no"):
            with pytest.raises(InternalError, match="exec: "):
                pods.exec.connect(ctx, "foo", PodExecOptions(command=(program,), stdout=True))
