"""CorruptItems: what cannot be read in a list, told in one error.

Source: ``k8s.io/apiserver/pkg/storage/etcd3/corrupt_obj_deleter.go``, ``errors.go``.
"""

from __future__ import annotations

from typing import Any

from kregistry.meta.errors import StatusError
from kregistry.meta.status import Status, StatusCause, StatusDetails
from kregistry.runtime.resource import Resource
from kregistry.storage.errors import CorruptObject

_MAX_ERRORS = 100

READ_ERROR = "StorageReadError"


class CorruptItems:
    """Collects unreadable objects, up to a hundred."""

    def __init__(self, resource: Resource[Any] | None) -> None:
        self._resource = resource
        self._errors: list[CorruptObject] = []

    def add(self, error: CorruptObject) -> None:
        """Note one.

        Raises:
            StatusError: There are too many to go on.
        """
        if len(self._errors) == _MAX_ERRORS:
            raise self.error(truncated=True)
        self._errors.append(error)

    def error(self, *, truncated: bool = False) -> StatusError:
        """All of them in one error."""
        causes = [
            StatusCause(reason="UnexpectedServerResponse", message=str(error), field=error.key)
            for error in self._errors
        ]
        if truncated:
            causes.append(
                StatusCause(
                    reason="FieldValueTooMany", message="too many errors, the list is truncated"
                )
            )
        group, plural = self._resource.group_resource if self._resource else ("", "")
        name = str(self._resource.group_resource) if self._resource else "objects"
        return StatusError(
            Status(
                status="Failure",
                code=500,
                reason=READ_ERROR,
                message=f"failed to read one or more {name} from the storage",
                details=StatusDetails(group=group, kind=plural, name="list", causes=causes),
            )
        )


def corrupt_deletion(error: CorruptObject) -> Status:
    """What a watcher is told when an object that it cannot read was deleted."""
    return Status(
        status="Failure",
        code=500,
        reason=READ_ERROR,
        message=f"saw a DELETED event, but object data is corrupt - {error}",
    )
