"""DecoratedWatch: a watch whose objects are changed before anyone sees them.

Source: ``k8s.io/apiserver/pkg/registry/generic/registry/decorated_watcher.go``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from kregistry.meta.object import Object
from kregistry.storage.watch import Event, EventType, Watch

T = TypeVar("T", bound=Object)


class DecoratedWatch(Watch[T]):
    """Another watch, with a decorator applied to the object of every event but ERROR.

    Args:
        inner: Where the events come from; stopped with this one.
        decorator: Changes each object.
    """

    def __init__(self, inner: Watch[T], decorator: Callable[[T], None]) -> None:
        self._inner = inner
        self._decorator = decorator

    def next(self, timeout: float | None = None) -> Event[T] | None:
        event = self._inner.next(timeout)
        return None if event is None else self._decorated(event)

    def stop(self) -> None:
        self._inner.stop()

    def request_progress(self) -> None:
        self._inner.request_progress()

    async def __anext__(self) -> Event[T]:
        return self._decorated(await self._inner.__anext__())

    def _decorated(self, event: Event[T]) -> Event[T]:
        if event.type is not EventType.ERROR:
            self._decorator(event.object)
        return event
