"""Scope: which keys a watch of etcd is about, and how one knows how far it has come.

A watch tells of changes, not of their absence. Somebody who must know that everything up to a
revision has been told needs one of two things: a server that answers the question how far the
watch has come, or a watch of all keys, which tells of every revision there is.

Source: ``etcd3/feature/feature_support_checker.go``.
"""

from __future__ import annotations

import re

import attrs

from kregistry.storage.backend import prefix_end
from kregistry.storage.errors import UnsafeStorage

#: Earlier ones know neither progress requests nor answers in fragments.
OLDEST = (3, 4, 0)

#: From these on, an answer about progress never overtakes the changes that it speaks of.
_PROGRESS = {(3, 4): (3, 4, 31), (3, 5): (3, 5, 13)}

_FIRST_KEY, _NO_END = b"\0", b"\0"


@attrs.frozen
class Scope:
    """Keys of a watch.

    Attributes:
        start: First key.
        end: Where the keys end; a zero byte for all that follow.
    """

    start: bytes
    end: bytes

    @property
    def whole(self) -> bool:
        """Whether every revision tells of at least one of the keys."""
        return self.start == _FIRST_KEY and self.end == _NO_END


class Scopes:
    """What this process watches: all keys, as long as it is allowed to.

    Args:
        prefix: What the keys of interest begin with; "" for any.
    """

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._narrow = False

    def choose(self, version: str) -> Scope:
        """What to watch on a server of this *version*.

        Raises:
            UnsafeStorage: The server is too old to be watched.
        """
        number = parse_version(version)
        if number < OLDEST:
            raise UnsafeStorage(
                f"etcd {version or 'of unknown age'} is too old: watching needs 3.4 or later; "
                "upgrade the cluster"
            )
        if not self._narrow:
            return Scope(_FIRST_KEY, _NO_END)
        if number < _PROGRESS.get(number[:2], OLDEST):
            raise _refusal(version)
        return Scope(self._prefix.encode(), prefix_end(self._prefix).encode())

    def narrow(self, version: str) -> None:
        """All keys may not be watched: watch those of interest, if that will do.

        Raises:
            UnsafeStorage: It will not.
        """
        if not self._prefix:
            raise _refusal(version)
        self._narrow = True
        self.choose(version)


def _refusal(version: str) -> UnsafeStorage:
    return UnsafeStorage(
        f"etcd {version} does not say how far a watch has come, as 3.4.31, 3.5.13 and later "
        "ones do, so that all keys must be watched, and it does not allow that: upgrade it, "
        "or let the role read all keys: etcdctl role grant-permission ROLE read '' --from-key"
    )


def parse_version(version: str) -> tuple[int, int, int]:
    """The numbers of a version such as ``3.5.1`` or ``3.6.0-rc.1``; zeros if it has none."""
    found = re.match(r"v?(\d{1,9})\.(\d{1,9})\.(\d{1,9})", version, re.ASCII)
    if found is None:
        return (0, 0, 0)
    major, minor, patch = map(int, found.groups())
    return (major, minor, patch)
