"""The suite of REST storages, run over kinds of every sort and both storages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from widgetshop import GADGETS, REGIONS, WIDGETS, GracefulStrategy

from kregistry.core import v1
from kregistry.core.configmap import ConfigMapStore
from kregistry.core.generic import GenericStrategy
from kregistry.core.lease import LeaseStore
from kregistry.core.node import NodeStorage
from kregistry.core.pod import PodStorage
from kregistry.core.v1 import Container, Pod, PodSpec
from kregistry.meta.object import Object
from kregistry.registry import Store
from kregistry.storage import Interface
from kregistry.testing import GracefulRESTStorageSuite, RESTStorageSuite


class TestConfigMaps(RESTStorageSuite):
    @pytest.fixture
    def store(self, storage: Interface[Object]) -> Store[v1.ConfigMap]:
        return ConfigMapStore(storage)

    def change(self, obj: v1.ConfigMap) -> None:
        obj.data["changed"] = "yes"

    def invalid_changes(self) -> Sequence[Any]:
        return (*super().invalid_changes(), lambda obj: obj.data.update({"bad/key": "x"}))


class TestKindsWithoutAClass(RESTStorageSuite):
    @pytest.fixture
    def store(self, storage: Interface[Object]) -> Store[Any]:
        return Store(GADGETS, storage, GenericStrategy(GADGETS, status_subresource=True))

    def new_object(self, store: Store[Any]) -> Any:
        gadget = store.new()
        gadget["spec"] = {"a": [{"b": None}]}
        return gadget

    def change(self, obj: Any) -> None:
        obj["spec"]["c"] = "d"


class TestClusterScopedKinds(RESTStorageSuite):
    @pytest.fixture
    def store(self, storage: Interface[Object]) -> Store[Any]:
        return Store(REGIONS, storage, return_deleted_object=True)

    def change(self, obj: Any) -> None:
        obj.motto += "!"


class TestNodes(RESTStorageSuite):
    @pytest.fixture
    def store(self, storage: Interface[Object]) -> Store[v1.Node]:
        return NodeStorage(storage).node


class TestKindsThatAreCreatedByAnUpdate(RESTStorageSuite):
    @pytest.fixture
    def store(self, storage: Interface[Object]) -> Store[Any]:
        return LeaseStore(storage)

    def change(self, obj: Any) -> None:
        obj.spec.holder_identity = "somebody"


class TestGracefulKinds(GracefulRESTStorageSuite):
    @pytest.fixture
    def store(self, storage: Interface[Object]) -> Store[Any]:
        class OnlyLarge(GracefulStrategy):
            def check_graceful_delete(self, ctx: Any, obj: Any, options: Any) -> int | None:
                large = obj.spec.size > 1
                return super().check_graceful_delete(ctx, obj, options) if large else None

        return Store(WIDGETS, storage, OnlyLarge(WIDGETS))

    def graceful_object(self, store: Store[Any]) -> Any:
        obj = self.new_object(store)
        obj.spec.size = 2
        return obj


@pytest.mark.case("RP01", "RP02", "RP03", "RP05", "RP07", "RP08", "RP09", "RP21")
class TestPods(GracefulRESTStorageSuite):
    @pytest.fixture
    def store(self, storage: Interface[Object]) -> Store[Pod]:
        return PodStorage(storage).pod

    def new_object(self, store: Store[Pod]) -> Pod:
        container = Container(
            name="c",
            image="c",
            image_pull_policy="IfNotPresent",
            termination_message_policy="File",
            termination_message_path="/dev/termination-log",
        )
        spec = PodSpec(
            containers=[container],
            restart_policy="Always",
            dns_policy="ClusterFirst",
            termination_grace_period_seconds=30,
        )
        return Pod(spec=spec)

    def graceful_object(self, store: Store[Pod]) -> Pod:
        pod = self.new_object(store)
        pod.spec.node_name = "machine"
        return pod

    def invalid_changes(self) -> Sequence[Any]:
        def empty(pod: Pod) -> None:
            pod.spec = PodSpec()

        return (*super().invalid_changes(), empty)
