"""DeploymentStorage: all doors to Deployments.

Source: ``k8s.io/kubernetes/pkg/registry/apps/deployment/storage`` DeploymentStorage.
"""

from __future__ import annotations

from typing import Any

from typing_extensions import Unpack

from kregistry.core.apps_v1 import Deployment
from kregistry.core.builtin import BuiltinStore, StoreOptions
from kregistry.core.deployment.scale import SCALED_DEPLOYMENTS, ScaleStorage
from kregistry.core.deployment.strategy import (
    DEPLOYMENTS,
    DeploymentStatusStrategy,
    DeploymentStrategy,
)
from kregistry.core.deployment.table import COLUMNS
from kregistry.registry.store import Store
from kregistry.registry.tables import Columns
from kregistry.storage.interface import Interface


class DeploymentStorage:
    """All doors to Deployments.

    Attributes:
        deployment: Everything but status.
        status: Writes status.
        scale: Reads and writes how many Pods are wanted.
    """

    def __init__(
        self,
        storage: Interface[Any],
        *,
        allow_privileged: bool = False,
        **options: Unpack[StoreOptions],
    ) -> None:
        rules = DeploymentStrategy(allow_privileged=allow_privileged)
        status = DeploymentStatusStrategy(allow_privileged=allow_privileged)
        tables = Columns(DEPLOYMENTS.group_resource, COLUMNS)
        self.deployment: Store[Deployment] = BuiltinStore(
            DEPLOYMENTS, storage, rules, tables=tables, **options
        )
        self.status: Store[Deployment] = BuiltinStore(
            DEPLOYMENTS, storage, rules, update_strategy=status, tables=tables, **options
        )
        self.scale = ScaleStorage(self.deployment, SCALED_DEPLOYMENTS)

    def rest_storage_map(self) -> dict[str, Store[Deployment] | ScaleStorage[Deployment]]:
        """What serves a path, by what the path says."""
        return {
            "deployments": self.deployment,
            "deployments/status": self.status,
            "deployments/scale": self.scale,
        }
