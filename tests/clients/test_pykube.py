"""pykube-ng: objects are dictionaries, and an update patches with all that they hold."""

from __future__ import annotations

from typing import Any

import pykube
import pytest
from clientcluster import Cluster


@pytest.fixture
def api(cluster: Cluster) -> pykube.HTTPClient:
    config = pykube.KubeConfig.from_file(str(cluster.kubeconfig))
    return pykube.HTTPClient(config, timeout=30)


def config_map(api: pykube.HTTPClient, name: str, **data: str) -> pykube.ConfigMap:
    metadata = {"name": name, "namespace": "default"}
    tree = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}
    return pykube.ConfigMap(api, tree)


def pod(api: pykube.HTTPClient, name: str) -> pykube.Pod:
    metadata = {"name": name, "namespace": "default", "labels": {"app": "web"}}
    spec = {"containers": [{"name": "main", "image": "nginx:1"}]}
    tree = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}
    return pykube.Pod(api, tree)


def deployment(api: pykube.HTTPClient, name: str) -> pykube.Deployment:
    labels = {"app": "web"}
    spec: dict[str, Any] = {
        "selector": {"matchLabels": labels},
        "template": {"metadata": {"labels": labels}, "spec": pod(api, "any").obj["spec"]},
    }
    metadata = {"name": name, "namespace": "default"}
    tree = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}
    return pykube.Deployment(api, tree)


def test_an_object_is_created_found_and_deleted(api: pykube.HTTPClient) -> None:
    made = pod(api, "web")
    assert not made.exists()
    made.create()
    assert made.obj["spec"]["restartPolicy"] == "Always"
    assert pykube.Pod.objects(api).get_by_name("web").obj == made.obj
    made.delete()
    assert not made.exists()
    with pytest.raises(pykube.exceptions.ObjectDoesNotExist):
        pykube.Pod.objects(api).get_by_name("web")


def test_an_update_is_a_patch_in_which_none_removes(api: pykube.HTTPClient) -> None:
    found = config_map(api, "settings", colour="red", size="s")
    found.create()
    found.obj["data"]["colour"] = "blue"
    found.obj["data"]["size"] = None
    found.update()
    found.reload()
    assert found.obj["data"] == {"colour": "blue"}


def test_a_refusal_says_why(api: pykube.HTTPClient) -> None:
    config_map(api, "settings").create()
    with pytest.raises(pykube.exceptions.HTTPError) as caught:
        config_map(api, "settings").create()
    assert caught.value.code == 409
    assert str(caught.value) == 'configmaps "settings" already exists'


def test_a_patch_can_be_strategic(api: pykube.HTTPClient) -> None:
    found = pod(api, "web")
    found.create()
    found.patch({"spec": {"containers": [{"name": "main", "image": "nginx:2"}]}})
    assert [each["image"] for each in found.obj["spec"]["containers"]] == ["nginx:2"]


def test_a_query_selects_by_labels_and_fields(api: pykube.HTTPClient) -> None:
    pod(api, "web").create()
    query = pykube.Pod.objects(api).filter(namespace="default")
    assert [each.name for each in query.filter(selector={"app__in": {"web", "db"}})] == ["web"]
    assert len(query.filter(selector={"app": "db"})) == 0
    assert [each.name for each in query.filter(field_selector={"metadata.name": "web"})]
    assert query.get_or_none(name="db") is None


def test_a_table_is_what_kubectl_prints(api: pykube.HTTPClient) -> None:
    """It asks for the older Table, v1beta1."""
    pod(api, "web").create()
    table = pykube.Pod.objects(api).filter(namespace="default").as_table()
    assert [each["name"] for each in table.columns][:3] == ["Name", "Ready", "Status"]
    assert table.rows[0]["cells"][:3] == ["web", "0/1", "Pending"]


def test_a_deployment_is_scaled(api: pykube.HTTPClient) -> None:
    found = deployment(api, "web")
    found.create()
    found.obj["spec"]["replicas"] = 3
    found.update()
    found.reload()
    assert found.replicas == 3
    assert found.obj["metadata"]["generation"] == 2


def test_kinds_are_found_by_discovery(api: pykube.HTTPClient) -> None:
    config_map(api, "settings").create()
    kind = pykube.object_factory(api, "v1", "ConfigMap")
    assert [each.name for each in kind.objects(api)] == ["settings"]
    assert api.version[0] == "1"


def test_a_watch_goes_on_where_a_list_ended(api: pykube.HTTPClient) -> None:
    query = pykube.ConfigMap.objects(api).filter(namespace="default")
    config_map(api, "before").create()
    version = query.response["metadata"]["resourceVersion"]
    later = config_map(api, "after")
    later.create()
    later.delete()
    seen = []
    for event in query.watch(since=version):
        seen.append((event.type, event.object.name))
        if event.type == "DELETED":
            break
    assert seen == [("ADDED", "after"), ("DELETED", "after")]


def test_finalizers_hold_an_object_until_they_are_gone(api: pykube.HTTPClient) -> None:
    held = config_map(api, "held")
    held.obj["metadata"]["finalizers"] = ["example.com/hold"]
    held.create()
    held.delete()
    held.reload()
    assert held.metadata["deletionTimestamp"]
    held.patch({"metadata": {"finalizers": None}})
    assert not held.exists()
