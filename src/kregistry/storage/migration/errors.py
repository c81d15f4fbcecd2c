"""What keeps a store from being copied. Each message says what to do."""

from __future__ import annotations

from kregistry.storage.errors import BackendError


class MigrationError(BackendError):
    """The copy cannot be made, or not be finished. Nothing of the source is lost."""


class TargetNotEmpty(MigrationError):
    """The target holds something that is not of this migration.

    Attributes:
        key: The first key that it holds.
    """

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key

    def __str__(self) -> str:
        return (
            f"the target is not empty: it holds {self.key!r}, among others; name an empty one, "
            "or delete what it holds"
        )


class OtherSource(MigrationError):
    """The target holds an unfinished migration of another store.

    Attributes:
        revision: The revision which that one is a copy of.
    """

    def __init__(self, revision: int) -> None:
        super().__init__(revision)
        self.revision = revision

    def __str__(self) -> str:
        return (
            f"the target holds an unfinished migration of another store as of its revision "
            f"{self.revision}; finish that one with its own source, or empty the target"
        )


class SourceCompacted(MigrationError):
    """The source forgot the revision that is being copied.

    Attributes:
        revision: The revision that is being copied.
        compacted: Lowest revision that the source can still read.
    """

    def __init__(self, revision: int, compacted: int) -> None:
        super().__init__(revision, compacted)
        self.revision = revision
        self.compacted = compacted

    def __str__(self) -> str:
        return (
            f"the source was compacted up to revision {self.compacted} while revision "
            f"{self.revision} was being copied; stop what compacts it, or give it a longer "
            "compaction interval, then empty the target and start again"
        )


class MigrationTaken(MigrationError):
    """Somebody else migrates into the same target, and goes on with it alone."""

    def __str__(self) -> str:
        return (
            "another migration into the same target took over, or finished; let it run, or stop "
            "it and run this one again"
        )


class CopyDiffers(MigrationError):
    """Source and target do not hold the same.

    Attributes:
        key: The first key that differs.
        how: In which way.
    """

    def __init__(self, key: str, how: str) -> None:
        super().__init__(key, how)
        self.key = key
        self.how = how

    def __str__(self) -> str:
        return (
            f"the copy is not what the source holds: {self.key!r} {self.how}; see that nobody "
            "else writes to the target, then empty it and start again"
        )
