"""UserInfo: who asks.

Source: ``k8s.io/apiserver/pkg/authentication/user`` Info.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

import attrs

#: Everybody who said who they are. Source: ``user.AllAuthenticated``.
AUTHENTICATED: Final = "system:authenticated"

#: Everybody else. Source: ``user.AllUnauthenticated``.
UNAUTHENTICATED: Final = "system:unauthenticated"

#: May do everything. Source: ``user.SystemPrivilegedGroup``.
MASTERS: Final = "system:masters"


def _texts(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(values)


def _frozen(extra: Mapping[str, Sequence[str]]) -> Mapping[str, tuple[str, ...]]:
    return MappingProxyType({key: tuple(values) for key, values in extra.items()})


@attrs.frozen(kw_only=True)
class UserInfo:
    """Who asks.

    Attributes:
        name: Unique among all users at one time.
        uid: Unique for ever; "" if nobody keeps count.
        groups: What the user belongs to.
        extra: What else the one who authenticated the user knows.
    """

    name: str
    uid: str = ""
    groups: tuple[str, ...] = attrs.field(default=(), converter=_texts)
    extra: Mapping[str, tuple[str, ...]] = attrs.field(factory=dict, converter=_frozen, hash=False)

    @property
    def authenticated(self) -> bool:
        """Whether anybody vouches for the name."""
        return AUTHENTICATED in self.groups


#: Who asks without saying who they are. Source: ``user.Anonymous``.
ANONYMOUS: Final = UserInfo(name="system:anonymous", groups=(UNAUTHENTICATED,))

#: Who everybody is where nobody is asked.
ADMIN: Final = UserInfo(name="kubernetes-admin", groups=(MASTERS, AUTHENTICATED))
