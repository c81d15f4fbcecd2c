"""What a test asks its server itself: apply, get, list, delete, wait_for."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest
from wire import CONFIGMAPS, ask, config_map

from kregistry.kube import Kube
from kregistry.kube.applying import three_way_patch
from kregistry.manifests import ManifestError
from kregistry.meta.errors import BadRequest, Invalid, NotFound

NAMESPACE = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "blue"}}


def deployment(replicas: int = 1, image: str = "nginx:1") -> dict[str, Any]:
    labels = {"app": "web"}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web"},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"containers": [{"name": "c", "image": image}]},
            },
        },
    }


def test_what_is_not_there_is_created_by_the_rules_of_its_kind(kube: Kube) -> None:
    (made,) = kube.apply(deployment())

    assert made["metadata"]["namespace"] == "default"
    assert made["spec"]["strategy"]["type"] == "RollingUpdate"
    assert made == kube.get("deployments", "web")


def test_what_is_there_is_changed_and_keeps_what_others_wrote(kube: Kube) -> None:
    kube.apply(deployment())
    path = "/apis/apps/v1/namespaces/default/deployments/web"
    ask(kube, "PATCH", path, {"metadata": {"annotations": {"theirs": "1"}}})

    (made,) = kube.apply(deployment(replicas=3))

    assert made["spec"]["replicas"] == 3
    assert made["metadata"]["annotations"] == {"theirs": "1"}


def test_what_is_declared_no_longer_goes(kube: Kube) -> None:
    kube.apply(config_map("a", mine="1", also="2"))
    ask(kube, "PATCH", f"{CONFIGMAPS}/a", {"data": {"theirs": "3"}})

    kube.apply(config_map("a", mine="1"))

    assert kube.get("configmaps", "a")["data"] == {"mine": "1", "theirs": "3"}


def test_a_later_object_of_the_same_name_owes_nothing_to_the_earlier(kube: Kube) -> None:
    kube.apply(config_map("a", mine="1", also="2"))
    kube.delete("configmaps", "a")
    ask(kube, "POST", CONFIGMAPS, config_map("a", also="theirs"))

    kube.apply(config_map("a", mine="1"))

    assert kube.get("configmaps", "a")["data"] == {"mine": "1", "also": "theirs"}


def test_applying_the_same_again_writes_nothing(kube: Kube) -> None:
    before = kube.apply(deployment())

    assert kube.apply(deployment()) == before


def test_namespaces_come_first_wherever_they_stand(kube: Kube) -> None:
    inside = {**config_map("a"), "metadata": {"name": "a", "namespace": "blue"}}

    made = kube.apply(inside, NAMESPACE)

    assert [each["kind"] for each in made] == ["ConfigMap", "Namespace"]
    assert kube.get("configmaps", "a", namespace="blue")


def test_objects_come_from_files_directories_texts_lists_and_lists_of_kubernetes(
    kube: Kube, tmp_path: Path
) -> None:
    yaml = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s}\n"
    (tmp_path / "one.yaml").write_text(yaml % "one", encoding="utf-8")
    directory = tmp_path / "some"
    directory.mkdir()
    (directory / "b.yml").write_text(f"{yaml % 'b1'}---\n{yaml % 'b2'}", encoding="utf-8")
    (directory / "a.json").write_text(json.dumps(config_map("a")), encoding="utf-8")
    (directory / "README.md").write_text("not for here", encoding="utf-8")
    listed = {"apiVersion": "v1", "kind": "List", "items": [config_map("x"), config_map("y")]}

    made = kube.apply(
        str(tmp_path / "one.yaml"),
        directory,
        yaml % "text",
        json.dumps(config_map("json")),
        [config_map("l1"), [config_map("l2")]],
        listed,
    )

    names = [each["metadata"]["name"] for each in made]
    assert names == ["one", "a", "b1", "b2", "text", "json", "l1", "l2", "x", "y"]


def test_a_generated_name_is_a_new_object_each_time(kube: Kube) -> None:
    tree = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"generateName": "run-"}}

    kube.apply(tree, tree)

    assert len(kube.list("configmaps")) == 2


def test_the_dict_of_the_caller_stays_as_it_was(kube: Kube) -> None:
    tree = deployment()

    kube.apply(tree)

    assert tree == deployment()


def test_what_the_server_refuses_is_raised_in_its_words(kube: Kube) -> None:
    with pytest.raises(Invalid, match=r'Deployment.apps "web" is invalid: spec.replicas'):
        kube.apply(deployment(replicas=-1))
    with pytest.raises(NotFound, match='namespaces "nowhere" not found'):
        kube.apply(config_map("a"), namespace="nowhere")


@pytest.mark.parametrize("member", ["name", "namespace"])
@pytest.mark.parametrize("value", [5, ["a"], {"a": "b"}, True])
def test_a_name_that_is_no_text_is_refused_by_the_server(
    kube: Kube, member: str, value: Any
) -> None:
    found = config_map("a")
    found["metadata"][member] = value
    with pytest.raises(BadRequest, match=f"cannot unmarshal .* into field metadata.{member}"):
        kube.apply(found)


@pytest.mark.parametrize(
    ("source", "kind", "problem"),
    [
        (7, TypeError, "not a int"),
        (b"{}", TypeError, "not a bytes"),
        (None, TypeError, "not a NoneType"),
        ({}, ValueError, "apiVersion is missing"),
        ({"apiVersion": "v1"}, ValueError, "kind is missing"),
        ({"apiVersion": 1, "kind": "Pod"}, ValueError, "apiVersion is missing"),
        ({"apiVersion": "v1", "kind": "Pod", "metadata": []}, ValueError, "metadata is an object"),
        ({"apiVersion": "v1", "kind": "Gadget"}, ValueError, 'no matches for kind "Gadget"'),
        ("missing.yaml", ManifestError, "missing.yaml: No such file"),
        ("{", ManifestError, "the text: not JSON"),
        ("a: [\n", ManifestError, "neither JSON nor YAML"),
        ("- 1\n- 2\n", ValueError, "an object is expected, not a list"),
        ("{}\n", ValueError, "apiVersion is missing"),
        ("just words\n", ValueError, "an object is expected, not a str"),
    ],
)
def test_a_source_that_is_none_is_refused_by_name(
    kube: Kube, source: Any, kind: type[Exception], problem: str
) -> None:
    with pytest.raises(kind, match=problem):
        kube.apply(source)


def test_nothing_is_applied_if_one_of_the_sources_cannot_be_read(kube: Kube) -> None:
    with pytest.raises(ManifestError):
        kube.apply(config_map("a"), "missing.yaml")

    assert kube.list("configmaps") == []


def test_an_empty_directory_is_a_mistake(kube: Kube, tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match=r"no file here ends in .yaml, .yml, .json"):
        kube.apply(tmp_path)


@pytest.mark.parametrize(
    "word",
    ["deployments", "deployment", "Deployment", "deploy", "deployments.apps", "deploy.v1.apps"],
)
def test_a_resource_goes_by_all_its_names(kube: Kube, word: str) -> None:
    kube.apply(deployment())

    assert kube.get(word, "web")["kind"] == "Deployment"


def test_of_two_resources_of_one_name_the_core_group_comes_first(kube: Kube) -> None:
    kube.apply(
        {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"name": "e", "namespace": "default"},
            "involvedObject": {"namespace": "default", "name": "x"},
        }
    )

    assert kube.get("events", "e")["apiVersion"] == "v1"
    assert kube.get("events.events.k8s.io", "e")["apiVersion"] == "events.k8s.io/v1"


def test_a_subresource_can_be_got(kube: Kube) -> None:
    kube.apply(deployment(replicas=2))

    assert kube.get("deployments/scale", "web")["kind"] == "Scale"


def test_what_is_in_no_namespace_needs_none(kube: Kube) -> None:
    assert kube.get("namespaces", "kube-system")["metadata"]["name"] == "kube-system"


def test_what_is_not_there_is_not_found(kube: Kube) -> None:
    with pytest.raises(NotFound, match='configmaps "b" not found'):
        kube.get("configmaps", "b")
    with pytest.raises(NotFound):
        kube.delete("configmaps", "b")
    with pytest.raises(ValueError, match='doesn\'t have a resource type "gadgets"'):
        kube.get("gadgets", "b")


@pytest.mark.parametrize("name", ["", None, 7])
def test_an_object_without_a_name_is_not_the_whole_collection(kube: Kube, name: Any) -> None:
    kube.apply(config_map("a"))

    with pytest.raises(ValueError, match="an object has a name"):
        kube.delete("configmaps", name)

    assert len(kube.list("configmaps")) == 1


def test_a_name_cannot_lead_elsewhere(kube: Kube) -> None:
    kube.apply(config_map("a"))

    with pytest.raises(NotFound):
        kube.get("configmaps", "../configmaps/a")


def test_a_list_tells_the_kind_of_each_item_and_selects(kube: Kube) -> None:
    labelled = {**config_map("b"), "metadata": {"name": "b", "labels": {"app": "x"}}}
    kube.apply(config_map("a"), labelled, NAMESPACE)
    kube.apply(config_map("c"), namespace="blue")

    assert [each["kind"] for each in kube.list("configmaps")] == ["ConfigMap", "ConfigMap"]
    assert len(kube.list("configmaps", namespace="")) == 3
    (selected,) = kube.list("configmaps", label_selector="app=x")
    assert selected["metadata"]["name"] == "b"
    (selected,) = kube.list("configmaps", field_selector="metadata.name=a")
    assert selected["metadata"]["name"] == "a"
    with pytest.raises(BadRequest):
        kube.list("configmaps", label_selector="a in")


def test_waiting_ends_as_soon_as_a_controller_has_done_it(kube: Kube) -> None:
    worker = threading.Thread(target=ask, args=(kube, "POST", CONFIGMAPS, config_map("a")))
    worker.start()

    found = kube.wait_for(lambda: kube.get("configmaps", "a"), timeout=30)

    worker.join(30)
    assert found["metadata"]["name"] == "a"


def test_a_failed_assertion_means_not_yet(kube: Kube) -> None:
    looks: list[int] = []

    def settled() -> bool:
        looks.append(1)
        assert len(looks) > 2
        return True

    assert kube.wait_for(settled, timeout=30) is True
    assert len(looks) == 3


def test_waiting_in_vain_tells_what_it_saw_last(kube: Kube) -> None:
    with pytest.raises(TimeoutError, match=r"not within 0.01 s: <lambda> \(.*; it was \[\]"):
        kube.wait_for(lambda: kube.list("configmaps"), timeout=0.01)
    with pytest.raises(TimeoutError, match='it raised NotFound: configmaps "a" not found'):
        kube.wait_for(lambda: kube.get("configmaps", "a"), timeout=0)


def test_a_mistake_in_a_condition_is_not_waited_for(kube: Kube) -> None:
    with pytest.raises(KeyError):
        kube.wait_for(lambda: {}["a"], timeout=30)


@pytest.mark.parametrize(
    ("before", "now", "stored", "patch"),
    [
        ({}, {"a": 1}, {}, {"a": 1}),
        ({}, {"a": 1}, {"a": 1, "b": 2}, {}),
        ({"a": 1}, {}, {"a": 1, "b": 2}, {"a": None}),
        ({"a": 1}, {}, {"b": 2}, {}),
        ({"a": {"x": 1}}, {"a": {}}, {"a": {"x": 1, "y": 2}}, {"a": {"x": None}}),
        ({}, {"a": [1]}, {"a": [1, 2]}, {"a": [1]}),
        ({"a": 1}, {"a": {"x": 1}}, {"a": 1}, {"a": {"x": 1}}),
        ({"a": {"x": 1}}, {"a": 1}, {"a": {"x": 1}}, {"a": 1}),
    ],
)
def test_a_patch_holds_what_changes_and_nothing_else(
    before: Any, now: Any, stored: Any, patch: Any
) -> None:
    assert three_way_patch(before, now, stored) == patch
