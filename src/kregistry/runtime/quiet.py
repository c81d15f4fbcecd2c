"""quiet: many objects at once, without the garbage collector in between.

Decoding makes hundreds of containers per object and not one cycle. The collector does not know
that, and looks through all of them again and again: of 10,000 Pods decoded in a row it takes half
of the time. Paused for runs of some hundred objects, and given its turn between them, it takes
3 % of it; a pause for all of them at once gains nothing more.
"""

from __future__ import annotations

import gc
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Final

#: So many objects should be made in one run.
RUN = 256

#: Seconds after which nobody joins a pause any more. Threads that list all the time would
#: otherwise hand it on to each other for ever.
_LONGEST: Final = 0.1

# Reentrant: a signal handler or a finalizer may list something while its thread is in here. So
# the counter is raised before the collector is paused, and lowered before it goes on.
_lock = threading.RLock()
_pausing = 0
_since = 0.0


@contextmanager
def quiet(*, lasting: bool = False) -> Iterator[None]:
    """Pause the collector, for all threads; with the last one that leaves, it goes on.

    Args:
        lasting: Many objects are made that stay. By itself the collector would look through
            them twice, once as new ones and once as young ones, before it takes them for old;
            so it is told to do both at once. Of 10,000 Pods decoded in a row, the second look
            took an eighth of the time.

    A collector that is switched off already stays so; one that is switched off meanwhile does
    not, as nobody can tell that. For work of milliseconds: nobody's garbage is collected
    meanwhile. Where others have kept it paused for long, the work is done without.
    """
    joined = _join()
    try:
        yield
    finally:
        if joined:
            try:
                if lasting:
                    gc.collect(1)
            finally:
                _leave()


def _join() -> bool:
    """Pause the collector; False where it is switched off, or must have its turn."""
    global _pausing, _since
    with _lock:
        if _pausing:
            if monotonic() - _since > _LONGEST:
                return False
        elif gc.isenabled():
            _since = monotonic()
        else:
            return False
        _pausing += 1
        gc.disable()
    return True


def _leave() -> None:
    global _pausing
    with _lock:
        _pausing = max(_pausing - 1, 0)  # a fork may have set it to 0
        if not _pausing:
            gc.enable()


def _begin_anew() -> None:
    """In a forked child: whoever paused the collector, or holds the lock, is not here."""
    global _lock, _pausing
    _lock = threading.RLock()
    if _pausing:
        _pausing = 0
        gc.enable()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew)
