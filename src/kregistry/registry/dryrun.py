"""DryRunnableStorage: storage that can be asked what it would do.

Source: ``k8s.io/apiserver/pkg/registry/generic/registry/dryrun.go``.
"""

from __future__ import annotations

from typing import Generic, TypeVar

from kregistry.meta.context import Context
from kregistry.meta.object import Object, ObjectList
from kregistry.runtime.codec import Codec
from kregistry.storage.encoded import Encoded
from kregistry.storage.errors import KeyExists, KeyNotFound
from kregistry.storage.interface import (
    NO_DELETE_OPTIONS,
    NO_GET_OPTIONS,
    NO_LIST_OPTIONS,
    DeleteOptions,
    GetOptions,
    Interface,
    ListOptions,
    ResponseMeta,
    Stats,
    UpdateFunc,
    ValidateObjectFunc,
    WithTTL,
    validate_all_object,
)
from kregistry.storage.preconditions import UNCONDITIONAL, Preconditions
from kregistry.storage.versioner import Versioner
from kregistry.storage.watch import Watch

T = TypeVar("T", bound=Object)


class DryRunnableStorage(Generic[T]):
    """An :class:`~kregistry.storage.Interface` whose writes can be rehearsed.

    With ``dry_run`` nothing is written; all checks that need no write are made, and the
    result is what would have been stored, without a new resourceVersion.

    Unlike its Go twin, a rehearsed create takes the key as free only when storage says that
    nothing is there. Any other error of reading is raised, as the write itself would raise it.

    Args:
        storage: Where the writes go that are meant.
        codec: That of the storage: a rehearsal hands out what it would read back.
    """

    def __init__(self, storage: Interface[T], codec: Codec) -> None:
        self.storage = storage
        self._codec = codec

    def versioner(self) -> Versioner:
        """Reads and writes resource versions on objects."""
        return self.storage.versioner()

    def encoded(self, obj: T) -> Encoded:
        """The bytes of an object that was handed out here."""
        return self.storage.encoded(obj)

    def create(self, ctx: Context, key: str, obj: T, *, ttl: int = 0, dry_run: bool = False) -> T:
        """Store *obj* under a free key.

        Raises:
            KeyExists: The key is taken.
        """
        if not dry_run:
            return self.storage.create(ctx, key, obj, ttl=ttl)
        self._require_free(ctx, key)
        return self._round_trip(obj)[1]

    def create_encoded(
        self, ctx: Context, key: str, obj: T, *, ttl: int = 0, dry_run: bool = False
    ) -> Encoded:
        """:meth:`create` for who passes on what was stored: its bytes; of revision 0, if none was.

        Raises:
            KeyExists: The key is taken.
        """
        if not dry_run:
            return self.storage.create_encoded(ctx, key, obj, ttl=ttl)
        self._require_free(ctx, key)
        return Encoded(self._round_trip(obj)[0], 0)

    def delete(
        self,
        ctx: Context,
        key: str,
        *,
        preconditions: Preconditions = UNCONDITIONAL,
        validate: ValidateObjectFunc[T] = validate_all_object,
        cached: T | None = None,
        dry_run: bool = False,
        options: DeleteOptions = NO_DELETE_OPTIONS,
    ) -> T:
        """Delete the object; a rehearsal checks and returns it as it is stored.

        Raises:
            KeyNotFound: Nothing is stored there.
            InvalidObject: A precondition does not hold.
        """
        if not dry_run:
            return self.storage.delete(
                ctx,
                key,
                preconditions=preconditions,
                validate=validate,
                cached=cached,
                options=options,
            )
        stored = self.storage.get(ctx, key)
        preconditions.check(key, stored)
        validate(ctx, stored)
        return stored

    def guaranteed_update(
        self,
        ctx: Context,
        key: str,
        try_update: UpdateFunc[T],
        *,
        ignore_not_found: bool = False,
        preconditions: Preconditions = UNCONDITIONAL,
        cached: T | None = None,
        dry_run: bool = False,
    ) -> T:
        """Apply *try_update* until nobody interferes; a rehearsal applies it once."""
        if not dry_run:
            return self.storage.guaranteed_update(
                ctx,
                key,
                try_update,
                ignore_not_found=ignore_not_found,
                preconditions=preconditions,
                cached=cached,
            )
        stored = self.storage.get(ctx, key, GetOptions(ignore_not_found=ignore_not_found))
        preconditions.check(key, stored)
        version = self.versioner().object_resource_version(stored)
        updated = try_update(stored, ResponseMeta(resource_version=version))
        return self._round_trip(updated.obj if isinstance(updated, WithTTL) else updated)[1]

    def get(self, ctx: Context, key: str, options: GetOptions = NO_GET_OPTIONS) -> T:
        """The newest object under *key*."""
        return self.storage.get(ctx, key, options)

    def get_encoded(self, ctx: Context, key: str, options: GetOptions = NO_GET_OPTIONS) -> Encoded:
        """The bytes of the newest object under *key*."""
        return self.storage.get_encoded(ctx, key, options)

    def get_list(
        self, ctx: Context, key: str, options: ListOptions = NO_LIST_OPTIONS
    ) -> ObjectList[T]:
        """The objects below *key*, or the one at it."""
        return self.storage.get_list(ctx, key, options)

    def watch(self, ctx: Context, key: str, options: ListOptions = NO_LIST_OPTIONS) -> Watch[T]:
        """Follow the changes of one key, or of everything below it."""
        return self.storage.watch(ctx, key, options)

    def stats(self, ctx: Context) -> Stats:
        """Figures about the resource."""
        return self.storage.stats(ctx)

    def readiness_check(self) -> None:
        """Raise what keeps storage from serving."""
        self.storage.readiness_check()

    def _require_free(self, ctx: Context, key: str) -> None:
        try:
            self.storage.get(ctx, key)
        except KeyNotFound:
            return
        raise KeyExists(key)

    def _round_trip(self, obj: T) -> tuple[bytes, T]:
        return self._codec.round_trip(obj, type(obj))
