"""Preconditions: what must be true of the stored object before it is changed or deleted.

Source: ``k8s.io/apiserver/pkg/storage/interfaces.go`` Preconditions.
"""

from __future__ import annotations

from typing import Any

import attrs

from kregistry.storage.errors import InternalStorageError, InvalidObject


@attrs.frozen
class Preconditions:
    """What must be true of the stored object.

    Attributes:
        uid: The uid it must have, None for any.
        resource_version: The version it must have, compared as text, None for any.
    """

    uid: str | None = None
    resource_version: str | None = None

    def check(self, key: str, obj: Any) -> None:
        """Return if *obj* meets the preconditions. The uid is looked at first.

        Raises:
            InvalidObject: It does not.
            InternalStorageError: *obj* has no metadata to look at.
        """
        if self.uid is None and self.resource_version is None:
            return
        meta = getattr(obj, "metadata", None)
        if meta is None or not hasattr(meta, "uid"):
            raise InternalStorageError(
                f"can't enforce preconditions {self} on un-introspectable object {obj}"
            )
        self._compare(key, "UID", self.uid, meta.uid)
        self._compare(key, "ResourceVersion", self.resource_version, meta.resource_version)

    def _compare(self, key: str, what: str, wanted: str | None, found: str) -> None:
        if wanted is not None and wanted != found:
            raise InvalidObject(
                key,
                0,
                f"Precondition failed: {what} in precondition: {wanted}, "
                f"{what} in object meta: {found}",
            )


#: No preconditions at all.
UNCONDITIONAL = Preconditions()
