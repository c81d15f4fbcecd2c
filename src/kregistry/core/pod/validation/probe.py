"""Probes, life-cycle hooks and the handlers that both are made of.

Source: ``validateHandler``, ``validateProbe`` and ``validateLifecycle``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from operator import attrgetter
from typing import Any, Final, TypeAlias

from kregistry.core.pod.structure import enum_of
from kregistry.core.pod.validation.checks import follow, not_negative, require, supported
from kregistry.core.pod.validation.ports import check_port, check_port_number, is_port
from kregistry.core.v1 import (
    ExecAction,
    GRPCAction,
    HTTPGetAction,
    Lifecycle,
    LifecycleHandler,
    PodOS,
    Probe,
    SleepAction,
    TCPSocketAction,
)
from kregistry.meta.field import ErrorList, Path
from kregistry.meta.names import regex_message

_SCHEMES: Final = ("HTTP", "HTTPS")
_HEADER_PATTERN: Final = "[-A-Za-z0-9]+"
_HEADER: Final = re.compile(_HEADER_PATTERN, re.ASCII)
_NOT_A_HEADER: Final = regex_message(
    "a valid HTTP header must consist of alphanumeric characters or '-'",
    _HEADER_PATTERN,
    "X-Header-Name",
)
_SIGNALS: Final = {
    "linux": enum_of(Lifecycle, "stop_signal"),
    "windows": ("SIGKILL", "SIGTERM"),
}


_NUMBERS: Final = (
    "initialDelaySeconds",
    "timeoutSeconds",
    "periodSeconds",
    "successThreshold",
    "failureThreshold",
)


def check_liveness(errs: ErrorList, path: Path, probe: Probe, grace: int) -> None:
    """A liveness or startup probe: one success is enough."""
    _check_probe(errs, path, probe, grace)
    if probe.success_threshold != 1:
        errs.invalid(path / "successThreshold", probe.success_threshold, "must be 1")


def check_readiness(errs: ErrorList, path: Path, probe: Probe, grace: int) -> None:
    """A readiness probe: nothing ends, so nothing gets time to end."""
    _check_probe(errs, path, probe, grace)
    if probe.termination_grace_period_seconds is not None:
        errs.invalid(
            path / "terminationGracePeriodSeconds",
            probe.termination_grace_period_seconds,
            "must not be set for readinessProbes",
        )


def _check_probe(errs: ErrorList, path: Path, probe: Probe, grace: int) -> None:
    _check_handler(errs, path, probe, grace)
    numbers = (
        probe.initial_delay_seconds,
        probe.timeout_seconds,
        probe.period_seconds,
        probe.success_threshold,
        probe.failure_threshold,
    )
    if min(numbers) < 0:
        for wire, number in zip(_NUMBERS, numbers, strict=True):
            not_negative(errs, path / wire, number)
    own_grace = probe.termination_grace_period_seconds
    if own_grace is not None and own_grace <= 0:
        errs.invalid(path / "terminationGracePeriodSeconds", own_grace, "must be greater than 0")


def check_lifecycle(
    errs: ErrorList, path: Path, lifecycle: Lifecycle, grace: int, os: PodOS | None
) -> None:
    """Hooks after the start and before the end, and the signal that ends.

    Args:
        errs: Gets what is wrong.
        path: Where the hooks are.
        lifecycle: The hooks.
        grace: Seconds that the Pod has to end.
        os: What the Pod says it runs on.
    """
    if lifecycle.post_start is not None:
        _check_handler(errs, path / "postStart", lifecycle.post_start, grace)
    if lifecycle.pre_stop is not None:
        _check_handler(errs, path / "preStop", lifecycle.pre_stop, grace)
    if lifecycle.stop_signal is not None:
        _check_signal(errs, path / "stopSignal", lifecycle.stop_signal, os)


def _check_signal(errs: ErrorList, path: Path, signal: str, os: PodOS | None) -> None:
    if os is None or not os.name:
        errs.forbidden(path, "may not be set for containers with empty `spec.os.name`")
    else:
        supported(errs, path, signal, _SIGNALS.get(os.name, ()))


def _check_handler(
    errs: ErrorList, path: Path, handler: Probe | LifecycleHandler, grace: int
) -> None:
    """Exactly one way to act is given, and it is complete."""
    found = False
    of_probe = isinstance(handler, Probe)
    ways = _OF_PROBES if of_probe else _OF_HOOKS
    actions = _probe_actions(handler) if of_probe else _hook_actions(handler)
    for way, action in zip(ways, actions, strict=True):
        if action is None:
            continue
        wire, check = way
        if found:
            errs.forbidden(path / wire, "may not specify more than 1 handler type")
        else:
            check(errs, path / wire, action, grace)
        found = True
    if not found:
        errs.required(path, "must specify a handler type")


def _check_exec(errs: ErrorList, path: Path, action: ExecAction, grace: int) -> None:
    require(errs, path / "command", action.command)


def _check_http(errs: ErrorList, path: Path, action: HTTPGetAction, grace: int) -> None:
    if not action.path:
        errs.required(path / "path")
    if not is_port(action.port):
        check_port(errs, path / "port", action.port)
    if action.scheme not in _SCHEMES:
        errs.not_supported(path / "scheme", action.scheme, _SCHEMES)
    for header in action.http_headers:
        follow(errs, path / "httpHeaders", header.name, _header_name)


def _header_name(name: str) -> list[str]:
    return [] if _HEADER.fullmatch(name) else [_NOT_A_HEADER]


def _check_tcp(errs: ErrorList, path: Path, action: TCPSocketAction, grace: int) -> None:
    check_port(errs, path / "port", action.port)


def _check_grpc(errs: ErrorList, path: Path, action: GRPCAction, grace: int) -> None:
    check_port_number(errs, path / "port", action.port)


def _check_sleep(errs: ErrorList, path: Path, action: SleepAction, grace: int) -> None:
    if not 0 <= action.seconds <= grace:
        detail = f"must be non-negative and less than terminationGracePeriodSeconds ({grace})"
        errs.invalid(path, action.seconds, detail)


_Check: TypeAlias = Callable[[ErrorList, Path, Any, int], None]

_Ways: TypeAlias = tuple[tuple[str, _Check], ...]

#: Ways to act in the order in which they are looked for; a probe cannot sleep, a hook speaks no
#: gRPC. All of them are fetched in one call.
_OF_PROBES: Final[_Ways] = (
    ("exec", _check_exec),
    ("httpGet", _check_http),
    ("tcpSocket", _check_tcp),
    ("grpc", _check_grpc),
)
_OF_HOOKS: Final[_Ways] = (
    ("exec", _check_exec),
    ("httpGet", _check_http),
    ("tcpSocket", _check_tcp),
    ("sleep", _check_sleep),
)
_probe_actions: Final = attrgetter("exec", "http_get", "tcp_socket", "grpc")
_hook_actions: Final = attrgetter("exec", "http_get", "tcp_socket", "sleep")
