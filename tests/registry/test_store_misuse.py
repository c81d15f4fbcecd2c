"""Mistakes of somebody who meets the library for the first time: each error names the mistake."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import attrs
import pytest
from cattrs import Converter
from widgetshop import WIDGETS, Widget, WidgetSpec, WidgetStrategy, widget

from kregistry.meta.context import Context
from kregistry.meta.errors import BadRequest, ServiceUnavailable
from kregistry.meta.object import Object
from kregistry.meta.objectmeta import ObjectMeta
from kregistry.meta.options import CreateOptions, UpdateOptions
from kregistry.registry import DefaultUpdatedObjectInfo, Store
from kregistry.runtime import Codec, Resource
from kregistry.storage import Config, Interface, factory
from kregistry.storage.memory import MemoryBackend

make: Any = Store  # what follows is wrong on purpose
make_rules: Any = WidgetStrategy


@pytest.mark.parametrize("ctx", [None, "default", {"namespace": "default"}, Context])
@pytest.mark.parametrize(
    "verb",
    [
        lambda store, ctx: store.create(ctx, widget()),
        lambda store, ctx: store.get(ctx, "anvil"),
        lambda store, ctx: store.list(ctx),
        lambda store, ctx: store.watch(ctx),
        lambda store, ctx: store.replace(ctx, widget()),
        lambda store, ctx: store.modify(ctx, "anvil", lambda obj: obj),
        lambda store, ctx: store.delete(ctx, "anvil"),
        lambda store, ctx: store.delete_collection(ctx),
    ],
)
def test_a_forgotten_context_is_asked_for(
    widgets: Store[Widget], verb: Callable[[Any, Any], object], ctx: Any
) -> None:
    with pytest.raises(TypeError, match="the first argument is a Context"):
        verb(widgets, ctx)


@pytest.mark.parametrize(
    ("made", "problem"),
    [
        (
            lambda storage: make(Widget, storage),
            "resource of a Store: expected Resource, found the",
        ),
        (
            lambda storage: make(WIDGETS, "shop.db"),
            "storage of a Store: expected Interface, found str",
        ),
        (lambda storage: make(WIDGETS, Config()), "expected Interface, found Config"),
        (
            lambda storage: make(WIDGETS, MemoryBackend()),
            "expected Interface, found MemoryBackend",
        ),
        (lambda storage: make(WIDGETS, storage, WidgetStrategy), "found the class WidgetStr"),
        (lambda storage: make(WIDGETS, storage, WIDGETS), "expected RESTStrategy, found Resource"),
        (lambda storage: make_rules(Widget), "resource of a Strategy: expected Resource"),
    ],
)
def test_a_store_says_what_it_is_made_of(
    memory: Interface[Object], made: Callable[[Any], object], problem: str
) -> None:
    with pytest.raises(TypeError, match=problem):
        made(memory)


@pytest.mark.parametrize("info", [widget(), {}, None, lambda obj: obj])
def test_update_says_which_verb_takes_an_object_or_a_function(
    widgets: Store[Widget], ctx: Context, info: Any
) -> None:
    with pytest.raises(TypeError, match="replace takes an object, modify a function"):
        widgets.update(ctx, "anvil", info)


@pytest.mark.parametrize("spec", [None, WidgetSpec(size="3"), WidgetSpec(size=[3])])  # type: ignore[arg-type]
def test_a_rule_that_stumbles_over_a_wrong_type_blames_the_object(
    widgets: Store[Widget], ctx: Context, spec: Any
) -> None:
    widgets.create(ctx, widget("good"))
    with pytest.raises(BadRequest, match=r"cannot write a Widget: WidgetSpec.*: expected"):
        widgets.create(ctx, Widget(metadata=ObjectMeta(name="bad"), spec=spec))
    with pytest.raises(BadRequest, match=r"cannot write a Widget: WidgetSpec.*: expected"):
        widgets.replace(ctx, Widget(metadata=ObjectMeta(name="good"), spec=spec))


def test_a_rule_that_is_wrong_itself_is_not_hidden(memory: Interface[Object], ctx: Context) -> None:
    class Wrong(WidgetStrategy):
        def warnings_on_create(self, ctx: Context, obj: Widget) -> Any:
            return vars(self)["no such key"]

    with pytest.raises(KeyError, match="no such key"):
        Store(WIDGETS, memory, Wrong(WIDGETS)).create(ctx, widget())


@attrs.define
class SpecialWidget(Widget):
    glow: bool = False


def test_an_object_of_a_richer_class_is_refused_and_not_cut(
    widgets: Store[Widget], ctx: Context
) -> None:
    special = SpecialWidget(metadata=ObjectMeta(name="special"), glow=True)
    with pytest.raises(BadRequest, match="glow would be lost"):
        widgets.create(ctx, special)
    stored = widgets.create(ctx, widget("special"))
    special.metadata.resource_version = stored.metadata.resource_version
    with pytest.raises(BadRequest, match="glow would be lost"):
        widgets.replace(ctx, special)


def test_a_rehearsal_refuses_what_could_not_be_written(
    memory: Interface[Object], ctx: Context
) -> None:
    plain = Store(WIDGETS, memory)
    plain.create(ctx, widget("good"))
    bad: Any = WidgetSpec(colour=7)  # type: ignore[arg-type]
    new, changed = (Widget(metadata=ObjectMeta(name=name), spec=bad) for name in ("bad", "good"))
    with pytest.raises(BadRequest, match=r"WidgetSpec\.colour: expected a string"):
        plain.create(ctx, new, options=CreateOptions(dry_run=("All",)))
    with pytest.raises(BadRequest, match=r"WidgetSpec\.colour: expected a string"):
        plain.replace(ctx, changed, options=UpdateOptions(dry_run=("All",)))


class Shade:
    def __init__(self, name: str) -> None:
        self.name = name


@attrs.define
class Lamp(Object):
    api_version: ClassVar[str] = "shop.example/v1"
    kind: ClassVar[str] = "Lamp"
    shade: Shade | None = None


def test_a_store_uses_the_codec_of_its_storage(ctx: Context) -> None:
    converter = Converter()
    converter.register_structure_hook(Shade, lambda data, _: Shade(data))
    converter.register_unstructure_hook(Shade, lambda shade: shade.name)
    with factory.create(Config(codec=Codec(converter=converter))) as storage:
        lamps = Store(Resource(Lamp, plural="lamps"), storage)
        lamp = Lamp(metadata=ObjectMeta(name="a"), shade=Shade("green"))
        rehearsed = lamps.create(ctx, lamp, options=CreateOptions(dry_run=("All",)))
        assert rehearsed.shade is not None
        assert rehearsed.shade.name == "green"
        lamps.create(ctx, lamp)
        found = lamps.update(ctx, "a", DefaultUpdatedObjectInfo(lamp)).obj
        assert found.shade is not None
        assert found.shade.name == "green"


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
def test_a_closed_store_says_so_in_every_verb(ctx: Context, kind: str, tmp_path: Path) -> None:
    with factory.create(Config(type=kind, path=str(tmp_path / "shop.db"))) as storage:
        widgets = Store(WIDGETS, storage)
    for verb in (
        lambda: widgets.create(ctx, widget()),
        lambda: widgets.get(ctx, "anvil"),
        lambda: widgets.list(ctx),
        lambda: widgets.watch(ctx),
        lambda: widgets.replace(ctx, widget()),
        lambda: widgets.delete(ctx, "anvil"),
        widgets.readiness_check,
    ):
        with pytest.raises(ServiceUnavailable, match="the store is closed"):
            verb()
