"""Storage for every built-in kind but Pods, by what a path says.

Source: ``k8s.io/kubernetes/pkg/registry/core/rest`` storage_core.go, ``restStorageMap``.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from typing_extensions import Unpack

from kregistry.core.builtin import StoreOptions
from kregistry.core.configmap import ConfigMapStore
from kregistry.core.deployment import DeploymentStorage, ScaleStorage
from kregistry.core.event import DEFAULT_TTL, EventStore
from kregistry.core.lease import LeaseStore
from kregistry.core.namespace import NamespaceStorage
from kregistry.core.node import NodeStorage
from kregistry.core.poddisruptionbudget import PodDisruptionBudgetStorage
from kregistry.core.secret import SecretStore
from kregistry.core.service import ServiceStorage
from kregistry.registry.store import Store
from kregistry.storage.interface import Interface

#: What serves a path.
AnyStorage: TypeAlias = Store[Any] | ScaleStorage[Any]


def core_storages(
    storage: Interface[Any],
    *,
    allow_privileged: bool = False,
    event_ttl: int = DEFAULT_TTL,
    **options: Unpack[StoreOptions],
) -> dict[str, AnyStorage]:
    """Make the storage of every built-in kind over *storage*.

    Args:
        storage: Where everything is kept; stays the caller's to close.
        allow_privileged: Whether containers may be privileged at all.
        event_ttl: Seconds that an event is kept; 0 for ever.
        options: As for every Store.

    Returns:
        By plural, or plural and subresource, such as ``deployments/scale``. Pods have more
        doors than fit here; see ``kregistry.core.pod``.
    """
    made: dict[str, AnyStorage] = {
        "configmaps": ConfigMapStore(storage, **options),
        "events": EventStore(storage, ttl=event_ttl, **options),
        "leases": LeaseStore(storage, **options),
        "secrets": SecretStore(storage, **options),
    }
    deployments = DeploymentStorage(storage, allow_privileged=allow_privileged, **options)
    made.update(deployments.rest_storage_map())
    made.update(NamespaceStorage(storage, **options).rest_storage_map())
    made.update(NodeStorage(storage, **options).rest_storage_map())
    made.update(PodDisruptionBudgetStorage(storage, **options).rest_storage_map())
    made.update(ServiceStorage(storage, **options).rest_storage_map())
    return made
