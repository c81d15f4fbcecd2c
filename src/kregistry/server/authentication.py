"""Authentication: who asks.

Source: ``k8s.io/apiserver/pkg/authentication``.
"""

from __future__ import annotations

import hashlib
import hmac
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import Final

from kregistry.meta.errors import Unauthorized
from kregistry.server.request import Request
from kregistry.server.user import UserInfo

#: What a client is told who did not say who it is, or not convincingly.
UNAUTHORIZED: Final = "Unauthorized"

_PREFIX: Final = "bearer"


class Authenticator(ABC):
    """Finds out who asks. Safe to share between threads.

    Source: ``authenticator.Request``.
    """

    @abstractmethod
    def authenticate(self, request: Request) -> UserInfo | None:
        """The user; None if the request brings no credentials of this sort.

        Raises:
            Unauthorized: It brings some, and they are not good (401).
        """


class TokenAuthenticator(Authenticator):
    """Knows users by fixed tokens, sent as ``Authorization: Bearer TOKEN``.

    Tokens are not kept, only digests of them, so that no dump and no difference in time tells
    one.

    Args:
        tokens: User by token.

    Source: ``token/tokenfile``, ``request/bearertoken``.
    """

    def __init__(self, tokens: Mapping[str, UserInfo]) -> None:
        if not all(isinstance(token, str) and token for token in tokens):
            raise ValueError("a token is a text that is not empty")
        self._users = tuple((digest(token), user) for token, user in tokens.items())

    def authenticate(self, request: Request) -> UserInfo | None:
        token = bearer_token(request)
        if token is None:
            return None
        wanted, found = digest(token), None
        for known, user in self._users:  # all of them, so that it always takes the same time
            if hmac.compare_digest(known, wanted):
                found = user
        if found is None:
            raise Unauthorized(UNAUTHORIZED)
        return found


class FirstOf(Authenticator):
    """Asks several; the first who knows the user decides.

    What one of them refuses another may know, so a refusal counts only when nobody does.

    Source: ``union.New``.
    """

    def __init__(self, authenticators: Iterable[Authenticator]) -> None:
        self._authenticators = tuple(authenticators)

    def authenticate(self, request: Request) -> UserInfo | None:
        refused: Unauthorized | None = None
        for each in self._authenticators:
            try:
                found = each.authenticate(request)
            except Unauthorized as error:
                refused = refused or error
                continue
            if found is not None:
                return found
        if refused is not None:
            raise refused
        return None


def bearer_token(request: Request) -> str | None:
    """The token that *request* brings; None if it brings none."""
    parts = request.headers.get("authorization").strip().split(" ", 2)
    if len(parts) < 2 or parts[0].lower() != _PREFIX or not parts[1]:
        return None
    return parts[1]


def digest(token: str) -> bytes:
    """What is kept of a token in place of it."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
