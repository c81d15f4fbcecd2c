"""EtcdServer: one real etcd on loopback, for as long as a test needs it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from kregistry.testing.etcd.binaries import find_etcd, known_flags
from kregistry.testing.etcd.errors import EtcdFailed
from kregistry.testing.etcd.etcdctl import MemberStatus, etcdctl, parse_status
from kregistry.testing.etcd.guardian import GuardedFolder
from kregistry.testing.etcd.ports import Port
from kregistry.testing.etcd.process import EtcdProcess
from kregistry.testing.etcd.settings import EtcdSettings

#: Ports that are tried when somebody else listens on the one that was free.
_ATTEMPTS: Final = 5


class EtcdServer:
    """One member with a data folder of its own, which :meth:`close` removes.

    As a context manager it is started on entry and closed on exit. It keeps its port and its
    data from start to start. Nothing of it outlives this process, however that ends.

    Members speak to each other through Unix sockets in the folder, so the only port is the one
    for clients.

    Args:
        settings: How it is started.
        name: Of the member.
        members: The names of all members of its cluster, its own among them.
        folder: A folder that the members of a cluster share; the server makes its own without.

    Attributes:
        settings: As given.
        name: As given.
        log: The file that collects what it says.

    Raises:
        EtcdNotFound: There is no etcd to run.
    """

    def __init__(
        self,
        settings: EtcdSettings | None = None,
        *,
        name: str = "m0",
        members: Sequence[str] = ("m0",),
        folder: GuardedFolder | None = None,
    ) -> None:
        self.settings = settings or EtcdSettings()
        self.name = name
        self._etcd = find_etcd()
        self._members = tuple(members)
        self._folder = folder or GuardedFolder("etcd-")
        self._owns_folder = folder is None
        self.log: Path = self._folder.path / f"{name}.log"
        self._data = self._folder.path / f"{name}.data"
        self._process = EtcdProcess(f"etcd {name}", self._folder.path, self.log)
        self._port = Port()
        self._served = False

    @property
    def endpoints(self) -> tuple[str, ...]:
        """The URL for clients."""
        return (f"{self.settings.scheme}://127.0.0.1:{self._port.number}",)

    @property
    def port(self) -> int:
        """The port for clients, on 127.0.0.1."""
        return self._port.number

    @property
    def pid(self) -> int:
        """Of the etcd that runs.

        Raises:
            EtcdNotRunning: None does.
        """
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether there is a process; it may be paused."""
        return self._process.running

    @property
    def paused(self) -> bool:
        """Whether there is a process that was paused."""
        return self._process.paused

    def start(self, *, timeout: float = 30.0) -> None:
        """Start it and wait until it serves, *timeout* seconds at most.

        Raises:
            EtcdFailed: It runs already, ends, or does not serve in time. What was started is
                killed then.
        """
        self.launch()
        self.wait_ready(timeout=timeout)

    def launch(self) -> None:
        """Start it and return at once; :meth:`wait_ready` is for later.

        Raises:
            EtcdFailed: It runs already, or cannot be started.
        """
        self._process.launch([self._etcd, *self._command_line()])

    def wait_ready(self, *, timeout: float = 30.0) -> None:
        """Wait until it serves, *timeout* seconds at most. A member waits for a leader.

        If somebody else listens on the port, it is started again on another one; not so when
        it has served before, for then clients know the port.

        Raises:
            EtcdNotRunning: It was not launched.
            EtcdFailed: It ended or does not serve in time. What was started is killed then.
        """
        end = time.monotonic() + timeout
        with contextlib.ExitStack() as on_error:
            on_error.callback(self.kill)
            for _ in range(_ATTEMPTS):
                if self._process.wait_ready(end):
                    self._served = True
                    on_error.pop_all()
                    return
                if not self._served:
                    self._port.close()
                    self._port = Port()
                self.launch()
            raise EtcdFailed(f"etcd {self.name} gets no port", self._process.excerpt())

    def stop(self, *, timeout: float = 30.0) -> None:
        """Let it end in order; kill it if that takes more than *timeout* seconds."""
        self._process.terminate(timeout)

    def kill(self, *, wait: bool = True) -> None:
        """End it with SIGKILL, as if the power failed. The data stay.

        Args:
            wait: Return when it is gone. Otherwise it is gone soon.
        """
        self._process.kill(wait=wait)

    def pause(self) -> None:
        """Stop it with SIGSTOP: its connections stay open and nothing is answered.

        Raises:
            EtcdNotRunning: It does not run.
        """
        self._process.pause()

    def resume(self) -> None:
        """Let it go on after a pause.

        Raises:
            EtcdNotRunning: It does not run.
        """
        self._process.resume()

    def restart(self, *, timeout: float = 30.0) -> None:
        """End it in order and start it over the same data, on the same port."""
        self.stop(timeout=timeout)
        self.start(timeout=timeout)

    def ctl(self, *arguments: str, timeout: float = 30.0) -> str:
        """Run ``etcdctl`` against it, with the client certificate if it speaks TLS.

        Returns:
            What it writes, as text; bytes that are no UTF-8 become surrogates.

        Raises:
            EtcdctlFailed: It ended with an error, or not within *timeout* seconds.
        """
        return etcdctl(self.endpoints, self.settings.tls, arguments, timeout=timeout)

    def status(self, *, timeout: float = 30.0) -> MemberStatus:
        """What it says about itself.

        Raises:
            EtcdctlFailed: It does not answer.
        """
        return parse_status(self.ctl("endpoint", "status", "-w", "json", timeout=timeout))

    def close(self) -> None:
        """Kill it, give its port back and remove its data. May be called again."""
        self.kill()
        self._port.close()
        if self._owns_folder:
            self._folder.close()

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _command_line(self) -> Iterator[str]:
        client = self.endpoints[0]
        yield f"--name={self.name}"
        yield f"--data-dir={self._data}"
        yield f"--listen-client-urls={client}"
        yield f"--advertise-client-urls={client}"
        yield f"--listen-peer-urls={_peer(self.name)}"
        yield f"--initial-advertise-peer-urls={_peer(self.name)}"
        yield f"--initial-cluster={','.join(f'{name}={_peer(name)}' for name in self._members)}"
        yield from self.settings.command_line(known_flags(self._etcd))


def _peer(name: str) -> str:
    """The Unix socket of a member, in its working directory; etcd insists on a port."""
    return f"unix://{name}:0"
