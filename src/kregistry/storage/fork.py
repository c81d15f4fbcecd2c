"""Forks: a child must never touch a store of its parent, not even to close it.

The locks of a file belong to the parent's process, so a child that writes through an inherited
connection writes without any, and SQLite does not notice. What is in memory, parent and child
would each change for themselves. A store that is told of the fork need not ask for its process
with every call, which would be 3 % of a create in memory.
"""

from __future__ import annotations

import atexit
import os
import weakref
from abc import ABC, abstractmethod


class Forkable(ABC):
    """Has something open that must not be used in a child."""

    @abstractmethod
    def after_fork_in_child(self) -> list[object]:
        """Refuse all further use.

        Returns:
            What must be kept unused for as long as the process lives.
        """


_open: weakref.WeakSet[Forkable] = weakref.WeakSet()
_parked: list[object] = []


def guard(store: Forkable) -> None:
    """Watch over *store* from now on."""
    _open.add(store)


def release(store: Forkable) -> None:
    """It is closed."""
    _open.discard(store)


def _poison() -> None:
    for store in list(_open):
        parked = store.after_fork_in_child()
        if parked and not _parked:
            atexit.register(_keep_for_ever)
        _parked.extend(parked)
    _open.clear()


def _keep_for_ever() -> None:
    """Let the interpreter go down without closing what is parked."""
    import ctypes

    for thing in _parked:
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(thing))


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_poison)
