"""System fields: the part of the metadata that the server writes and no client.

Source: ``k8s.io/apiserver/pkg/registry/rest/meta.go``.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from kregistry.meta.clock import Clock, SystemClock
from kregistry.meta.objectmeta import ObjectMeta
from kregistry.meta.time import Time

#: UUIDs for which chance is drawn at once, and the hexadecimal digits of one.
_DRAWN_AT_ONCE: Final = 256
_DIGITS: Final = 32
#: What a digit becomes of which two bits are fixed, those of the variant.
_VARIANT: Final = {digit: "89ab"[int(digit, 16) % 4] for digit in "0123456789abcdef"}

#: The digits of UUIDs to come. One thread at a time takes one or adds some, as lists see to.
_drawn: Final[list[str]] = []
if sys.platform != "win32":
    os.register_at_fork(after_in_child=_drawn.clear)  # or both processes would make the same

_SECOND: Final = timedelta(seconds=1)


def random_uid() -> str:
    """A random UUID, version 4, as text.

    Chance is drawn from the system for many at once: each draw lets other threads run, and in
    a busy server it takes its time, 10 us and more, to get the turn back.
    """
    try:
        digits = _drawn.pop()
    except IndexError:
        digits = _draw()
    variant = _VARIANT[digits[16]]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"


def _draw() -> str:
    """The digits of one UUID; those of more are left for later."""
    text = os.urandom(_DRAWN_AT_ONCE * _DIGITS // 2).hex()
    first, *more = (text[at : at + _DIGITS] for at in range(0, len(text), _DIGITS))
    _drawn.extend(more)
    return first


class SystemFields:
    """Fills and clears what belongs to the server. Safe to share between threads.

    Args:
        clock: Where creation and deletion times come from.
        uids: Makes a uid that no other object has.
    """

    def __init__(self, *, clock: Clock | None = None, uids: Callable[[], str] = random_uid) -> None:
        self._clock = clock if clock is not None else SystemClock()
        self._uids = uids
        self._last: tuple[datetime, datetime, Time] | None = None

    def now(self) -> Time:
        """The present second. One object serves all calls within it; it is immutable."""
        moment, last = self._clock.now(), self._last
        if last is None or not last[0] <= moment < last[1]:
            second = moment.replace(microsecond=0)
            self._last = last = (second, second + _SECOND, Time.of(second))
        return last[2]

    def fill(self, meta: ObjectMeta) -> None:
        """Give the object its uid and creation time, whatever it carried.

        Source: ``rest.FillObjectMetaSystemFields``.
        """
        meta.creation_timestamp = self.now()
        meta.uid = self._uids()


def wipe(meta: ObjectMeta) -> None:
    """Forget what a client wrote into fields of the server.

    Source: ``rest.WipeObjectMetaSystemFields``.
    """
    meta.creation_timestamp = None
    meta.uid = ""
    meta.deletion_timestamp = None
    meta.deletion_grace_period_seconds = None
    meta.self_link = ""


def has_values(meta: ObjectMeta) -> bool:
    """Whether the server's fields are filled.

    Source: ``rest.HasObjectMetaSystemFieldValues``.
    """
    return meta.creation_timestamp is not None or bool(meta.uid)


def reset_for_status(new: ObjectMeta, old: ObjectMeta) -> None:
    """Take everything from *old* that an update of the status must not change.

    Source: ``metav1.ResetObjectMetaForStatus``.
    """
    new.deletion_timestamp = old.deletion_timestamp
    new.generation = old.generation
    new.self_link = old.self_link
    new.labels = dict(old.labels)
    new.annotations = dict(old.annotations)
    new.finalizers = list(old.finalizers)
    new.owner_references = list(old.owner_references)
