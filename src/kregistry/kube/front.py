"""Front: stands before an API server, writes down what comes, and lets things go wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import attrs

from kregistry.kube.faults import Fault, Faults
from kregistry.kube.requests import RecordedRequest, RequestLog
from kregistry.kube.streams import OpenStream, OpenStreams
from kregistry.meta.clock import Clock
from kregistry.meta.context import Cancellation
from kregistry.meta.errors import StatusError
from kregistry.server import Answer, EventStream, Request, RequestInfo, Settings
from kregistry.server.requestinfo import UnreadablePath, request_info


class CarryOut(Protocol):
    """Answers a request, as :meth:`kregistry.server.APIServer.handle` does."""

    def __call__(self, request: Request, *, cancellation: Cancellation | None = None) -> Answer:
        """The answer to *request*."""
        ...


@attrs.frozen(kw_only=True)
class Front:
    """Takes the requests of clients.

    Attributes:
        carry_out: Answers them.
        log: Where they are written down.
        faults: What goes wrong with them.
        streams: The answers that last.
        clock: Tells when they come.
        settings: How the server behind it is.
    """

    carry_out: CarryOut
    log: RequestLog
    faults: Faults
    streams: OpenStreams
    clock: Clock
    settings: Settings

    def handle(self, request: Request, *, cancellation: Cancellation | None = None) -> Answer:
        """The answer to *request*.

        Raises:
            NoAnswer: The client is to get none; the connection is to be closed.
        """
        info = _info(request)
        recorded = self.log.begin(
            lambda number: RecordedRequest.of(request, info, number=number, time=self.clock.now())
        )
        answer = self._answer(request, recorded, cancellation)
        self.log.change(recorded.number, status=answer.status)
        if not isinstance(answer, EventStream):
            return answer
        stream = OpenStream(answer.frames, expirable=recorded.verb == "watch")
        self.streams.add(stream)
        return attrs.evolve(answer, frames=stream)

    def _answer(
        self, request: Request, recorded: RecordedRequest, cancellation: Cancellation | None
    ) -> Answer:
        def go_on() -> Answer:
            return self.carry_out(request, cancellation=cancellation)

        fault = self.faults.take(recorded)
        return go_on() if fault is None else self._spoilt(fault, request, recorded, go_on)

    def _spoilt(
        self,
        fault: Fault,
        request: Request,
        recorded: RecordedRequest,
        go_on: Callable[[], Answer],
    ) -> Answer:
        self.log.change(recorded.number, fault=str(fault))
        return fault.answer(request, recorded, go_on)


def _info(request: Request) -> RequestInfo:
    """What *request* is about; of one that nobody understands its path, and no more."""
    try:
        return request_info(request)
    except (UnreadablePath, StatusError):
        return RequestInfo(path=request.path, verb=request.method.lower())
