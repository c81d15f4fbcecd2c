"""Marker: what an unfinished migration leaves in its target, to be found by the next run.

It is the first key written to the target and the last one deleted, and it lies outside of
every prefix that resources have. Whoever writes it owns the migration: each run writes it
anew when it begins, so an earlier run that is still at work finds out at its next look.
"""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Any

import attrs

from kregistry.storage.backend import Backend
from kregistry.storage.errors import RevisionMismatch
from kregistry.storage.migration.errors import MigrationError, MigrationTaken

#: The key. What lies below it belongs to the migration, too.
MARKER = "/kregistry.migration"

_VERSION = 1


class Stage(StrEnum):
    """How far a migration has come; each stage may be repeated as often as it is cut off."""

    SURVEY = "survey"  # nothing is copied yet
    COPY = "copy"  # the survey holds, some keys are copied
    DONE = "done"  # all is copied and compared; only the migration's own keys are left


@attrs.frozen
class Marker:
    """What the target is becoming a copy of.

    Attributes:
        revision: Revision of the source.
        stage: How far that has come.
        keys: How many keys the source has at that revision; 0 before the survey. Once all is
            done, how many of them were copied.
        digest: Of all of them; "" before the survey.
    """

    revision: int
    stage: Stage = Stage.SURVEY
    keys: int = 0
    digest: str = ""

    def encode(self) -> bytes:
        """As stored."""
        return json.dumps({"version": _VERSION, **attrs.asdict(self)}).encode()

    @classmethod
    def decode(cls, data: bytes) -> Marker:
        """Read it back.

        Raises:
            MigrationError: It is not one, or of a later version.
        """
        try:
            found: dict[str, Any] = json.loads(data)
            version = found.pop("version")
            marker = cls(**{**found, "stage": Stage(found["stage"])})
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise MigrationError(
                f"the target holds something else under {MARKER!r}; delete it or name an empty "
                "target"
            ) from error
        if version != _VERSION:
            raise MigrationError(
                "the target holds an unfinished migration of a later version; finish it with that"
            )
        return marker


class Hold:
    """The right to migrate into a target, as long as nobody else takes it.

    Args:
        target: Whose marker this is.
        marker: What to write there now.
        expected: Revision of the marker that it replaces; 0 if there must be none.

    Raises:
        MigrationTaken: Somebody else was faster.
    """

    def __init__(self, target: Backend, marker: Marker, *, expected: int) -> None:
        self._target = target
        self._at = expected
        self.marker = marker
        self.write(marker)

    def write(self, marker: Marker) -> None:
        """Replace the marker.

        Raises:
            MigrationTaken: It is not ours any more.
        """
        try:
            self._at = self._target.put(MARKER, marker.encode(), expected=self._at)
        except RevisionMismatch:
            raise MigrationTaken from None
        self.marker = marker

    def check(self) -> None:
        """See that nobody else took over.

        Raises:
            MigrationTaken: Somebody did.
        """
        record = self._target.get(MARKER).record
        if record is None or record.mod_revision != self._at:
            raise MigrationTaken

    def release(self) -> None:
        """Delete the marker: from now on the target is a store like any other.

        Raises:
            MigrationTaken: It is not ours any more.
        """
        try:
            self._target.delete(MARKER, expected=self._at)
        except RevisionMismatch:
            raise MigrationTaken from None
