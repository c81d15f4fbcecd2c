"""What becomes of dependents. Source: ``rest.GarbageCollectionPolicy``."""

from __future__ import annotations

from enum import Enum


class GarbageCollectionPolicy(Enum):
    """What becomes of an object's dependents when a request to delete it does not say."""

    DELETE_DEPENDENTS = "DeleteDependents"
    ORPHAN_DEPENDENTS = "OrphanDependents"
    #: The object never waits for its dependents, whatever the request asks for.
    UNSUPPORTED = "Unsupported"
