"""Cluster: a server as its clients see it."""

from __future__ import annotations

from pathlib import Path

import attrs

from kregistry.meta.context import Context
from kregistry.meta.object import Object
from kregistry.storage import Interface


@attrs.frozen(kw_only=True)
class Cluster:
    """What a client has to know, and what a test does behind its back.

    Attributes:
        url: Where the server is.
        kubeconfig: The file that says so.
        storage: Where the server keeps everything.
    """

    url: str
    kubeconfig: Path
    storage: Interface[Object]

    def forget_history(self) -> None:
        """Compact up to now: whoever resumes from an earlier revision is told 410."""
        self.storage.compact(self.storage.current_resource_version(Context()))
