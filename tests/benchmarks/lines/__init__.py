"""The lines of the table, topic by topic. A topic is a module whose ``LINES`` are in order."""

from __future__ import annotations

from collections.abc import Sequence

from figures import Line

from lines import (
    codec,
    etcd,
    footprint,
    http,
    lists,
    memory,
    scale,
    selectors,
    sharing,
    sqlite,
    starting,
    updates,
    upstream,
    watches,
)

#: Topic by topic; lines of one topic share what is costly to set up.
TOPICS: Sequence[Sequence[Line]] = (
    codec.LINES,
    (*memory.LINES, *footprint.LINES),
    sqlite.LINES,
    (*lists.LINES, *sharing.LINES),
    selectors.LINES,
    updates.LINES,
    watches.LINES,
    upstream.LINES,
    scale.LINES,
    starting.LINES,
    etcd.LINES,
    http.LINES,
)
