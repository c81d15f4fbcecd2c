"""Deployments: the resource, its strategy, its defaults, its rules and its scale.

Source: ``k8s.io/kubernetes/pkg/registry/apps/deployment``.
"""

from kregistry.core.deployment.defaults import set_deployment_defaults
from kregistry.core.deployment.scale import ScaleStorage
from kregistry.core.deployment.storage import DeploymentStorage
from kregistry.core.deployment.strategy import (
    DEPLOYMENTS,
    DeploymentStatusStrategy,
    DeploymentStrategy,
)

__all__ = [
    "DEPLOYMENTS",
    "DeploymentStatusStrategy",
    "DeploymentStorage",
    "DeploymentStrategy",
    "ScaleStorage",
    "set_deployment_defaults",
]
