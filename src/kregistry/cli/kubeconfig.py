"""Kubeconfig: a file from which kubectl and every client learn where a server is, and who they are.

It is written as JSON, which is YAML: every client reads it, and nothing has to be installed.
"""

from __future__ import annotations

import base64
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_NAME = "kregistry"


def kubeconfig(url: str, *, token: str = "", authority: bytes = b"") -> dict[str, Any]:
    """The document.

    Args:
        url: Where the server is.
        token: Who the client is; "" for nobody in particular.
        authority: Certificates to check the server's with, as PEM; b"" for those of the system.
    """
    cluster: dict[str, Any] = {"server": url}
    if authority:
        cluster["certificate-authority-data"] = base64.b64encode(authority).decode("ascii")
    context = {"cluster": _NAME, "user": _NAME, "namespace": "default"}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": _NAME, "cluster": cluster}],
        "users": [{"name": _NAME, "user": {"token": token} if token else {}}],
        "contexts": [{"name": _NAME, "context": context}],
        "current-context": _NAME,
    }


def write_private(path: Path, document: dict[str, Any]) -> None:
    """Write *document* so that nobody but the owner can read it at any moment.

    What is there already is replaced as a whole: a file that others may read stays with those
    who have it open, and a link is not followed.

    Raises:
        OSError: It cannot be written.
    """
    handle, fresh = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mode 0600
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(document, file, indent=2)
            file.write("\n")
        os.replace(fresh, path)
    except BaseException:
        os.unlink(fresh)
        raise


@contextmanager
def private_directory() -> Iterator[Path]:
    """Where files may lie as long as the server runs that nobody else may read: mode 0700."""
    with tempfile.TemporaryDirectory(prefix="kregistry-") as directory:
        yield Path(directory)
