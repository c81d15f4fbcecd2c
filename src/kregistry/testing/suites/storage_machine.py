"""StorageMachine: hypothesis drives storages in lock-step with a model of objects.

Needs hypothesis. A machine of one's own names its storages::

    class MyMachine(StorageMachine):
        def make_storages(self, clock):
            return [create(Config(prefix="", clock=clock, ...))]

    TestMine = MyMachine.TestCase
"""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    precondition,
    rule,
)

from kregistry.core.v1 import Pod
from kregistry.meta.context import Context
from kregistry.meta.errors import Expired, StatusError, TooLargeResourceVersion
from kregistry.meta.object import Object, ObjectList
from kregistry.storage.errors import InvalidObject, KeyExists, KeyNotFound, StorageError
from kregistry.storage.interface import (
    GetOptions,
    Interface,
    ListOptions,
    ResponseMeta,
    WithTTL,
)
from kregistry.storage.preconditions import Preconditions
from kregistry.storage.watch import EventType, Watch
from kregistry.testing.clock import FakeClock
from kregistry.testing.harness import OTHERS, PODS, continue_token, pod, select
from kregistry.testing.object_model import Listed, ObjectModel, Selects

CTX = Context()
#: Seconds after which something that must happen counts as lost.
PATIENCE = 20.0

NAMESPACES = ["x", "x-y", "x.y", "x0", "x_y", "x%y", "x\0y", "\U0001f40d"]
NAMESPACE = st.one_of(st.sampled_from(NAMESPACES[:2]), st.sampled_from(NAMESPACES))
KEY = st.one_of(
    st.sampled_from(["x/a", "x/b", "x-y/a"]),
    st.tuples(NAMESPACE, st.sampled_from(["a", "b", "a0"])).map("/".join),
)
PREFIX = st.one_of(st.just("/pods/"), NAMESPACE.map("/pods/{}/".format))
NODE = st.sampled_from(["", "n1", "n2"])
LABEL = st.sampled_from(["", "red", "blue"])

#: Selectors: label text, field text, and what they mean.
SELECTORS: list[tuple[str, str, Selects | None]] = [
    ("", "", None),
    ("", "spec.nodeName=n1", lambda obj: obj.spec.node_name == "n1"),
    ("", "metadata.name!=a", lambda obj: obj.metadata.name != "a"),
    ("colour=red", "", lambda obj: obj.metadata.labels.get("colour") == "red"),
    (
        "colour",
        "spec.nodeName!=n1",
        lambda obj: "colour" in obj.metadata.labels and obj.spec.node_name != "n1",
    ),
]
SELECTOR = st.sampled_from(SELECTORS)


def content(path: str, node: str, label: str) -> Pod:
    """The Pod that belongs under a path, without a version."""
    namespace, _, name = path.partition("/")
    labels = {"colour": label} if label else {}
    return pod(name, namespace, node=node, uid=path, labels=labels)


class Following:
    """One watch of each storage, and what they must say."""

    def __init__(
        self,
        watches: list[Watch[Pod]],
        begins: Sequence[tuple[EventType, Pod]],
        prefix: str,
        selects: Selects | None,
        after: int,
    ) -> None:
        self.watches = watches
        self.begins = begins
        self.prefix = prefix
        self.selects = selects
        self.after = after
        self.seen: list[list[tuple[EventType, Pod]]] = [[] for _ in watches]
        self.over = [False] * len(watches)

    def check(self, model: ObjectModel) -> None:
        """Read what there is; it must be right, and all of it unless the watch expired."""
        live = list(model.events(self.prefix, self.selects, self.after))
        expected = [*self.begins, *((kind, obj) for _, kind, obj in live)]
        for number, watch in enumerate(self.watches):
            seen = self.seen[number]
            while not self.over[number] and (event := ready(watch)) is not None:
                if event[0] == EventType.ERROR:
                    assert model.compacted > self.after
                    self.over[number] = True
                else:
                    seen.append(event)
            assert seen == expected[: len(seen)]
            assert self.over[number] or len(seen) == len(expected)


def ready(watch: Watch[Pod]) -> tuple[EventType, Pod] | None:
    """The next event if there is one now."""
    try:
        event = watch.next(timeout=0)
    except TimeoutError:
        return None
    assert event is not None, "the watch ended"
    return event.type, event.object


class StorageMachine(RuleBasedStateMachine):
    """Every verb, on all storages alike."""

    watches = Bundle("watches")

    @abstractmethod
    def make_storages(self, clock: FakeClock) -> list[Interface[Object]]:
        """Fresh and empty storages with the path prefix ``""``, on this clock."""

    def dispose(self) -> None:
        """Undo what :meth:`make_storages` did besides opening them."""

    @initialize()
    def begin(self) -> None:
        self.clock = FakeClock()
        self.roots = self.make_storages(self.clock)
        self.storages = [root.for_resource(PODS) for root in self.roots]
        self.model = ObjectModel()
        self.writes = 0
        self.stale: dict[str, Pod] = {}
        self.followings: list[Following] = []

    def expect(self, expected: Any, use: Callable[[Interface[Pod]], Any]) -> None:
        """All storages must do the same: return *expected*, or raise that class of error."""
        for storage in self.storages:
            assert outcome(use, storage) == expected
        if isinstance(expected, Pod):
            self.stale.setdefault(expected.metadata.uid, expected)

    def deadline(self, ttl: int) -> float | None:
        """When an object written now is due."""
        return self.clock.monotonic() + ttl if ttl else None

    @rule(path=KEY, node=NODE, label=LABEL, mortal=st.booleans())
    def create(self, path: str, node: str, label: str, mortal: bool) -> None:
        key, obj = f"/pods/{path}", content(path, node, label)
        self.writes += 1
        ttl = self.writes if mortal else 0  # no two are due at the same moment
        expected: Any = KeyExists
        if key not in self.model.state():
            expected = self.model.write(key, obj, self.deadline(ttl and ttl * 10))
        self.expect(expected, lambda s: s.create(CTX, key, obj, ttl=ttl * 10))

    @rule(
        path=KEY,
        node=NODE,
        label=LABEL,
        upsert=st.booleans(),
        wrong_uid=st.sampled_from([False, False, False, True]),
        suggest=st.booleans(),
        ttl=st.sampled_from([0, 0, 7]),
    )
    def update(
        self,
        path: str,
        node: str,
        label: str,
        upsert: bool,
        wrong_uid: bool,
        suggest: bool,
        ttl: int,
    ) -> None:
        key, obj = f"/pods/{path}", content(path, node, label)
        self.writes += 1
        ttl = ttl and ttl * 10 + self.writes * 1000

        def change(stored: Pod, _: ResponseMeta) -> WithTTL[Pod]:
            version = stored.metadata.resource_version
            found = content(path, node, label)
            found.metadata.resource_version = version
            return WithTTL(found, ttl)

        uid = "wrong" if wrong_uid else None
        self.expect(
            self._updated(key, obj, upsert, wrong_uid, ttl),
            lambda s: s.guaranteed_update(
                CTX,
                key,
                change,
                ignore_not_found=upsert,
                preconditions=Preconditions(uid=uid),
                cached=self.suggestion(path) if suggest else None,
            ),
        )

    def _updated(self, key: str, obj: Pod, upsert: bool, wrong_uid: bool, ttl: int) -> Any:
        """What an update must come to."""
        stored = self.model.state().get(key)
        if stored is None and not upsert:
            return KeyNotFound
        if wrong_uid:
            return InvalidObject
        if stored is not None and same(stored, obj):
            return stored
        return self.model.write(key, obj, self.deadline(ttl))

    def suggestion(self, path: str) -> Pod | None:
        """What a caller with an old memory believes to be stored."""
        return self.stale.get(path)

    @rule(path=KEY, wrong_uid=st.sampled_from([False, False, True]), suggest=st.booleans())
    def delete(self, path: str, wrong_uid: bool, suggest: bool) -> None:
        key = f"/pods/{path}"
        expected: Any = KeyNotFound
        if key in self.model.state():
            expected = InvalidObject if wrong_uid else self.model.write(key, None)
        uid = "wrong" if wrong_uid else path
        self.expect(
            expected,
            lambda s: s.delete(
                CTX,
                key,
                preconditions=Preconditions(uid=uid),
                cached=self.suggestion(path) if suggest else None,
            ),
        )

    @rule(path=KEY, ahead=st.one_of(st.none(), st.integers(-20, 1)))
    def get(self, path: str, ahead: int | None) -> None:
        key = f"/pods/{path}"
        bound = "" if ahead is None else str(max(self.model.revision + ahead, 0))
        expected: Any = self.model.state().get(key, KeyNotFound)
        if ahead is not None and ahead > 0:
            expected = TooLargeResourceVersion
        self.expect(expected, lambda s: s.get(CTX, key, GetOptions(resource_version=bound)))

    @rule(
        prefix=PREFIX,
        selector=SELECTOR,
        limit=st.sampled_from([0, 1, 2, 5]),
        ahead=st.one_of(st.none(), st.integers(-20, 1)),
        match=st.sampled_from(["", "Exact", "NotOlderThan"]),
    )
    def list(
        self,
        prefix: str,
        selector: tuple[str, str, Selects | None],
        limit: int,
        ahead: int | None,
        match: str,
    ) -> None:
        revision = 0 if ahead is None else max(self.model.revision + ahead, 1)
        exact = bool(revision) and (match == "Exact" or (match == "" and limit > 0))
        at = revision if exact else 0
        expected: Any = self.model.list(prefix, selector[2], limit, at)
        if revision > self.model.revision:
            expected = TooLargeResourceVersion
        elif at and at < self.model.compacted:
            expected = Expired
        self._compare_list(expected, prefix, selector, limit, str(revision or ""), match)

    @rule(
        prefix=PREFIX,
        selector=SELECTOR,
        limit=st.sampled_from([0, 1, 2]),
        start=KEY,
        back=st.one_of(st.none(), st.integers(0, 20)),
    )
    def page(
        self,
        prefix: str,
        selector: tuple[str, str, Selects | None],
        limit: int,
        start: str,
        back: int | None,
    ) -> None:
        """A page from anywhere, at any version, or from an expired token."""
        start = f"{prefix}a" if prefix != "/pods/" else f"/pods/{start}"
        at = 0 if back is None else max(self.model.revision - back, 1)
        expected: Any = self.model.list(prefix, selector[2], limit, at, start)
        if at and at < self.model.compacted:
            expected = Expired
        token = continue_token(f"{start.removeprefix(prefix)}\0", at or -1)
        self._compare_list(expected, prefix, selector, limit, "", "", token)

    def _compare_list(
        self,
        expected: Any,
        prefix: str,
        selector: tuple[str, str, Selects | None],
        limit: int,
        version: str,
        match: str,
        token: str = "",
    ) -> None:
        options = ListOptions(
            resource_version=version,
            resource_version_match=match,
            recursive=True,
            predicate=select(*selector[:2], limit=limit, continue_=token),
        )
        if isinstance(expected, Listed):
            expected = as_shown(expected, prefix)
        self.expect(expected, lambda s: s.get_list(CTX, prefix, options))

    @rule(
        target=watches,
        prefix=PREFIX,
        selector=SELECTOR,
        back=st.one_of(st.none(), st.integers(-5, 20)),
        initial=st.sampled_from([None, None, True, False]),
        bookmarks=st.booleans(),
    )
    def watch(
        self,
        prefix: str,
        selector: tuple[str, str, Selects | None],
        back: int | None,
        initial: bool | None,
        bookmarks: bool,
    ) -> Following | None:
        revision = 0 if back is None else max(self.model.revision - back, 1)
        options = ListOptions(
            resource_version=str(revision or ""),
            recursive=True,
            predicate=select(*selector[:2], allow_watch_bookmarks=bookmarks),
            send_initial_events=initial,
        )
        watches = [storage.watch(CTX, prefix, options) for storage in self.storages]
        snapshot = initial or (initial is None and not revision)
        if refused := self._refused(revision, bool(snapshot)):
            for watch in watches:
                event = watch.next(timeout=PATIENCE)
                assert event is not None
                assert event.status is not None
                assert event.status.code == refused
            return None
        begins = self._initial(prefix, selector[2], bool(initial) and bookmarks)
        after = self.model.revision if snapshot or not revision else revision
        begins = begins if snapshot else []
        self.followings.append(Following(watches, begins, prefix, selector[2], after))
        return self.followings[-1]

    def _refused(self, revision: int, snapshot: bool) -> int:
        """The code with which a watch ends at once, 0 if it goes on."""
        if snapshot:
            return 504 if revision > self.model.revision else 0
        return 410 if revision and revision < self.model.compacted else 0

    def _initial(
        self, prefix: str, selects: Selects | None, bookmark: bool
    ) -> Sequence[tuple[EventType, Pod]]:
        """What a watch shows of what exists."""
        shown = self.model.list(prefix, selects, 0, 0)
        events = [(EventType.ADDED, obj) for obj in shown.items]
        if bookmark:
            end = Pod()
            end.metadata.resource_version = str(shown.revision)
            end.metadata.annotations["k8s.io/initial-events-end"] = "true"
            events.append((EventType.BOOKMARK, end))
        return events

    @rule(following=watches)
    def read(self, following: Following | None) -> None:
        if following is not None:
            following.check(self.model)

    @rule(following=consumes(watches))
    def stop(self, following: Following | None) -> None:
        if following is not None:
            self.followings.remove(following)
            for watch in following.watches:
                watch.stop()

    @rule(back=st.integers(-1, 15))
    def compact(self, back: int) -> None:
        revision = max(self.model.revision - back, 0)
        self.model.compact(revision)
        for root in self.roots:
            root.compact(revision)
            assert root.compact_revision() == self.model.compacted

    @rule()
    def bump(self) -> None:
        self.writes += 1
        self.model.bump()
        for root in self.roots:
            root.for_resource(OTHERS).create(CTX, f"/others/{self.writes}", Pod())

    @precondition(lambda self: bool(self.model.deadlines))
    @rule(seconds=st.sampled_from([1, 50, 5000]))
    def time_passes(self, seconds: int) -> None:
        self.clock.advance(seconds)
        self.model.expire(self.clock.monotonic())
        for storage in self.storages:
            wait_for_version(storage, self.model.revision)

    @rule()
    def count(self) -> None:
        objects = len(self.model.state())
        for storage in self.storages:
            assert storage.stats(CTX).object_count == objects
            assert storage.count("/pods/") == objects
            assert storage.current_resource_version(CTX) == self.model.revision

    def teardown(self) -> None:
        if not hasattr(self, "roots"):
            return
        try:
            for following in self.followings:
                following.check(self.model)
        finally:
            for root in self.roots:
                root.close()
            self.dispose()


def same(stored: Pod, obj: Pod) -> bool:
    """Whether two Pods differ in nothing but their version."""
    names = ("name", "namespace", "uid", "labels")
    return stored.spec == obj.spec and all(
        getattr(stored.metadata, name) == getattr(obj.metadata, name) for name in names
    )


def as_shown(listed: Listed, prefix: str) -> tuple[Any, ...]:
    """What a list looks like from outside."""
    token = ""
    if listed.following is not None:
        token = continue_token(f"{listed.following.removeprefix(prefix)}\0", listed.revision)
    return (listed.items, str(listed.revision), token, listed.remaining)


def outcome(use: Callable[[Interface[Pod]], Any], storage: Interface[Pod]) -> Any:
    """What came of it, in a form that can be compared; its class for an error."""
    try:
        found = use(storage)
    except (StorageError, StatusError) as error:
        return type(error)
    if isinstance(found, ObjectList):
        meta = found.metadata
        items = list(found.items)
        return (items, meta.resource_version, meta.continue_, meta.remaining_item_count)
    return found


def wait_for_version(storage: Interface[Pod], revision: int) -> None:
    """Wait until a storage's own thread has done what is due."""
    deadline = time.monotonic() + PATIENCE
    while storage.current_resource_version(CTX) < revision:
        assert time.monotonic() < deadline, "expired objects were not deleted"
        time.sleep(0.001)
    assert storage.current_resource_version(CTX) == revision
