from __future__ import annotations

from typing import Any, ClassVar

import attrs
import pytest

from kregistry.core.v1 import Pod
from kregistry.meta.object import Object
from kregistry.runtime import Resource, Unstructured


@attrs.define
class Widget(Object):
    api_version: ClassVar[str] = "shop.example/v1"
    kind: ClassVar[str] = "Widget"


@attrs.define
class Nameless(Object):
    pass


def test_a_resource_takes_its_kind_from_the_class() -> None:
    widgets = Resource(Widget, "widgets")
    assert (widgets.group, widgets.version, widgets.kind) == ("shop.example", "v1", "Widget")
    assert str(widgets.gvk) == "shop.example/v1, Kind=Widget"
    assert str(widgets.gvr) == "shop.example/v1, Resource=widgets"
    assert str(widgets.group_resource) == "widgets.shop.example"
    assert str(widgets.group_kind) == "Widget.shop.example"
    assert widgets.api_version == "shop.example/v1"
    assert (widgets.singular, widgets.list_kind, widgets.namespaced) == (
        "widget",
        "WidgetList",
        True,
    )
    assert widgets.new() == Widget()
    assert hash(widgets) == hash(Resource(Widget, "widgets"))


def test_an_untyped_resource_says_its_kind() -> None:
    gadgets = Resource(
        Unstructured,
        "gadgets",
        group="shop.example",
        version="v2",
        kind="Gadget",
        namespaced=False,
        short_names=["gd"],
    )
    made = gadgets.new()
    assert (made.api_version, made.kind) == ("shop.example/v2", "Gadget")
    assert gadgets.short_names == ("gd",)


@pytest.mark.parametrize(
    ("group", "prefix"),
    [
        ("", "pods"),
        ("apps", "pods"),
        ("rbac.authorization.k8s.io", "pods"),
        ("k8s.io", "k8s.io/pods"),
        ("shop.example", "shop.example/pods"),
        ("notk8s.io", "notk8s.io/pods"),
    ],
)
def test_strangers_are_stored_below_their_group(group: str, prefix: str) -> None:
    found = Resource(Unstructured, "pods", group=group, version="v1", kind="Pod").prefix
    assert found == prefix


def test_the_place_in_storage_can_be_said() -> None:
    assert Resource(Pod, "pods").prefix == "pods"
    assert Resource(Pod, "pods", prefix="minions").prefix == "minions"


def test_what_a_resource_lacks_is_told() -> None:
    with pytest.raises(ValueError, match="a resource of Unstructured needs a version"):
        Resource(Unstructured, "gadgets")
    with pytest.raises(ValueError, match="a resource of Widget needs a plural"):
        Resource(Widget, "")
    with pytest.raises(ValueError, match="a resource of Nameless needs a version"):
        Resource(Nameless, "x")
    with pytest.raises(ValueError, match="Nameless must declare ClassVar api_version and kind"):
        Resource(Nameless, "x", group="g", version="v1", kind="Nameless")


def test_a_resource_does_not_contradict_its_class() -> None:
    with pytest.raises(ValueError, match=r"Widget declares itself to be shop\.example/v1 Widget"):
        Resource(Widget, "widgets", version="v2")


@attrs.define
class Demanding(Object):
    api_version: ClassVar[str] = "shop.example/v1"
    kind: ClassVar[str] = "Demanding"
    size: int


class Undecorated(Object):
    api_version: ClassVar[str] = "shop.example/v1"
    kind: ClassVar[str] = "Undecorated"
    size: int = 1


@attrs.define
class NoObject:
    size: int = 1


@pytest.mark.parametrize(
    ("cls", "problem"),
    [
        (Demanding, "Demanding.size needs a default"),
        (Undecorated, "Undecorated.size is no attrs field: decorate Undecorated with @attrs"),
        (NoObject, "needs a class derived from Object"),
        (Widget(), "needs a class derived from Object"),
        ("Widget", "needs a class derived from Object"),
    ],
)
def test_a_class_that_storage_could_not_use_is_refused_at_once(cls: Any, problem: str) -> None:
    with pytest.raises(TypeError, match=problem):
        Resource(cls, "widgets")


@pytest.mark.parametrize("plural", ["wid gets", "Widgets", "a/b", "..", "a.b", "x" * 64, "\0", "é"])
def test_a_plural_that_cannot_stand_in_a_path_is_refused(plural: str) -> None:
    with pytest.raises(ValueError, match="plural"):
        Resource(Widget, plural)


@pytest.mark.parametrize("prefix", ["/widgets", "widgets/", "a//b", "../pods", "a/./b"])
def test_a_prefix_that_cannot_be_part_of_a_key_is_refused(prefix: str) -> None:
    with pytest.raises(ValueError, match="prefix"):
        Resource(Widget, "widgets", prefix=prefix)


@pytest.mark.parametrize(
    "names", [{"plural": 3}, {"kind": 3}, {"group": None}, {"prefix": 1}, {"list_kind": b"x"}]
)
def test_a_name_that_is_no_text_is_refused(names: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match="of a resource is text, not"):
        Resource(Widget, **{"plural": "widgets", **names})
