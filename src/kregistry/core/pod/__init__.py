"""Pods: the resource, its strategy, its defaults and its rules; and all its parts as storage.

What only some programs need, :class:`PodStorage` and what comes with it, is imported when it
is first asked for.

Source: ``k8s.io/kubernetes/pkg/registry/core/pod``.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from kregistry.core.pod.defaults import set_pod_defaults
from kregistry.core.pod.qos import compute_qos_class, qos_class
from kregistry.core.pod.strategy import PODS, PodStrategy

if TYPE_CHECKING:
    from kregistry.core.pod.kubelet import KubeletConnector
    from kregistry.core.pod.storage import PodStorage
    from kregistry.core.pod.table import POD_TABLE

__all__ = [
    "PODS",
    "POD_TABLE",
    "KubeletConnector",
    "PodStorage",
    "PodStrategy",
    "compute_qos_class",
    "qos_class",
    "set_pod_defaults",
]

_LATER = {"KubeletConnector": "kubelet", "PodStorage": "storage", "POD_TABLE": "table"}


def __getattr__(name: str) -> Any:
    module = _LATER.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{module}"), name)
