"""Interface: objects under keys, with Kubernetes' rules for versions, lists and watches.

Source: ``k8s.io/apiserver/pkg/storage/interfaces.go`` at 1.36.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Generic, Self, TypeVar

import attrs

from kregistry.meta.context import Context
from kregistry.meta.object import Object, ObjectList
from kregistry.runtime.codec import Codec
from kregistry.runtime.resource import Resource
from kregistry.storage.encoded import Encoded
from kregistry.storage.preconditions import UNCONDITIONAL, Preconditions
from kregistry.storage.predicate import EVERYTHING, SelectionPredicate
from kregistry.storage.versioner import Versioner
from kregistry.storage.watch import Watch

T = TypeVar("T", bound=Object)
U = TypeVar("U", bound=Object)


@attrs.frozen(kw_only=True)
class GetOptions:
    """How to get one object.

    Attributes:
        ignore_not_found: Return an empty object instead of raising KeyNotFound.
        resource_version: The answer must not be older than this; "" or "0" for no bound.
        shared: Return the one decoded object of its version, which everybody gets who asks for
            shared ones, and which nobody may change, nothing in it either. It is found in a
            twentieth of the time that a fresh one takes.
    """

    ignore_not_found: bool = False
    resource_version: str = ""
    shared: bool = False


@attrs.frozen(kw_only=True)
class ListOptions:
    """How to list or watch.

    Attributes:
        resource_version: "" newest, "0" any, else a version that *resource_version_match*
            interprets; for a watch, where to start.
        resource_version_match: "", "Exact" or "NotOlderThan".
        predicate: Which objects, how many at most, and where to continue.
        recursive: Everything below the key; otherwise the key itself.
        progress_notify: Watch only: also deliver bookmarks when the backend says how far it is.
        send_initial_events: Watch only: True first delivers what exists as ADDED, False does
            not, None decides by *resource_version* as old clients expect.
        shared: Lists only: the objects are those that everybody shares; see
            :class:`GetOptions`. All are decoded when the list returns.
    """

    resource_version: str = ""
    resource_version_match: str = ""
    predicate: SelectionPredicate = EVERYTHING
    recursive: bool = False
    progress_notify: bool = False
    send_initial_events: bool | None = None
    shared: bool = False


@attrs.frozen(kw_only=True)
class DeleteOptions:
    """How to delete one object.

    Attributes:
        ignore_store_read_error: Delete even what cannot be read back, and only that.
    """

    ignore_store_read_error: bool = False


@attrs.frozen
class ResponseMeta:
    """What storage tells an update function about the object it hands it.

    Attributes:
        resource_version: Revision of the stored object, 0 when there is none.
        ttl: Always 0; declared because Go declares it.
    """

    resource_version: int = 0
    ttl: int = 0


@attrs.frozen
class Stats:
    """Figures about one resource.

    Attributes:
        object_count: Objects under the resource's prefix.
        estimated_average_object_size_bytes: Mean stored size; 0 unless estimation is on.
    """

    object_count: int
    estimated_average_object_size_bytes: int = 0


@attrs.frozen
class WithTTL(Generic[T]):
    """What an update function returns to give the object a time to live.

    Attributes:
        obj: The new object.
        ttl: Seconds until it is deleted; 0 for never.
    """

    obj: T
    ttl: int


#: Makes the new object from the stored one. May run several times, each time on a fresh object.
UpdateFunc = Callable[[T, ResponseMeta], "T | WithTTL[T]"]

#: Raises if the object must not be deleted. Gets None where the object cannot be read.
ValidateObjectFunc = Callable[[Context, "T | None"], None]


def validate_all_object(ctx: Context, obj: Object | None) -> None:
    """Let everything pass. Source: ``rest.ValidateAllObjectFunc``."""


NO_GET_OPTIONS = GetOptions()
NO_LIST_OPTIONS = ListOptions()
NO_DELETE_OPTIONS = DeleteOptions()


class Interface(ABC, Generic[T]):
    """Objects under keys such as ``/pods/default/web``.

    Objects handed in are not kept, objects handed out are the caller's own, unless the caller
    asks for shared ones. Every method is safe to call from any thread. Callbacks run without
    any lock held and may call back.

    Raises, from every method that takes a key: ``ValueError`` for a key that is empty, has a
    ``.`` or ``..`` segment or lies outside the resource's prefix, before anything else.
    """

    @abstractmethod
    def for_resource(self, resource: Resource[U]) -> Interface[U]:
        """The same store, narrowed to one resource: its type, and keys below its prefix.

        Source: ``storagebackend.Config.ForResource``.
        """

    @property
    def codec(self) -> Codec:
        """What turns objects into bytes here, for those who want to know how one would return.

        Source: ``storagebackend.Config.Codec``.
        """
        return Codec()

    @abstractmethod
    def versioner(self) -> Versioner:
        """Reads and writes resource versions on objects."""

    @abstractmethod
    def create(self, ctx: Context, key: str, obj: T, *, ttl: int = 0) -> T:
        """Store *obj* under a key that must be free.

        Args:
            ttl: Seconds after which the object is deleted; 0 for never.

        Returns:
            A fresh object as stored, with its resourceVersion.

        Raises:
            KeyExists: The key is taken.
            ResourceVersionSetOnCreate: *obj* carries a resourceVersion.
        """

    def create_encoded(self, ctx: Context, key: str, obj: T, *, ttl: int = 0) -> Encoded:
        """:meth:`create` for who passes on what was stored as it is: its bytes."""
        return self.encoded(self.create(ctx, key, obj, ttl=ttl))

    @abstractmethod
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
        """Delete the object, if *preconditions* and *validate* agree with its newest state.

        Args:
            cached: What the caller believes to be stored; saves a read if true, changes
                nothing if not.

        Returns:
            The last state, with the revision of the deletion as resourceVersion.

        Raises:
            KeyNotFound: Nothing is stored there.
            InvalidObject: A precondition does not hold.
        """

    @abstractmethod
    def watch(self, ctx: Context, key: str, options: ListOptions = NO_LIST_OPTIONS) -> Watch[T]:
        """Follow the changes of one key, or of everything below it.

        What can go wrong after the call is an ERROR event, followed by the end.
        """

    @abstractmethod
    def get(self, ctx: Context, key: str, options: GetOptions = NO_GET_OPTIONS) -> T:
        """The newest object under *key*.

        Raises:
            KeyNotFound: Nothing is stored there, and *options* do not ignore that.
            Timeout: ``options.resource_version`` is higher than the store's (504).
            BadRequest: It is no version at all.
        """

    def get_encoded(self, ctx: Context, key: str, options: GetOptions = NO_GET_OPTIONS) -> Encoded:
        """:meth:`get` for who passes the object on as it is: its bytes.

        Raises:
            KeyNotFound: Nothing is stored there, whatever *options* say.
        """
        return self.encoded(self.get(ctx, key, attrs.evolve(options, ignore_not_found=False)))

    def encoded(self, obj: T) -> Encoded:
        """The bytes of an object that was handed out here."""
        versioner = self.versioner()
        revision = versioner.object_resource_version(obj)
        return Encoded(self.codec.encode(versioner.prepared(obj)), revision)

    @abstractmethod
    def get_list(
        self, ctx: Context, key: str, options: ListOptions = NO_LIST_OPTIONS
    ) -> ObjectList[T]:
        """The objects below *key*, or the one at it, in byte order of their keys.

        Raises:
            Expired: The version asked for, or the one in the continue token, is compacted
                (410); with a token, ``status.metadata.continue_`` allows going on.
            Timeout: The version asked for is higher than the store's (504).
            BadRequest: Version or continue token are malformed.
        """

    @abstractmethod
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
        """Apply *try_update* to what is stored, again and again until nobody interferes.

        A result whose bytes equal the stored ones is not written: no revision, no event.

        Args:
            try_update: Runs on a fresh object each time; raising ends the update, unless it
                ran on a stale *cached*.
            ignore_not_found: Hand *try_update* an empty object when the key is free, and
                create what it returns.
        """

    @abstractmethod
    def stats(self, ctx: Context) -> Stats:
        """Figures about the resource."""

    @abstractmethod
    def readiness_check(self) -> None:
        """Raise StorageNotReady, or what the backend says, unless requests can be served."""

    @abstractmethod
    def request_watch_progress(self, ctx: Context) -> None:
        """Ask that watches opened with ``progress_notify`` deliver a bookmark soon."""

    @abstractmethod
    def current_resource_version(self, ctx: Context) -> int:
        """Revision of the whole store; unrelated writes move it."""

    @abstractmethod
    def enable_resource_size_estimation(self, keys: Callable[[], Iterable[str]]) -> None:
        """Make :meth:`stats` report sizes.

        Args:
            keys: Lists the keys that exist.

        Raises:
            ValueError: *keys* is None, or estimation is on already.
        """

    @abstractmethod
    def compact_revision(self) -> int:
        """Highest revision known to be compacted; 0 if none."""

    @abstractmethod
    def compact(self, revision: int) -> None:
        """Forget versions older than the newest at or before *revision*."""

    @abstractmethod
    def close(self) -> None:
        """Release the store. On a narrowed view this does nothing. Idempotent."""

    # The spellings of 1.19, for readers of that source.

    def watch_list(
        self, ctx: Context, key: str, options: ListOptions = NO_LIST_OPTIONS
    ) -> Watch[T]:
        """:meth:`watch` of everything below *key*."""
        return self.watch(ctx, key, attrs.evolve(options, recursive=True))

    def get_to_list(
        self, ctx: Context, key: str, options: ListOptions = NO_LIST_OPTIONS
    ) -> ObjectList[T]:
        """:meth:`get_list` of the one object at *key*."""
        return self.get_list(ctx, key, attrs.evolve(options, recursive=False))

    def list(self, ctx: Context, key: str, options: ListOptions = NO_LIST_OPTIONS) -> ObjectList[T]:
        """:meth:`get_list` of everything below *key*."""
        return self.get_list(ctx, key, attrs.evolve(options, recursive=True))

    @abstractmethod
    def count(self, key: str) -> int:
        """How many objects lie below *key*, now."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
