"""The one place where errors of storage become errors that a client understands.

Source: ``k8s.io/apiserver/pkg/storage/errors/storage.go``, the ``Interpret…Error`` functions.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import attrs

from kregistry.meta.errors import (
    AlreadyExists,
    BadRequest,
    Conflict,
    InsufficientStorage,
    InternalError,
    NotFound,
    RequestEntityTooLarge,
    ServerTimeout,
    ServiceUnavailable,
    StatusError,
    Timeout,
)
from kregistry.meta.gvk import GroupResource
from kregistry.meta.status import Status
from kregistry.runtime.errors import CodecError, EncodeError
from kregistry.storage.errors import (
    BackendClosed,
    BackendError,
    BackendUnavailable,
    CorruptObject,
    InternalStorageError,
    InvalidObject,
    InvalidResourceVersion,
    KeyExists,
    KeyNotFound,
    OutcomeUnknown,
    RequestTimeout,
    ResourceVersionSetOnCreate,
    StorageError,
    StorageFenced,
    StorageFull,
    StorageNotReady,
    Unreachable,
    ValueTooLarge,
    VersionConflict,
)

#: What storage may raise. Everything else passes a Store unchanged.
STORAGE_ERRORS: Final = (
    StorageError,
    InternalStorageError,
    ResourceVersionSetOnCreate,
    StorageNotReady,
    InvalidResourceVersion,
    CodecError,
    BackendError,
)

#: Seconds after which a request that did not come through may be tried again.
RETRY_AFTER: Final = 2


@attrs.frozen
class Failed:
    """What failed, in the words that an error needs.

    Attributes:
        verb: ``get``, ``list``, ``create``, ``update``, ``delete`` or ``watch``.
        resource: The resource of the Store.
        name: Name of the object, "" for a list.
    """

    verb: str
    resource: GroupResource
    name: str = ""


Rule = Callable[[Failed, Exception], Exception]


def _not_found(failed: Failed, error: Exception) -> Exception:
    return NotFound(failed.resource, failed.name)


def _already_exists(failed: Failed, error: Exception) -> Exception:
    return AlreadyExists(failed.resource, failed.name)


def _conflict(failed: Failed, error: Exception) -> Exception:
    return Conflict(failed.resource, failed.name, error)


def _try_again(failed: Failed, error: Exception) -> Exception:
    return ServerTimeout(failed.resource, failed.verb, RETRY_AFTER)


def _unknown(failed: Failed, error: Exception) -> Exception:
    return Timeout(str(error), RETRY_AFTER)


def _too_large(failed: Failed, error: Exception) -> Exception:
    return RequestEntityTooLarge(str(error))


def _unavailable(failed: Failed, error: Exception) -> Exception:
    return ServiceUnavailable(str(error))


def _not_ready(failed: Failed, error: Exception) -> Exception:
    return ServiceUnavailable(str(error), retry_after=1)


def _full(failed: Failed, error: Exception) -> Exception:
    return InsufficientStorage(str(error))


def _bad(failed: Failed, error: Exception) -> Exception:
    return BadRequest(str(error))


def _internal(failed: Failed, error: Exception) -> Exception:
    return InternalError(error)


def _plain(failed: Failed, error: Exception) -> Exception:
    return StatusError(plain_status(error))


#: Rules for every verb, narrower classes first.
_ALWAYS: Final[tuple[tuple[type[Exception], Rule], ...]] = (
    (CorruptObject, _internal),
    (InternalStorageError, _internal),
    (ResourceVersionSetOnCreate, _plain),
    (InvalidResourceVersion, _plain),
    (EncodeError, _bad),
    (CodecError, _plain),
    (StorageNotReady, _not_ready),
    (Unreachable, _try_again),
    (OutcomeUnknown, _unknown),
    (BackendUnavailable, _try_again),
    (ValueTooLarge, _too_large),
    (StorageFull, _full),
    (StorageFenced, _unavailable),
    (BackendClosed, _unavailable),
    (BackendError, _internal),
)

_WRITE_CONFLICTS: Final[tuple[tuple[type[Exception], Rule], ...]] = (
    (KeyExists, _conflict),
    (VersionConflict, _conflict),
    (InvalidObject, _conflict),
)

#: Rules of single verbs, asked before those for all.
_BY_VERB: Final[dict[str, tuple[tuple[type[Exception], Rule], ...]]] = {
    "get": ((KeyNotFound, _not_found),),
    "list": ((KeyNotFound, _not_found), (RequestTimeout, _try_again)),
    "watch": (),
    "create": ((KeyExists, _already_exists),),
    "update": ((KeyNotFound, _not_found), *_WRITE_CONFLICTS),
    "delete": ((KeyNotFound, _not_found), *_WRITE_CONFLICTS),
}


def translate(error: Exception, verb: str, resource: GroupResource, name: str = "") -> Exception:
    """The error that a client gets for *error*, which storage raised.

    Returns:
        A StatusError for everything that storage is known to raise. What is not in the table
        comes back as it is, such as an error of the caller's own callback.
    """
    failed = Failed(verb, resource, name)
    for kind, rule in (*_BY_VERB.get(verb, ()), *_ALWAYS):
        if isinstance(error, kind):
            return rule(failed, error)
    return _plain(failed, error) if isinstance(error, STORAGE_ERRORS) else error


def plain_status(error: Exception) -> Status:
    """A Status for an error without a reason of its own: code 500 and the text."""
    return Status(status="Failure", message=str(error), code=500)


def error_to_status(error: Exception) -> Status:
    """The answer that a client gets for any exception.

    A StatusError says it itself. A storage conflict that nobody translated is a 409 without a
    reason, everything else a 500 without one. The text is all that is told: no traceback.

    Source: ``responsewriters.ErrorToAPIStatus``.
    """
    if isinstance(error, StatusError):
        status = error.status
        if not status.code:
            status.code = 200 if status.status == "Success" else 500
        return status
    status = plain_status(error)
    if isinstance(error, VersionConflict):
        status.code = 409
    return status
