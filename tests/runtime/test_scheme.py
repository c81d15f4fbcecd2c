from __future__ import annotations

from typing import Any, ClassVar

import attrs
import pytest

from kregistry.meta.gvk import GroupVersion, GroupVersionKind
from kregistry.meta.object import Object
from kregistry.runtime import NotRegistered, Resource, Scheme, Unstructured

WIDGET = GroupVersionKind("shop.example", "v1", "Widget")


@attrs.define
class Widget(Object):
    api_version: ClassVar[str] = "shop.example/v1"
    kind: ClassVar[str] = "Widget"


@attrs.define
class Other(Object):
    api_version: ClassVar[str] = "shop.example/v1"
    kind: ClassVar[str] = "Widget"


@attrs.define
class Nameless(Object):
    pass


def test_a_scheme_starts_empty() -> None:
    assert Scheme().kinds() == []


def test_a_class_is_found_by_its_kind_and_the_other_way_round() -> None:
    scheme = Scheme().add(Widget)
    assert scheme.class_for(WIDGET) is Widget
    assert scheme.new(WIDGET) == Widget()
    assert scheme.recognizes(WIDGET)
    assert scheme.object_kinds(Widget()) == ([WIDGET], False)
    assert scheme.kinds() == [WIDGET]
    assert scheme.version_registered(GroupVersion("shop.example", "v1"))
    assert not scheme.version_registered(GroupVersion("shop.example", "v2"))


def test_resources_register_their_kinds() -> None:
    gadgets = Resource(Unstructured, "gadgets", group="shop.example", version="v1", kind="Gadget")
    scheme = Scheme([Resource(Widget, "widgets"), gadgets])
    assert scheme.class_for(WIDGET) is Widget
    assert scheme.class_for(gadgets.gvk) is Unstructured
    made = scheme.new(gadgets.gvk)
    assert (made.api_version, made.kind) == ("shop.example/v1", "Gadget")


def test_adding_twice_is_fine_but_not_another_class() -> None:
    scheme = Scheme([Widget, Widget])
    with pytest.raises(
        ValueError,
        match=r"Double registration of different types for shop\.example/v1, Kind=Widget",
    ):
        scheme.add(Other)
    assert scheme.class_for(WIDGET) is Widget


def test_what_is_not_registered_is_told_as_in_go() -> None:
    scheme = Scheme(name="mine")
    message = 'no kind "Widget" is registered for version "shop.example/v1" in scheme "mine"'
    for ask in (scheme.class_for, scheme.new):
        with pytest.raises(NotRegistered) as caught:
            ask(WIDGET)
        assert str(caught.value) == message
    with pytest.raises(
        NotRegistered, match='no kind is registered for the type Widget in scheme "mine"'
    ):
        scheme.object_kinds(Widget())


def test_a_class_without_a_kind_cannot_be_registered() -> None:
    with pytest.raises(ValueError, match="Nameless does not say api_version and kind"):
        Scheme().add(Nameless)
    for stranger in (Unstructured, int, "Widget", None):
        with pytest.raises((ValueError, TypeError)):
            Scheme().add(stranger)  # type: ignore[arg-type]


def test_defaults_complete_objects_of_their_class() -> None:
    def complete(widget: Widget) -> None:
        widget.metadata.labels.setdefault("size", "1")

    scheme = Scheme([Widget]).add_defaults(Widget, complete)
    widget: Any = Widget()
    scheme.set_defaults(widget)
    assert widget.metadata.labels == {"size": "1"}
    scheme.set_defaults(Other())
