"""kr8s: knows kinds by discovery, lists in pages of 100, and keeps what it learned on disk."""

from __future__ import annotations

import asyncio
import gc
import warnings
from collections.abc import Iterator

import kr8s
import pytest
from clientcluster import Cluster
from kr8s.objects import ConfigMap, Deployment, Pod

from kregistry.server import Settings
from kregistry.server.discovery import VersionInfo

#: Seconds after which a watch has failed.
SECONDS = 30


@pytest.fixture
def settings() -> Settings:
    """It warns of releases that came after it."""
    return Settings(version=VersionInfo(git_version="v1.35.0"))


@pytest.fixture(autouse=True)
def _connections_of_its_own() -> Iterator[None]:
    """It leaves its connections to the garbage collector, which says so; let that be here."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@pytest.fixture
def api(cluster: Cluster) -> kr8s.Api:
    return kr8s.api(url=cluster.url, kubeconfig=str(cluster.kubeconfig))


def config_map(api: kr8s.Api, name: str, **data: str) -> ConfigMap:
    return ConfigMap({"metadata": {"name": name, "namespace": "default"}, "data": data}, api=api)


def pod(api: kr8s.Api, name: str) -> Pod:
    metadata = {"name": name, "namespace": "default", "labels": {"app": "web"}}
    spec = {"containers": [{"name": "main", "image": "nginx:1"}]}
    return Pod({"metadata": metadata, "spec": spec}, api=api)


def test_an_object_is_created_read_and_deleted(api: kr8s.Api) -> None:
    made = pod(api, "web")
    assert not made.exists()
    made.create()
    assert made.spec.restartPolicy == "Always"
    assert Pod.get("web", namespace="default", api=api).metadata.uid == made.metadata.uid
    made.delete()
    assert not made.exists()
    with pytest.raises(kr8s.NotFoundError):
        Pod.get("web", namespace="default", api=api, timeout=0)


def test_kinds_are_found_by_discovery(api: kr8s.Api) -> None:
    config_map(api, "settings", colour="red").create()
    for spelling in ("configmaps", "configmap", "cm", "ConfigMap"):
        found = list(api.get(spelling, namespace="default"))
        assert [each.name for each in found] == ["settings"]
    assert {"Pod", "Deployment"} <= {each["kind"] for each in api.api_resources()}


def test_a_refusal_says_why(api: kr8s.Api) -> None:
    config_map(api, "settings").create()
    with pytest.raises(kr8s.ServerError, match='configmaps "settings" already exists') as caught:
        config_map(api, "settings").create()
    assert caught.value.response is not None
    assert caught.value.response.status_code == 409


def test_an_object_is_patched_labelled_and_read_anew(api: kr8s.Api) -> None:
    found = config_map(api, "settings", colour="red")
    found.create()
    found.patch({"data": {"size": "xl"}})
    found.patch([{"op": "remove", "path": "/data/colour"}], type="json")
    found.label({"tier": "front"})
    found.annotate({"note": "by hand"})
    found.refresh()
    assert found.data.to_dict() == {"size": "xl"}
    assert found.labels == {"tier": "front"}
    assert found.annotations == {"note": "by hand"}


def test_a_list_is_longer_than_a_page(api: kr8s.Api) -> None:
    for number in range(105):
        config_map(api, f"cm-{number:03}").create()
    names = [each.name for each in api.get("configmaps", namespace="default")]
    assert names == [f"cm-{number:03}" for number in range(105)]


def test_lists_are_selected_by_labels_and_fields(api: kr8s.Api) -> None:
    pod(api, "web").create()
    assert [each.name for each in api.get("pods", label_selector={"app": "web"})] == ["web"]
    assert not list(api.get("pods", label_selector="app!=web"))
    assert not list(api.get("pods", field_selector={"status.phase": "Running"}))


def test_a_deployment_is_scaled(api: kr8s.Api) -> None:
    labels = {"app": "web"}
    template = {"metadata": {"labels": labels}, "spec": pod(api, "any").spec.to_dict()}
    found = Deployment(
        {
            "metadata": {"name": "web", "namespace": "default"},
            "spec": {"selector": {"matchLabels": labels}, "template": template},
        },
        api=api,
    )
    found.create()
    found.patch({"spec": {"replicas": 3}})
    found.refresh()
    assert found.replicas == 3
    assert found.metadata.generation == 2


def test_a_wait_ends_when_the_condition_holds(api: kr8s.Api, cluster: Cluster) -> None:
    made = pod(api, "web")
    made.create()
    ready = {"status": {"conditions": [{"type": "Ready", "status": "True"}]}}
    made.patch(ready, subresource="status")
    made.wait("condition=Ready", timeout=SECONDS)
    made.delete()
    made.wait("delete", timeout=SECONDS)


def test_a_watch_sees_what_happens(cluster: Cluster) -> None:
    asyncio.run(asyncio.wait_for(_watch(cluster), SECONDS))


async def _watch(cluster: Cluster) -> None:
    from kr8s.asyncio.objects import ConfigMap

    api = await kr8s.asyncio.api(url=cluster.url, kubeconfig=str(cluster.kubeconfig))
    tree = {"metadata": {"name": "settings", "namespace": "default"}, "data": {"n": "1"}}
    made = await ConfigMap(tree, api=api)
    seen: asyncio.Queue[tuple[str, str]] = asyncio.Queue()

    async def follow() -> None:
        async for event, found in api.watch("configmaps", namespace="default"):
            seen.put_nowait((event, found.name))

    await made.create()
    following = asyncio.create_task(follow())
    try:
        assert await seen.get() == ("ADDED", "settings")
        await made.patch({"data": {"n": "2"}})
        assert await seen.get() == ("MODIFIED", "settings")
        await made.delete()
        assert await seen.get() == ("DELETED", "settings")
    finally:
        following.cancel()  # a watch that is left by "break" stays open
        await asyncio.wait([following])
