"""Pods: the resource, its strategy, its defaults and its rules.

Source: ``k8s.io/kubernetes/pkg/registry/core/pod``.
"""

from kregistry.core.pod.defaults import set_pod_defaults
from kregistry.core.pod.qos import compute_qos_class, qos_class
from kregistry.core.pod.strategy import PODS, PodStrategy

__all__ = ["PODS", "PodStrategy", "compute_qos_class", "qos_class", "set_pod_defaults"]
