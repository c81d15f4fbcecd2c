"""Peers: what a Python user might keep a dict in instead. None has revisions, or watches.

Each is told to be as durable as we are where it can be: a write is on the disk when it
returns. Those that are not installed are left out; the extra ``bench`` brings them.
"""

from __future__ import annotations

import copy
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from bench import Bench

Tree = dict[str, Any]


class Peer(ABC):
    """A map from names to trees of dicts and lists: a tree in, an equal tree out."""

    name: str

    @abstractmethod
    def put(self, key: str, tree: Tree) -> None:
        """Keep *tree*, for good."""

    @abstractmethod
    def get(self, key: str) -> Tree:
        """What was kept."""

    @abstractmethod
    def all(self) -> list[Tree]:
        """All that was kept."""

    def close(self) -> None:  # noqa: B027  (a dict has nothing to give back)
        """Give back what is open."""


class DeepCopies(Peer):
    """What tests usually do. In memory."""

    name = "dict of deep copies"

    def __init__(self) -> None:
        self._kept: dict[str, Tree] = {}

    def put(self, key: str, tree: Tree) -> None:
        self._kept[key] = copy.deepcopy(tree)

    def get(self, key: str) -> Tree:
        return copy.deepcopy(self._kept[key])

    def all(self) -> list[Tree]:
        return copy.deepcopy(list(self._kept.values()))


class DiskCache(Peer):
    """SQLite and pickle; told to flush the disk, which it does not do by itself."""

    name = "diskcache, FULL"

    def __init__(self, path: str) -> None:
        import diskcache

        self._cache = diskcache.Cache(path, sqlite_synchronous=2, eviction_policy="none")

    def put(self, key: str, tree: Tree) -> None:
        self._cache.set(key, tree)

    def get(self, key: str) -> Tree:
        found: Tree = self._cache.get(key)
        return found

    def all(self) -> list[Tree]:
        return [self._cache.get(key) for key in self._cache]

    def close(self) -> None:
        self._cache.close()


class Lmdb(Peer):
    """A memory-mapped B-tree, and json."""

    name = "lmdb and json"

    def __init__(self, path: str) -> None:
        import lmdb

        self._env = lmdb.open(path, map_size=4 << 30)

    def put(self, key: str, tree: Tree) -> None:
        data = json.dumps(tree, separators=(",", ":")).encode()
        with self._env.begin(write=True) as transaction:
            transaction.put(key.encode(), data)

    def get(self, key: str) -> Tree:
        with self._env.begin() as transaction:
            found: Tree = json.loads(transaction.get(key.encode()))
        return found

    def all(self) -> list[Tree]:
        with self._env.begin() as transaction:
            return [json.loads(data) for _, data in transaction.cursor()]

    def close(self) -> None:
        self._env.close()


class Zodb(Peer):
    """An object database; what it hands out is live, and a dict in it is stored as a whole."""

    name = "ZODB, live objects"

    def __init__(self, path: str) -> None:
        import transaction
        import ZODB
        from BTrees.OOBTree import OOBTree
        from persistent.mapping import PersistentMapping

        self._database = ZODB.DB(path)
        self._connection = self._database.open()
        self._made = PersistentMapping
        self._commit: Callable[[], None] = transaction.commit
        self._root = self._connection.root()
        self._root["pods"] = OOBTree()
        self._commit()

    def put(self, key: str, tree: Tree) -> None:
        self._root["pods"][key] = self._made(tree)
        self._commit()

    def get(self, key: str) -> Tree:
        return dict(self._root["pods"][key])

    def all(self) -> list[Tree]:
        return [dict(each) for each in self._root["pods"].values()]

    def close(self) -> None:
        self._connection.close()
        self._database.close()


class SqliteDict(Peer):
    """SQLite and json, through a thread. Does not flush the disk, and cannot be told to."""

    name = "sqlitedict, not durable"

    def __init__(self, path: str) -> None:
        from sqlitedict import SqliteDict as Found

        self._kept = Found(path, autocommit=False, encode=json.dumps, decode=json.loads)

    def put(self, key: str, tree: Tree) -> None:
        self._kept[key] = tree
        self._kept.commit()

    def get(self, key: str) -> Tree:
        found: Tree = self._kept[key]
        return found

    def all(self) -> list[Tree]:
        return list(self._kept.values())

    def close(self) -> None:
        self._kept.close()


@contextmanager
def durable_peers(bench: Bench) -> Iterator[list[Peer]]:
    """Those on disk that are installed."""
    kinds: list[Callable[[str], Peer]] = [DiskCache, Lmdb, Zodb, SqliteDict]
    with ExitStack() as stack:
        found: list[Peer] = []
        for kind in kinds:
            try:
                peer = kind(bench.path(kind.__name__))
            except ImportError:
                continue
            stack.callback(peer.close)
            found.append(peer)
        yield found
