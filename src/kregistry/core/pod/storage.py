"""PodStorage: Pods, and everything that can be asked of a Pod besides.

Source: ``pkg/registry/core/pod/storage/storage.go``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kregistry.core.pod.authorization import Authorizer
from kregistry.core.pod.binding import BindingREST, LegacyBindingREST
from kregistry.core.pod.connect import AttachREST, ExecREST, PortForwardREST, ProxyREST
from kregistry.core.pod.eviction import EvictionREST, Retry
from kregistry.core.pod.kubelet import KubeletConnector
from kregistry.core.pod.locations import Locator
from kregistry.core.pod.log import LogREST
from kregistry.core.pod.specstrategy import PodEphemeralContainersStrategy, PodResizeStrategy
from kregistry.core.pod.statusstrategy import PodStatusStrategy
from kregistry.core.pod.strategy import PODS, PodStrategy
from kregistry.core.pod.subresource import Subresource
from kregistry.core.pod.table import POD_TABLE
from kregistry.core.poddisruptionbudget import PodDisruptionBudgetStorage
from kregistry.core.policy_v1 import PodDisruptionBudget
from kregistry.core.v1 import Pod
from kregistry.meta.clock import Clock
from kregistry.meta.object import Object
from kregistry.registry import Store
from kregistry.registry.names import NameGenerator
from kregistry.registry.systemfields import random_uid
from kregistry.runtime.codec import Codec
from kregistry.storage import Interface


class PodStorage:
    """One door for each thing that can be done to a Pod, all to the same Pods.

    ::

        pods = PodStorage(storage)
        pods.pod.create(ctx, pod)
        pods.binding.create(ctx, "web", Binding(target=ObjectReference(name="node-1"), ...))
        pods.status.modify(ctx, "web", report_running)
        pods.eviction.create(ctx, "web", Eviction(...))

    Attributes:
        pod: Creates, reads, updates and deletes them.
        binding: Puts them on nodes.
        legacy_binding: The same, asked in the old way.
        eviction: Deletes them if their disruption budget allows.
        status: Writes what nodes report.
        ephemeral_containers: Adds containers to look into running Pods.
        resize: Changes cpu and memory.
        log: Reads what containers wrote.
        proxy: Passes HTTP requests on.
        exec: Runs commands in containers.
        attach: Connects to what containers run.
        port_forward: Connects to ports.
    """

    def __init__(
        self,
        storage: Interface[Object],
        *,
        connector: KubeletConnector | None = None,
        authorizer: Authorizer | None = None,
        budgets: Store[PodDisruptionBudget] | None = None,
        eviction_retry: Retry | None = None,
        allow_privileged: bool = False,
        names: NameGenerator | None = None,
        clock: Clock | None = None,
        uids: Callable[[], str] = random_uid,
        codec: Codec | None = None,
    ) -> None:
        """Open the doors.

        Args:
            storage: Where the Pods are; it stays the caller's.
            connector: Reaches the nodes. Without one, logs, commands and ports are not
                available (503), as on a cluster whose nodes are gone.
            authorizer: Asked again when a connection is opened by another verb than create.
            budgets: The disruption budgets, where an update writes the status. Those in
                *storage* when not given.
            eviction_retry: What evictions do about conflicts; as long as Kubernetes tries
                when not given.
            allow_privileged: Whether containers may be privileged at all.
            names: Makes names from ``generateName``.
            clock: Where times come from.
            uids: Makes the uid of a new Pod.
            codec: Copies Pods.
        """
        codec = codec if codec is not None else Codec()

        def store(rules: type[PodStrategy]) -> Store[Pod]:
            return Store(
                PODS,
                storage,
                PodStrategy(names=names, allow_privileged=allow_privileged),
                update_strategy=rules(names=names, allow_privileged=allow_privileged),
                return_deleted_object=True,
                tables=POD_TABLE,
                clock=clock,
                uids=uids,
                codec=codec,
            )

        self.pod = store(PodStrategy)
        self.status = Subresource(store(PodStatusStrategy))
        self.ephemeral_containers = Subresource(store(PodEphemeralContainersStrategy))
        self.resize = Subresource(store(PodResizeStrategy))
        self.binding = BindingREST(self.pod)
        self.legacy_binding = LegacyBindingREST(self.binding)
        if budgets is None:
            budgets = PodDisruptionBudgetStorage(storage, clock=clock, codec=codec).status
        self.eviction = EvictionREST(self.status.store, budgets, retry=eviction_retry)
        locator = Locator(self.pod, connector)
        self.log = LogREST(locator)
        self.proxy = ProxyREST(locator)
        self.exec = ExecREST(locator, authorizer)
        self.attach = AttachREST(locator, authorizer)
        self.port_forward = PortForwardREST(locator, authorizer)

    def rest_storage_map(self) -> dict[str, Any]:
        """What serves which path below a namespace; a new dict each time.

        Source: ``restStorageMap`` of ``pkg/registry/core/rest/storage_core.go``.
        """
        return {
            "pods": self.pod,
            "pods/attach": self.attach,
            "pods/status": self.status,
            "pods/log": self.log,
            "pods/exec": self.exec,
            "pods/portforward": self.port_forward,
            "pods/proxy": self.proxy,
            "pods/binding": self.binding,
            "bindings": self.legacy_binding,
            "pods/eviction": self.eviction,
            "pods/ephemeralcontainers": self.ephemeral_containers,
            "pods/resize": self.resize,
        }
