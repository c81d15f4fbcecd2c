"""The log of etcd's changes, by itself."""

from __future__ import annotations

from typing import Any

import pytest

from kregistry.storage.errors import BackendUnavailable
from kregistry.storage.etcd3.feed import Feed
from kregistry.storage.log.changelog import History


@pytest.mark.parametrize("end", ["fail", "close"])
def test_readers_are_woken_when_the_feed_is_free_again(end: str) -> None:
    feed = Feed(lambda *_: History((), 1))
    feed.open(1)
    stream: Any = feed.stream("/", "0", after=1)
    locked: list[bool] = []
    assert stream.park(lambda: locked.append(feed._lock.locked()))
    getattr(feed, end)(BackendUnavailable("planted"))
    assert locked == [False]
