"""Objects of kinds that have no class."""

from __future__ import annotations

from typing import Any

import pytest
from kinds import causes

from kregistry.core.configmap import ConfigMapStrategy
from kregistry.core.generic import GenericStatusStrategy, GenericStrategy
from kregistry.core.pod.strategy import PodStrategy
from kregistry.core.v1 import ConfigMap, Pod
from kregistry.meta.clock import Clock
from kregistry.meta.context import Context
from kregistry.meta.errors import BadRequest
from kregistry.meta.field import ErrorList
from kregistry.meta.object import Object
from kregistry.meta.objectmeta import ObjectMeta
from kregistry.registry import Store
from kregistry.runtime.resource import Resource
from kregistry.runtime.unstructured import Unstructured
from kregistry.storage import Interface

GADGETS = Resource(
    Unstructured, "gadgets", group="shop.example", version="v1", kind="Gadget", short_names=("g",)
)


@pytest.fixture
def gadgets(storage: Interface[Object], clock: Clock) -> Store[Unstructured]:
    rules = GenericStrategy(GADGETS, status_subresource=True)
    return Store(GADGETS, storage, rules, clock=clock)


@pytest.fixture
def status(storage: Interface[Object], clock: Clock) -> Store[Unstructured]:
    rules = GenericStrategy(GADGETS, status_subresource=True)
    return Store(
        GADGETS, storage, rules, update_strategy=GenericStatusStrategy(GADGETS), clock=clock
    )


def gadget(**content: Any) -> Unstructured:
    return Unstructured(
        api_version="shop.example/v1",
        kind="Gadget",
        metadata=ObjectMeta(name="a"),
        content=content,
    )


def test_status_is_split_off_and_does_not_count(
    gadgets: Store[Unstructured], status: Store[Unstructured], ctx: Context
) -> None:
    stored = gadgets.create(ctx, gadget(spec={"size": 1}, status={"ready": True}))
    assert stored.content == {"spec": {"size": 1}}
    assert stored.metadata.generation == 1
    stored["status"] = {"ready": True}
    stored["spec"] = {"size": 2}
    stored.metadata.labels["k"] = "v"
    stored = status.replace(ctx, stored)
    assert stored.content == {"spec": {"size": 1}, "status": {"ready": True}}
    assert (stored.metadata.generation, stored.metadata.labels) == (1, {})
    stored["spec"] = {"size": 2}
    del stored["status"]
    stored = gadgets.replace(ctx, stored)
    assert stored.content == {"spec": {"size": 2}, "status": {"ready": True}}
    assert stored.metadata.generation == 2
    stored.metadata.labels["k"] = "v"
    assert gadgets.replace(ctx, stored).metadata.generation == 2


def test_a_status_can_be_taken_away(
    gadgets: Store[Unstructured], status: Store[Unstructured], ctx: Context
) -> None:
    stored = gadgets.create(ctx, gadget())
    stored["status"] = {"ready": True}
    stored = status.replace(ctx, stored)
    del stored["status"]
    assert status.replace(ctx, stored).content == {}


def test_without_a_split_every_change_counts(
    storage: Interface[Object], ctx: Context, clock: Clock
) -> None:
    whole = Store(GADGETS, storage, GenericStrategy(GADGETS), clock=clock)
    stored = whole.create(ctx, gadget(status={"ready": False}))
    assert stored.content == {"status": {"ready": False}}
    stored["status"] = {"ready": True}
    stored = whole.replace(ctx, stored)
    assert (stored.metadata.generation, stored["status"]) == (2, {"ready": True})


def test_an_update_must_name_its_version(gadgets: Store[Unstructured], ctx: Context) -> None:
    gadgets.create(ctx, gadget())
    assert causes(lambda: gadgets.replace(ctx, gadget())) == [
        "metadata.resourceVersion: Invalid value: 0: must be specified for an update"
    ]


def test_metadata_is_judged(gadgets: Store[Unstructured], ctx: Context) -> None:
    wrong = gadget()
    wrong.metadata.name = "A"
    wrong.metadata.labels = {"a/b/c": ""}
    found = causes(lambda: gadgets.create(ctx, wrong))
    assert found[0].startswith('metadata.name: Invalid value: "A": a lowercase RFC 1123 subdomain')
    assert found[1].startswith('metadata.labels: Invalid value: "a/b/c"')


def test_objects_of_other_kinds_are_refused(gadgets: Store[Unstructured], ctx: Context) -> None:
    for api_version, kind in (("shop.example/v1", "Widget"), ("shop.example/v2", "Gadget")):
        other = gadget()
        other.api_version, other.kind = api_version, kind
        with pytest.raises(BadRequest):
            gadgets.create(ctx, other)


def test_a_kind_may_live_outside_of_namespaces(storage: Interface[Object], clock: Clock) -> None:
    regions = Resource(
        Unstructured,
        "regions",
        namespaced=False,
        group="shop.example",
        version="v1",
        kind="Region",
    )
    store = Store(regions, storage, GenericStrategy(regions), clock=clock)
    region = Unstructured(
        api_version="shop.example/v1", kind="Region", metadata=ObjectMeta(name="north")
    )
    assert store.create(Context(), region).metadata.namespace == ""
    assert [item.metadata.name for item in store.list(Context())] == ["north"]


@pytest.mark.parametrize("member", ["kind", "api_version"])
def test_an_object_that_says_endlessly_what_it_is_is_refused(
    gadgets: Store[Unstructured], ctx: Context, member: str
) -> None:
    deep: dict[str, Any] = {}
    for _ in range(5000):
        deep = {"a": deep}
    sent: Any = gadget()
    setattr(sent, member, deep)
    with pytest.raises(BadRequest, match="a dict"):
        gadgets.create(ctx, sent)


class Careless(GenericStrategy):
    """Rules of somebody who thought of content only."""

    def validate(self, ctx: Context, obj: Unstructured) -> ErrorList:
        return ErrorList()


def test_metadata_is_judged_whoever_forgets_it(
    storage: Interface[Object], clock: Clock, ctx: Context
) -> None:
    store = Store(GADGETS, storage, Careless(GADGETS), clock=clock)
    wrong = gadget()
    wrong.metadata.labels["k"] = "no label!"
    assert causes(lambda: store.create(ctx, wrong))[0].startswith("metadata.labels: ")


class CarelessAboutPods(PodStrategy):
    """Likewise of a built-in kind."""

    def validate(self, ctx: Context, obj: Pod) -> ErrorList:
        return ErrorList()


class CarelessAboutConfigMaps(ConfigMapStrategy):
    """And of one with plainer rules."""

    def validate(self, ctx: Context, obj: ConfigMap) -> ErrorList:
        return ErrorList()


@pytest.mark.parametrize(
    ("rules", "cls"), [(CarelessAboutPods(), Pod), (CarelessAboutConfigMaps(), ConfigMap)]
)
def test_so_is_that_of_built_in_kinds(
    storage: Interface[Object], clock: Clock, ctx: Context, rules: Any, cls: Any
) -> None:
    store = Store(Resource(cls, cls.__name__.lower()), storage, rules, clock=clock)
    wrong = cls(metadata=ObjectMeta(name="a", labels={"k": "no label!"}))
    assert causes(lambda: store.create(ctx, wrong))[0].startswith("metadata.labels: ")
