"""Reviews: questions about who somebody is and what they may do. They are stored nowhere.

Source: ``k8s.io/kubernetes/pkg/registry/authentication`` and ``pkg/registry/authorization``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

import attrs

from kregistry.meta.context import Context
from kregistry.meta.errors import BadRequest, Invalid, StatusError
from kregistry.meta.field import ErrorList, Path
from kregistry.meta.gvk import GroupKind
from kregistry.meta.options import CreateOptions
from kregistry.runtime.unstructured import Unstructured
from kregistry.server.authentication import Authenticator
from kregistry.server.authorization import Attributes, Authorizer, Verdict
from kregistry.server.context import RequestContext
from kregistry.server.issuedtokens import API_AUDIENCE, IssuedTokens
from kregistry.server.request import Request
from kregistry.server.user import UserInfo

ValidateReview: TypeAlias = Callable[[Context, Unstructured], None]

_AUTHENTICATION: Final = "authentication.k8s.io"
_AUTHORIZATION: Final = "authorization.k8s.io"


class ReviewREST:
    """Answers one kind of question.

    Args:
        group: API group of the kind.
        kind: Its name.
        answer: ``answer(ctx, review)`` makes the status of a review.
    """

    def __init__(
        self, group: str, kind: str, answer: Callable[[RequestContext, Unstructured], Any]
    ) -> None:
        self._api_version = f"{group}/v1"
        self._kind = kind
        self._answer = answer

    def new(self) -> Unstructured:
        """An empty review."""
        return Unstructured(api_version=self._api_version, kind=self._kind)

    def create(
        self,
        ctx: Context,
        obj: Unstructured,
        *,
        validate: ValidateReview | None = None,
        options: CreateOptions | None = None,
    ) -> Unstructured:
        """The review with its answer.

        Raises:
            Invalid: The question is no question (422).
            BadRequest: Nobody knows who asks (400).
        """
        if not isinstance(ctx, RequestContext):
            raise BadRequest("no user present on request")
        if validate is not None:
            validate(ctx, obj)
        obj["status"] = self._answer(ctx, obj)
        return obj


@attrs.frozen(kw_only=True)
class Reviewer:
    """Answers all kinds of questions.

    Attributes:
        authenticator: Knows users; None if everybody is an administrator.
        authorizer: Knows what they may do.
        tokens: Knows service accounts by tokens that were given out here.
    """

    authenticator: Authenticator | None
    authorizer: Authorizer
    tokens: IssuedTokens

    def doors(self) -> dict[str, ReviewREST]:
        """By group and plural, such as ``authentication.k8s.io/tokenreviews``."""
        made: dict[str, ReviewREST] = {}
        for group, kind, answer in (
            (_AUTHENTICATION, "SelfSubjectReview", self._self),
            (_AUTHENTICATION, "TokenReview", self._token),
            (_AUTHORIZATION, "SubjectAccessReview", self._subject_access),
            (_AUTHORIZATION, "LocalSubjectAccessReview", self._local_access),
            (_AUTHORIZATION, "SelfSubjectAccessReview", self._self_access),
            (_AUTHORIZATION, "SelfSubjectRulesReview", self._self_rules),
        ):
            made[f"{group}/{kind.lower()}s"] = ReviewREST(group, kind, answer)
        return made

    def _self(self, ctx: RequestContext, review: Unstructured) -> dict[str, Any]:
        return {"userInfo": _told(ctx.user_info)}

    def _token(self, ctx: RequestContext, review: Unstructured) -> dict[str, Any]:
        token = review.at("spec", "token")
        if not isinstance(token, str) or not token:
            raise BadRequest("token is required for TokenReview in authentication")
        wanted = review.at("spec", "audiences")
        audiences = [*map(str, wanted)] if isinstance(wanted, list) and wanted else [API_AUDIENCE]
        issued = self.tokens.find(token, audiences)
        if issued is not None:
            common = [each for each in audiences if each in issued.audiences]
            return {"authenticated": True, "user": _told(issued.user), "audiences": common}
        if self.authenticator is None:
            return {"error": "no authenticator is configured"}
        if token.split() != [token]:  # in a header field, only the first word would count
            return {"error": "invalid bearer token"}
        asking = Request(headers={"authorization": f"Bearer {token}"})
        try:
            user = self.authenticator.authenticate(asking)
        except StatusError:
            return {"error": "invalid bearer token"}
        return {"authenticated": True, "user": _told(user)} if user is not None else {}

    def _self_access(self, ctx: RequestContext, review: Unstructured) -> dict[str, Any]:
        return self._access(ctx.user_info, review)

    def _subject_access(self, ctx: RequestContext, review: Unstructured) -> dict[str, Any]:
        spec = review.at("spec")
        spec = spec if isinstance(spec, dict) else {}
        groups = spec.get("groups")
        groups = groups if isinstance(groups, list) else []
        if not spec.get("user") and not groups:
            errs = ErrorList()
            detail = "at least one of user or group must be specified"
            errs.invalid(Path("spec", "user"), "", detail)
            raise Invalid(GroupKind(_AUTHORIZATION, review.kind), "", errs)
        user = UserInfo(
            name=_text(spec, "user"),
            uid=_text(spec, "uid"),
            groups=tuple(each for each in groups if isinstance(each, str)),
        )
        return self._access(user, review)

    def _local_access(self, ctx: RequestContext, review: Unstructured) -> dict[str, Any]:
        if review.at("spec", "resourceAttributes", "namespace") != ctx.namespace:
            raise BadRequest(
                f"spec.resourceAttributes.namespace must match namespace: {ctx.namespace}"
            )
        return self._subject_access(ctx, review)

    def _access(self, user: UserInfo, review: Unstructured) -> dict[str, Any]:
        decision = self.authorizer.authorize(_asked(user, review))
        status: dict[str, Any] = {"allowed": decision.verdict is Verdict.ALLOW}
        if decision.verdict is Verdict.DENY:
            status["denied"] = True
        if decision.reason:
            status["reason"] = decision.reason
        return status

    def _self_rules(self, ctx: RequestContext, review: Unstructured) -> dict[str, Any]:
        """An authorizer can be asked for a decision only, so the list of rules is incomplete."""
        if not review.at("spec", "namespace"):
            raise BadRequest("no namespace on request")
        anything = Attributes(user=ctx.user_info, verb="*", group="*", resource="*")
        rules = []
        if self.authorizer.authorize(anything).verdict is Verdict.ALLOW:
            rules.append({"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]})
        return {"resourceRules": rules, "nonResourceRules": [], "incomplete": True}


def _asked(user: UserInfo, review: Unstructured) -> Attributes:
    """What a review asks about. Raises Invalid unless it is one thing (422)."""
    about, path = (
        review.at("spec", "resourceAttributes"),
        review.at("spec", "nonResourceAttributes"),
    )
    if isinstance(about, dict) is isinstance(path, dict):
        errs = ErrorList()
        detail = "exactly one of nonResourceAttributes or resourceAttributes must be specified"
        errs.invalid(Path("spec", "resourceAttributes"), about, detail)
        raise Invalid(GroupKind(_AUTHORIZATION, review.kind), "", errs)
    if isinstance(path, dict):
        return Attributes(user=user, verb=_text(path, "verb"), path=_text(path, "path"))
    return Attributes(
        user=user,
        verb=_text(about, "verb"),
        group=_text(about, "group"),
        version=_text(about, "version"),
        resource=_text(about, "resource") or "*",
        subresource=_text(about, "subresource"),
        namespace=_text(about, "namespace"),
        name=_text(about, "name"),
    )


def _text(source: Mapping[str, Any], member: str) -> str:
    value = source.get(member, "")
    return value if isinstance(value, str) else ""


def _told(user: UserInfo) -> dict[str, Any]:
    """A user as the API shows one."""
    told: dict[str, Any] = {"username": user.name}
    if user.uid:
        told["uid"] = user.uid
    if user.groups:
        told["groups"] = list(user.groups)
    if user.extra:
        told["extra"] = {key: list(values) for key, values in user.extra.items()}
    return told
