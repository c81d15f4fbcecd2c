"""Context: who asks, where, and for how long. The first argument of every verb.

Source: Go ``context.Context`` as ``k8s.io/apiserver/pkg/endpoints/request`` fills it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import attrs


class Cancellation:
    """One-way switch that ends the work of a request; safe to share between threads."""

    def __init__(self) -> None:
        # Reentrant: the collector may drop what registered here while a thread is in here.
        self._lock = threading.RLock()
        self._cancelled = False
        self._callbacks: dict[int, Callable[[], None]] = {}
        self._next = 0

    @property
    def cancelled(self) -> bool:
        """Whether :meth:`cancel` was called."""
        return self._cancelled

    def cancel(self) -> None:
        """End the request. The second call does nothing.

        Every callback runs, whatever the others raise; the first thing raised comes out.
        """
        with self._lock:
            if self._cancelled:
                return
            self._cancelled = True
            callbacks = list(self._callbacks.values())
            self._callbacks.clear()
        failures: list[BaseException] = []
        for callback in callbacks:
            try:
                callback()
            except BaseException as error:
                failures.append(error)
        if failures:
            raise failures[0]

    def on_cancel(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call *callback* once when cancelled, at once if that has happened already.

        Returns:
            What to call to forget the callback.
        """
        with self._lock:
            if not self._cancelled:
                token, self._next = self._next, self._next + 1
                self._callbacks[token] = callback
                return lambda: self._forget(token)
        callback()
        return lambda: None

    def _forget(self, token: int) -> None:
        with self._lock:
            self._callbacks.pop(token, None)


@attrs.frozen(kw_only=True)
class Context:
    """Who asks, where, and under which conditions.

    Frozen, so a callee narrows it with ``attrs.evolve`` and never surprises its caller. The
    one thing that a callee may add to is *warnings*, on purpose.

    Attributes:
        namespace: Namespace of the request; "" for all namespaces or a cluster-scoped kind.
        user: Name of the caller, "" when nobody asked who it is.
        warnings: What the caller should be told besides the answer, in order.
        cancellation: Ends the request early; None for a request that nobody can cancel.
        watch_initialized: Called once when a watch has delivered its initial events.
    """

    namespace: str = ""
    user: str = ""
    warnings: list[str] = attrs.field(factory=list, eq=False)
    cancellation: Cancellation | None = attrs.field(default=None, eq=False, repr=False)
    watch_initialized: Callable[[], None] | None = attrs.field(default=None, eq=False, repr=False)

    @property
    def cancelled(self) -> bool:
        """Whether the request was cancelled."""
        return self.cancellation is not None and self.cancellation.cancelled

    def warn(self, message: str) -> None:
        """Add a warning for the caller."""
        self.warnings.append(message)
