"""Whatever a program hands to a Store: a clear error of the API, never a stumble."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from widgetshop import GADGETS, WIDGETS, GracefulStrategy, Widget, widget

from kregistry.meta.context import Context
from kregistry.meta.errors import BadRequest, Invalid, RequestEntityTooLarge, StatusError
from kregistry.meta.object import Object
from kregistry.meta.objectmeta import ObjectMeta, OwnerReference
from kregistry.meta.options import CreateOptions, DeleteOptions, ListOptions
from kregistry.registry import Store
from kregistry.runtime.unstructured import Unstructured
from kregistry.storage import Interface


@pytest.fixture
def plain(storage: Interface[Object]) -> Store[Widget]:
    return Store(WIDGETS, storage)


def endless_list() -> list[Any]:
    found: list[Any] = []
    found.append(found)
    return found


def deep(levels: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for _ in range(levels):
        found = {"a": found}
    return found


def spoilt(change: Callable[[Widget], None]) -> Widget:
    found = widget()
    change(found)
    return found


@pytest.mark.parametrize(
    "change",
    [
        lambda obj: setattr(obj, "spec", None),
        lambda obj: setattr(obj, "spec", {"size": 1}),
        lambda obj: setattr(obj, "spec", obj),
        lambda obj: setattr(obj.spec, "size", "x"),
        lambda obj: setattr(obj.spec, "size", float("nan")),
        lambda obj: setattr(obj.spec, "size", 2**64),
        lambda obj: setattr(obj.spec, "size", endless_list()),
        lambda obj: setattr(obj.spec, "colour", b"red"),
        lambda obj: setattr(obj.spec, "colour", "\ud800"),
        lambda obj: setattr(obj.spec, "colour", object()),
        lambda obj: setattr(obj, "metadata", None),
        lambda obj: setattr(obj, "metadata", {"name": "a"}),
    ],
)
def test_content_that_cannot_be_written_is_a_bad_request(
    plain: Store[Widget], ctx: Context, change: Callable[[Widget], None]
) -> None:
    with pytest.raises(BadRequest):
        plain.create(ctx, spoilt(change))
    plain.create(ctx, widget())
    with pytest.raises(BadRequest):
        plain.modify(ctx, "anvil", change)
    assert plain.get(ctx, "anvil").spec.size == 1


@pytest.mark.parametrize(
    "meta",
    [
        {"name": 5},
        {"name": ["a"]},
        {"generate_name": 5, "name": ""},
        {"labels": [("a", "b")]},
        {"labels": {"a": None}},
        {"labels": {"a" * 300: ""}},
        {"labels": {"\ud800": "\ud800"}},
        {"annotations": {"a": "\0" * 300_000}},
        {"finalizers": [None]},
        {"finalizers": "x.io/hold"},
        {"owner_references": ["me"]},
        {"owner_references": [OwnerReference(api_version="/" * 9)]},
        {"generation": "9"},
        {"creation_timestamp": "now"},
        {"deletion_timestamp": 3},
    ],
)
def test_metadata_that_cannot_be_is_invalid(
    plain: Store[Widget], ctx: Context, meta: dict[str, Any]
) -> None:
    with pytest.raises(Invalid):
        plain.create(ctx, Widget(metadata=ObjectMeta(**{"name": "a", **meta})))


@pytest.mark.parametrize("name", ["x" * 1_000_000, "a" * 100_000 + "!", "-" * 100_000, "\0", " "])
def test_names_of_any_length_and_kind_are_judged_at_once(
    plain: Store[Widget], ctx: Context, name: str
) -> None:
    with pytest.raises(Invalid):
        plain.create(ctx, widget(name))
    with pytest.raises(StatusError):
        plain.get(ctx, name)


@pytest.mark.parametrize(
    ("content", "error"),
    [
        ({"spec": endless_list()}, BadRequest),
        ({"spec": deep(100_000)}, BadRequest),
        ({"spec": {1: "a"}}, BadRequest),
        ({"spec": {"a": {1, 2}}}, BadRequest),
        ({"spec": float("inf")}, BadRequest),
        ({"spec": "\ud800"}, BadRequest),
        ({"spec": "x" * 2_000_000}, RequestEntityTooLarge),
    ],
)
def test_untyped_content_of_any_kind_is_refused_with_a_reason(
    storage: Interface[Object], ctx: Context, content: dict[str, Any], error: type[StatusError]
) -> None:
    gadgets = Store(GADGETS, storage)
    gadget = gadgets.new()
    gadget.metadata.name = "g"
    gadget.content = content
    with pytest.raises(error):
        gadgets.create(ctx, gadget)
    assert gadgets.list(ctx).items == []


@pytest.mark.parametrize("namespace", ["..", "a/b", "%", "\ud800", "A" * 1000])
def test_namespaces_of_any_kind_are_judged(plain: Store[Widget], namespace: str) -> None:
    ctx = Context(namespace=namespace)
    for call in (
        lambda: plain.create(ctx, widget()),
        lambda: plain.get(ctx, "a"),
        lambda: plain.delete(ctx, "a"),
        lambda: plain.modify(ctx, "a", lambda obj: obj),
    ):
        with pytest.raises(StatusError):
            call()


@pytest.mark.parametrize(
    "options",
    [
        ListOptions(label_selector="(" * 10_000),
        ListOptions(label_selector="," * 10_000),
        ListOptions(label_selector="a in (" + "b," * 5_000),
        ListOptions(field_selector="metadata.name=\\x"),
        ListOptions(field_selector="=" * 1000),
        ListOptions(continue_="\ud800"),
        ListOptions(continue_="A" * 100_000),
        ListOptions(resource_version="9" * 10_000),
        ListOptions(resource_version="\u0663"),
    ],
)
def test_selectors_and_tokens_of_any_kind_are_refused_with_a_reason(
    plain: Store[Widget], ctx: Context, options: ListOptions
) -> None:
    plain.create(ctx, widget())
    with pytest.raises(StatusError):
        plain.list(ctx, options)


def test_options_of_any_kind_are_judged(plain: Store[Widget], ctx: Context) -> None:
    plain.create(ctx, widget())
    with pytest.raises(Invalid):
        plain.create(ctx, widget("b"), options=CreateOptions(field_manager="\n" * 200))
    with pytest.raises(Invalid):
        plain.delete(ctx, "anvil", options=DeleteOptions(propagation_policy="\ud800"))
    huge = DeleteOptions(grace_period_seconds=10**30)
    assert plain.delete(ctx, "anvil", options=huge).immediate


@pytest.mark.parametrize(
    "call",
    [
        lambda store, ctx: store.delete(
            ctx, "anvil", options=DeleteOptions(grace_period_seconds="1")
        ),
        lambda store, ctx: store.delete(ctx, "anvil", options=DeleteOptions(dry_run="All")),
        lambda store, ctx: store.delete(ctx, "anvil", options=CreateOptions()),
        lambda store, ctx: store.delete(
            ctx, "anvil", options=DeleteOptions(preconditions={"uid": "a"})
        ),
        lambda store, ctx: store.create(
            ctx, widget("b"), options=CreateOptions(field_manager=None)
        ),
        lambda store, ctx: store.create(ctx, widget("b"), options={"dryRun": ["All"]}),
        lambda store, ctx: store.list(ctx, ListOptions(limit="10")),
        lambda store, ctx: store.list(ctx, ListOptions(limit=True)),
        lambda store, ctx: store.list(ctx, ListOptions(label_selector=None)),
        lambda store, ctx: store.watch(ctx, ListOptions(resource_version=7)),
        lambda store, ctx: store.replace(ctx, widget(), options=CreateOptions()),
    ],
)
def test_options_of_wrong_types_are_invalid(
    plain: Store[Widget], ctx: Context, call: Callable[[Store[Widget], Context], Any]
) -> None:
    made = plain.create(ctx, widget())
    with pytest.raises(Invalid):
        call(plain, ctx)
    assert plain.list(ctx).items == [made]


def test_a_grace_period_beyond_64_bits_is_refused(memory: Interface[Object], ctx: Context) -> None:
    graceful = Store(WIDGETS, memory, GracefulStrategy(WIDGETS))
    made = graceful.create(ctx, widget())
    with pytest.raises(BadRequest):
        graceful.delete(ctx, "anvil", options=DeleteOptions(grace_period_seconds=10**30))
    assert graceful.get(ctx, "anvil") == made


def test_an_unstructured_object_without_a_kind_is_refused(
    storage: Interface[Object], ctx: Context
) -> None:
    with pytest.raises(BadRequest):
        Store(GADGETS, storage).create(ctx, Unstructured())
