"""Kubeconfig: the file from which clients learn where the server is and who they are.

Source: ``k8s.io/client-go/tools/clientcmd/api/v1`` Config.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Final

#: What cluster, user and context are called.
NAME: Final = "kregistry"


def write_kubeconfig(path: Path, *, url: str, token: str) -> None:
    """Write a file that nobody else may read. It is JSON, which is YAML as well.

    Raises:
        FileExistsError: There is such a file already.
    """
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": NAME, "cluster": {"server": url}}],
        "users": [{"name": NAME, "user": {"token": token}}],
        "contexts": [
            {"name": NAME, "context": {"cluster": NAME, "user": NAME, "namespace": "default"}}
        ],
        "current-context": NAME,
    }
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "w", encoding="utf-8") as file:
        file.write(f"{json.dumps(config, indent=2)}\n")
