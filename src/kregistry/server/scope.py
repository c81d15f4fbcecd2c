"""RequestScope: all that the handler of a verb needs to know.

Source: ``k8s.io/apiserver/pkg/endpoints/handlers`` RequestScope.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import attrs

from kregistry.meta.context import Context
from kregistry.meta.gvk import GroupVersionKind, GroupVersionResource
from kregistry.runtime.codec import Codec
from kregistry.runtime.engine import STDLIB, JSONEngine
from kregistry.server.admission import Admission
from kregistry.server.authorization import AllowAuthenticated, Authorizer
from kregistry.server.call import Call
from kregistry.server.routes import Route


@attrs.frozen(kw_only=True)
class Tools:
    """What is the same for every request.

    Attributes:
        codec: Reads what is sent and writes what is answered; its scheme knows defaults.
        engine: Writes JSON.
        admission: Has a say in writes.
        authorizer: Asked again where a request does more than its verb says.
        chance: A number from 0 up to 1; decides how long a watch lasts.
        min_watch_seconds: A watch that does not say how long it is to last ends after this
            time at the earliest, and after twice as long at the latest.
            Source: ``--min-request-timeout``.
        bookmark_seconds: Time between two bookmarks of a watch that understands them.
        in_memory: Whether what is stored is as near as what was given.
    """

    codec: Codec
    engine: JSONEngine = STDLIB
    admission: Admission = attrs.field(factory=Admission)
    authorizer: Authorizer = attrs.field(factory=AllowAuthenticated)
    chance: Callable[[], float] = random.random
    min_watch_seconds: float = 1800.0
    bookmark_seconds: float = 60.0
    in_memory: bool = False


def _context(scope: RequestScope) -> Context:
    return scope.call.context(namespaced=scope.route.served.resource.namespaced)


@attrs.frozen(kw_only=True)
class RequestScope:
    """One request, and what it is for.

    Attributes:
        call: The request.
        route: What it asks, and of whom.
        tools: What handlers work with.
        ctx: The request as the registry knows it.
    """

    call: Call
    route: Route
    tools: Tools
    ctx: Context = attrs.field(init=False, default=attrs.Factory(_context, takes_self=True))

    @property
    def door(self) -> Any:
        """Who answers."""
        return self.route.endpoint.door

    @property
    def name(self) -> str:
        """Name of the object, "" for a collection."""
        return self.call.info.name

    @property
    def gvk(self) -> GroupVersionKind:
        """Kind of what is sent and answered."""
        return self.route.endpoint.gvk

    @property
    def gvr(self) -> GroupVersionResource:
        """The resource that is served."""
        return self.route.served.resource.gvr
