"""The follower: keeps the one watch of etcd going that fills the feed.

A watch that breaks is opened again, on another member, behind the last revision that it told
of, so that nothing is lost and nothing told twice. Only when what should come next has been
compacted is there nothing to be done: then every watcher is told.
"""

from __future__ import annotations

import copy
import logging
import threading
import time

from kregistry.storage.errors import (
    AccessDenied,
    BackendError,
    BackendUnavailable,
    RevisionCompacted,
    UnsafeStorage,
)
from kregistry.storage.etcd3 import faults
from kregistry.storage.etcd3.feed import Feed
from kregistry.storage.etcd3.members import Members
from kregistry.storage.etcd3.scope import Scopes
from kregistry.storage.etcd3.watchcall import WatchCall

#: Seconds for which the watch goes on when nobody watches any more: they often come back.
LINGER = 30.0

#: Seconds between questions how far the watch has come.
_ASKING = 1.0

#: Seconds that a watch may be behind what this process has seen of the store by other ways.
_LAG = 3.0

_PAUSE, _LONGEST_PAUSE = 0.05, 1.0

#: What trying again does not mend.
_LASTING = (RevisionCompacted, AccessDenied, UnsafeStorage)

_log = logging.getLogger(__name__)
_log.addHandler(logging.NullHandler())


class _Session:
    """One life of the thread.

    Attributes:
        begun: Set once the watch has begun, or never will.
        failure: Why it never will.
        trouble: What the latest attempt met with; "" if it is still under way.
        call: The watch, while it lasts.
    """

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.failure: BackendError | None = None
        self.trouble = ""
        self.call: WatchCall | None = None


class Follower:
    """One daemon thread, there as long as the feed has a log."""

    def __init__(self, members: Members, feed: Feed, scopes: Scopes) -> None:
        self._members = members
        self._feed = feed
        self._scopes = scopes
        self._lock = threading.Lock()
        self._session: _Session | None = None
        self._stopped = threading.Event()
        self._unwatched_since = 0.0
        self._behind: tuple[tuple[int, int], float] | None = None

    def start(self) -> None:
        """Follow from now on, and wait until the watch has begun.

        Raises:
            BackendError: It does not, or not in time.
        """
        with self._lock:
            session = self._session or self._start_thread()
        begun = session.begun.wait(self._members.timeout)
        if session.failure is not None:
            raise copy.copy(session.failure)  # others may raise it, too
        if not begun:
            raise faults.unreachable(
                str(self._members),
                self._members.timeout,
                f"the watch did not begin ({session.trouble or 'the member is silent'})",
            )

    def check(self, known: int) -> None:
        """Look after the watch. Called about once a second.

        Args:
            known: The newest revision that this process has seen, by whatever way.
        """
        now = time.monotonic()
        if self._feed.is_watched:
            self._unwatched_since = now
        elif now - self._unwatched_since > LINGER and self._feed.retire():
            self._cancel()
            return
        call, head = self._call, self._feed.head
        reached = (head, call.unfinished if call is not None else 0)
        if known <= head:
            self._behind = None
        elif self._behind is None or self._behind[0] != reached:
            self._behind = (reached, now)
        elif now - self._behind[1] > _LAG:
            self._behind = None
            self._turn_away()

    def stop(self) -> None:
        """End the thread, without waiting for it. Idempotent."""
        self._stopped.set()
        self._cancel()

    def _start_thread(self) -> _Session:
        self._unwatched_since = time.monotonic()
        session = _Session()
        thread = threading.Thread(
            target=self._run, args=(session,), name="kregistry-etcd3-watch", daemon=True
        )
        try:
            thread.start()
        except RuntimeError as error:
            raise BackendUnavailable(f"watching needs a thread: {error}") from error
        self._session = session
        return session

    def _run(self, session: _Session) -> None:
        pause = _PAUSE
        while self._goes_on():
            since = time.monotonic()
            try:
                self._follow(session)
            except _LASTING as error:
                if not self._is_harmless(error):
                    self._give_up(session, error)
                    return
            except BackendError as error:
                session.trouble = str(error)
                _log.info("the watch is opened again: %s", error)
            except Exception:
                _log.exception("the watch failed; it is opened again")
            lasted = time.monotonic() - since > _LONGEST_PAUSE
            pause = _PAUSE if lasted else min(2 * pause, _LONGEST_PAUSE)
            session.call = None
            self._stopped.wait(pause)
        session.begun.set()

    def _goes_on(self) -> bool:
        with self._lock:
            if self._feed.is_open and not self._stopped.is_set():
                return True
            self._session = None
            return False

    def _follow(self, session: _Session) -> None:
        call = WatchCall(
            self._members,
            self._scopes,
            after=self._feed.head,
            asking=_ASKING,
            known=lambda: self._feed.head,
        )
        try:
            for batch in call.batches():
                if session.call is None:
                    session.call = call
                    session.begun.set()
                taken = self._feed.receive(batch.changes, batch.upto)
                if not taken or self._stopped.is_set():
                    return
        finally:
            call.cancel()

    def _is_harmless(self, error: BackendError) -> bool:
        """Whether only that is compacted which this process knows of its own writes."""
        return isinstance(error, RevisionCompacted) and error.compacted <= self._feed.head

    def _give_up(self, session: _Session, error: BackendError) -> None:
        with self._lock:
            self._session = None
            session.failure = error
            self._feed.fail(error)
        session.begun.set()

    def _turn_away(self) -> None:
        """The member says nothing, though there is something to say."""
        call = self._call
        if call is not None:
            self._members.leave(call.member)
            call.cancel()

    def _cancel(self) -> None:
        call = self._call
        if call is not None:
            call.cancel()

    @property
    def _call(self) -> WatchCall | None:
        session = self._session
        return session.call if session is not None else None
