"""Call: a request on its way, with what the parts of the chain have found out about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import attrs

from kregistry.meta.context import Cancellation
from kregistry.server.context import RequestContext
from kregistry.server.query import NO_QUERY, Query
from kregistry.server.request import Headers, Request
from kregistry.server.requestinfo import UNKNOWN, RequestInfo
from kregistry.server.response import Answer
from kregistry.server.user import ANONYMOUS, UserInfo


@attrs.frozen(kw_only=True)
class Call:
    """A request, and what is known about it.

    Frozen: a part that learns something passes an evolved one on. Only warnings are added to.

    Attributes:
        request: What the client sent.
        info: What it is about.
        query: Its parameters.
        warnings: What the client is to be told besides the answer.
        cancellation: Ends the request early; None if nobody can.
    """

    request: Request
    info: RequestInfo = UNKNOWN
    query: Query = attrs.field(default=NO_QUERY, eq=False)
    warnings: list[str] = attrs.field(factory=list, eq=False)
    cancellation: Cancellation | None = attrs.field(default=None, eq=False, repr=False)

    @property
    def user(self) -> UserInfo:
        """Who asks; nobody known before somebody found out."""
        return self.request.user or ANONYMOUS

    def about(self, info: RequestInfo, query: Query) -> Call:
        """The same call, now that it is known what it is about."""
        return Call(
            request=self.request,
            info=info,
            query=query,
            warnings=self.warnings,
            cancellation=self.cancellation,
        )

    def asked_by(self, user: UserInfo, headers: Headers) -> Call:
        """The same call, now that it is known who asks.

        Args:
            user: Who.
            headers: What is left of the header fields.
        """
        before = self.request
        request = Request(
            method=before.method,
            path=before.path,
            query=before.query,
            headers=headers,
            body=before.body,
            user=user,
        )
        return Call(
            request=request,
            info=self.info,
            query=self.query,
            warnings=self.warnings,
            cancellation=self.cancellation,
        )

    def context(self, *, namespaced: bool = True) -> RequestContext:
        """The request as the registry knows it."""
        return RequestContext(
            namespace=self.info.namespace if namespaced else "",
            user=self.user.name,
            user_info=self.user,
            warnings=self.warnings,
            cancellation=self.cancellation,
        )


#: Answers a call. What it cannot answer it raises as a StatusError.
Handler: TypeAlias = Callable[[Call], Answer]

#: A part of the chain: makes a handler of the handler that comes next.
Part: TypeAlias = Callable[[Handler], Handler]
