"""A create that answers with bytes: the same rules, the same object, and none made of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from widgetshop import WIDGETS, Widget, WidgetStrategy, widget

from kregistry.meta.context import Context
from kregistry.meta.errors import AlreadyExists, BadRequest, Invalid, StatusError
from kregistry.meta.object import Object
from kregistry.meta.objectmeta import ObjectMeta
from kregistry.meta.options import CreateOptions
from kregistry.registry import Store
from kregistry.runtime.codec import Codec
from kregistry.storage import Interface
from kregistry.storage.encoded import Encoded

DRY = CreateOptions(dry_run=("All",))


class Listening(Store[Widget]):
    """Notes what it hears of a create, and says something in the object."""

    heard: list[str]

    def after_create(self, obj: Widget, options: CreateOptions) -> None:
        self.heard = [*getattr(self, "heard", []), obj.metadata.name]
        obj.metadata.annotations["heard"] = "yes"


def read(stored: Encoded) -> Widget:
    return Codec().decode(stored.json(), Widget)


def test_the_bytes_are_those_of_the_stored_object(widgets: Store[Widget], ctx: Context) -> None:
    stored = widgets.create_encoded(ctx, widget("anvil", size=3))
    assert read(stored) == widgets.get(ctx, "anvil")
    assert stored.revision > 0
    assert stored == widgets.get_encoded(ctx, "anvil")


def test_the_object_is_given_away(widgets: Store[Widget], ctx: Context) -> None:
    """It is not copied, so it is filled in where it is."""
    given = widget("anvil")
    stored = widgets.create_encoded(ctx, given)
    assert given.metadata.uid == read(stored).metadata.uid
    assert given.metadata.namespace == "default"


def test_a_name_is_generated_as_by_create(widgets: Store[Widget], ctx: Context) -> None:
    given = Widget(metadata=ObjectMeta(generate_name="w-"))
    name = read(widgets.create_encoded(ctx, given)).metadata.name
    assert name.startswith("w-")
    assert widgets.get(ctx, name).metadata.generate_name == "w-"


def test_names_that_are_taken_are_tried_with_fresh_objects(
    widgets: Store[Widget], ctx: Context
) -> None:
    free = ["w-2", "w-1", "w-1"]

    class Names(WidgetStrategy):
        def generate_name(self, base: str) -> str:
            return free.pop()

    store = Store(WIDGETS, widgets.storage.storage, Names(WIDGETS))
    store.create(ctx, widget("w-1"))
    made = read(store.create_encoded(ctx, Widget(metadata=ObjectMeta(generate_name="w-"))))
    assert (made.metadata.name, free) == ("w-2", [])


def test_a_rehearsal_gives_bytes_without_a_version(widgets: Store[Widget], ctx: Context) -> None:
    stored = widgets.create_encoded(ctx, widget("anvil"), options=DRY)
    assert stored.revision == 0
    assert "resourceVersion" not in json.loads(stored.json())["metadata"]
    assert json.loads(stored.json())["metadata"]["name"] == "anvil"
    assert widgets.list(ctx).items == []


@pytest.mark.parametrize("options", [None, DRY])
def test_a_name_that_is_taken_is_refused(
    widgets: Store[Widget], ctx: Context, options: CreateOptions | None
) -> None:
    widgets.create(ctx, widget("anvil"))
    with pytest.raises(AlreadyExists):
        widgets.create_encoded(ctx, widget("anvil"), options=options)


def test_the_rules_of_the_kind_hold(widgets: Store[Widget], ctx: Context) -> None:
    with pytest.raises(Invalid) as bytes_refused:
        widgets.create_encoded(ctx, widget("anvil", size=-1))
    with pytest.raises(Invalid) as refused:
        widgets.create(ctx, widget("anvil", size=-1))
    assert bytes_refused.value.status == refused.value.status
    with pytest.raises(BadRequest):
        widgets.create_encoded(ctx, Object())  # type: ignore[arg-type]
    with pytest.raises(Invalid):
        widgets.create_encoded(ctx, widget("a"), options=CreateOptions(dry_run=("Some",)))


def test_a_last_check_can_refuse(widgets: Store[Widget], ctx: Context) -> None:
    def refuse(ctx: Context, obj: Widget) -> None:
        raise BadRequest(f"no {obj.metadata.name}")

    with pytest.raises(BadRequest, match="no anvil"):
        widgets.create_encoded(ctx, widget("anvil"), validate=refuse)
    assert widgets.list(ctx).items == []


def test_a_version_is_refused_as_by_create(widgets: Store[Widget], ctx: Context) -> None:
    given = widget("anvil")
    given.metadata.resource_version = "5"
    with pytest.raises(StatusError, match="resourceVersion should not be set"):
        widgets.create_encoded(ctx, given)


def test_what_a_decorator_adds_is_in_the_bytes(storage: Interface[Object], ctx: Context) -> None:
    def decorate(obj: Widget) -> None:
        obj.metadata.annotations["seen"] = "yes"

    store = Store(WIDGETS, storage, WidgetStrategy(WIDGETS), decorator=decorate)
    assert read(store.create_encoded(ctx, widget("anvil"))).metadata.annotations == {"seen": "yes"}


def test_a_hook_gets_an_object_and_its_word_counts(
    storage: Interface[Object], ctx: Context
) -> None:
    store = Listening(WIDGETS, storage, WidgetStrategy(WIDGETS))
    made = read(store.create_encoded(ctx, widget("anvil")))
    assert store.heard == ["anvil"]
    assert made.metadata.annotations == {"heard": "yes"}
    assert store.get(ctx, "anvil").metadata.annotations == {}


def test_a_create_that_is_wrapped_is_finished_before_the_answer(
    storage: Interface[Object], ctx: Context
) -> None:
    told: list[str] = []

    class Wrapping(Store[Widget]):
        def begin_create(
            self, ctx: Context, obj: Widget, options: CreateOptions
        ) -> AbstractContextManager[None]:
            @contextmanager
            def wrapped() -> Iterator[None]:
                told.append("begun")
                yield
                told.append("stored")

            return wrapped()

    Wrapping(WIDGETS, storage, WidgetStrategy(WIDGETS)).create_encoded(ctx, widget("anvil"))
    assert told == ["begun", "stored"]
