"""Entrance: where what an adapter has read becomes a request, or is turned away."""

from __future__ import annotations

from typing import Protocol

import attrs

from kregistry.meta.context import Cancellation
from kregistry.meta.errors import StatusError
from kregistry.server.api import Settings
from kregistry.server.hosts import Hosts
from kregistry.server.request import Headers, Request
from kregistry.server.response import Answer, Response
from kregistry.server.statuses import failure


class Answering(Protocol):
    """All that an adapter asks of an :class:`~kregistry.server.APIServer`."""

    @property
    def settings(self) -> Settings:
        """How it is."""
        ...

    def handle(self, request: Request, *, cancellation: Cancellation | None = None) -> Answer:
        """The answer to *request*. Nothing is raised, unless there is to be no answer."""
        ...


@attrs.frozen(kw_only=True)
class Entrance:
    """What every adapter does with a request.

    Attributes:
        server: Answers it.
        hosts: The names under which it may come.
    """

    server: Answering
    hosts: Hosts

    def answer(
        self,
        method: str,
        target: str,
        headers: Headers,
        body: bytes,
        cancellation: Cancellation | None = None,
    ) -> Answer:
        """The answer to what was sent. Raises nothing.

        Args:
            method: HTTP method.
            target: Path and query as they came, escapes and all.
            headers: Header fields.
            body: The whole body.
            cancellation: Ends what takes long.
        """
        refused = self.refused(headers)
        return refused or self.admitted(method, target, headers, body, cancellation)

    def refused(self, headers: Headers) -> Response | None:
        """The answer to who means somebody else, or comes from somebody else's page.

        Only header fields decide about that; None for whoever may come in.
        """
        try:
            self.hosts.require_known(headers)
        except StatusError as error:
            return refusal(headers, error)
        return None

    def admitted(
        self,
        method: str,
        target: str,
        headers: Headers,
        body: bytes,
        cancellation: Cancellation | None = None,
    ) -> Answer:
        """The answer to whoever was not :meth:`refused`."""
        try:
            request = Request.of_target(method, target, headers=headers, body=body)
        except StatusError as error:
            return refusal(headers, error)
        return self.server.handle(request, cancellation=cancellation)


def refusal(headers: Headers, error: StatusError) -> Response:
    """The answer to a request that is not let in, in a form that it accepts."""
    return failure(Request(headers=headers), error)
