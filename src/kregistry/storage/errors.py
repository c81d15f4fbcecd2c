"""What storage raises.

::

    StorageError                a rule of storage.Interface said no; carries key and revision
     ├─ KeyNotFound       1
     ├─ KeyExists         2
     ├─ VersionConflict   3     (kept for completeness: conflicts are retried inside)
     ├─ InvalidObject     4     a precondition failed
     ├─ Unreachable       5
     ├─ RequestTimeout    6
     └─ CorruptObject     7     stored data cannot be read back
    BackendError                the engine said no
     ├─ RevisionMismatch        somebody else wrote first (never leaves storage)
     ├─ RevisionCompacted       that far back nothing is known any more
     ├─ RevisionInFuture        the store has not come that far
     ├─ BackendUnavailable      busy, locked or unreachable; try again
     │   └─ OutcomeUnknown      a write may have been done or not; read before trying again
     ├─ AccessDenied            the engine does not know, or not trust, who asks
     ├─ ValueTooLarge           the engine takes nothing of that size
     ├─ StorageFull             no room for writes; deletes and compaction still work
     ├─ StorageFenced           an I/O error made the store read-only until it is reopened
     ├─ ForkedStore             opened before a fork, used after it
     ├─ UnsafeStorage           the place cannot keep its promises (network file system, ...)
     ├─ MigrationError          a store cannot be copied (in kregistry.storage.migration)
     └─ BackendClosed
    InternalStorageError        the transformer failed, or an object cannot be looked into
    InvalidResourceVersion      text that is no version
    ResourceVersionSetOnCreate
    StorageNotReady

Statuses that clients see (504 too large, 410 expired, 400 bad versions) are raised as
:mod:`kregistry.meta.errors` already here, as in Go.

Source: ``k8s.io/apiserver/pkg/storage/errors.go``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from kregistry.storage.backend import Record


class StorageError(Exception):
    """A rule of storage said no.

    Attributes:
        code: Number of the kind of error, 1 to 7, as in Go.
        reason: What it says in words.
        key: Full key.
        resource_version: Revision that the error is about, 0 if none.
        detail: More about it, "" if there is nothing more.
    """

    code: ClassVar[int] = 0
    reason: ClassVar[str] = ""

    def __init__(self, key: str, resource_version: int = 0, detail: str = "") -> None:
        super().__init__(key, resource_version, detail)
        self.key = key
        self.resource_version = resource_version
        self.detail = detail

    def __str__(self) -> str:
        return (
            f"StorageError: {self.reason}, Code: {self.code}, Key: {self.key}, "
            f"ResourceVersion: {self.resource_version}, "
            f"AdditionalErrorMsg: {self.detail or '<nil>'}"
        )


class KeyNotFound(StorageError):
    """Nothing is stored under the key."""

    code = 1
    reason = "key not found"


class KeyExists(StorageError):
    """Create found the key taken."""

    code = 2
    reason = "key exists"


class VersionConflict(StorageError):
    """Versions conflict. Storage retries conflicts itself and does not raise this."""

    code = 3
    reason = "resource version conflicts"


class InvalidObject(StorageError):
    """A precondition does not hold for what is stored."""

    code = 4
    reason = "invalid object"


class Unreachable(StorageError):
    """The server that keeps the data cannot be reached."""

    code = 5
    reason = "server unreachable"


class RequestTimeout(StorageError):
    """The request was cancelled while a list was being read."""

    code = 6
    reason = "request timeout"


class CorruptObject(StorageError):
    """What is stored under the key cannot be decoded or transformed back."""

    code = 7
    reason = "corrupt object"


class InternalStorageError(Exception):
    """The transformer failed, or an object cannot be looked into.

    Source: ``storage.InternalError``.
    """


class InvalidResourceVersion(ValueError):
    """A text is no resourceVersion. Source: ``storage.InvalidError``."""


class ResourceVersionSetOnCreate(Exception):
    """An object to be created carries a resourceVersion."""

    def __str__(self) -> str:
        return "resourceVersion should not be set on objects to be created"


class StorageNotReady(Exception):
    """Storage is still starting."""

    def __str__(self) -> str:
        return "storage not ready"


class BackendError(Exception):
    """The engine below could not do it. The message says what to do."""


class RevisionMismatch(BackendError):
    """The key is not at the expected revision.

    Attributes:
        current: What is stored now, None if the key is absent.
    """

    def __init__(self, current: Record | None) -> None:
        super().__init__(current)
        self.current = current

    def __str__(self) -> str:
        return "the key is not at the expected revision"


class RevisionCompacted(BackendError):
    """The revision asked for was compacted away.

    Attributes:
        revision: What was asked for.
        compacted: Lowest revision that can still be read.
    """

    def __init__(self, revision: int, compacted: int) -> None:
        super().__init__(revision, compacted)
        self.revision = revision
        self.compacted = compacted

    def __str__(self) -> str:
        return f"revision {self.revision} is compacted; the oldest readable is {self.compacted}"


class RevisionInFuture(BackendError):
    """The revision asked for is higher than the store's.

    Attributes:
        revision: What was asked for.
        current: The store's revision.
    """

    def __init__(self, revision: int, current: int) -> None:
        super().__init__(revision, current)
        self.revision = revision
        self.current = current

    def __str__(self) -> str:
        return f"revision {self.revision} is in the future; the store is at {self.current}"


class BackendUnavailable(BackendError):
    """Busy, locked or unreachable: the same call may succeed later."""


class OutcomeUnknown(BackendUnavailable):
    """A write may have been done or not, or may be done yet: read before trying again."""


class AccessDenied(BackendError):
    """The engine does not know who asks, does not trust it, or does not allow it that."""


class ValueTooLarge(BackendError):
    """The engine takes nothing of that size."""


class StorageFull(BackendError):
    """No room for writes. Deletes and compaction still work."""


class StorageFenced(BackendError):
    """An I/O error left the durability of the last write unknown; reopen the store."""


class ForkedStore(BackendError):
    """The store was opened before a fork and used in the child; open it anew there."""


class UnsafeStorage(BackendError):
    """The place or the engine cannot keep the promises of the store."""


class BackendClosed(BackendError):
    """The store is closed."""
