"""WatchSuite: what every watch of a storage.Interface must do, cases W001 to W069."""

from __future__ import annotations

from kregistry.testing.suites.watch_events import StreamCases, WatchCases
from kregistry.testing.suites.watch_scopes import ScopedWatchCases
from kregistry.testing.suites.watch_starts import BookmarkCases, InitialEventCases, StartCases


class WatchSuite(
    WatchCases,
    StreamCases,
    ScopedWatchCases,
    BookmarkCases,
    StartCases,
    InitialEventCases,
):
    """What every watch must do. Supply a backend or a storage as for StorageSuite."""
