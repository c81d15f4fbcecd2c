"""Metrics: how many requests there were, how long they took, and how many watches there are.

The names and labels are those of kube-apiserver, so that its dashboards work.

Source: ``k8s.io/apiserver/pkg/endpoints/metrics``.
"""

from __future__ import annotations

import threading
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from typing import Final, NamedTuple

import attrs

from kregistry.meta.errors import StatusError
from kregistry.server.call import Call, Handler
from kregistry.server.paths import Paths, only_get
from kregistry.server.requestinfo import RequestInfo
from kregistry.server.response import Answer, EventStream, Frames, Response

PATH: Final = "/metrics"

#: Seconds up to which requests are counted together. Those below five milliseconds are ours.
BUCKETS: Final = (
    0.0005, 0.001, 0.0025, 0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0, 1.25, 1.5, 2.0,
    3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 15.0, 20.0, 30.0, 45.0, 60.0,
)  # fmt: skip

_CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

#: Verbs as upstream names them. What is not here may be any word that a client made up.
_VERBS: Final = {
    "get": "GET", "list": "LIST", "watch": "WATCH", "create": "POST", "update": "PUT",
    "patch": "PATCH", "delete": "DELETE", "deletecollection": "DELETECOLLECTION",
    "proxy": "CONNECT", "post": "POST", "put": "PUT", "head": "GET",
}  # fmt: skip
_OTHER: Final = "OTHER"


#: All of a request that decides about its labels.
_InfoForm = tuple[str, str, str, str, str, bool, bool]


class Labels(NamedTuple):
    """What requests are told apart by."""

    verb: str
    group: str
    version: str
    resource: str
    subresource: str
    scope: str


@attrs.define
class Durations:
    """A histogram.

    Attributes:
        counts: For each bucket, and one for what took longer than all of them.
        total: Seconds of all together.
    """

    counts: list[int] = attrs.field(factory=lambda: [0] * (len(BUCKETS) + 1))
    total: float = 0.0

    def add(self, seconds: float) -> None:
        self.counts[bisect_left(BUCKETS, seconds)] += 1
        self.total += seconds


class Metrics:
    """Counts requests, as a part of the chain. Safe to share between threads.

    Args:
        served: Whether a request is about something that is served. What is not is counted
            together, as its names are the client's, who knows an endless number of them.
    """

    def __init__(self, served: Callable[[RequestInfo], bool]) -> None:
        self._served = served
        self._lock = threading.Lock()
        self._known: dict[_InfoForm, Labels] = {}
        self._requests: Counter[tuple[Labels, int]] = Counter()
        self._durations: dict[Labels, Durations] = {}
        self._streams: Counter[Labels] = Counter()

    def part(self, inner: Handler) -> Handler:
        """Count what *inner* answers, and what it raises."""

        def handle(call: Call) -> Answer:
            begun = time.perf_counter()
            try:
                answer = inner(call)
            except StatusError as error:
                self._count(call.info, error.status.code, begun)
                raise
            except Exception:
                self._count(call.info, 500, begun)
                raise
            labels = self._count(call.info, answer.status, begun)
            return self._counted(labels, answer) if isinstance(answer, EventStream) else answer

        return handle

    def install(self, paths: Paths) -> None:
        """Serve what was counted."""
        paths.add(PATH, only_get(self._answer))

    def text(self) -> str:
        """All of it, in the text format of Prometheus."""
        with self._lock:
            lines = [*self._request_lines(), *self._duration_lines(), *self._stream_lines()]
        return "\n".join([*lines, ""])

    def _answer(self, call: Call) -> Answer:
        return Response(headers={"content-type": _CONTENT_TYPE}, body=self.text().encode())

    def _count(self, info: RequestInfo, code: int, begun: float) -> Labels:
        seconds = time.perf_counter() - begun
        labels = self._labels(info)
        with self._lock:
            self._requests[labels, code] += 1
            durations = self._durations.get(labels)
            if durations is None:
                durations = self._durations[labels] = Durations()
            durations.add(seconds)
        return labels

    def _labels(self, info: RequestInfo) -> Labels:
        """Remembered, as far as they are about what is served: 0.5 us instead of 5."""
        form = (
            info.verb,
            info.group,
            info.version,
            info.resource,
            info.subresource,
            bool(info.name),
            bool(info.namespace),
        )
        labels = self._known.get(form)
        if labels is None:
            labels = self._made_labels(info)
            if labels.resource and labels.verb != _OTHER:
                self._known[form] = labels
        return labels

    def _made_labels(self, info: RequestInfo) -> Labels:
        verb = _VERBS.get(info.verb, _OTHER)
        if not info.is_resource_request or not self._served(info):
            return Labels(verb, "", "", "", "", "")
        scope = "resource" if info.name else "namespace" if info.namespace else "cluster"
        return Labels(verb, info.group, info.version, info.resource, info.subresource, scope)

    def _counted(self, labels: Labels, answer: EventStream) -> EventStream:
        with self._lock:
            self._streams[labels] += 1
        return attrs.evolve(answer, frames=_Counted(answer.frames, lambda: self._ended(labels)))

    def _ended(self, labels: Labels) -> None:
        with self._lock:
            self._streams[labels] -= 1

    def _request_lines(self) -> Iterator[str]:
        name = "apiserver_request_total"
        yield from _about(name, "counter", "Requests that were answered, by what was answered.")
        for (labels, code), count in self._requests.items():
            yield f"{name}{_braces(labels, code=str(code))} {count}"

    def _duration_lines(self) -> Iterator[str]:
        name = "apiserver_request_duration_seconds"
        yield from _about(name, "histogram", "Seconds until an answer, or a stream, was there.")
        for labels, durations in self._durations.items():
            so_far = 0
            for limit, count in zip((*BUCKETS, "+Inf"), durations.counts, strict=True):
                so_far += count
                yield f"{name}_bucket{_braces(labels, le=str(limit))} {so_far}"
            yield f"{name}_sum{_braces(labels)} {durations.total}"
            yield f"{name}_count{_braces(labels)} {so_far}"

    def _stream_lines(self) -> Iterator[str]:
        name = "apiserver_longrunning_requests"
        yield from _about(name, "gauge", "Watches and other streams that are open now.")
        for labels, count in self._streams.items():
            yield f"{name}{_braces(labels)} {count}"


class _Counted(Frames):
    """Frames that tell when they are closed."""

    def __init__(self, frames: Frames, ended: Callable[[], None]) -> None:
        self._frames = frames
        self._ended = [ended]

    def __next__(self) -> bytes:
        return next(self._frames)

    def __anext__(self) -> Awaitable[bytes]:
        return self._frames.__anext__()

    def close(self) -> None:
        self._frames.close()
        # Taken from a list by one operation, so that of two threads only one finds it.
        try:
            ended = self._ended.pop()
        except IndexError:
            return
        ended()


def _about(name: str, kind: str, told: str) -> Iterator[str]:
    yield f"# HELP {name} {told}"
    yield f"# TYPE {name} {kind}"


def _braces(labels: Labels, **more: str) -> str:
    """The labels of a line. None of the values comes from a client as it is."""
    pairs = {"component": "apiserver", **labels._asdict(), **more}
    return "{" + ",".join(f'{name}="{value}"' for name, value in sorted(pairs.items())) + "}"
