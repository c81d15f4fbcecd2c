"""Options of the requests that reach into a running Pod, Service or Node.

They come as query parameters, not as JSON, and are frozen like all options.

Source: ``k8s.io/api/core/v1`` PodLogOptions, PodAttachOptions, PodExecOptions,
PodPortForwardOptions, PodProxyOptions, ServiceProxyOptions, NodeProxyOptions.
"""

from __future__ import annotations

from typing import ClassVar

import attrs

from kregistry.meta.model import field
from kregistry.meta.time import Time


@attrs.frozen(kw_only=True)
class PodLogOptions:
    """Which part of a container's log is wanted.

    Attributes:
        container: Which container; "" when the Pod has only one.
        follow: Go on with what is logged from now on.
        previous: The log of the container before its last restart.
        since_seconds: Only lines that are at most so old; not together with *since_time*.
        since_time: Only lines since then.
        timestamps: Put the time before each line.
        tail_lines: At most so many lines from the end; None for all.
        limit_bytes: At most so many bytes, even if that cuts a line; None for all.
        insecure_skip_tls_verify_backend: Do not check the certificate of the node.
        stream: ``All``, ``Stdout`` or ``Stderr``; None for ``All``.
    """

    api_version: ClassVar[str] = "v1"
    kind: ClassVar[str] = "PodLogOptions"

    container: str = ""
    follow: bool = False
    previous: bool = False
    since_seconds: int | None = None
    since_time: Time | None = None
    timestamps: bool = False
    tail_lines: int | None = None
    limit_bytes: int | None = None
    insecure_skip_tls_verify_backend: bool = field(
        default=False, json="insecureSkipTLSVerifyBackend"
    )
    stream: str | None = None


@attrs.frozen(kw_only=True)
class PodAttachOptions:
    """Which streams of a running process to connect to.

    Attributes:
        stdin: Send what comes in.
        stdout: Get what the process writes.
        stderr: Get what it writes as errors; not together with *tty*.
        tty: Let the process have a terminal.
        container: Which container; "" when the Pod has only one.
    """

    api_version: ClassVar[str] = "v1"
    kind: ClassVar[str] = "PodAttachOptions"

    stdin: bool = False
    stdout: bool = False
    stderr: bool = False
    tty: bool = False
    container: str = ""


@attrs.frozen(kw_only=True)
class PodExecOptions:
    """Which command to run in a container; see :class:`PodAttachOptions` for the streams.

    Attributes:
        command: The program and its arguments, no shell around them.
    """

    api_version: ClassVar[str] = "v1"
    kind: ClassVar[str] = "PodExecOptions"

    stdin: bool = False
    stdout: bool = False
    stderr: bool = False
    tty: bool = False
    container: str = ""
    command: tuple[str, ...] = field(default=(), always=True)


@attrs.frozen(kw_only=True)
class PodPortForwardOptions:
    """Which ports of a Pod to connect to.

    Attributes:
        ports: One stream of data and one of errors is opened for each.
    """

    api_version: ClassVar[str] = "v1"
    kind: ClassVar[str] = "PodPortForwardOptions"

    ports: tuple[int, ...] = ()


@attrs.frozen(kw_only=True)
class PodProxyOptions:
    """What to ask a Pod for over HTTP.

    Attributes:
        path: Path of the request, with its query.
    """

    api_version: ClassVar[str] = "v1"
    kind: ClassVar[str] = "PodProxyOptions"

    path: str = ""


@attrs.frozen(kw_only=True)
class ServiceProxyOptions:
    """What to ask a Service for over HTTP.

    Attributes:
        path: Path of the request, with its query.
    """

    api_version: ClassVar[str] = "v1"
    kind: ClassVar[str] = "ServiceProxyOptions"

    path: str = ""


@attrs.frozen(kw_only=True)
class NodeProxyOptions:
    """What to ask a Node for over HTTP.

    Attributes:
        path: Path of the request, with its query.
    """

    api_version: ClassVar[str] = "v1"
    kind: ClassVar[str] = "NodeProxyOptions"

    path: str = ""
