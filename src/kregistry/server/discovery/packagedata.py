"""Data files that are installed with the code."""

from __future__ import annotations

import pkgutil


def package_data(package: str, name: str) -> bytes:
    """The content of a file of *package*, from a directory or an archive.

    Raises:
        FileNotFoundError: It is not there, so the installation is damaged.
    """
    # Not importlib.resources, which costs more to import than all of discovery.
    found = pkgutil.get_data(package, name)
    if found is None:
        raise FileNotFoundError(f"{name} of {package} cannot be loaded")
    return found
