"""Rules for Pods.

Functions named ``validate_…`` look at a whole Pod and return what is wrong; functions named
``check_…`` look at a part of it and add to a list.

Source: ``k8s.io/kubernetes/pkg/apis/core/validation``.
"""

from kregistry.core.pod.validation.options import PodValidationOptions
from kregistry.core.pod.validation.pod import validate_new_pod, validate_pod, validate_pod_update
from kregistry.core.pod.validation.ratchet import options_for_update

__all__ = [
    "PodValidationOptions",
    "options_for_update",
    "validate_new_pod",
    "validate_pod",
    "validate_pod_update",
]
