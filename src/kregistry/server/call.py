"""Call: a request on its way, with what the parts of the chain have found out about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import attrs

from kregistry.meta.context import Cancellation
from kregistry.server.context import RequestContext
from kregistry.server.query import NO_QUERY, Query
from kregistry.server.request import Request
from kregistry.server.requestinfo import UNKNOWN, RequestInfo
from kregistry.server.response import Answer
from kregistry.server.user import ANONYMOUS, UserInfo


@attrs.define(kw_only=True)
class Call:
    """A request, and what is known about it.

    Belongs to one request, and what a part finds out it notes here: to make another call of a
    frozen one each time would be a tenth of a GET.

    Attributes:
        request: What the client sent; without the credentials once it is known who asks.
        info: What it is about.
        query: Its parameters.
        user: Who asks; nobody known before somebody found out.
        warnings: What the client is to be told besides the answer.
        cancellation: Ends the request early; None if nobody can.
    """

    request: Request
    info: RequestInfo = UNKNOWN
    query: Query = attrs.field(default=NO_QUERY, eq=False)
    user: UserInfo = ANONYMOUS
    warnings: list[str] = attrs.field(factory=list, eq=False)
    cancellation: Cancellation | None = attrs.field(default=None, eq=False, repr=False)

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
