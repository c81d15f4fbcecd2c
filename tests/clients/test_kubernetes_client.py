"""The official Python client: typed, dynamic, watching, as an informer would, and asynchronous."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes
import pytest
from clientcluster import Cluster
from kubernetes import client as k8s
from kubernetes.dynamic import DynamicClient
from kubernetes.dynamic.exceptions import ConflictError, NotFoundError

#: Seconds after which a watch has failed.
SECONDS = 30


@pytest.fixture
def api(cluster: Cluster) -> Iterator[k8s.ApiClient]:
    with kubernetes.config.new_client_from_config(str(cluster.kubeconfig)) as made:
        yield made


@pytest.fixture
def core(api: k8s.ApiClient) -> k8s.CoreV1Api:
    return k8s.CoreV1Api(api)


@pytest.fixture
def dynamic(api: k8s.ApiClient, tmp_path: Path) -> DynamicClient:
    return DynamicClient(api, cache_file=str(tmp_path / "discovery.json"))


def config_map(name: str, **data: str) -> k8s.V1ConfigMap:
    return k8s.V1ConfigMap(metadata=k8s.V1ObjectMeta(name=name), data=data)


def pod(name: str) -> k8s.V1Pod:
    return k8s.V1Pod(
        metadata=k8s.V1ObjectMeta(name=name, labels={"app": "web"}),
        spec=k8s.V1PodSpec(containers=[k8s.V1Container(name="main", image="nginx:1")]),
    )


# Typed.


def test_a_typed_object_is_created_read_and_deleted(core: k8s.CoreV1Api) -> None:
    made = core.create_namespaced_pod("default", pod("web"))
    assert made.metadata.uid
    assert made.metadata.creation_timestamp.tzinfo is not None
    assert made.spec.restart_policy == "Always"
    read = core.read_namespaced_pod("web", "default")
    assert read == made
    assert core.delete_namespaced_pod("web", "default").metadata.name == "web"
    with pytest.raises(k8s.ApiException) as caught:
        core.read_namespaced_pod("web", "default")
    assert (caught.value.status, caught.value.reason) == (404, "Not Found")


def test_a_stale_replace_is_a_conflict(core: k8s.CoreV1Api) -> None:
    stale = core.create_namespaced_config_map("default", config_map("settings", colour="red"))
    core.patch_namespaced_config_map("settings", "default", {"data": {"colour": "blue"}})
    with pytest.raises(k8s.ApiException) as caught:
        core.replace_namespaced_config_map("settings", "default", stale)
    assert caught.value.status == 409
    assert core.read_namespaced_config_map("settings", "default").data == {"colour": "blue"}


def test_an_invalid_object_is_refused_with_its_field(core: k8s.CoreV1Api) -> None:
    with pytest.raises(k8s.ApiException) as caught:
        core.create_namespaced_config_map("default", config_map("Not A Name"))
    assert caught.value.status == 422
    assert '"field":"metadata.name"' in caught.value.body


def test_a_list_body_is_a_json_patch_and_any_other_a_strategic_one(core: k8s.CoreV1Api) -> None:
    core.create_namespaced_pod("default", pod("web"))
    steps = [{"op": "add", "path": "/metadata/labels/tier", "value": "front"}]
    patched = core.patch_namespaced_pod("web", "default", steps)
    assert patched.metadata.labels == {"app": "web", "tier": "front"}
    containers = [{"name": "main", "image": "nginx:2"}]
    patched = core.patch_namespaced_pod("web", "default", {"spec": {"containers": containers}})
    assert [(each.name, each.image) for each in patched.spec.containers] == [("main", "nginx:2")]


def test_a_list_is_read_in_pages(core: k8s.CoreV1Api) -> None:
    for number in range(5):
        core.create_namespaced_config_map("default", config_map(f"cm-{number}"))
    names, more = [], None
    while more != "":
        page = core.list_namespaced_config_map("default", limit=2, _continue=more)
        names += [each.metadata.name for each in page.items]
        more = page.metadata._continue or ""
    assert names == [f"cm-{number}" for number in range(5)]


def test_a_collection_is_deleted_by_its_labels(core: k8s.CoreV1Api) -> None:
    for name in ("web", "other"):
        core.create_namespaced_pod("default", pod(name))
    core.patch_namespaced_pod("other", "default", {"metadata": {"labels": {"app": None}}})
    core.delete_collection_namespaced_pod("default", label_selector="app=web")
    left = core.list_namespaced_pod("default").items
    assert [each.metadata.name for each in left] == ["other"]


def test_a_deployment_is_scaled(api: k8s.ApiClient) -> None:
    apps = k8s.AppsV1Api(api)
    template = k8s.V1PodTemplateSpec(
        metadata=k8s.V1ObjectMeta(labels={"app": "web"}), spec=pod("web").spec
    )
    spec = k8s.V1DeploymentSpec(
        selector=k8s.V1LabelSelector(match_labels={"app": "web"}), template=template
    )
    apps.create_namespaced_deployment(
        "default", k8s.V1Deployment(metadata=k8s.V1ObjectMeta(name="web"), spec=spec)
    )
    assert apps.read_namespaced_deployment_scale("web", "default").spec.replicas == 1
    apps.patch_namespaced_deployment_scale("web", "default", {"spec": {"replicas": 3}})
    assert apps.read_namespaced_deployment("web", "default").spec.replicas == 3


def test_objects_are_created_from_dicts_as_from_yaml(
    api: k8s.ApiClient, core: k8s.CoreV1Api
) -> None:
    items = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}},
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "key", "namespace": "shop"}},
    ]
    kubernetes.utils.create_from_yaml(api, yaml_objects=items)
    assert core.read_namespaced_secret("key", "shop").type == "Opaque"


def test_the_version_is_told(api: k8s.ApiClient) -> None:
    assert k8s.VersionApi(api).get_code().major == "1"


# Dynamic.


def test_the_dynamic_client_finds_kinds_by_discovery(dynamic: DynamicClient) -> None:
    maps = dynamic.resources.get(api_version="v1", kind="ConfigMap")
    assert maps.namespaced
    assert dynamic.resources.get(kind="Deployment", api_version="apps/v1").name == "deployments"
    assert dynamic.resources.get(short_names=["cm"]).kind == "ConfigMap"


def test_the_dynamic_client_writes_and_reads(dynamic: DynamicClient) -> None:
    maps = dynamic.resources.get(api_version="v1", kind="ConfigMap")
    body = {"metadata": {"name": "settings"}, "data": {"colour": "red"}}
    made = maps.create(body={"apiVersion": "v1", "kind": "ConfigMap", **body}, namespace="default")
    assert made.data.colour == "red"
    merge = "application/merge-patch+json"
    change = {"metadata": {"name": "settings"}, "data": {"colour": None, "size": "xl"}}
    patched = maps.patch(body=change, namespace="default", content_type=merge)
    assert patched.data.to_dict() == {"size": "xl"}
    with pytest.raises(ConflictError):
        maps.replace(body=made.to_dict(), namespace="default")
    maps.delete(name="settings", namespace="default")
    with pytest.raises(NotFoundError):
        maps.get(name="settings", namespace="default")


# Watching.


def test_a_watch_goes_on_where_a_list_ended(core: k8s.CoreV1Api) -> None:
    core.create_namespaced_config_map("default", config_map("before"))
    listed = core.list_namespaced_config_map("default")
    core.create_namespaced_config_map("default", config_map("after", colour="red"))
    core.patch_namespaced_config_map("after", "default", {"data": {"colour": "blue"}})
    core.delete_namespaced_config_map("after", "default")
    watch = kubernetes.watch.Watch()
    seen = []
    for event in watch.stream(
        core.list_namespaced_config_map,
        "default",
        resource_version=listed.metadata.resource_version,
        timeout_seconds=SECONDS,
    ):
        seen.append((event["type"], event["object"].metadata.name))
        if event["type"] == "DELETED":
            watch.stop()
    assert seen == [("ADDED", "after"), ("MODIFIED", "after"), ("DELETED", "after")]


def test_a_watch_ends_after_its_time(core: k8s.CoreV1Api) -> None:
    core.create_namespaced_config_map("default", config_map("settings"))
    stream = kubernetes.watch.Watch().stream(
        core.list_namespaced_config_map, "default", timeout_seconds=1
    )
    assert [event["type"] for event in stream] == ["ADDED"]


def test_a_watch_of_forgotten_history_is_gone(core: k8s.CoreV1Api, cluster: Cluster) -> None:
    start = core.list_namespaced_config_map("default").metadata.resource_version
    core.create_namespaced_config_map("default", config_map("settings"))
    cluster.forget_history()
    stream = kubernetes.watch.Watch().stream(
        core.list_namespaced_config_map,
        "default",
        resource_version=start,
        timeout_seconds=SECONDS,
    )
    with pytest.raises(k8s.ApiException) as caught:
        list(stream)
    assert caught.value.status == 410


class Mirror:
    """What a controller has in its memory: list, watch, and list again when it came too late."""

    def __init__(self, core: k8s.CoreV1Api) -> None:
        self._core = core
        self.values: dict[str, dict[str, str]] = {}
        self.version = ""
        self.lists = 0

    def fill(self) -> None:
        listed = self._core.list_namespaced_config_map("default")
        self.values = {each.metadata.name: each.data for each in listed.items}
        self.version = listed.metadata.resource_version
        self.lists += 1

    def follow_until(self, name: str) -> None:
        """Go on until *name* is known, whatever it takes."""
        while name not in self.values:
            try:
                self._follow(name)
            except k8s.ApiException as error:
                if error.status != 410:
                    raise
                self.fill()

    def _follow(self, name: str) -> None:
        watch = kubernetes.watch.Watch()
        for event in watch.stream(
            self._core.list_namespaced_config_map,
            "default",
            resource_version=self.version,
            allow_watch_bookmarks=True,
            timeout_seconds=SECONDS,
        ):
            self.version = event["raw_object"]["metadata"]["resourceVersion"]
            if event["type"] in ("ADDED", "MODIFIED"):
                self.values[event["object"].metadata.name] = event["object"].data
            if name in self.values:
                watch.stop()


def test_a_mirror_lists_again_when_it_came_too_late(core: k8s.CoreV1Api, cluster: Cluster) -> None:
    core.create_namespaced_config_map("default", config_map("first", n="1"))
    mirror = Mirror(core)
    mirror.fill()
    core.create_namespaced_config_map("default", config_map("second", n="2"))
    mirror.follow_until("second")
    assert mirror.lists == 1
    core.delete_namespaced_config_map("first", "default")
    core.create_namespaced_config_map("default", config_map("third", n="3"))
    cluster.forget_history()
    mirror.follow_until("third")
    assert mirror.lists == 2
    assert mirror.values == {"second": {"n": "2"}, "third": {"n": "3"}}


def test_the_informer_of_the_client_keeps_up(core: k8s.CoreV1Api, cluster: Cluster) -> None:
    from kubernetes.informer import ADDED, DELETED, SharedInformer

    added, deleted = threading.Event(), threading.Event()
    informer = SharedInformer(list_func=core.list_namespaced_config_map, namespace="default")
    informer.add_event_handler(ADDED, lambda found: added.set())
    informer.add_event_handler(DELETED, lambda found: deleted.set())
    informer.start()
    try:
        core.create_namespaced_config_map("default", config_map("settings", colour="red"))
        assert added.wait(SECONDS)
        found = informer.cache.get_by_key("default/settings")
        assert found.data == {"colour": "red"}
        core.delete_namespaced_config_map("settings", "default")
        assert deleted.wait(SECONDS)
    finally:
        informer.stop()


# Asynchronous.


def test_the_asynchronous_client_writes_and_watches(cluster: Cluster) -> None:
    asyncio.run(asyncio.wait_for(_write_and_watch(cluster), SECONDS))


async def _write_and_watch(cluster: Cluster) -> None:
    from kubernetes import aio

    configuration: Any = aio.client.Configuration()
    await aio.config.load_kube_config(str(cluster.kubeconfig), client_configuration=configuration)
    async with aio.client.ApiClient(configuration) as api:
        core = aio.client.CoreV1Api(api)
        body = {"metadata": {"name": "settings"}, "data": {"colour": "red"}}
        made = await core.create_namespaced_config_map("default", body)
        assert made.metadata.uid
        async with aio.watch.Watch() as watch:
            async for event in watch.stream(
                core.list_namespaced_config_map, "default", timeout_seconds=SECONDS
            ):
                assert (event["type"], event["object"].metadata.name) == ("ADDED", "settings")
                break
