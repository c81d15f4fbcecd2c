"""Migration: a whole store copied from one backend to another, as of one revision.

::

    from kregistry.storage.migration import migrate

    with factory.create_backend(old) as source, factory.create_backend(new) as target:
        print(migrate(source, target))
"""

from __future__ import annotations

from kregistry.storage.migration.errors import (
    CopyDiffers,
    MigrationError,
    MigrationTaken,
    OtherSource,
    SourceCompacted,
    TargetNotEmpty,
)
from kregistry.storage.migration.progress import OnProgress, Progress
from kregistry.storage.migration.run import Migrated, migrate

__all__ = [
    "CopyDiffers",
    "Migrated",
    "MigrationError",
    "MigrationTaken",
    "OnProgress",
    "OtherSource",
    "Progress",
    "SourceCompacted",
    "TargetNotEmpty",
    "migrate",
]
