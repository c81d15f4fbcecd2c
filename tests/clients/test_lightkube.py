"""lightkube: no discovery at all; its paths come from its models."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from clientcluster import Cluster
from lightkube import ApiError, AsyncClient, Client, KubeConfig
from lightkube.models.apps_v1 import DeploymentSpec
from lightkube.models.autoscaling_v1 import ScaleSpec
from lightkube.models.core_v1 import Container, PodSpec, PodTemplateSpec
from lightkube.models.meta_v1 import LabelSelector, ObjectMeta
from lightkube.resources.apps_v1 import Deployment
from lightkube.resources.core_v1 import ConfigMap, Pod, PodStatus
from lightkube.types import PatchType

#: Seconds after which a watch has failed.
SECONDS = 30


@pytest.fixture
def client(cluster: Cluster) -> Iterator[Client]:
    with Client(config=KubeConfig.from_file(cluster.kubeconfig), field_manager="test") as made:
        yield made


def config_map(name: str, **data: str) -> ConfigMap:
    return ConfigMap(metadata=ObjectMeta(name=name, namespace="default"), data=data)


def pod(name: str) -> Pod:
    containers = [Container(name="main", image="nginx:1")]
    return Pod(
        metadata=ObjectMeta(name=name, namespace="default", labels={"app": "web"}),
        spec=PodSpec(containers=containers),
    )


def deployment(name: str) -> Deployment:
    labels = {"app": "web"}
    template = PodTemplateSpec(metadata=ObjectMeta(labels=labels), spec=pod("any").spec)
    spec = DeploymentSpec(selector=LabelSelector(matchLabels=labels), template=template)
    return Deployment(metadata=ObjectMeta(name=name, namespace="default"), spec=spec)


def test_an_object_is_created_read_and_deleted(client: Client) -> None:
    made = client.create(pod("web"))
    assert made.spec.restartPolicy == "Always"
    assert client.get(Pod, "web").metadata.uid == made.metadata.uid
    client.delete(Pod, "web")
    with pytest.raises(ApiError) as caught:
        client.get(Pod, "web")
    assert (caught.value.status.code, caught.value.status.reason) == (404, "NotFound")
    assert caught.value.status.message == 'pods "web" not found'


def test_a_stale_replace_is_a_conflict(client: Client) -> None:
    stale = client.create(config_map("settings", colour="red"))
    client.patch(ConfigMap, "settings", {"data": {"colour": "blue"}})
    stale.data = {"colour": "green"}
    with pytest.raises(ApiError) as caught:
        client.replace(stale)
    assert caught.value.status.reason == "Conflict"
    fresh = client.get(ConfigMap, "settings")
    fresh.data = {"colour": "green"}
    assert client.replace(fresh).data == {"colour": "green"}


@pytest.mark.parametrize(
    ("kind", "patch"),
    [
        (PatchType.STRATEGIC, {"data": {"size": "xl"}}),
        (PatchType.MERGE, {"data": {"size": "xl"}}),
        (PatchType.JSON, [{"op": "add", "path": "/data/size", "value": "xl"}]),
    ],
)
def test_a_patch_is_of_one_of_three_types(client: Client, kind: PatchType, patch: Any) -> None:
    client.create(config_map("settings", colour="red"))
    patched = client.patch(ConfigMap, "settings", patch, patch_type=kind)
    assert patched.data == {"colour": "red", "size": "xl"}


def test_labels_are_set_and_removed(client: Client) -> None:
    client.create(pod("web"))
    labelled = client.set(Pod, "web", labels={"tier": "front", "app": None})
    assert labelled.metadata.labels == {"tier": "front"}


def test_a_write_can_be_tried(client: Client) -> None:
    client.create(config_map("settings"), dry_run=True)
    assert list(client.list(ConfigMap)) == []


def test_a_list_is_read_in_pages_and_selected_by_labels(client: Client) -> None:
    for number in range(5):
        client.create(config_map(f"cm-{number}"))
    client.create(pod("web"))
    names = [each.metadata.name for each in client.list(ConfigMap, chunk_size=2)]
    assert names == [f"cm-{number}" for number in range(5)]
    assert [each.metadata.name for each in client.list(Pod, labels={"app": ["web", "db"]})]
    assert not list(client.list(Pod, labels={"app": "db"}))


def test_a_status_is_written_apart_from_the_rest(client: Client) -> None:
    client.create(pod("web"))
    patched = client.patch(PodStatus, "web", {"status": {"phase": "Running"}})
    assert patched.status.phase == "Running"


def test_a_deployment_is_scaled(client: Client) -> None:
    client.create(deployment("web"))
    scale = client.get(Deployment.Scale, "web")
    assert scale.spec.replicas == 1
    scale.spec = ScaleSpec(replicas=3)
    client.replace(scale, "web")
    assert client.get(Deployment, "web").spec.replicas == 3


def test_a_watch_goes_on_where_a_list_ended(client: Client) -> None:
    client.create(config_map("before"))
    listed = client.list(ConfigMap)
    assert [each.metadata.name for each in listed] == ["before"]
    client.create(config_map("after"))
    client.delete(ConfigMap, "after")
    seen = []
    for event, found in client.watch(
        ConfigMap, resource_version=listed.resourceVersion, server_timeout=SECONDS
    ):
        seen.append((event, found.metadata.name))
        if event == "DELETED":
            break
    assert seen == [("ADDED", "after"), ("DELETED", "after")]


def test_a_watch_of_forgotten_history_is_gone(client: Client, cluster: Cluster) -> None:
    listed = client.list(ConfigMap)
    list(listed)
    client.create(config_map("settings"))
    cluster.forget_history()
    with pytest.raises(ApiError) as caught:
        next(
            client.watch(ConfigMap, resource_version=listed.resourceVersion, server_timeout=SECONDS)
        )
    assert caught.value.status.code == 410


def test_the_asynchronous_client_waits_for_a_condition(cluster: Cluster) -> None:
    asyncio.run(asyncio.wait_for(_wait_for_ready(cluster), SECONDS))


async def _wait_for_ready(cluster: Cluster) -> None:
    async with AsyncClient(config=KubeConfig.from_file(cluster.kubeconfig)) as client:
        await client.create(pod("web"))
        waiting = asyncio.create_task(client.wait(Pod, "web", for_conditions=["Ready"]))
        ready = {"status": {"conditions": [{"type": "Ready", "status": "True"}]}}
        await client.patch(PodStatus, "web", ready)
        found = await waiting
        assert found.status.conditions[0].type == "Ready"
