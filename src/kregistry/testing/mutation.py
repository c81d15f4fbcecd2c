"""MutationDetector: names who changes objects that everybody shares.

Source: ``k8s.io/client-go/tools/cache`` MutationDetector, which compares copies now and then;
here the places are told, too, where the object was handed out.
"""

from __future__ import annotations

import difflib
import json
import sys
import threading
from types import FrameType, TracebackType
from typing import Any, Self

import attrs

from kregistry.meta.object import Object
from kregistry.registry import Store
from kregistry.runtime.codec import Codec
from kregistry.storage.interface import Interface
from kregistry.storage.objects import ObjectStorage

#: Code that hands objects on; whoever called it has got them.
_OURS = ("kregistry.storage", "kregistry.registry", "kregistry.testing")


@attrs.frozen
class Mutation:
    """One shared object that somebody changed.

    Attributes:
        key: Where the object is stored.
        diff: What changed, as lines of a unified diff of the object's JSON.
        places: Where it was handed out, as ``file:line in function``, since it was last seen
            unchanged. Whoever changed it got it at one of these.
    """

    key: str
    diff: str
    places: tuple[str, ...]

    def __str__(self) -> str:
        places = "\n".join(f"  {place}" for place in self.places)
        return f"{self.key} was changed; it was handed out at\n{places}\n{self.diff}"


class SharedObjectMutated(AssertionError):
    """Somebody changed what everybody shares.

    Attributes:
        mutations: What was changed.
    """

    def __init__(self, mutations: list[Mutation]) -> None:
        super().__init__("\n\n".join(map(str, mutations)))
        self.mutations = mutations


@attrs.define
class _HandedOut:
    """One object, how it looked when it was last seen, and who has got it since."""

    key: str
    obj: Object
    text: bytes
    places: list[str]


class MutationDetector:
    """Looks after every shared object that a store hands out while this is entered.

    ::

        with MutationDetector(storage):
            run_controller(storage)  # SharedObjectMutated if it changes what it shares

    An object is looked at when it is handed out again, when :meth:`check` is called, and at
    the end. Until then it is kept, so that none escapes; this is for tests.

    Args:
        storage: Any view of a store, or a Store above it; all views of the store are covered.

    Raises:
        TypeError: *storage* knows no shared objects.
    """

    def __init__(self, storage: Interface[Any] | Store[Any]) -> None:
        view = storage.storage.storage if isinstance(storage, Store) else storage
        if not isinstance(view, ObjectStorage):
            raise TypeError(f"a {type(view).__name__} shares no objects")
        self._handouts = view.handouts
        self._codec: Codec = view.codec
        self._lock = threading.Lock()
        self._seen: dict[int, _HandedOut] = {}
        self._mutations: list[Mutation] = []

    @property
    def mutations(self) -> list[Mutation]:
        """What was found so far."""
        with self._lock:
            return list(self._mutations)

    def check(self) -> None:
        """Look at everything that was handed out.

        Raises:
            SharedObjectMutated: Something was changed, now or before.
        """
        with self._lock:
            for each in self._seen.values():
                self._look(each)
            found = list(self._mutations)
        if found:
            raise SharedObjectMutated(found)

    def __enter__(self) -> Self:
        if self._handouts.observer is not None:
            raise RuntimeError("a detector is at work on this store already")
        self._handouts.observer = self._handed_out
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._handouts.observer = None
        if error is None:
            self.check()

    def _handed_out(self, key: str, obj: Object) -> None:
        place = _caller()
        with self._lock:
            known = self._seen.get(id(obj))  # kept in there, so its id is nobody else's
            if known is None:
                known = _HandedOut(key, obj, self._codec.encode(obj), [])
                self._seen[id(obj)] = known
            else:
                self._look(known)
            if place not in known.places:
                known.places.append(place)

    def _look(self, known: _HandedOut) -> None:
        text = _text(self._codec, known.obj)
        if text == known.text:
            return
        diff = _diff(known.text, text)
        self._mutations.append(Mutation(known.key, diff, tuple(known.places)))
        known.text = text
        known.places.clear()


def _text(codec: Codec, obj: Object) -> bytes:
    """The object as it looks now; it may have been changed to what nobody could store."""
    try:
        return codec.encode(obj)
    except Exception as error:
        return json.dumps({"unreadable": str(error)}).encode()


def _diff(before: bytes, after: bytes) -> str:
    old, new = _lines(before), _lines(after)
    return "\n".join(difflib.unified_diff(old, new, "as stored", "as found", n=2, lineterm=""))


def _lines(text: bytes) -> list[str]:
    return json.dumps(json.loads(text), indent=1, ensure_ascii=False).splitlines()


def _caller() -> str:
    """Where somebody asked for an object, outside of the code that hands objects on."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_globals.get("__name__", "").startswith(_OURS):
        frame = frame.f_back
    if frame is None:
        return "nowhere"
    code = frame.f_code
    return f"{code.co_filename}:{frame.f_lineno} in {code.co_qualname}"
