"""ProcessKubelet: containers that are local processes, or only scripts.

Source: what ``k8s.io/kubernetes/pkg/kubelet/server`` answers.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, TypeAlias

from kregistry.core.pod.kubelet import (
    KUBELET_PORT,
    ConnectionInfo,
    KubeletConnector,
    KubeletError,
    Location,
    ProxyRequest,
    ProxyResponse,
)
from kregistry.core.pod.process.child import Child, Receiver
from kregistry.core.pod.process.container import AttachSession, ContainerProcess
from kregistry.core.pod.process.containerlog import ContainerLog, LogReader
from kregistry.core.pod.process.lent import Lent
from kregistry.core.pod.process.loop import Loop
from kregistry.core.pod.process.programs import ExecCall, Handler, Reply, Run, refuse_all
from kregistry.core.pod.process.session import ProcessSession, ReplySession
from kregistry.core.pod.process.sockets import SocketStream, connect, round_trip
from kregistry.core.pod.streams import (
    ByteStream,
    Channel,
    Closing,
    DuplexStream,
    FixedBytes,
    StreamSession,
)
from kregistry.core.v1 import PodAttachOptions, PodExecOptions, PodLogOptions
from kregistry.meta.clock import Clock, SystemClock
from kregistry.meta.context import Context
from kregistry.meta.goformat import quote

#: Namespace, Pod and container.
Key: TypeAlias = tuple[str, str, str]

_BOTH: Final = frozenset({Channel.STDOUT, Channel.STDERR})
_GRACE: Final = 10.0


class ProcessKubelet(KubeletConnector, Closing):
    """All nodes in one: it serves the containers that a program gives it.

    ::

        with ProcessKubelet(exec=allow_list({"date": Run(("/bin/date",))})) as kubelet:
            kubelet.run("default", "web", "app", Run((sys.executable, "-u", "server.py")))
            kubelet.log("default", "db", "app").append(READY)
            pods = PodStorage(storage, connector=kubelet)

    It knows nothing of Pods: what runs here and what the Pods' statuses say is for the
    program to keep together. It runs nothing by itself, and ``exec`` runs what the handler
    says and nothing else. When a process ends, so does all of its group. Needs a POSIX
    system. One thread serves all pipes; :meth:`close` ends every process, stream and that
    thread. A child process made by a fork cannot use what its parent opened.

    Args:
        exec: Decides what commands run; none at all when not given.
        clock: Says when a line was logged.
        log_limit: Bytes of memory for each log.
        session_limit: Bytes of memory for what a session wrote and nobody read yet, and for
            input that a process has not taken yet.
        max_sessions: How many sessions, logs, answers and connections may be open.
        connect_timeout: Seconds to wait for a port to answer.
    """

    def __init__(
        self,
        *,
        exec: Handler = refuse_all,
        clock: Clock | None = None,
        log_limit: int = 1 << 20,
        session_limit: int = 1 << 18,
        max_sessions: int = 256,
        connect_timeout: float = 5.0,
    ) -> None:
        self._handler = exec
        self._clock = clock if clock is not None else SystemClock()
        self._log_limit = log_limit
        self._session_limit = session_limit
        self._max_sessions = max_sessions
        self._connect_timeout = connect_timeout
        self._loop = Loop()
        self._condition = threading.Condition()
        self._logs: dict[Key, ContainerLog] = {}
        self._previous: dict[Key, ContainerLog] = {}
        self._processes: dict[Key, ContainerProcess] = {}
        self._addresses: dict[tuple[str, str, int], tuple[str, int]] = {}
        self._children: set[Child] = set()
        self._open: set[Lent] = set()
        self._closed = False
        self._pid = os.getpid()

    # For the program that embeds it.

    def run(
        self,
        namespace: str,
        pod: str,
        container: str,
        run: Run,
        *,
        stdin: bool = False,
        tty: bool = False,
    ) -> ContainerProcess:
        """Start what a container runs. What it writes is its log.

        A container that has ended may be started again; its log becomes the previous one.

        Raises:
            KubeletError: It cannot be started, or runs already.
        """
        key = (namespace, pod, container)
        with self._condition:  # so that nobody removes the Pod in the middle of this
            process = ContainerProcess(self._new_log(key), self._session_limit)
            try:
                child = self._start(run, process, _BOTH, stdin=stdin, tty=tty)
            except BaseException:
                process.log.end()
                raise
            process.begin(child, self._submit, stdin=stdin)
            self._processes[key] = process
        return process

    def log(self, namespace: str, pod: str, container: str) -> ContainerLog:
        """The log of a container, to write a script into; begun if there is none."""
        with self._condition:
            self._require_open()
            key = (namespace, pod, container)
            if key not in self._logs:
                self._logs[key] = ContainerLog(self._clock, self._log_limit)
            return self._logs[key]

    def restart_log(self, namespace: str, pod: str, container: str) -> ContainerLog:
        """End the log of a container and begin the next, as when it is restarted."""
        key = (namespace, pod, container)
        self.log(*key).end()
        return self._new_log(key)

    def serve(self, namespace: str, pod: str, port: int, address: tuple[str, int]) -> None:
        """Let *port* of a Pod be *address*, where something listens."""
        with self._condition:
            self._require_open()
            self._addresses[namespace, pod, port] = address

    def remove(self, namespace: str, pod: str) -> None:
        """Forget a Pod: its processes end, its logs are gone, its ports lead nowhere."""
        with self._condition:
            mine = [key for key in self._logs if key[:2] == (namespace, pod)]
            logs = [self._logs.pop(key) for key in mine]
            processes = [self._processes.pop(key) for key in mine if key in self._processes]
            for key in mine:
                self._previous.pop(key, None)
            for address in [key for key in self._addresses if key[:2] == (namespace, pod)]:
                del self._addresses[address]
        for process in processes:
            process.kill()
        for log in logs:
            log.end()

    def close(self) -> None:
        """End every stream and process, and wait for them. A second call does nothing.

        Nor does a call in a child process: what is open there is the parent's.
        """
        if os.getpid() != self._pid:
            return
        with self._condition:
            if self._closed:
                return
            self._closed = True
            opened, children = list(self._open), list(self._children)
            logs = list(self._logs.values())
        for stream in opened:
            stream.close()
        for child in children:
            self._loop.submit(child.kill)
        with self._condition:
            self._condition.wait_for(lambda: not self._children, _GRACE)
        for log in logs:
            log.end()
        self._loop.close()

    # For the registry.

    def connection_info(self, ctx: Context, node: str) -> ConnectionInfo:
        return ConnectionInfo(hostname=node)

    def logs(self, ctx: Context, location: Location, options: PodLogOptions) -> ByteStream:
        reader = LogReader(
            self._find_log(location, previous=options.previous),
            follow=options.follow,
            tail=options.tail_lines,
            since=self._since(options),
            timestamps=options.timestamps,
            limit=options.limit_bytes,
        )
        self._lend(ctx, reader)
        return reader

    def exec(self, ctx: Context, location: Location, options: PodExecOptions) -> StreamSession:
        channels = _channels(options)
        if not options.command:
            raise KubeletError(400, "you must specify at least one command for the container")
        call = ExecCall(
            namespace=location.namespace,
            pod=location.pod,
            container=location.container,
            command=tuple(options.command),
        )
        decided = self._handler(call)
        if decided is None:
            program = quote(call.command[0])
            raise KubeletError(500, f"exec: {program}: executable file not found in $PATH")
        if isinstance(decided, Reply):
            reply = ReplySession(decided, channels)
            self._lend(ctx, reply)
            return reply
        if not isinstance(decided, Run):
            raise TypeError(f"a handler decides for Run or Reply, not {type(decided).__name__}")
        session = ProcessSession(self._session_limit)
        self._lend(ctx, session)
        try:
            child = self._start(decided, session, channels, stdin=options.stdin, tty=options.tty)
        except BaseException:
            session.close()
            raise
        session.begin(child, self._submit, stdin=options.stdin)
        return session

    def attach(self, ctx: Context, location: Location, options: PodAttachOptions) -> StreamSession:
        channels = _channels(options)
        with self._condition:
            process = self._processes.get(_key(location))
        if process is None:
            raise KubeletError(404, f"container {quote(location.container)} does not run")
        session = AttachSession(
            self._session_limit, process, channels=channels, stdin=options.stdin
        )
        self._lend(ctx, session)
        session.begin()
        return session

    def port_forward(
        self, ctx: Context, location: Location, ports: Sequence[int]
    ) -> Mapping[int, DuplexStream]:
        opened: dict[int, DuplexStream] = {}
        try:
            for port in dict.fromkeys(ports):
                opened[port] = self._open_port(ctx, location.namespace, location.pod, port)
        except BaseException:
            for stream in opened.values():
                stream.close()
            raise
        return opened

    def proxy(self, ctx: Context, request: ProxyRequest) -> ProxyResponse:
        """The answer of a process of the Pod. Of itself a node tells only that it is well."""
        if request.node:
            return _of_the_node(request)
        port = request.port or ("443" if request.scheme == "https" else "80")
        if not (port.isascii() and port.isdigit() and len(port) <= 5):
            raise KubeletError(400, f"{quote(port)} is no port")
        address = self._address(request.namespace, request.pod, int(port), 503)
        return round_trip(
            request, address, self._connect_timeout, lambda body: self._lend(ctx, body)
        )

    # What both share.

    def _start(
        self,
        run: Run,
        receiver: Receiver,
        channels: frozenset[Channel],
        *,
        stdin: bool,
        tty: bool,
    ) -> Child:
        child = Child(
            self._loop,
            run,
            receiver,
            channels=channels,
            stdin=stdin,
            tty=tty,
            gone=self._gone,
        )
        with self._condition:
            self._require_open()
            child.start()
            self._children.add(child)
        return child

    def _submit(self, call: Callable[[], None]) -> None:
        """Reach the loop, or nobody if it is closed: then there is nothing left to be done."""
        with contextlib.suppress(RuntimeError):
            self._loop.submit(call)

    def _gone(self, child: Child) -> None:
        with self._condition:
            self._children.discard(child)
            self._condition.notify_all()

    def _new_log(self, key: Key) -> ContainerLog:
        with self._condition:
            self._require_open()
            old = self._logs.get(key)
            if old is not None:
                if not old.ended:
                    raise KubeletError(409, f"container {quote(key[2])} has not ended yet")
                self._previous[key] = old
            self._logs[key] = made = ContainerLog(self._clock, self._log_limit)
            return made

    def _find_log(self, location: Location, *, previous: bool) -> ContainerLog:
        key = _key(location)
        named = f"{quote(location.container)} in pod {quote(location.pod)}"
        with self._condition:
            self._require_open()
            found = (self._previous if previous else self._logs).get(key)
        if found is not None:
            return found
        if previous:
            message = f"previous terminated container {named} not found"
        else:
            message = f"container {named} is waiting to start"
        raise KubeletError(400, message)

    def _since(self, options: PodLogOptions) -> datetime | None:
        if options.since_time is not None:
            return options.since_time.datetime
        if options.since_seconds is None:
            return None
        try:
            return self._clock.now() - timedelta(seconds=options.since_seconds)
        except OverflowError:
            return None  # longer ago than there is time

    def _open_port(self, ctx: Context, namespace: str, pod: str, port: int) -> SocketStream:
        address = self._address(namespace, pod, port, 500)
        stream = SocketStream(connect(address, self._connect_timeout))
        try:
            self._lend(ctx, stream)
        except BaseException:
            stream.close()
            raise
        return stream

    def _address(self, namespace: str, pod: str, port: int, code: int) -> tuple[str, int]:
        with self._condition:
            self._require_open()
            found = self._addresses.get((namespace, pod, port))
        if found is None:
            message = f"unable to connect to port {port} of pod {quote(pod)}: connection refused"
            raise KubeletError(code, message)
        return found

    def _lend(self, ctx: Context, stream: Lent) -> None:
        """Count *stream* until it is closed, which happens at the end of its request."""
        with self._condition:
            self._require_open()
            if len(self._open) >= self._max_sessions:
                raise KubeletError(429, "too many streams are open")
            self._open.add(stream)
        stream.on_close(lambda: self._release(stream))
        if ctx.cancellation is not None:
            stream.on_close(ctx.cancellation.on_cancel(stream.close))

    def _release(self, stream: Lent) -> None:
        with self._condition:
            self._open.discard(stream)

    def _require_open(self) -> None:
        if os.getpid() != self._pid:
            raise KubeletError(503, "the kubelet runs in another process")
        if self._closed:
            raise KubeletError(503, "the kubelet is closed")


def _key(location: Location) -> Key:
    return location.namespace, location.pod, location.container


def _channels(options: PodExecOptions | PodAttachOptions) -> frozenset[Channel]:
    """The output that is wanted. A terminal has no output for errors.

    Raises:
        KubeletError: Nothing at all is wanted.
    """
    if not (options.stdin or options.stdout or options.stderr):
        raise KubeletError(400, "you must specify at least 1 of stdin, stdout, stderr")
    wanted = {Channel.STDOUT} if options.stdout or options.tty else set()
    if options.stderr and not options.tty:
        wanted.add(Channel.STDERR)
    return frozenset(wanted)


def _of_the_node(request: ProxyRequest) -> ProxyResponse:
    """What a node answers itself: that it is well, and nothing else."""
    if request.port != KUBELET_PORT:
        raise KubeletError(503, f"error trying to reach service: no port {request.port}")
    well = request.path.partition("?")[0] == "/healthz"
    return ProxyResponse(
        code=200 if well else 404,
        headers=(("content-type", "text/plain; charset=utf-8"),),
        body=FixedBytes(b"ok" if well else b"404 page not found\n"),
    )
