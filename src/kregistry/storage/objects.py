"""ObjectStorage: the one implementation of Interface, over any Backend.

Every verb is a few lines here; those with a loop or many rules have a module of their own:
:mod:`~kregistry.storage.updating`, :mod:`~kregistry.storage.reading.listing`,
:mod:`~kregistry.storage.watching`.

Source: ``k8s.io/apiserver/pkg/storage/etcd3/store.go``.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

import attrs

from kregistry.meta.context import Context
from kregistry.meta.errors import BadRequest, InternalError, TooLargeResourceVersion
from kregistry.meta.object import Object, ObjectList
from kregistry.runtime.codec import Codec
from kregistry.runtime.resource import Resource
from kregistry.storage.backend import Backend, Record
from kregistry.storage.encoded import Encoded, opening_of
from kregistry.storage.errors import (
    BackendClosed,
    ForkedStore,
    KeyExists,
    KeyNotFound,
    ResourceVersionSetOnCreate,
    RevisionMismatch,
)
from kregistry.storage.interface import (
    NO_DELETE_OPTIONS,
    NO_GET_OPTIONS,
    NO_LIST_OPTIONS,
    DeleteOptions,
    GetOptions,
    Interface,
    ListOptions,
    Stats,
    UpdateFunc,
    ValidateObjectFunc,
    validate_all_object,
)
from kregistry.storage.keys import KeyRange, KeySpace, path_prefix, resource_prefix
from kregistry.storage.lens import Lenses
from kregistry.storage.preconditions import UNCONDITIONAL, Preconditions
from kregistry.storage.reading.choosing import Rejections
from kregistry.storage.reading.decoded import DecodedObjects, Handouts
from kregistry.storage.reading.fieldindex import Indexes
from kregistry.storage.reading.inspected import Inspected
from kregistry.storage.reading.listing import Listing
from kregistry.storage.reading.plan import MAX_REVISION, parse_version, plan_list
from kregistry.storage.reading.spliced import Spliced
from kregistry.storage.serializer import Serializer
from kregistry.storage.sizes import SizeEstimator
from kregistry.storage.transformer import IDENTITY, Transformer
from kregistry.storage.turns import Turns
from kregistry.storage.unsafe import delete_unreadable
from kregistry.storage.updating import Deletion, Update, seconds
from kregistry.storage.versioner import VERSIONER, Versioner
from kregistry.storage.watch import EventSource, Watch
from kregistry.storage.watching import Failed, Followers, Initial, ObjectEvents

T = TypeVar("T", bound=Object)
U = TypeVar("U", bound=Object)

#: etcd's largest request; objects must fit on every backend.
MAX_OBJECT_BYTES = 1_572_864

_FUTURE_RETRY = 1


@attrs.frozen(kw_only=True)
class StorageSettings:
    """What all views of a store share besides the backend.

    Attributes:
        codec: Objects to bytes.
        prefix: Where keys begin in the backend.
        transformer: Bytes to stored bytes.
        max_object_bytes: Largest stored value.
        remembered_objects: So many decoded objects each view keeps for those who ask for shared
            ones; see :class:`~kregistry.storage.config.Config`.
        allow_unsafe_deletion: Honour ``ignore_store_read_error``, and tell unreadable objects
            apart as CorruptObject.
    """

    codec: Codec = attrs.field(factory=Codec)
    prefix: str = attrs.field(default="/registry", converter=path_prefix)
    transformer: Transformer = IDENTITY
    max_object_bytes: int = MAX_OBJECT_BYTES
    remembered_objects: int = 20_000
    allow_unsafe_deletion: bool = False


class ObjectStorage(Interface[T], Generic[T]):
    """Objects in a backend.

    Args:
        backend: Where the bytes are. Closed with the root view.
        settings: How objects become bytes.
        resource: Narrow the view to it; None for the root view, in which keys may begin with
            any resource's prefix and objects are what their bytes say.
    """

    def __init__(
        self,
        backend: Backend,
        settings: StorageSettings | None = None,
        *,
        resource: Resource[T] | None = None,
    ) -> None:
        self._backend = backend
        self._settings = settings = settings or StorageSettings()
        self._resource = resource
        self._space = KeySpace(
            settings.prefix, resource_prefix(f"/{resource.prefix}") if resource else "/"
        )
        self._serializer: Serializer[T] = Serializer(
            settings.codec,
            settings.transformer,
            resource,
            settings.max_object_bytes,
            settings.allow_unsafe_deletion,
        )
        self._opening = opening_of(resource.api_version, resource.kind) if resource else b""
        self._turns = Turns()
        self._share_with(Handouts())
        self._lock = threading.Lock()
        self._estimator: SizeEstimator | None = None
        self._followers = Followers()
        self._lenses = Lenses(self._serializer)

    def for_resource(self, resource: Resource[U]) -> ObjectStorage[U]:
        view: ObjectStorage[U] = ObjectStorage(self._backend, self._settings, resource=resource)
        view._followers = self._followers
        view._turns = self._turns
        view._share_with(self._handouts)
        return view

    @property
    def handouts(self) -> Handouts:
        """What this view and all others have in common about shared objects."""
        return self._handouts

    def _share_with(self, handouts: Handouts) -> None:
        self._handouts = handouts
        capacity = self._settings.remembered_objects
        self._decoded = DecodedObjects(self._serializer, handouts, capacity)
        self._rejections = Rejections(capacity)
        self._inspected = Inspected(self._serializer)
        self._spliced = Spliced(self._serializer, self._opening)
        self._indexes = Indexes(self._backend, self._space.everything, self._serializer.clear)

    @property
    def backend(self) -> Backend:
        """Where the bytes are."""
        return self._backend

    @property
    def codec(self) -> Codec:
        return self._settings.codec

    def versioner(self) -> Versioner:
        return VERSIONER

    def create(self, ctx: Context, key: str, obj: T, *, ttl: int = 0) -> T:
        full = self._space.prepare(key)
        _require_unversioned(obj)
        data, stored = self._serializer.round_trip(obj)
        VERSIONER.update_object(stored, self._put_new(full, data, ttl))
        return stored

    def create_encoded(self, ctx: Context, key: str, obj: T, *, ttl: int = 0) -> Encoded:
        full = self._space.prepare(key)
        _require_unversioned(obj)
        data = self._serializer.encode_readable(obj)
        return Encoded(data, self._put_new(full, data, ttl), self._opening)

    def _put_new(self, full: str, data: bytes, ttl: int) -> int:
        """Store *data* under a key that must be free; the revision."""
        value = self._serializer.to_storage(full, data)
        try:
            return self._backend.put(full, value, expected=0, ttl=seconds(ttl))
        except RevisionMismatch:
            raise KeyExists(full) from None

    def delete(
        self,
        ctx: Context,
        key: str,
        *,
        preconditions: Preconditions = UNCONDITIONAL,
        validate: ValidateObjectFunc[T] = validate_all_object,
        cached: T | None = None,
        options: DeleteOptions = NO_DELETE_OPTIONS,
    ) -> T:
        full = self._space.prepare(key)
        if options.ignore_store_read_error and self._settings.allow_unsafe_deletion:
            return delete_unreadable(
                self._backend, self._serializer, ctx, full, preconditions, validate
            )
        deletion = Deletion(
            backend=self._backend,
            serializer=self._serializer,
            ctx=ctx,
            key=full,
            preconditions=preconditions,
            turns=self._turns,
            validate=validate,
        )
        deleted = deletion.run(cached)
        self._decoded.forget(full)
        return deleted

    def watch(self, ctx: Context, key: str, options: ListOptions = NO_LIST_OPTIONS) -> Watch[T]:
        keys = self._space.range(key, recursive=options.recursive)
        after = min(parse_version(options.resource_version), MAX_REVISION)
        if options.progress_notify and self._resource is None:
            raise InternalError(
                "progressNotify for watch is unsupported by the etcd storage because no newFunc "
                "was provided"
            )
        watch = Watch(self._events(keys, after, options), ctx.cancellation)
        if ctx.watch_initialized is not None:
            ctx.watch_initialized()
        return watch

    def get(self, ctx: Context, key: str, options: GetOptions = NO_GET_OPTIONS) -> T:
        record = self._record(key, options)
        if record is None:
            return self._serializer.new()
        if options.shared:
            return self._decoded.object(record)
        return self._serializer.load(record).obj

    def get_encoded(self, ctx: Context, key: str, options: GetOptions = NO_GET_OPTIONS) -> Encoded:
        if options.ignore_not_found:
            options = attrs.evolve(options, ignore_not_found=False)
        record = self._record(key, options)
        assert record is not None
        return self._serializer.readable(record)

    def _record(self, key: str, options: GetOptions) -> Record | None:
        """What is stored under *key*, None if nothing is and *options* allow for that."""
        full = self._space.prepare(key)
        wanted = parse_version(options.resource_version) if options.resource_version else 0
        record, revision = self._backend.get(full)
        if wanted > revision:
            raise TooLargeResourceVersion(wanted, revision)
        if record is None:
            self._decoded.forget(full)
            if not options.ignore_not_found:
                raise KeyNotFound(full)
        return record

    def get_list(
        self, ctx: Context, key: str, options: ListOptions = NO_LIST_OPTIONS
    ) -> ObjectList[T]:
        keys = self._space.range(key, recursive=options.recursive)
        listing = Listing(
            backend=self._backend,
            serializer=self._serializer,
            ctx=ctx,
            options=options,
            keys=keys,
            plan=plan_list(options, keys.start),
            inspected=self._inspected,
            indexes=self._indexes,
            rejections=self._rejections,
            decoded=self._decoded if options.shared else None,
            spliced=self._spliced,
        )
        return listing.run()

    def guaranteed_update(
        self,
        ctx: Context,
        key: str,
        try_update: UpdateFunc[T],
        *,
        ignore_not_found: bool = False,
        preconditions: Preconditions = UNCONDITIONAL,
        cached: T | None = None,
    ) -> T:
        update = Update(
            backend=self._backend,
            serializer=self._serializer,
            ctx=ctx,
            key=self._space.prepare(key),
            preconditions=preconditions,
            turns=self._turns,
            try_update=try_update,
            ignore_not_found=ignore_not_found,
        )
        return update.run(cached)

    def stats(self, ctx: Context) -> Stats:
        count = self._count(self._space.everything)
        estimator = self._estimator
        return Stats(count, estimator.average() if estimator is not None else 0)

    def readiness_check(self) -> None:
        self._backend.ready()

    def request_watch_progress(self, ctx: Context) -> None:
        self._followers.ask_progress()

    def current_resource_version(self, ctx: Context) -> int:
        revision = self._backend.current_revision()
        if revision == 0:
            raise ValueError("the current resource version must be greater than 0")
        return revision

    def enable_resource_size_estimation(self, keys: Callable[[], Iterable[str]]) -> None:
        if keys is None:
            raise ValueError("KeysFunc cannot be nil")
        with self._lock:
            if self._estimator is not None:
                raise ValueError("resourceSizeEstimator already enabled")
            self._estimator = SizeEstimator(self._backend, self._space, keys)

    def compact_revision(self) -> int:
        return self._backend.compacted_revision()

    def compact(self, revision: int) -> None:
        self._backend.compact(revision)

    def close(self) -> None:
        if self._resource is None:
            self._backend.close()

    def count(self, key: str) -> int:
        return self._count(self._space.range(key, recursive=True))

    def _count(self, keys: KeyRange) -> int:
        return self._backend.range(*keys, limit=1, count=True).count

    def _events(self, keys: KeyRange, after: int, options: ListOptions) -> EventSource[T]:
        """Where a watch starts; what goes wrong is the first, and last, event.

        Source: ``watcher.Watch``, ``watchChan.run``.
        """
        send = options.send_initial_events
        try:
            if send or (send is None and after == 0):
                return self._with_initial(keys, after, options)
            current = self._backend.current_revision()
            start = after or current
            return self._follow(keys, start, options, future=start > current)
        except (BackendClosed, ForkedStore):
            raise  # upstream knows no such store; every other verb says it at once, too
        except Exception as error:
            if send is False and after == 0:
                raise
            return Failed(error)

    def _with_initial(self, keys: KeyRange, after: int, options: ListOptions) -> EventSource[T]:
        initial = Initial(self._backend, keys)
        if after > initial.revision:
            raise TooLargeResourceVersion(after, initial.revision, _FUTURE_RETRY)
        return self._follow(keys, initial.revision, options, initial=initial)

    def _follow(
        self,
        keys: KeyRange,
        after: int,
        options: ListOptions,
        *,
        initial: Initial | None = None,
        future: bool = False,
    ) -> EventSource[T]:
        events = ObjectEvents(
            self._serializer,
            self._lenses.through(options.predicate),
            self._backend.watch(*keys, after=after),
            initial=initial,
            bookmark=bool(options.send_initial_events) and options.predicate.allow_watch_bookmarks,
            progress=options.progress_notify,
            future=future,
        )
        if options.progress_notify:
            self._followers.add(events)
        return events


def _require_unversioned(obj: Object) -> None:
    """Refuse a new object that says it is stored already.

    Raises:
        BadRequest: What it says is no version at all.
        ResourceVersionSetOnCreate: It is one.
    """
    try:
        version = VERSIONER.object_resource_version(obj)
    except ValueError as error:
        raise BadRequest(f"invalid resource version: {error}") from None
    if version != 0:
        raise ResourceVersionSetOnCreate
