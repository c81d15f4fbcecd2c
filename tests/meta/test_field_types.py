"""field_types: what the annotations of an attrs class mean, whoever wrote it."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Generic, TypeVar

import attrs
import pytest

from kregistry.core import v1
from kregistry.core.apps_v1 import DeploymentSpec
from kregistry.meta import Model, Object, field_types, model
from kregistry.meta.labelselector import LabelSelector

T = TypeVar("T")


@attrs.define
class Size:
    width: int = 0


@attrs.define
class Widget(Object):
    api_version: ClassVar[str] = "shop.example/v1"
    kind: ClassVar[str] = "Widget"

    sizes: list[Size] = attrs.field(factory=list)
    parent: Widget | None = None
    note: Annotated[str, "free"] = ""


@model
class Lost(Model):
    thing: Missing | None = None  # type: ignore[name-defined] # noqa: F821
    fine: str = ""


@attrs.define
class Box(Generic[T]):
    content: T


def test_types_of_a_users_class_resolve_in_its_module() -> None:
    types = field_types(Widget)
    assert types["sizes"] == list[Size]
    assert types["parent"] == Widget | None
    assert types["note"] == Annotated[str, "free"]
    assert list(types) == ["metadata", "sizes", "parent", "note"]


def test_inherited_fields_resolve_in_the_module_that_declares_them() -> None:
    assert field_types(Widget)["metadata"].__name__ == "ObjectMeta"


def test_a_class_of_a_package_finds_its_neighbours() -> None:
    assert field_types(v1.PodSpec)["containers"] == list[v1.Container]
    assert field_types(v1.Volume)["csi"] == v1.CSIVolumeSource | None


def test_a_class_of_another_package_finds_what_it_imported() -> None:
    types = field_types(DeploymentSpec)
    assert types["template"] is v1.PodTemplateSpec
    assert types["selector"] == LabelSelector | None


def test_a_class_made_without_annotations_takes_anything() -> None:
    made = attrs.make_class("Made", ["x"])
    assert field_types(made) == {"x": Any}


def test_real_types_need_no_resolving() -> None:
    made = attrs.make_class("Made", {"x": attrs.field(type=list[Size])})
    assert field_types(made) == {"x": list[Size]}


def test_a_type_variable_stays_one() -> None:
    assert field_types(Box) == {"content": T}


def test_the_answer_is_the_callers_own() -> None:
    field_types(Widget).clear()
    assert field_types(Widget)


def test_a_subclass_has_an_answer_of_its_own() -> None:
    @attrs.define
    class Wide(Widget):
        extra: int = 0

    field_types(Widget)
    assert "extra" in field_types(Wide)
    assert "extra" not in field_types(Widget)


def test_a_name_that_nobody_knows_is_told_with_class_and_field() -> None:
    with pytest.raises(TypeError) as caught:
        field_types(Lost)
    assert f"{Lost.__module__}.Lost.thing: cannot resolve 'Missing | None'" in str(caught.value)


@pytest.mark.parametrize("annotation", ["list[", "1 +", "x" * 10_000, "\x00", "()()", "int[0]"])
def test_an_annotation_that_means_nothing_is_a_type_error(annotation: str) -> None:
    made = attrs.make_class("Made", {"x": attrs.field(type=annotation)})
    with pytest.raises(TypeError, match="x: cannot resolve"):
        field_types(made)


@pytest.mark.parametrize("cls", [int, object, dict])
def test_what_is_no_attrs_class_is_refused(cls: type) -> None:
    with pytest.raises(TypeError, match="is not an attrs class"):
        field_types(cls)
