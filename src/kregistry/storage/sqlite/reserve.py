"""Ballast: room set aside, so that a full disk still takes deletions and compaction."""

from __future__ import annotations

import errno
import os

from kregistry.storage.sqlite import faults

#: Bytes kept back. Enough for some hundred deletions between two checkpoints.
SIZE = 2 << 20

# Not through a link that somebody else may have put there.
_FLAGS = os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC
_CANNOT_ALLOCATE = (errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL)


class Reserve:
    """A file beside the database that occupies room, shared by all processes.

    Args:
        path: Its name.
    """

    def __init__(self, path: str) -> None:
        self.path = path

    def fill(self) -> bool:
        """Occupy the room; False if there is none."""
        if self.is_filled():
            return True
        try:
            place = os.open(self.path, _FLAGS | os.O_CREAT, 0o600)
        except OSError as error:
            if faults.is_full(error):
                return False
            raise
        try:
            _occupy(place)
        except OSError as error:
            os.ftruncate(place, 0)
            if faults.is_full(error):
                return False
            raise
        finally:
            os.close(place)
        return True

    def is_filled(self) -> bool:
        """Whether the room is occupied."""
        return faults.size_of(self.path) >= SIZE

    def free(self) -> None:
        """Give the room to the database."""
        try:
            place = os.open(self.path, _FLAGS)
        except FileNotFoundError:
            return
        try:
            os.ftruncate(place, 0)
        finally:
            os.close(place)


def _occupy(place: int) -> None:
    if hasattr(os, "posix_fallocate"):
        try:
            os.posix_fallocate(place, 0, SIZE)
            return
        except OSError as error:
            if error.errno not in _CANNOT_ALLOCATE:
                raise
    os.pwrite(place, bytes(SIZE), 0)
    os.fsync(place)


def beside(path: str) -> str:
    """Name of the reserve of the database *path*."""
    return path + ".reserve"
