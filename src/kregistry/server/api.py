"""APIServer: the REST layer as one object, without a socket.

::

    with factory.create(Config()) as storage:
        server = APIServer(storage)
        answer = server.handle(Request.of_target("GET", "/api/v1/namespaces"))

Source: ``k8s.io/apiserver/pkg/server`` GenericAPIServer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, Final

import attrs

from kregistry.core.pod.kubelet import KubeletConnector
from kregistry.core.v1 import Namespace
from kregistry.meta.clock import Clock, SystemClock
from kregistry.meta.context import Cancellation, Context
from kregistry.meta.errors import AlreadyExists
from kregistry.meta.gvk import GroupVersion
from kregistry.meta.objectmeta import ObjectMeta
from kregistry.registry.store import Store
from kregistry.registry.systemfields import random_uid
from kregistry.runtime.codec import Codec
from kregistry.runtime.engine import JSONEngine, engine_by_name
from kregistry.server import chain
from kregistry.server.admission import Admission, AdmissionPlugin
from kregistry.server.authentication import Authenticator, FirstOf
from kregistry.server.authorization import (
    AllowAuthenticated,
    AlwaysAllowed,
    Authorizer,
    InTurn,
)
from kregistry.server.builtin import BuiltinResources, builtin_scheme
from kregistry.server.call import Call, Part
from kregistry.server.compression import compression
from kregistry.server.discovering import Discoverable
from kregistry.server.discovery.version import VersionInfo
from kregistry.server.handlers import HANDLERS
from kregistry.server.health import Check, install_health, ping
from kregistry.server.issuedtokens import IssuedTokens
from kregistry.server.lifecycle import NamespaceLifecycle
from kregistry.server.metrics import Metrics
from kregistry.server.paths import Paths
from kregistry.server.request import Request
from kregistry.server.requestinfo import RequestInfo
from kregistry.server.resources import APIResources
from kregistry.server.response import Answer, with_header
from kregistry.server.reviews import Reviewer
from kregistry.server.routes import MethodNotAllowed, Router
from kregistry.server.scope import RequestScope, Tools
from kregistry.server.statuses import failure
from kregistry.storage.interface import Interface
from kregistry.storage.objects import ObjectStorage

#: The namespaces that every cluster has.
NAMESPACES: Final = ("default", "kube-system", "kube-public", "kube-node-lease")


def _plugins(plugins: Iterable[AdmissionPlugin]) -> tuple[AdmissionPlugin, ...]:
    return tuple(plugins)


@attrs.frozen(kw_only=True)
class Settings:
    """How an :class:`APIServer` is to be.

    Attributes:
        authenticator: Knows users. None asks nobody: everybody is an administrator.
        authorizer: Decides what they may do; asked after what must always work.
        admission: Plug-ins with a say in writes, after the one that looks after namespaces.
        connector: Reaches the nodes that Pods run on; None if there are none.
        checks: What health is asked for besides whether anybody answers and storage does.
        clock: Where times come from; the machine's when not given.
        uids: Makes uids of objects and ids of requests.
        engine: Writes JSON; see :class:`~kregistry.Codec`.
        allow_privileged: Whether containers may be privileged at all.
        max_body: Bytes of a body that are read.
        min_watch_seconds: See :class:`~kregistry.server.scope.Tools`.
        bookmark_seconds: Likewise.
        version: Which release the server says it is.
    """

    authenticator: Authenticator | None = None
    authorizer: Authorizer = attrs.field(factory=AllowAuthenticated)
    admission: tuple[AdmissionPlugin, ...] = attrs.field(default=(), converter=_plugins)
    connector: KubeletConnector | None = None
    checks: dict[str, Check] = attrs.field(factory=dict)
    clock: Clock | None = None
    uids: Callable[[], str] = random_uid
    engine: JSONEngine | str = "stdlib"
    allow_privileged: bool = False
    max_body: int = chain.MAX_BODY
    min_watch_seconds: float = 1800.0
    bookmark_seconds: float = 60.0
    version: VersionInfo = attrs.field(factory=VersionInfo)


class APIServer:
    """Answers requests as a kube-apiserver does. Safe to share between threads.

    Args:
        storage: Where everything is kept; stays the caller's to close.
        settings: How it is to be.

    Attributes:
        settings: How it is.
        resources: What is served; to be added to when a kind comes at run time.
        paths: What is served beside the resources; to be added to before the first request.
    """

    def __init__(self, storage: Interface[Any], settings: Settings | None = None) -> None:
        settings = settings if settings is not None else Settings()
        self.settings = settings
        engine = settings.engine
        engine = engine_by_name(engine) if isinstance(engine, str) else engine
        codec = Codec(builtin_scheme(), engine=engine)
        authorizer = InTurn([AlwaysAllowed(), settings.authorizer])
        tokens = IssuedTokens(settings.clock or SystemClock())
        self.resources = _resources(storage, settings, codec, authorizer, tokens)
        self.paths = Paths()
        self._router = Router(self.resources)
        self._namespaces: Store[Namespace] = _namespaces(self.resources)
        self._tools = Tools(
            codec=codec,
            engine=engine,
            authorizer=authorizer,
            admission=Admission([NamespaceLifecycle(self._namespaces), *settings.admission]),
            min_watch_seconds=settings.min_watch_seconds,
            bookmark_seconds=settings.bookmark_seconds,
            in_memory=isinstance(storage, ObjectStorage) and storage.backend.in_memory,
        )
        self._install_paths(storage, settings)
        metrics = Metrics(self._serves)
        metrics.install(self.paths)
        authenticator = _authenticator(settings, tokens)
        parts = _parts(settings, authenticator, authorizer, metrics)
        self._handler = chain.build(parts, self._dispatch)

    def handle(self, request: Request, *, cancellation: Cancellation | None = None) -> Answer:
        """The answer to *request*. Nothing is raised: what goes wrong is an answer, too.

        Args:
            request: What the client sent.
            cancellation: Ends what takes long, such as a watch; None if nothing can.
        """
        return self._handler(Call(request=request, cancellation=cancellation))

    def create_namespaces(self, names: Iterable[str] = NAMESPACES) -> None:
        """Make the namespaces that are not there yet; by default those that every cluster has."""
        for name in names:
            with suppress(AlreadyExists):
                fresh = Namespace(metadata=ObjectMeta(name=name))
                self._tools.codec.scheme.set_defaults(fresh)
                self._namespaces.create(Context(), fresh)

    def _install_paths(self, storage: Interface[Any], settings: Settings) -> None:
        checks: dict[str, Check] = {"ping": ping, "etcd": storage.readiness_check}
        install_health(self.paths, {**checks, **settings.checks})
        Discoverable(self.resources, self.paths, settings.version).install()

    def _serves(self, info: RequestInfo) -> bool:
        """Whether there is a resource, and a part of it, such as *info* is about."""
        found = self.resources.find(GroupVersion(info.group, info.version), info.resource)
        if found is None:
            return False
        return not info.subresource or info.subresource in found.subresources

    def _dispatch(self, call: Call) -> Answer:
        """Find out who answers, and let them. Source: the director of ``pkg/server/handler.go``."""
        if not call.info.is_resource_request:
            return self.paths(call)
        try:
            route = self._router.find(call.request.method, call.info)
        except MethodNotAllowed as refused:
            answer = failure(call.request, refused.status_error)
            return with_header(answer, "allow", ", ".join(refused.allowed))
        if route is None:
            return self.paths(call)
        return HANDLERS[route.verb](RequestScope(call=call, route=route, tools=self._tools))


def _resources(
    storage: Interface[Any],
    settings: Settings,
    codec: Codec,
    authorizer: Authorizer,
    tokens: IssuedTokens,
) -> APIResources:
    reviewer = Reviewer(authenticator=settings.authenticator, authorizer=authorizer, tokens=tokens)
    return BuiltinResources(
        storage=storage,
        codec=codec,
        reviewer=reviewer,
        tokens=tokens,
        connector=settings.connector,
        allow_privileged=settings.allow_privileged,
        options={"clock": settings.clock, "uids": settings.uids},
    ).table()


def _namespaces(resources: APIResources) -> Store[Namespace]:
    found = resources.find(GroupVersion("", "v1"), "namespaces")
    if found is None:
        raise ValueError("namespaces are not served, and everything needs them")
    store: Store[Namespace] = found.endpoint.door
    return store


def _authenticator(settings: Settings, tokens: IssuedTokens) -> Authenticator | None:
    """Who knows users; None if nobody is to be asked."""
    if settings.authenticator is None:
        return None
    return FirstOf([settings.authenticator, tokens])


def _parts(
    settings: Settings,
    authenticator: Authenticator | None,
    authorizer: Authorizer,
    metrics: Metrics,
) -> list[Part]:
    """The parts of the chain in their order."""
    return [
        chain.audit_id(settings.uids),
        compression,
        chain.recovery,
        chain.cache_control,
        chain.warnings,
        chain.failures,
        chain.limits(max_body=settings.max_body),
        chain.request_info_part,
        metrics.part,
        chain.deadline,
        chain.authentication(authenticator),
        chain.authorization(authorizer),
    ]
