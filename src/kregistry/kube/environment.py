"""Environment: lets every client of this process find a server without being told where."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest

_VARIABLE: Final = "KUBECONFIG"

#: Where kubectl keeps what it discovered.
_CACHE: Final = "KUBECACHEDIR"

#: With these a client believes itself to be in a cluster.
_IN_CLUSTER: Final = ("KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT")

#: Clients that read the variable when they are imported, and never again.
_READ_ONCE: Final = (
    "kubernetes.config",
    "kubernetes.config.kube_config",
    "kubernetes.aio.config",
    "kubernetes.aio.config.kube_config",
    "kubernetes_asyncio.config",
    "kubernetes_asyncio.config.kube_config",
)
_CONSTANT: Final = "KUBE_CONFIG_DEFAULT_LOCATION"
_USUAL: Final = "~/.kube/config"


@contextmanager
def pointing_to(kubeconfig: str) -> Iterator[None]:
    """Let clients that ask the environment use *kubeconfig*; restored afterwards."""
    before = os.environ.get(_VARIABLE, _USUAL)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(_VARIABLE, kubeconfig)
        patch.setenv(_CACHE, str(Path(kubeconfig).with_name("cache")))
        for name in _IN_CLUSTER:
            patch.delenv(name, raising=False)
        for module in _readers():
            patch.setattr(module, _CONSTANT, kubeconfig)
        try:
            yield
        finally:
            _correct_late_readers(kubeconfig, before)


def _readers() -> list[Any]:
    found = (sys.modules.get(name) for name in _READ_ONCE)
    return [module for module in found if hasattr(module, _CONSTANT)]


def _correct_late_readers(kubeconfig: str, before: str) -> None:
    """Those imported in the meantime took the file of this test for good."""
    for module in _readers():
        if getattr(module, _CONSTANT) == kubeconfig:
            setattr(module, _CONSTANT, before)
