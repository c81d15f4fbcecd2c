"""Actions inside a container: probes of its health and hooks of its life."""

from __future__ import annotations

from kregistry.core.v1.signals import STOP_SIGNALS
from kregistry.meta.intstr import IntOrString
from kregistry.meta.model import Model, field, model


@model
class ExecAction(Model):
    """Runs a command without a shell; exit status 0 means success."""

    command: list[str] = field(factory=list, list_type="atomic")


@model
class HTTPHeader(Model):
    """One header of a request, repeated if it has several values."""

    name: str = field(default="", always=True)
    value: str = field(default="", always=True)


@model
class HTTPGetAction(Model):
    """Sends a GET request; any status from 200 to 399 means success."""

    path: str = ""
    port: IntOrString = field(default=IntOrString(0), always=True)
    host: str = ""
    scheme: str = field(default="", enum=("HTTP", "HTTPS"))
    http_headers: list[HTTPHeader] = field(factory=list, list_type="atomic")


@model
class TCPSocketAction(Model):
    """Opens a connection; that it opens means success."""

    port: IntOrString = field(default=IntOrString(0), always=True)
    host: str = ""


@model
class GRPCAction(Model):
    """Asks the gRPC health service of the container."""

    port: int = field(default=0, always=True)
    service: str | None = field(default=None, always=True)


@model
class SleepAction(Model):
    """Waits before the container is stopped."""

    seconds: int = field(default=0, always=True)


@model
class Probe(Model):
    """Asks a container again and again how it is; exactly one action is set."""

    exec: ExecAction | None = None
    http_get: HTTPGetAction | None = None
    tcp_socket: TCPSocketAction | None = None
    grpc: GRPCAction | None = None
    initial_delay_seconds: int = 0
    timeout_seconds: int = 0
    period_seconds: int = 0
    success_threshold: int = 0
    failure_threshold: int = 0
    termination_grace_period_seconds: int | None = None


@model
class LifecycleHandler(Model):
    """What to do at one moment of a container's life; exactly one field is set."""

    exec: ExecAction | None = None
    http_get: HTTPGetAction | None = None
    tcp_socket: TCPSocketAction | None = None
    sleep: SleepAction | None = None


@model
class Lifecycle(Model):
    """What to do right after a container starts and before it is stopped."""

    post_start: LifecycleHandler | None = None
    pre_stop: LifecycleHandler | None = None
    stop_signal: str | None = field(default=None, enum=STOP_SIGNALS)
