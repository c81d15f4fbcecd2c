"""Where the database lies: what may be there already, and whether the place can be trusted.

WAL needs memory shared by all who have the file open, and locks that hold; file systems over
a network promise neither, and databases on them were corrupted by the first busy minute.
"""

from __future__ import annotations

import os
import stat
from typing import NamedTuple

from kregistry.storage.errors import UnsafeStorage

#: File systems that machines share over a network, and those shared with virtual machines.
_NETWORK_TYPES = frozenset(
    ("afs", "beegfs", "ceph", "cifs", "coda", "davfs", "gfs2", "glusterfs", "gpfs", "lustre")
)
_MORE_NETWORK_TYPES = frozenset(
    ("nfs", "nfs3", "nfs4", "ocfs2", "orangefs", "smb2", "smb3", "smbfs")
)
_GUEST_TYPES = frozenset(("9p", "prl_fs", "vboxsf", "virtiofs", "vmhgfs"))
_UNSAFE_TYPES = _NETWORK_TYPES | _MORE_NETWORK_TYPES | _GUEST_TYPES
_MOUNTS = "/proc/self/mountinfo"


class Identity(NamedTuple):
    """Which file a path stands for, whatever it is called.

    Attributes:
        device: Number of the file system.
        inode: Number of the file on it.
    """

    device: int
    inode: int


def resolve(path: str | os.PathLike[str]) -> str:
    """The one true absolute path, so that every name of a file leads to the same lock.

    Raises:
        ValueError: *path* is no name of a file.
    """
    name = os.fspath(path)
    if not isinstance(name, str):
        raise TypeError("path must be text")
    if not name or "\0" in name:
        raise ValueError(f"{name!r} is no path of a file")
    if name == ":memory:" or name.startswith("file:"):
        raise ValueError(f"{name!r}: the sqlite storage needs a file; use the memory storage")
    return os.path.realpath(name)


def check(path: str) -> None:
    """Refuse what can never become a database of ours.

    Raises:
        UnsafeStorage: Something else is there, or nothing can be put there.
    """
    folder = os.path.dirname(path)
    if not os.path.isdir(folder):
        raise UnsafeStorage(f"the folder {folder} does not exist; create it first")
    try:
        found = os.stat(path)
    except FileNotFoundError:
        if not os.access(folder, os.W_OK | os.X_OK):
            raise UnsafeStorage(f"the folder {folder} is not writable") from None
        return
    if stat.S_ISDIR(found.st_mode):
        raise UnsafeStorage(f"{path} is a folder; name a file")
    if not stat.S_ISREG(found.st_mode):
        raise UnsafeStorage(f"{path} is no regular file")
    if found.st_nlink > 1:
        raise UnsafeStorage(
            f"{path} has {found.st_nlink} names (hard links); its log would be found under one "
            "of them only; keep one name"
        )
    if not os.access(path, os.R_OK | os.W_OK) or not os.access(folder, os.W_OK | os.X_OK):
        raise UnsafeStorage(f"{path} and its folder must be readable and writable")


def create(path: str) -> None:
    """Create an empty file that only its owner may read, unless one is there."""
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    try:
        place = os.open(path, flags, 0o600)
    except FileExistsError:
        return  # never opened here: closing it would drop the locks of this process on it
    os.close(place)
    sync_folder(path)


def sync_folder(path: str) -> None:
    """Make the names in the folder of *path* survive a power cut."""
    place = os.open(os.path.dirname(path), os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(place)
    finally:
        os.close(place)


def identity(path: str) -> Identity | None:
    """Which file *path* stands for now; None if there is none."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return Identity(found.st_dev, found.st_ino)


def network_type(path: str, mounts: str | None = None) -> str:
    """The type of the network file system that holds *path*; "" if it is a local one.

    Args:
        path: Absolute, resolved path.
        mounts: Text in the form of ``/proc/self/mountinfo``; None reads that file, and takes
            everything for local where there is none.
    """
    if mounts is None:
        try:
            with open(_MOUNTS, encoding="utf-8", errors="surrogateescape") as lines:
                mounts = lines.read()
        except OSError:
            return ""
    kind = _type_of_mount(path, mounts)
    base = kind.partition(".")[0]
    return kind if base in _UNSAFE_TYPES or base.startswith("fuse") else ""


def _type_of_mount(path: str, mounts: str) -> str:
    longest, kind = -1, ""
    for line in mounts.splitlines():
        left, separator, right = line.partition(" - ")
        fields, types = left.split(" "), right.split(" ")
        if not separator or len(fields) < 5:
            continue
        point = _unescape(fields[4])
        # A later line covers an earlier one at the same point.
        if len(point) >= longest and _lies_below(path, point):
            longest, kind = len(point), types[0]
    return kind


def _lies_below(path: str, point: str) -> bool:
    return path == point or path.startswith(point.rstrip("/") + "/")


def _unescape(text: str) -> str:
    for escape, char in ((r"\040", " "), (r"\011", "\t"), (r"\012", "\n"), (r"\134", "\\")):
        text = text.replace(escape, char)
    return text
