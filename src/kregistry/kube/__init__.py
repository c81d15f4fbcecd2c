"""For authors of controllers and operators: an API server for each test, and a say in what it does.

With pytest there is nothing to import, the fixture ``kube`` is there::

    def test_scales(kube):
        kube.apply("testdata/web.yaml")
        reconcile(client_from(kube.kubeconfig))
        assert kube.get("deployments", "web")["spec"]["replicas"] == 3

Without pytest, :class:`Kube` does the same as a context manager. Importing this costs nothing;
the server is imported when a :class:`Kube` is.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kregistry.kube.faults import Injection as Injection
    from kregistry.kube.kube import Kube as Kube
    from kregistry.kube.options import KubeOptions as KubeOptions
    from kregistry.kube.requests import RecordedRequest as RecordedRequest
    from kregistry.kube.requests import RequestLog as RequestLog
    from kregistry.kube.requests import Requests as Requests

_HOMES = {
    "Injection": "faults",
    "Kube": "kube",
    "KubeOptions": "options",
    "RecordedRequest": "requests",
    "RequestLog": "requests",
    "Requests": "requests",
}

__all__ = ["Injection", "Kube", "KubeOptions", "RecordedRequest", "RequestLog", "Requests"]


def __getattr__(name: str) -> Any:
    """Import what is asked for, when it is asked for."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(importlib.import_module(f"{__name__}.{home}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return __all__
