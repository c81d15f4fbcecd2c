"""Authorizer: who may do what. Asked again where the verb of a request hides what it does.

Source: ``k8s.io/apiserver/pkg/authorization/authorizer``, and
``pkg/registry/core/pod/rest`` ensureAuthorizedForVerb.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import attrs

from kregistry.meta.context import Context
from kregistry.meta.errors import Forbidden, InternalError
from kregistry.meta.gvk import GroupResource


@attrs.frozen(kw_only=True)
class Attributes:
    """What somebody wants to do. Source: ``authorizer.Attributes``.

    Attributes:
        user: Who.
        verb: Such as ``create``.
        namespace: Where.
        group: API group.
        version: API version.
        resource: Plural.
        subresource: Such as ``exec``; "" for the object itself.
        name: Which object.
    """

    user: str
    verb: str
    namespace: str
    group: str = ""
    version: str = "v1"
    resource: str
    subresource: str = ""
    name: str


@attrs.frozen
class Decision:
    """Whether it may be done.

    Attributes:
        allowed: The answer.
        reason: For people.
    """

    allowed: bool
    reason: str = ""


class Authorizer(ABC):
    """Decides about requests. Safe to share between threads."""

    @abstractmethod
    def authorize(self, ctx: Context, attributes: Attributes) -> Decision:
        """Whether the request may go on. An error that is raised ends the request as it is."""


def ensure_may_create(
    ctx: Context, authorizer: Authorizer | None, *, verb: str | None, subresource: str, name: str
) -> None:
    """See to it that who reaches into a Pod may ``create`` there.

    A browser can open a WebSocket with GET only, and a right to read must not become one to
    run commands.

    Args:
        ctx: Says who asks, and where.
        authorizer: Decides; None if there is none.
        verb: The verb by which the request was let in; None if nobody knows.
        subresource: Such as ``exec``.
        name: Name of the Pod.

    Raises:
        Forbidden: The authorizer says no (403).
        InternalError: It is not known whether the request may go on (500).
    """
    if verb is None:
        raise InternalError("no request info in context")
    if verb == "create":
        return
    if authorizer is None:
        raise InternalError("no authorizer available")
    attributes = Attributes(
        user=ctx.user,
        verb="create",
        namespace=ctx.namespace,
        resource="pods",
        subresource=subresource,
        name=name,
    )
    decision = authorizer.authorize(ctx, attributes)
    if not decision.allowed:
        raise Forbidden(GroupResource("", "pods"), name, decision.reason)
