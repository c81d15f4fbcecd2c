"""IssuedTokens: the tokens of service accounts that this server gave out, and only it knows.

Upstream signs such tokens, so that any server with the key can check them. Nothing is signed
here: a token is a secret that means something to this server, as long as it runs.

Source: ``pkg/serviceaccount`` Validator, claims.go.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Collection
from datetime import datetime
from typing import Final

import attrs

from kregistry.meta.clock import Clock
from kregistry.meta.errors import Unauthorized
from kregistry.server.authentication import UNAUTHORIZED, Authenticator, bearer_token, digest
from kregistry.server.request import Request
from kregistry.server.user import UserInfo

#: Whom tokens are for if nobody says otherwise: the API server itself.
API_AUDIENCE: Final = "https://kubernetes.default.svc.cluster.local"

#: Tokens that are remembered; the oldest are forgotten first.
_MOST: Final = 10_000

#: Bytes of a token: 256 bits.
_BYTES: Final = 32


@attrs.frozen(kw_only=True)
class IssuedToken:
    """What is known of one token.

    Attributes:
        user: Whom it stands for.
        audiences: Who may accept it.
        expires: When it ends.
        stands: Whether all that it is bound to is still there.
    """

    user: UserInfo
    audiences: tuple[str, ...]
    expires: datetime
    stands: Callable[[], bool]


class IssuedTokens(Authenticator):
    """Gives out tokens, and knows whom they stand for. Safe to share between threads.

    Args:
        clock: Says when a token ends.
        make: Makes the text of a token.
    """

    def __init__(
        self, clock: Clock, *, make: Callable[[], str] = lambda: secrets.token_urlsafe(_BYTES)
    ) -> None:
        self._clock = clock
        self._make = make
        self._lock = threading.Lock()
        self._tokens: dict[bytes, IssuedToken] = {}

    def issue(self, issued: IssuedToken, *, remember: bool = True) -> str:
        """A new token; only a digest of it is kept, and not even that if it is not to count."""
        text, now = self._make(), self._clock.now()
        if not remember:
            return text
        with self._lock:
            for key in [key for key, each in self._tokens.items() if each.expires <= now]:
                del self._tokens[key]
            while len(self._tokens) >= _MOST:
                del self._tokens[next(iter(self._tokens))]
            self._tokens[digest(text)] = issued
        return text

    def authenticate(self, request: Request) -> UserInfo | None:
        token = bearer_token(request)
        if token is None:
            return None
        found = self.find(token, (API_AUDIENCE,))
        if found is None:
            raise Unauthorized(UNAUTHORIZED)
        return found.user

    def find(self, token: str, audiences: Collection[str]) -> IssuedToken | None:
        """What is known of a token; None if it is none, has ended, or is for others."""
        found = self._tokens.get(digest(token))
        if found is None or found.expires <= self._clock.now():
            return None
        if set(found.audiences).isdisjoint(audiences) or not found.stands():
            return None
        return found
