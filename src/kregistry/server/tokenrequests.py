"""TokenREST: tokens for service accounts.

Source: ``pkg/registry/core/serviceaccount/storage/token.go``, ``ValidateTokenRequest``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import attrs

from kregistry.meta.clock import Clock
from kregistry.meta.context import Context
from kregistry.meta.errors import BadRequest, Conflict, Invalid, NotFound
from kregistry.meta.field import ErrorList, Path
from kregistry.meta.gvk import GroupKind, GroupResource
from kregistry.meta.object import Object
from kregistry.meta.options import CreateOptions
from kregistry.meta.time import Time
from kregistry.registry.store import Store
from kregistry.runtime.unstructured import Unstructured
from kregistry.server.issuedtokens import API_AUDIENCE, IssuedToken, IssuedTokens
from kregistry.server.reviews import ValidateReview
from kregistry.server.user import AUTHENTICATED, UserInfo

_GROUP: Final = "authentication.k8s.io"
_KIND: Final = GroupKind(_GROUP, "TokenRequest")
_EXTRA: Final = "authentication.kubernetes.io"

#: Seconds that a token lasts.
_DEFAULT, _LEAST, _MOST = 3600, 600, 1 << 32


@attrs.frozen(kw_only=True)
class Bound:
    """What a token is bound to besides its account: it ends with that object.

    Attributes:
        kind: ``Pod``, ``Node`` or ``Secret``.
        object: The object.
    """

    kind: str
    object: Object

    def extra(self) -> dict[str, tuple[str, ...]]:
        """What is told of it about whoever shows the token."""
        kind, meta = self.kind.lower(), self.object.metadata
        if kind == "secret":
            return {}
        return {f"{_EXTRA}/{kind}-name": (meta.name,), f"{_EXTRA}/{kind}-uid": (meta.uid,)}


class TokenREST:
    """Gives out tokens for service accounts.

    Args:
        tokens: Remembers them.
        accounts: The service accounts.
        bindable: The objects that a token may be bound to, by kind.
        clock: Says when a token begins.
    """

    def __init__(
        self,
        tokens: IssuedTokens,
        *,
        accounts: Store[Any],
        bindable: Mapping[str, Store[Any]],
        clock: Clock,
    ) -> None:
        self._tokens = tokens
        self._accounts = accounts
        self._bindable = dict(bindable)
        self._clock = clock

    def new(self) -> Unstructured:
        """An empty request."""
        return Unstructured(api_version=f"{_GROUP}/v1", kind=_KIND.kind)

    def create(
        self,
        ctx: Context,
        name: str,
        obj: Unstructured,
        *,
        validate: ValidateReview | None = None,
        options: CreateOptions | None = None,
    ) -> Unstructured:
        """The request with a token.

        Args:
            ctx: Says the namespace.
            name: Of the account.
            obj: What is asked for; changed and returned.
            validate: Has the last word.
            options: With a dry run, the token is worth nothing.

        Raises:
            NotFound: There is no such account, or nothing that the token is to be bound to (404).
            Invalid: The token would last too short or too long, or the request names another
                account (422).
            BadRequest: A member is of a wrong type, or nothing can be bound to it (400).
            Conflict: What it is to be bound to is another object of that name (409).
        """
        _require_match(obj, name, ctx.namespace)
        account = self._accounts.get(ctx, name)
        spec = _completed(obj.get("spec"))
        if validate is not None:
            validate(ctx, obj)
        bound = self._bound(ctx, name, spec.get("boundObjectRef"))
        expires = self._clock.now() + _lifetime(spec["expirationSeconds"], self._clock.now())
        issued = IssuedToken(
            user=_user(account, bound),
            audiences=tuple(spec["audiences"]),
            expires=expires,
            stands=self._watcher(ctx, account, bound),
        )
        token = self._tokens.issue(issued, remember=not (options and options.dry_run))
        meta = obj.metadata
        meta.name, meta.namespace = name, ctx.namespace
        meta.creation_timestamp = Time.of(self._clock.now())
        obj["spec"] = spec
        obj["status"] = {"token": token, "expirationTimestamp": str(Time.of(expires))}
        return obj

    def _bound(self, ctx: Context, account: str, reference: Any) -> Bound | None:
        """What the token is to be bound to; None if the request does not say."""
        if reference is None:
            return None
        if not isinstance(reference, dict):
            raise BadRequest("spec.boundObjectRef is no object")
        api_version, kind = _text(reference, "apiVersion") or "v1", _text(reference, "kind")
        store = self._bindable.get(kind) if api_version == "v1" else None
        if store is None:
            group, _, version = api_version.rpartition("/")
            raise BadRequest(f"cannot bind token to object of type {group}/{version}, Kind={kind}")
        name, uid = _text(reference, "name"), _text(reference, "uid")
        found = store.get(_within(ctx, store), name)
        if kind == "Pod" and found.spec.service_account_name != account:
            raise BadRequest(
                f'cannot bind token for serviceaccount "{account}" to pod running with different '
                "serviceaccount name."
            )
        if uid and uid != found.metadata.uid:
            raise Conflict(
                GroupResource("", kind),
                name,
                f"the UID in the bound object reference ({uid}) does not match the UID in "
                "record. The object might have been deleted and then recreated",
            )
        reference["uid"] = found.metadata.uid
        return Bound(kind=kind, object=found)

    def _watcher(self, ctx: Context, account: Object, bound: Bound | None) -> Callable[[], bool]:
        """Tells whether the account and what the token is bound to are still there."""
        wanted: list[tuple[Store[Any], Object]] = [(self._accounts, account)]
        if bound is not None:
            wanted.append((self._bindable[bound.kind], bound.object))
        inside = Context(namespace=ctx.namespace)

        def stands() -> bool:
            return all(_is_there(store, _within(inside, store), obj) for store, obj in wanted)

        return stands


def _require_match(obj: Unstructured, name: str, namespace: str) -> None:
    errs = ErrorList()
    for member, sent, wanted in (
        ("name", obj.metadata.name, name),
        ("namespace", obj.metadata.namespace, namespace),
    ):
        if sent and sent != wanted and not errs:
            detail = f"must match the service account {member} if specified"
            errs.invalid(Path("metadata", member), sent, detail)
    if errs:
        raise Invalid(_KIND, name, errs)


def _completed(spec: Any) -> dict[str, Any]:
    """What is asked for, with what is not said. Raises BadRequest and Invalid."""
    made = dict(spec) if isinstance(spec, dict) else {}
    seconds = made.setdefault("expirationSeconds", _DEFAULT)
    seconds = made["expirationSeconds"] = _DEFAULT if seconds is None else seconds
    made["audiences"] = audiences = made.get("audiences") or [API_AUDIENCE]
    if isinstance(seconds, bool) or not isinstance(seconds, int):
        raise BadRequest("spec.expirationSeconds is no integer")
    if not isinstance(audiences, list) or not all(isinstance(each, str) for each in audiences):
        raise BadRequest("spec.audiences is no list of strings")
    errs, path = ErrorList(), Path("spec", "expirationSeconds")
    if seconds < _LEAST:
        errs.invalid(path, seconds, "may not specify a duration less than 10 minutes")
    if seconds > _MOST:
        errs.invalid(path, seconds, "may not specify a duration larger than 2^32 seconds")
    if errs:
        raise Invalid(_KIND, "", errs)
    return made


def _lifetime(seconds: int, now: datetime) -> timedelta:
    """That many seconds, as far as there is time."""
    latest = datetime.max.replace(tzinfo=now.tzinfo) - now
    return min(timedelta(seconds=seconds), latest)


def _user(account: Object, bound: Bound | None) -> UserInfo:
    """Whom the token stands for. Source: ``serviceaccount.UserInfo``."""
    meta = account.metadata
    return UserInfo(
        name=f"system:serviceaccount:{meta.namespace}:{meta.name}",
        uid=meta.uid,
        groups=(
            "system:serviceaccounts",
            f"system:serviceaccounts:{meta.namespace}",
            AUTHENTICATED,
        ),
        extra=bound.extra() if bound is not None else {},
    )


def _is_there(store: Store[Any], ctx: Context, obj: Object) -> bool:
    try:
        found = store.get(ctx, obj.metadata.name)
    except NotFound:
        return False
    return bool(found.metadata.uid == obj.metadata.uid)


def _within(ctx: Context, store: Store[Any]) -> Context:
    """Where an object of that store is."""
    return ctx if store.keys.namespaced else attrs.evolve(ctx, namespace="")


def _text(source: Mapping[str, Any], member: str) -> str:
    value = source.get(member, "")
    return value if isinstance(value, str) else ""
