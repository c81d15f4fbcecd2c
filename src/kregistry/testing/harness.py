"""Harness: what a storage case holds in its hands, beside the storage itself.

The cases store Pods under ``/pods/`` with an empty path prefix, and every stored value begins
with ``test!``. What they must see or cause below the storage they do through the transformer
and through writes to a second resource, so that any :class:`~kregistry.storage.Interface`
can be tested, whatever is under it.
"""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import attrs

from kregistry.core.v1 import Pod
from kregistry.meta.context import Context
from kregistry.meta.object import Object, ObjectList
from kregistry.meta.objectmeta import ObjectMeta
from kregistry.runtime import fields, labels
from kregistry.runtime.resource import Resource
from kregistry.storage.config import Config
from kregistry.storage.interface import GetOptions, Interface, ListOptions, ResponseMeta
from kregistry.storage.predicate import SelectionPredicate
from kregistry.storage.transformer import Transformer
from kregistry.storage.watch import Event, EventType, Watch
from kregistry.testing.forwarding import Counting

PODS = Resource(Pod, plural="pods")
OTHERS = Resource(Pod, plural="others")
MAX_VERSION = str(2**63 - 1)
VALUE_PREFIX = b"test!"

MakeStorage = Callable[[Config], Interface[Object]]


def pod(name: str, namespace: str = "ns", *, node: str = "", uid: str = "", **meta: Any) -> Pod:
    """A Pod as the cases need it; *meta* goes into its metadata."""
    made = Pod(metadata=ObjectMeta(name=name, namespace=namespace, uid=uid, **meta))
    made.spec.node_name = node
    return made


def key_of(obj: Pod) -> str:
    """The key that the cases store a Pod under."""
    return f"/pods/{obj.metadata.namespace}/{obj.metadata.name}"


def version_of(obj: Pod | ObjectList[Pod]) -> int:
    """The resourceVersion as a number."""
    return int(obj.metadata.resource_version)


def pod_attributes(obj: Object) -> tuple[dict[str, str], dict[str, str]]:
    """What the cases select Pods by."""
    node = obj.spec.node_name if isinstance(obj, Pod) else ""
    meta = obj.metadata
    names = {"metadata.name": meta.name, "metadata.namespace": meta.namespace}
    return dict(meta.labels), {**names, "spec.nodeName": node}


def select(label: str = "", field: str = "", **rest: Any) -> SelectionPredicate:
    """A predicate over Pods from selector texts."""
    return SelectionPredicate(
        label=labels.parse(label), field=fields.parse(field), get_attrs=pod_attributes, **rest
    )


def continue_token(start: str, version: int) -> str:
    """A continue token made by hand, so that the storage's own is checked against it."""
    body = {"v": "meta.k8s.io/v1", "rv": version, "start": start}
    text = json.dumps(body, separators=(",", ":"), ensure_ascii=False)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


@attrs.define
class Prefixing(Transformer):
    """Puts a prefix before every value and insists on it when reading."""

    prefix: bytes = VALUE_PREFIX
    stale: bool = False

    def from_storage(self, data: bytes, context: bytes) -> tuple[bytes, bool]:
        if not data.startswith(self.prefix):
            raise ValueError(f"the value does not begin with {self.prefix!r}")
        return data[len(self.prefix) :], self.stale

    def to_storage(self, data: bytes, context: bytes) -> bytes:
        return self.prefix + data


class Failing(Transformer):
    """Cannot read anything."""

    def from_storage(self, data: bytes, context: bytes) -> tuple[bytes, bool]:
        raise ValueError("nothing can be read")

    def to_storage(self, data: bytes, context: bytes) -> bytes:
        return VALUE_PREFIX + data


class Corrupting(Prefixing):
    """Reads bytes that are no object."""

    def from_storage(self, data: bytes, context: bytes) -> tuple[bytes, bool]:
        plain, stale = super().from_storage(data, context)
        return b"corrupt" + plain, stale


class SwitchableTransformer(Transformer):
    """Does what :attr:`active` does, counts reads and remembers what was written last.

    Attributes:
        active: Swap it in the middle of a case.
        reads: Values read since the last :meth:`Harness.expect_reads`.
        written: The newest bytes before and after transformation, by order of writing.
        on_read: Called after every read, if set.
    """

    def __init__(self) -> None:
        self.active: Transformer = Prefixing()
        self.reads = 0
        self.written: list[tuple[bytes, bytes]] = []
        self.on_read: Callable[[], None] | None = None
        self._lock = threading.Lock()

    def from_storage(self, data: bytes, context: bytes) -> tuple[bytes, bool]:
        with self._lock:
            self.reads += 1
        result = self.active.from_storage(data, context)
        if self.on_read is not None:
            self.on_read()
        return result

    def to_storage(self, data: bytes, context: bytes) -> bytes:
        stored = self.active.to_storage(data, context)
        with self._lock:
            self.written.append((data, stored))
        return stored


@attrs.define
class Harness:
    """One storage under test.

    Attributes:
        root: The storage as made.
        pods: The same, narrowed to Pods.
        transformer: What stands between objects and bytes.
        counting: Counts backend reads, or None where the backend cannot be reached.
        patience: Seconds after which something expected counts as lost.
        quiet: Seconds of silence that count as "nothing more comes".
    """

    root: Interface[Object]
    pods: Interface[Pod]
    transformer: SwitchableTransformer
    counting: Counting | None
    patience: float = 30.0
    quiet: float = 0.1
    ctx: Context = attrs.field(factory=Context)
    _watches: list[Watch[Pod]] = attrs.field(factory=list)
    _bumps: int = 0

    def create(self, obj: Pod, *, ttl: int = 0) -> Pod:
        """Create a Pod under its own key."""
        return self.pods.create(self.ctx, key_of(obj), obj, ttl=ttl)

    def change(self, obj: Pod, change: Callable[[Pod], None]) -> Pod:
        """Change what is stored under the key of *obj*."""

        def apply(stored: Pod, _: ResponseMeta) -> Pod:
            change(stored)
            return stored

        return self.pods.guaranteed_update(self.ctx, key_of(obj), apply)

    def assign(self, obj: Pod, node: str) -> Pod:
        """Bind the Pod to a node."""

        def bind(stored: Pod) -> None:
            stored.spec.node_name = node

        return self.change(obj, bind)

    def annotate(self, obj: Pod, **annotations: str) -> Pod:
        """Add annotations to the Pod."""
        return self.change(obj, lambda stored: stored.metadata.annotations.update(annotations))

    def get(self, key: str, version: str = "", *, ignore_not_found: bool = False) -> Pod:
        """Get a Pod by key."""
        options = GetOptions(resource_version=version, ignore_not_found=ignore_not_found)
        return self.pods.get(self.ctx, key, options)

    def delete(self, key: str, **how: Any) -> Pod:
        """Delete a Pod by key."""
        return self.pods.delete(self.ctx, key, **how)

    def list(
        self, key: str = "/pods/", version: str = "", match: str = "", **how: Any
    ) -> ObjectList[Pod]:
        """List Pods. *how*: ``recursive=False``, or what :func:`select` takes."""
        options = ListOptions(
            resource_version=version,
            resource_version_match=match,
            recursive=how.pop("recursive", True),
            predicate=select(**how),
        )
        return self.pods.get_list(self.ctx, key, options)

    def watch(self, key: str = "/pods/", version: str = "", **how: Any) -> Watch[Pod]:
        """Watch Pods; the harness stops the watch when the case ends."""
        options = ListOptions(
            resource_version=version,
            recursive=how.pop("recursive", True),
            progress_notify=how.pop("progress_notify", False),
            send_initial_events=how.pop("send_initial_events", None),
            predicate=select(
                allow_watch_bookmarks=how.pop("bookmarks", False),
                label=how.pop("label", ""),
                field=how.pop("field", ""),
            ),
        )
        watch = self.pods.watch(how.pop("ctx", self.ctx), key, options)
        self._watches.append(watch)
        return watch

    def bump(self) -> int:
        """Write something that no Pod watch or list sees.

        Returns:
            The revision of that write.
        """
        self._bumps += 1
        key = f"/others/bumps/{self._bumps}"
        stored = self.root.for_resource(OTHERS).create(self.ctx, key, pod(str(self._bumps)))
        return version_of(stored)

    def compact(self, revision: int) -> int:
        """Compact, and move the revision on by one, as etcd's compactor does.

        Returns:
            The revision of the store afterwards.
        """
        self.root.compact(revision)
        return self.bump()

    def next(self, watch: Watch[Pod]) -> Event[Pod]:
        """The next event, which must come."""
        event = watch.next(timeout=self.patience)
        assert event is not None, "the watch ended"
        return event

    def expect(self, watch: Watch[Pod], kind: EventType, obj: Pod) -> None:
        """The next event must be *kind* of exactly *obj*."""
        event = self.next(watch)
        assert (event.type, event.object) == (kind, obj)

    def expect_nothing(self, watch: Watch[Pod]) -> None:
        """No event must come."""
        try:
            event = watch.next(timeout=self.quiet)
        except TimeoutError:
            return
        assert event is None, f"unexpected {event}"
        raise AssertionError("the watch ended")

    def expect_end(self, watch: Watch[Pod]) -> None:
        """The stream must end, with nothing before the end."""
        assert watch.next(timeout=self.patience) is None

    @contextmanager
    def expect_reads(self, *, values: int, ranges: int) -> Iterator[None]:
        """Exactly so many values must be transformed, in so many reads of the backend."""
        self.transformer.reads = 0
        before = self.counting.ranges if self.counting else 0
        yield
        assert self.transformer.reads == values
        if self.counting:
            assert self.counting.ranges - before == ranges

    def close(self) -> None:
        """Stop every watch and close the storage."""
        for watch in self._watches:
            watch.stop()
        self.root.close()
