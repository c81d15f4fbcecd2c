"""The built-in kinds: their scheme, and how each is called and stored.

Source: ``k8s.io/kubernetes/pkg/api/legacyscheme``, ``pkg/registry/core/rest``.
"""

from __future__ import annotations

from typing import Any, Final

from kregistry.core import v1
from kregistry.core.apps_v1 import Deployment
from kregistry.core.coordination_v1 import Lease
from kregistry.core.pod.defaults import set_pod_defaults
from kregistry.core.policy_v1 import Eviction, PodDisruptionBudget
from kregistry.runtime.resource import Resource
from kregistry.runtime.scheme import Scheme

#: Kubernetes names a scheme by the place where it is made, and clients read that in errors.
_NAME: Final = "pkg/api/legacyscheme/scheme.go:30"


def core_resources() -> tuple[Resource[Any], ...]:
    """The built-in kinds that are stored, by group and plural.

    Nodes and services keep the places that they had before they got their names.
    """
    return (
        Resource(v1.ConfigMap, "configmaps", short_names=("cm",)),
        Resource(v1.Event, "events", short_names=("ev",)),
        Resource(v1.Namespace, "namespaces", namespaced=False, short_names=("ns",)),
        Resource(v1.Node, "nodes", namespaced=False, short_names=("no",), prefix="minions"),
        Resource(v1.Pod, "pods", short_names=("po",)),
        Resource(v1.Secret, "secrets"),
        Resource(v1.Service, "services", short_names=("svc",), prefix="services/specs"),
        Resource(Deployment, "deployments", short_names=("deploy",)),
        Resource(Lease, "leases"),
        Resource(PodDisruptionBudget, "poddisruptionbudgets", short_names=("pdb",)),
    )


def core_scheme() -> Scheme:
    """A new scheme with the built-in kinds, and with those that are only ever sent.

    It knows the defaults of Pods; ``scheme.set_defaults(obj)`` fills them in.
    """
    scheme = Scheme([*core_resources(), v1.Binding, Eviction], name=_NAME)
    return scheme.add_defaults(v1.Pod, set_pod_defaults)
