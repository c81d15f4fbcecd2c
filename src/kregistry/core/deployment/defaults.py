"""Defaults of a Deployment: what a client need not say.

Source: ``k8s.io/kubernetes/pkg/apis/apps/v1/defaults.go``.
"""

from __future__ import annotations

from typing import Final

from kregistry.core.apps_v1 import Deployment, RollingUpdateDeployment
from kregistry.core.pod.defaults import set_template_defaults
from kregistry.meta.intstr import IntOrString

_QUARTER: Final = IntOrString("25%")


def set_deployment_defaults(deployment: Deployment) -> None:
    """Fill in what *deployment* leaves open. Changes it; twice changes nothing more."""
    spec = deployment.spec
    set_template_defaults(spec.template.spec)
    if spec.replicas is None:
        spec.replicas = 1
    strategy = spec.strategy
    strategy.type = strategy.type or "RollingUpdate"
    if strategy.type == "RollingUpdate":
        rolling = strategy.rolling_update = strategy.rolling_update or RollingUpdateDeployment()
        if rolling.max_unavailable is None:
            rolling.max_unavailable = _QUARTER
        if rolling.max_surge is None:
            rolling.max_surge = _QUARTER
    if spec.revision_history_limit is None:
        spec.revision_history_limit = 10
    if spec.progress_deadline_seconds is None:
        spec.progress_deadline_seconds = 600
