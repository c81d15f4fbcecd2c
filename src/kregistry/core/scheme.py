"""The built-in kinds: their scheme, and how each is called and stored.

Source: ``k8s.io/kubernetes/pkg/api/legacyscheme``, ``pkg/registry/core/rest``.
"""

from __future__ import annotations

from typing import Any, Final

from kregistry.core import v1
from kregistry.core.autoscaling_v1 import Scale
from kregistry.core.configmap import CONFIG_MAPS
from kregistry.core.deployment import DEPLOYMENTS, set_deployment_defaults
from kregistry.core.event import EVENTS
from kregistry.core.lease import LEASES
from kregistry.core.namespace import NAMESPACES, set_namespace_defaults
from kregistry.core.node import NODES, set_node_defaults
from kregistry.core.pod import PODS, set_pod_defaults
from kregistry.core.poddisruptionbudget import POD_DISRUPTION_BUDGETS
from kregistry.core.policy_v1 import Eviction
from kregistry.core.secret import SECRETS, set_secret_defaults
from kregistry.core.service import SERVICES, set_service_defaults
from kregistry.runtime.resource import Resource
from kregistry.runtime.scheme import Scheme

#: Kubernetes names a scheme by the place where it is made, and clients read that in errors.
_NAME: Final = "pkg/api/legacyscheme/scheme.go:30"


def core_resources() -> tuple[Resource[Any], ...]:
    """The built-in kinds that are stored, by group and plural."""
    return (
        CONFIG_MAPS,
        EVENTS,
        NAMESPACES,
        NODES,
        PODS,
        SECRETS,
        SERVICES,
        DEPLOYMENTS,
        LEASES,
        POD_DISRUPTION_BUDGETS,
    )


def core_scheme() -> Scheme:
    """A new scheme with the built-in kinds, and with those that are only ever sent.

    It knows their defaults; ``scheme.set_defaults(obj)`` fills them in.
    """
    scheme = Scheme([*core_resources(), v1.Binding, Eviction, Scale], name=_NAME)
    scheme.add_defaults(v1.Namespace, set_namespace_defaults)
    scheme.add_defaults(v1.Node, set_node_defaults)
    scheme.add_defaults(v1.Pod, set_pod_defaults)
    scheme.add_defaults(v1.Secret, set_secret_defaults)
    scheme.add_defaults(v1.Service, set_service_defaults)
    scheme.add_defaults(DEPLOYMENTS.cls, set_deployment_defaults)
    return scheme
