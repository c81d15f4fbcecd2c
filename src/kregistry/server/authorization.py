"""Authorization: whether who asks may do that. What nobody allows is forbidden.

Source: ``k8s.io/apiserver/pkg/authorization``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from enum import Enum
from typing import Final

import attrs

from kregistry.meta.errors import Forbidden
from kregistry.meta.goformat import quote
from kregistry.meta.gvk import GroupResource
from kregistry.server.requestinfo import RequestInfo
from kregistry.server.user import MASTERS, UserInfo

#: Who asks whether the server lives is answered, whoever it is.
HEALTH_PATHS: Final = ("healthz", "livez", "readyz")

_HTML: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


@attrs.frozen(kw_only=True)
class Attributes:
    """What somebody wants to do. Source: ``authorizer.Attributes``.

    Attributes:
        user: Who.
        verb: Such as ``create``; the HTTP method in lower case if it is about no resource.
        group: API group.
        version: API version.
        resource: Plural; "" if it is about no resource.
        subresource: Such as ``exec``.
        namespace: Where; "" for all namespaces or a cluster-scoped kind.
        name: Which object; "" for a collection.
        path: Path of the request.
        field_selector: What a list, watch or deletion of a collection is narrowed to.
        label_selector: Likewise.
    """

    user: UserInfo
    verb: str
    group: str = ""
    version: str = ""
    resource: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""
    path: str = ""
    field_selector: str = ""
    label_selector: str = ""

    @property
    def is_resource_request(self) -> bool:
        """Whether it is about a resource."""
        return bool(self.resource)

    @classmethod
    def of(cls, user: UserInfo, info: RequestInfo) -> Attributes:
        """What a request wants to do. Source: ``filters.GetAuthorizerAttributes``."""
        return cls(
            user=user,
            verb=info.verb,
            group=info.group,
            version=info.version,
            resource=info.resource,
            subresource=info.subresource,
            namespace=info.namespace,
            name=info.name,
            path=info.path,
            field_selector=info.field_selector,
            label_selector=info.label_selector,
        )


class Verdict(Enum):
    """What one authorizer has to say."""

    ALLOW = "allow"
    DENY = "deny"
    NO_OPINION = "no opinion"


@attrs.frozen
class Decision:
    """A verdict, and why.

    Attributes:
        verdict: The verdict.
        reason: For people.
    """

    verdict: Verdict
    reason: str = ""


ALLOW: Final = Decision(Verdict.ALLOW)
NO_OPINION: Final = Decision(Verdict.NO_OPINION)


class Authorizer(ABC):
    """Decides about requests. Safe to share between threads. Source: ``authorizer.Authorizer``."""

    @abstractmethod
    def authorize(self, attributes: Attributes) -> Decision:
        """Whether it may be done. An error that is raised ends the request as it is."""


class AllowAuthenticated(Authorizer):
    """Lets everybody do everything whose name somebody vouches for, and nobody else."""

    def authorize(self, attributes: Attributes) -> Decision:
        if attributes.user.authenticated:
            return ALLOW
        return NO_OPINION


class AlwaysAllowed(Authorizer):
    """What must work whatever else is decided: health, and those who may do everything.

    Source: ``path.NewAuthorizer``, ``authorizerfactory.NewPrivilegedGroups``.
    """

    def authorize(self, attributes: Attributes) -> Decision:
        if MASTERS in attributes.user.groups:
            return ALLOW
        if not attributes.is_resource_request and is_health_path(attributes.path):
            return ALLOW
        return NO_OPINION


class InTurn(Authorizer):
    """Asks several; the first who has an opinion decides.

    Source: ``union.New``.
    """

    def __init__(self, authorizers: Iterable[Authorizer]) -> None:
        self._authorizers = tuple(authorizers)

    def authorize(self, attributes: Attributes) -> Decision:
        reasons = []
        for each in self._authorizers:
            decision = each.authorize(attributes)
            if decision.verdict is not Verdict.NO_OPINION:
                return decision
            if decision.reason:
                reasons.append(decision.reason)
        return Decision(Verdict.NO_OPINION, "\n".join(reasons))


def is_health_path(path: str) -> bool:
    """Whether *path* asks for the health of the server."""
    return any(path == f"/{name}" or path.startswith(f"/{name}/") for name in HEALTH_PATHS)


def require_allowed(authorizer: Authorizer, attributes: Attributes) -> None:
    """Go on only if *authorizer* allows it.

    Raises:
        Forbidden: It does not (403).

    Source: ``responsewriters.Forbidden``.
    """
    decision = authorizer.authorize(attributes)
    if decision.verdict is Verdict.ALLOW:
        return
    told = forbidden_text(attributes).translate(_HTML)
    told = f"{told}: {decision.reason}" if decision.reason else told
    resource = GroupResource(attributes.group, attributes.resource)
    raise Forbidden(resource, attributes.name, told)


def forbidden_text(attributes: Attributes) -> str:
    """Source: ``responsewriters.forbiddenMessage``."""
    user, verb = quote(attributes.user.name), attributes.verb
    if not attributes.is_resource_request:
        return f"User {user} cannot {verb} path {quote(attributes.path)}"
    resource = "/".join(filter(None, (attributes.resource, attributes.subresource)))
    where = (
        f"in the namespace {quote(attributes.namespace)}"
        if attributes.namespace
        else "at the cluster scope"
    )
    return (
        f"User {user} cannot {verb} resource {quote(resource)} "
        f"in API group {quote(attributes.group)} {where}"
    )
