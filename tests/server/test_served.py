"""ServedResource: what may be said about a resource, and what follows from it."""

from __future__ import annotations

from typing import Any

import pytest
from shopkinds import GADGETS, SCALE, STATUS, resource

from kregistry.core.pod import PODS
from kregistry.meta.gvk import GroupVersionKind
from kregistry.server.served import (
    VERBS,
    ServedResource,
    ServedSubresource,
    storage_version_hash,
)


def test_names_follow_from_the_kind_where_they_are_not_given() -> None:
    shelf = resource("shelves", kind="Shelf")
    assert (shelf.singular, shelf.list_kind) == ("shelf", "ShelfList")


def test_a_resource_of_a_store_is_told_about_as_it_is_stored() -> None:
    served = ServedResource.of(PODS)
    assert served.gvk == GroupVersionKind("", "v1", "Pod")
    assert (served.verbs, served.namespaced, served.short_names) == (VERBS, True, PODS.short_names)
    assert served.storage_version_hash == "xPOwRZ+Yhw8="


def test_a_subresource_has_the_group_and_version_of_its_resource_or_its_own() -> None:
    assert STATUS.gvk(GADGETS) == GroupVersionKind("shop.example", "v1", "Gadget")
    assert SCALE.gvk(GADGETS) == GroupVersionKind("autoscaling", "v1", "Scale")


def test_a_subresource_is_found_by_its_name() -> None:
    assert GADGETS.subresource("scale") is SCALE
    assert GADGETS.subresource("log") is None


def test_equal_facts_make_equal_resources() -> None:
    assert resource() == resource()
    assert len({resource(), resource(), GADGETS}) == 2


@pytest.mark.parametrize(
    ("gvk", "expected"),
    [
        (GroupVersionKind("", "v1", "ConfigMap"), "qFsyl6wFWjQ="),
        (GroupVersionKind("apps", "v1", "Deployment"), "8aSe+NMegvE="),
        (GroupVersionKind("coordination.k8s.io", "v1", "Lease"), "gqkMMb/YqFM="),
    ],
)
def test_the_storage_hash_is_that_of_the_api_server(gvk: GroupVersionKind, expected: str) -> None:
    assert storage_version_hash(gvk) == expected


@pytest.mark.parametrize(
    "facts",
    [
        {"group": "a/b"},
        {"group": "../api"},
        {"group": "Shop.example"},
        {"group": "shop..example"},
        {"group": "x" * 254},
        {"group": "shop.example\n"},
        {"version": ""},
        {"version": "1"},
        {"version": "v1/pods"},
        {"kind": ""},
        {"kind": "My Kind"},
        {"kind": "\u212aind"},
        {"kind": "K" * 64},
        {"list_kind": "{}"},
        {"plural": ""},
        {"plural": "things/status"},
        {"plural": "{name}"},
        {"singular": "a thing"},
        {"short_names": ("t", "")},
        {"categories": ("all,more",)},
        {"verbs": ("get", "steal")},
        {"verbs": ("get", "get")},
        {"subresources": (STATUS, STATUS)},
    ],
    ids=str,
)
def test_what_cannot_be_a_name_is_refused(facts: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        resource(**facts)


@pytest.mark.parametrize(
    "facts",
    [
        {"group": None},
        {"group": 7},
        {"version": b"v1"},
        {"kind": ["Pod"]},
        {"plural": 3},
        {"verbs": "get"},
        {"verbs": None},
        {"short_names": "po"},
        {"subresources": ("status",)},
        {"namespaced": "false"},
        {"custom": 1},
        {"group_priority": "1000"},
        {"version_priority": None},
    ],
    ids=str,
)
def test_a_value_of_a_wrong_type_is_refused(facts: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        resource(**facts)


@pytest.mark.parametrize(
    "facts", [{"group": "autoscaling"}, {"version": "v1"}, {"group": "", "version": ""}], ids=str
)
def test_a_foreign_kind_of_a_subresource_has_a_group_and_a_version(facts: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        ServedSubresource(name="scale", kind="Scale", verbs=("get",), **facts)


def test_the_core_group_may_be_the_foreign_one() -> None:
    binding = ServedSubresource(
        name="binding", kind="Binding", verbs=("create",), group="", version="v1"
    )
    assert binding.gvk(GADGETS) == GroupVersionKind("", "v1", "Binding")
