"""A kubelet of real processes: commands really run, logs are followed as lines arrive."""

from __future__ import annotations

import os
import socket
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from podfactory import create

from kregistry.core.pod import PodStorage
from kregistry.core.pod.process import ExecCall, ProcessKubelet, Reply, Run, allow_list
from kregistry.core.pod.streams import Channel, StreamSession
from kregistry.core.v1 import (
    PodAttachOptions,
    PodExecOptions,
    PodLogOptions,
    PodPortForwardOptions,
    PodProxyOptions,
)
from kregistry.meta.context import Cancellation, Context
from kregistry.meta.errors import BadRequest, InternalError, NotFound, StatusError
from kregistry.meta.time import Time
from kregistry.storage import Config, factory
from kregistry.testing.clock import FakeClock

WAIT = 20.0
PYTHON = (sys.executable, "-u", "-c")


def script(code: str) -> Run:
    return Run((*PYTHON, code))


ECHO = script("import sys; sys.stdout.write(sys.stdin.read().upper()); sys.stderr.write('err')")
COMMANDS = {
    "echo": Run(("/bin/echo",), takes_arguments=True),
    "pwd": Run(("/bin/echo", "/srv")),
    "upper": ECHO,
    "fail": script("raise SystemExit(3)"),
    "die": script("import os; os.kill(os.getpid(), 9)"),
    "flood": script("import sys\nfor _ in range(4000): sys.stdout.write('x' * 1000)"),
    "hang": script("import time; print('up', flush=True); time.sleep(600)"),
    "cat": Run(("/bin/cat",)),
    "env": Run(("/usr/bin/env",), env={"ONLY": "this"}),
    "stty": script(
        "import os, sys\n"
        "print(os.isatty(0), os.isatty(1), *os.get_terminal_size(), flush=True)\n"
        "sys.stdin.readline()\n"
        "print(*os.get_terminal_size(), flush=True)"
    ),
    "whoami": lambda call: Reply(stdout=call.pod.encode(), stderr=b"!", code=4),
    "missing": Run(("/no/such/program",)),
}


@pytest.fixture
def kubelet(clock: FakeClock) -> Iterator[ProcessKubelet]:
    before = threading.active_count()
    with ProcessKubelet(exec=allow_list(COMMANDS), clock=clock) as made:
        yield made
    assert threading.active_count() == before


@pytest.fixture
def served(kubelet: ProcessKubelet, ctx: Context, clock: FakeClock) -> Iterator[PodStorage]:
    with factory.create(Config()) as storage:
        pods = PodStorage(storage, connector=kubelet, clock=clock)
        create(pods, ctx, nodeName="n1", status={"phase": "Running"})
        yield pods


def exec_options(*command: str, **more: bool) -> PodExecOptions:
    return PodExecOptions(command=command, **{"stdout": True, "stderr": True, **more})


def run(served: PodStorage, ctx: Context, *command: str) -> tuple[bytes, bytes, int | None]:
    with served.exec.connect(ctx, "foo", exec_options(*command)) as session:
        out, err = session.output(WAIT)
        return out, err, session.wait(WAIT).code


def read_until(session: StreamSession, end: bytes) -> bytes:
    """Standard output up to *end*, in however many parts it comes."""
    seen = b""
    while not seen.endswith(end):
        frame = session.read(WAIT)
        assert frame is not None, seen
        assert frame.channel is Channel.STDOUT
        seen += frame.data
    return seen


# Commands.


def test_a_command_really_runs(served: PodStorage, ctx: Context) -> None:
    assert run(served, ctx, "echo", "hello", "$HOME; ls") == (b"hello $HOME; ls\n", b"", 0)


def test_a_command_gets_its_input_and_keeps_its_outputs_apart(
    served: PodStorage, ctx: Context
) -> None:
    with served.exec.connect(ctx, "foo", exec_options("upper", stdin=True)) as session:
        session.write(b"abc", WAIT)
        session.write(b"def", WAIT)
        session.close_stdin()
        assert session.output(WAIT) == (b"ABCDEF", b"err")
        assert session.wait(WAIT).to_status().status == "Success"
        with pytest.raises(BrokenPipeError):
            session.write(b"x", WAIT)


def test_output_nobody_asked_for_goes_nowhere(served: PodStorage, ctx: Context) -> None:
    with served.exec.connect(
        ctx, "foo", PodExecOptions(command=("upper",), stderr=True)
    ) as session:
        assert session.output(WAIT) == (b"", b"err")


def test_an_exit_code_is_told_as_the_protocol_tells_it(served: PodStorage, ctx: Context) -> None:
    with served.exec.connect(ctx, "foo", exec_options("fail")) as session:
        status = session.wait(WAIT).to_status()
    assert (status.status, status.reason) == ("Failure", "NonZeroExitCode")
    assert status.details is not None
    assert [(cause.reason, cause.message) for cause in status.details.causes] == [("ExitCode", "3")]


def test_a_signal_counts_from_128(served: PodStorage, ctx: Context) -> None:
    assert run(served, ctx, "die")[2] == 137


def test_a_scripted_command_starts_nothing(served: PodStorage, ctx: Context) -> None:
    assert run(served, ctx, "whoami") == (b"foo", b"!", 4)


def test_a_command_sees_no_environment_but_its_own(served: PodStorage, ctx: Context) -> None:
    out, _, _ = run(served, ctx, "env")
    names = {line.split(b"=")[0] for line in out.splitlines()}
    assert b"ONLY" in names
    assert names <= {b"ONLY", b"LC_CTYPE", b"PWD", b"SHLVL", b"_"}


@pytest.mark.parametrize(
    ("command", "text"),
    [
        (("rm", "-rf", "/"), 'exec: "rm": executable file not found in $PATH'),
        (("echo; rm",), 'exec: "echo; rm": executable file not found in $PATH'),
        (("/bin/echo",), 'exec: "/bin/echo": executable file not found in $PATH'),
        (("",), 'exec: "": executable file not found in $PATH'),
        (("pwd", "x"), 'exec: "pwd": takes no arguments here'),
        (("missing",), "No such file or directory"),
    ],
)
def test_what_was_not_configured_does_not_run(
    served: PodStorage, ctx: Context, command: tuple[str, ...], text: str
) -> None:
    with pytest.raises(InternalError) as caught:
        served.exec.connect(ctx, "foo", exec_options(*command))
    assert text in str(caught.value)


def test_without_a_handler_nothing_runs(ctx: Context) -> None:
    with factory.create(Config()) as storage, ProcessKubelet() as kubelet:
        pods = PodStorage(storage, connector=kubelet)
        create(pods, ctx, nodeName="n1")
        with pytest.raises(InternalError, match="not found in"):
            pods.exec.connect(ctx, "foo", exec_options("ls"))


def test_a_null_byte_in_an_argument_is_an_error_of_the_api(
    served: PodStorage, ctx: Context
) -> None:
    with pytest.raises(InternalError, match="null byte"):
        served.exec.connect(ctx, "foo", exec_options("echo", "a\0b"))


@pytest.mark.parametrize("options", [PodExecOptions(command=("echo",)), exec_options()])
def test_a_command_and_a_stream_are_needed(
    served: PodStorage, ctx: Context, options: PodExecOptions
) -> None:
    with pytest.raises(BadRequest, match="you must specify at least"):
        served.exec.connect(ctx, "foo", options)


def test_output_waits_for_a_reader_within_bounds(served: PodStorage, ctx: Context) -> None:
    with served.exec.connect(ctx, "foo", exec_options("flood")) as session:
        with pytest.raises(TimeoutError):
            session.wait(0.2)  # it is blocked: nobody reads
        out, _ = session.output(WAIT)
        assert len(out) == 4_000_000
        assert session.wait(WAIT).code == 0


def test_input_waits_for_the_process_within_bounds(served: PodStorage, ctx: Context) -> None:
    options = exec_options("hang", stdin=True)
    with (
        served.exec.connect(ctx, "foo", options) as session,
        pytest.raises(TimeoutError),
    ):
        session.write(b"x" * (1 << 22), 0.2)


def test_a_large_dialogue_does_not_get_stuck(served: PodStorage, ctx: Context) -> None:
    data = os.urandom(3_000_000)
    with served.exec.connect(ctx, "foo", exec_options("cat", stdin=True)) as session:

        def feed() -> None:
            session.write(data, WAIT)
            session.close_stdin()

        feeder = threading.Thread(target=feed)
        feeder.start()
        out, _ = session.output(WAIT)
        feeder.join(WAIT)
    assert out == data


def test_closing_a_session_ends_its_process(
    served: PodStorage, kubelet: ProcessKubelet, ctx: Context
) -> None:
    session = served.exec.connect(ctx, "foo", exec_options("hang"))
    assert read_until(session, b"\n") == b"up\n"
    (child,) = kubelet._children
    session.close()
    session.close()
    assert session.read(WAIT) is None
    assert session.wait(WAIT).code is None
    kubelet.close()
    with pytest.raises(ProcessLookupError):
        os.kill(child.pid, 0)


def test_a_cancelled_request_ends_its_session(served: PodStorage) -> None:
    cancellation = Cancellation()
    asked = Context(namespace="ns", cancellation=cancellation)
    with served.exec.connect(asked, "foo", exec_options("hang")) as session:
        session.read(WAIT)
        cancellation.cancel()
        assert session.wait(WAIT).code is None
    with served.exec.connect(asked, "foo", exec_options("hang")) as session:
        assert session.wait(WAIT).code is None  # it was cancelled before it began


def test_a_terminal_has_a_size_and_one_output(served: PodStorage, ctx: Context) -> None:
    options = exec_options("stty", stdin=True, tty=True)
    with served.exec.connect(ctx, "foo", options) as session:
        assert read_until(session, b"\n").startswith(b"True True ")
        session.resize(132, 43)
        session.write(b"go\n", WAIT)
        out, err = session.output(WAIT)
    assert b"132 43" in out
    assert err == b""


def test_a_terminal_delivers_the_interrupt_key(served: PodStorage, ctx: Context) -> None:
    options = exec_options("hang", stdin=True, tty=True)
    with served.exec.connect(ctx, "foo", options) as session:
        read_until(session, b"\n")
        session.write(b"\x03", WAIT)
        session.output(WAIT)
        assert session.wait(WAIT).code in (1, 130)


@pytest.mark.parametrize("size", [(0, 1), (1, 0), (-1, 5), (1 << 16, 5), ("a", 5), (None, 5)])
def test_no_terminal_is_so_small_or_large(
    served: PodStorage, ctx: Context, size: tuple[int, int]
) -> None:
    with (
        served.exec.connect(ctx, "foo", exec_options("whoami")) as session,
        pytest.raises(ValueError, match="no terminal"),
    ):
        session.resize(*size)


def test_sessions_are_counted(ctx: Context) -> None:
    handler = allow_list(COMMANDS)
    with (
        factory.create(Config()) as storage,
        ProcessKubelet(exec=handler, max_sessions=2) as kubelet,
    ):
        pods = PodStorage(storage, connector=kubelet)
        create(pods, ctx, nodeName="n1")
        first = pods.exec.connect(ctx, "foo", exec_options("whoami"))
        pods.exec.connect(ctx, "foo", exec_options("whoami"))
        with pytest.raises(StatusError) as caught:
            pods.exec.connect(ctx, "foo", exec_options("whoami"))
        assert caught.value.status.code == 429
        first.close()
        pods.exec.connect(ctx, "foo", exec_options("whoami")).close()


def test_a_closed_kubelet_serves_nothing(
    served: PodStorage, kubelet: ProcessKubelet, ctx: Context
) -> None:
    kubelet.close()
    kubelet.close()
    for ask in (
        lambda: served.exec.connect(ctx, "foo", exec_options("whoami")),
        lambda: served.log.get(ctx, "foo"),
    ):
        with pytest.raises(StatusError) as caught:
            ask()
        assert caught.value.status.code == 503


def test_a_handler_gets_the_call_as_it_was_made(ctx: Context) -> None:
    calls: list[ExecCall] = []

    def handler(call: ExecCall) -> Reply:
        calls.append(call)
        return Reply()

    with factory.create(Config()) as storage, ProcessKubelet(exec=handler) as kubelet:
        pods = PodStorage(storage, connector=kubelet)
        create(pods, ctx, nodeName="n1")
        pods.exec.connect(ctx, "foo", exec_options("a", "b")).close()
    assert calls == [ExecCall(namespace="ns", pod="foo", container="c", command=("a", "b"))]


# Logs.


def test_a_log_is_followed_as_lines_arrive(
    served: PodStorage, kubelet: ProcessKubelet, ctx: Context
) -> None:
    code = "import sys\nfor line in sys.stdin: print('got', line.strip(), flush=True)\nprint('bye')"
    process = kubelet.run("ns", "foo", "c", script(code), stdin=True)
    with served.log.get(ctx, "foo", PodLogOptions(follow=True)) as stream:
        for word in (b"one", b"two"):
            process.send(word + b"\n", WAIT)
            assert stream.read(WAIT) == b"got " + word + b"\n"
        with pytest.raises(TimeoutError):
            stream.read(0.05)
        process.end_input()
        assert stream.read_all(WAIT) == b"bye\n"
    assert process.wait(WAIT).code == 0
    with served.log.get(ctx, "foo") as stream:
        assert stream.read_all(WAIT) == b"got one\ngot two\nbye\n"


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({}, b"a\nb\nc\nd\n"),
        ({"tail_lines": 2}, b"c\nd\n"),
        ({"tail_lines": 0}, b""),
        ({"tail_lines": 99}, b"a\nb\nc\nd\n"),
        ({"limit_bytes": 3}, b"a\nb"),
        ({"limit_bytes": 1, "tail_lines": 1}, b"d"),
        ({"since_seconds": 15}, b"c\nd\n"),
        ({"since_seconds": 10**15}, b"a\nb\nc\nd\n"),
        ({"since_time": Time("2024-01-01T00:00:30Z")}, b"d\n"),
        ({"since_time": Time("2030-01-01T00:00:00Z")}, b""),
        (
            {"timestamps": True, "tail_lines": 2},
            b"2024-01-01T00:00:20.000000000Z c\n2024-01-01T00:00:30.000000000Z d\n",
        ),
    ],
)
def test_only_the_wanted_part_of_a_log_is_read(
    served: PodStorage,
    kubelet: ProcessKubelet,
    ctx: Context,
    clock: FakeClock,
    options: dict[str, object],
    text: bytes,
) -> None:
    log = kubelet.log("ns", "foo", "c")
    for letter in (b"a\n", b"b\n", b"c\n", b"d"):
        log.append(letter)
        clock.advance(10)
    clock.step(-10)
    log.append(b"\n")
    clock.advance(5)
    with served.log.get(ctx, "foo", PodLogOptions(**options)) as stream:  # type: ignore[arg-type]
        assert stream.read_all(WAIT) == text


def test_a_log_of_a_restarted_container_is_the_previous_one(
    served: PodStorage, kubelet: ProcessKubelet, ctx: Context
) -> None:
    kubelet.log("ns", "foo", "c").append(b"first\n")
    with pytest.raises(
        BadRequest, match='previous terminated container "c" in pod "foo" not found'
    ):
        served.log.get(ctx, "foo", PodLogOptions(previous=True))
    kubelet.restart_log("ns", "foo", "c").append(b"second\n")
    with served.log.get(ctx, "foo", PodLogOptions(previous=True)) as stream:
        assert stream.read_all(WAIT) == b"first\n"
    with served.log.get(ctx, "foo") as stream:
        assert stream.read_all(WAIT) == b"second\n"


def test_a_container_that_never_ran_has_no_log(served: PodStorage, ctx: Context) -> None:
    with pytest.raises(BadRequest, match='container "c" in pod "foo" is waiting to start'):
        served.log.get(ctx, "foo")


def test_a_log_forgets_its_oldest_lines(ctx: Context) -> None:
    with ProcessKubelet(log_limit=12 * (8 + 128)) as kubelet:
        log = kubelet.log("ns", "foo", "c")
        for number in range(100):
            log.append(b"line %d\n" % number)
        start, lines = log.take(0, None)
        assert start == 100
        assert 10 <= len(lines) <= 15
        assert lines[-1].data == b"line 99\n"


def test_a_line_without_end_is_cut_into_parts() -> None:
    with ProcessKubelet() as kubelet:
        log = kubelet.log("ns", "foo", "c")
        log.append(b"x" * 40_000)
        log.end()
        assert [len(line.data) for line in log.take(0, None)[1]] == [16384, 16384, 7232]
        with pytest.raises(ValueError, match="the log has ended"):
            log.append(b"more")


def test_closing_ends_whoever_follows(served: PodStorage, kubelet: ProcessKubelet) -> None:
    kubelet.log("ns", "foo", "c")
    cancellation = Cancellation()
    asked = Context(namespace="ns", cancellation=cancellation)
    streams = [served.log.get(asked, "foo", PodLogOptions(follow=True)) for _ in range(2)]
    other = served.log.get(Context(namespace="ns"), "foo", PodLogOptions(follow=True))
    seen: list[bytes] = []
    readers = [
        threading.Thread(target=lambda stream=stream: seen.append(stream.read(WAIT)))
        for stream in (*streams, other)
    ]
    for reader in readers:
        reader.start()
    streams[0].close()
    cancellation.cancel()
    kubelet.close()
    for reader in readers:
        reader.join(WAIT)
    assert seen == [b"", b"", b""]


# Attach.


def test_an_attached_session_sees_what_comes_and_leaves_the_container_alone(
    served: PodStorage, kubelet: ProcessKubelet, ctx: Context
) -> None:
    process = kubelet.run("ns", "foo", "c", Run(("/bin/cat",)), stdin=True)
    options = PodAttachOptions(stdin=True, stdout=True)
    with (
        served.attach.connect(ctx, "foo", options) as first,
        served.attach.connect(ctx, "foo", options) as second,
    ):
        first.write(b"hi\n", WAIT)
        for session in (first, second):
            assert read_until(session, b"\n") == b"hi\n"
    with pytest.raises(TimeoutError):
        process.wait(0.05)
    with served.attach.connect(ctx, "foo", options) as third:
        third.close_stdin()
        assert third.read(WAIT) is None
        assert third.wait(WAIT).code == 0
    with served.attach.connect(ctx, "foo", options) as late:
        assert late.wait(WAIT).code == 0
        with pytest.raises(BrokenPipeError):
            late.write(b"x", WAIT)


def test_one_who_does_not_read_is_thrown_out(
    served: PodStorage, kubelet: ProcessKubelet, ctx: Context
) -> None:
    code = "import sys; sys.stdin.readline()\nfor _ in range(1000): print('x' * 1000)"
    process = kubelet.run("ns", "foo", "c", script(code), stdin=True)
    with served.attach.connect(ctx, "foo", PodAttachOptions(stdout=True)) as session:
        process.send(b"\n", WAIT)
        assert process.wait(WAIT).code == 0
        assert session.wait(WAIT).message == "the output was not read in time"


def test_nothing_to_attach_to_is_not_found(served: PodStorage, ctx: Context) -> None:
    with pytest.raises(NotFound):
        served.attach.connect(ctx, "foo", PodAttachOptions(stdout=True))


# Ports.


class _Hello(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = f"{self.path} {self.headers.get('X-Who')}".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(201)
        self.end_headers()
        self.wfile.write(body[::-1])

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def web() -> Iterator[tuple[str, int]]:
    with HTTPServer(("127.0.0.1", 0), _Hello) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield ("127.0.0.1", server.server_port)
        server.shutdown()
        thread.join(WAIT)


def test_a_port_is_forwarded(
    served: PodStorage, kubelet: ProcessKubelet, ctx: Context, web: tuple[str, int]
) -> None:
    kubelet.serve("ns", "foo", 8080, web)
    opened = served.port_forward.connect(ctx, "foo", PodPortForwardOptions(ports=(8080,)))
    with opened[8080] as stream:
        stream.write(b"GET /x HTTP/1.0\r\nX-Who: me\r\n\r\n", WAIT)
        stream.close_write()
        assert stream.read_all(WAIT).endswith(b"/x me")
    assert stream.read(WAIT) == b""
    with pytest.raises(BrokenPipeError):
        stream.write(b"x", WAIT)


def test_a_port_where_nothing_listens_is_an_error_and_leaves_nothing_open(
    served: PodStorage, kubelet: ProcessKubelet, ctx: Context, web: tuple[str, int]
) -> None:
    kubelet.serve("ns", "foo", 8080, web)
    with pytest.raises(InternalError, match="port 9999"):
        served.port_forward.connect(ctx, "foo", PodPortForwardOptions(ports=(8080, 9999)))
    assert not kubelet._open
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        kubelet.serve("ns", "foo", 9999, unused.getsockname())
        with pytest.raises(InternalError, match="unable to connect"):
            served.port_forward.connect(ctx, "foo", PodPortForwardOptions(ports=(9999,)))


def test_closing_a_stream_wakes_its_reader(
    served: PodStorage, kubelet: ProcessKubelet, ctx: Context
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        kubelet.serve("ns", "foo", 1, silent.getsockname())
        stream = served.port_forward.connect(ctx, "foo", PodPortForwardOptions(ports=(1,)))[1]
        with pytest.raises(TimeoutError):
            stream.read(0.02)
        seen: list[bytes] = []
        reader = threading.Thread(target=lambda: seen.append(stream.read(WAIT)))
        reader.start()
        kubelet.close()
        reader.join(WAIT)
        assert seen == [b""]


def test_a_request_is_passed_on(
    served: PodStorage, kubelet: ProcessKubelet, ctx: Context, web: tuple[str, int]
) -> None:
    served.status.modify(ctx, "foo", _with_ip)
    kubelet.serve("ns", "foo", 80, web)
    kubelet.serve("ns", "foo", 81, web)
    answer = served.proxy.connect(
        ctx,
        "foo",
        PodProxyOptions(path="a/../b//c/?q=1"),
        headers={"X-Who": "you", "Connection": "close"},
    )
    with answer.body as body:
        assert (answer.code, body.read_all(WAIT)) == (200, b"/b/c/?q=1 you")
    answer = served.proxy.connect(ctx, "http:foo:81", PodProxyOptions(), method="POST", body=b"abc")
    with answer.body as body:
        assert (answer.code, body.read_all(WAIT)) == (201, b"cba")


@pytest.mark.parametrize(
    ("request_", "headers", "code"),
    [
        ("foo:82", {}, 503),
        ("foo:x", {}, 400),
        ("foo", {"X-Bad": "a\r\nInjected: b"}, 400),
        ("foo", {"X\nBad": "a"}, 400),
    ],
)
def test_a_request_that_cannot_be_passed_on_is_an_error(
    served: PodStorage,
    kubelet: ProcessKubelet,
    ctx: Context,
    web: tuple[str, int],
    request_: str,
    headers: dict[str, str],
    code: int,
) -> None:
    served.status.modify(ctx, "foo", _with_ip)
    kubelet.serve("ns", "foo", 80, web)
    with pytest.raises(StatusError) as caught:
        served.proxy.connect(ctx, request_, PodProxyOptions(), headers=headers)
    assert caught.value.status.code == code


def _with_ip(pod: object) -> None:
    from kregistry.core.v1 import Pod, PodIP

    assert isinstance(pod, Pod)
    pod.status.pod_ip = "10.0.0.9"
    pod.status.pod_ips = [PodIP(ip="10.0.0.9")]


# The thread.


def test_no_thread_starts_before_there_is_a_process(clock: FakeClock) -> None:
    before = threading.active_count()
    with ProcessKubelet(exec=allow_list(COMMANDS), clock=clock) as kubelet:
        kubelet.log("ns", "foo", "c").append(b"x\n")
        assert threading.active_count() == before
        kubelet.run("ns", "foo", "d", Run(("/bin/cat",)), stdin=True)
        kubelet.run("ns", "foo", "e", Run(("/bin/cat",)), stdin=True)
        assert threading.active_count() == before + 1
    assert threading.active_count() == before


def test_forgetting_a_pod_ends_its_processes(kubelet: ProcessKubelet) -> None:
    process = kubelet.run("ns", "foo", "c", Run(("/bin/cat",)), stdin=True)
    kubelet.remove("ns", "foo")
    assert process.wait(WAIT).code == 137


def test_no_descriptor_stays_open() -> None:
    def descriptors() -> int:
        return len(os.listdir("/proc/self/fd"))

    if not os.path.isdir("/proc/self/fd"):
        pytest.skip("needs /proc to count descriptors")
    before = descriptors()
    with ProcessKubelet() as kubelet:
        for number in range(5):
            kubelet.run("ns", "foo", f"c{number}", Run(("/bin/echo", "x"))).wait(WAIT)
        kubelet.run("ns", "foo", "t", Run(("/bin/cat",)), stdin=True, tty=True)
    assert descriptors() == before
