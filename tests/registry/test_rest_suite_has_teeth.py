"""Stores that are wrong in one way each: the suite of REST storages finds every one."""

from __future__ import annotations

import inspect
import itertools
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import attrs
import pytest
from widgetshop import REGIONS, WIDGETS, GracefulStrategy, Widget, WidgetStrategy

from kregistry.meta.context import Context
from kregistry.meta.errors import AlreadyExists, NotFound
from kregistry.meta.options import CreateOptions, DeleteOptions, ListOptions, UpdateOptions
from kregistry.registry import DefaultUpdatedObjectInfo, Deleted, Store, Strategy
from kregistry.storage import Config, factory
from kregistry.testing import GracefulRESTStorageSuite, RESTStorageSuite

NOTHING = DeleteOptions()


class Plain(RESTStorageSuite):
    patience = 0.2

    def change(self, obj: Any) -> None:
        obj.spec.size += 1


class Graceful(GracefulRESTStorageSuite):
    patience = 0.2

    def new_object(self, store: Store[Any]) -> Any:
        return Widget()

    def graceful_object(self, store: Store[Any]) -> Any:
        obj = Widget()
        obj.spec.size = 2
        return obj


class OnlyLarge(GracefulStrategy):
    def check_graceful_delete(self, ctx: Any, obj: Any, options: Any) -> int | None:
        return super().check_graceful_delete(ctx, obj, options) if obj.spec.size > 1 else None


def arguments(function: Any) -> Iterator[dict[str, Any]]:
    """What the marks of a case say it is to be called with."""
    axes = []
    for mark in getattr(function, "pytestmark", []):
        name, values = mark.args[0], mark.args[1]
        axes.append([{name: value} for value in values])
    for chosen in itertools.product(*axes):
        yield {name: value for each in chosen for name, value in each.items()}


def fails(suite: Any, function: Any, store: Store[Any], chosen: dict[str, Any]) -> bool:
    """Run one case, with the fixtures that it names."""
    kind = type(suite)
    rest = kind.rest.__wrapped__(suite, store)
    if "stored" in inspect.signature(function).parameters:
        chosen = {**chosen, "stored": kind.stored.__wrapped__(suite, rest, store)}
    try:
        function(suite, rest, **chosen)
    except (Exception, pytest.fail.Exception):
        return True
    return False


def cases(suite: Any) -> Iterator[tuple[str, Any, dict[str, Any]]]:
    """Name, function and arguments of every case."""
    for name in dir(type(suite)):
        if name.startswith("test_"):
            function = getattr(type(suite), name)
            for chosen in arguments(function):
                yield name, function, chosen


def red(suite: Any, make: Any) -> set[str]:
    """Numbers of the cases that fail with the Store that *make* makes."""
    found: set[str] = set()
    for name, function, chosen in cases(suite):
        with factory.create(Config()) as storage:
            if fails(suite, function, make(storage), chosen):
                found.update(re.findall(r"rt\d\d", name))
    return found


class Keeps(Store[Widget]):
    """Wrong: a rehearsed create is a real one."""

    def create(self, ctx: Context, obj: Any, **more: Any) -> Any:
        return super().create(ctx, obj, **{**more, "options": CreateOptions()})


class Overwrites(Store[Widget]):
    """Wrong: who comes second wins."""

    def create(self, ctx: Context, obj: Any, **more: Any) -> Any:
        with suppress(NotFound):
            if obj.metadata.name:
                super().delete(ctx, obj.metadata.name)
        return super().create(ctx, obj, **more)


class Blind(Store[Widget]):
    """Wrong: versions of updates do not count."""

    def update(self, ctx: Context, name: str, info: Any, **more: Any) -> Any:
        def forget(ctx: Context, new: Any, old: Any) -> Any:
            new.metadata.resource_version = ""
            return new

        if isinstance(info, DefaultUpdatedObjectInfo):
            info = DefaultUpdatedObjectInfo(info._obj, *info._transformers, forget)
        return super().update(ctx, name, info, **more)


class Twice(Store[Widget]):
    """Wrong: a transformer runs twice."""

    def update(self, ctx: Context, name: str, info: Any, **more: Any) -> Any:
        super().update(ctx, name, info, options=UpdateOptions(dry_run=("All",)))
        return super().update(ctx, name, info, **more)


class Careless(Store[Widget]):
    """Wrong: a delete has no preconditions."""

    def delete(self, ctx: Context, name: str, **more: Any) -> Deleted[Widget]:
        options = more.pop("options", None)
        if options is not None:
            options = attrs.evolve(options, preconditions=None)
        return super().delete(ctx, name, options=options, **more)


class Impatient(Store[Widget]):
    """Wrong: nothing gets time to end."""

    def delete(self, ctx: Context, name: str, **more: Any) -> Deleted[Widget]:
        options = more.pop("options", None) or NOTHING
        return super().delete(ctx, name, options=attrs.evolve(options, grace_period_seconds=0))


class Unselective(Store[Widget]):
    """Wrong: labels select nothing."""

    def list(self, ctx: Context, options: ListOptions | None = None) -> Any:
        return super().list(ctx)

    def watch(self, ctx: Context, options: ListOptions | None = None) -> Any:
        version = options.resource_version if options is not None else ""
        return super().watch(ctx, ListOptions(resource_version=version))


class Everywhere(Store[Widget]):
    """Wrong: one namespace for all."""

    def get(self, ctx: Context, name: str, options: Any = None) -> Any:
        return super().get(attrs.evolve(ctx, namespace="test"), name, options)


class Forgetful(Store[Widget]):
    """Wrong: what is taken is not told."""

    def create(self, ctx: Context, obj: Any, **more: Any) -> Any:
        try:
            return super().create(ctx, obj, **more)
        except AlreadyExists:
            return obj


class Counts(WidgetStrategy):
    """Wrong: the generation is the client's."""

    def prepare_for_update(self, ctx: Context, obj: Any, old: Any) -> None:
        obj.metadata.generation = 2


class Trusting(WidgetStrategy):
    """Wrong: any name will do."""

    def prepare_for_create(self, ctx: Context, obj: Any) -> None:
        super().prepare_for_create(ctx, obj)
        obj.metadata.name = "x"


@pytest.mark.parametrize(
    ("cls", "rules", "found"),
    [
        (Keeps, WidgetStrategy, {"rt03"}),
        (Overwrites, WidgetStrategy, {"rt06"}),
        (Forgetful, WidgetStrategy, {"rt06"}),
        (Blind, WidgetStrategy, {"rt15"}),
        (Twice, WidgetStrategy, {"rt20"}),
        (Careless, WidgetStrategy, {"rt25", "rt26"}),
        (Unselective, WidgetStrategy, {"rt40", "rt42", "rt43"}),
        (Everywhere, WidgetStrategy, {"rt36", "rt37"}),
        (Store, Counts, {"rt22"}),
        (Store, Trusting, {"rt13"}),
    ],
)
def test_a_store_that_is_wrong_is_found(
    cls: type[Store[Any]], rules: type[Strategy[Any]], found: set[str]
) -> None:
    assert found <= red(Plain(), lambda storage: cls(WIDGETS, storage, rules(WIDGETS)))


def test_a_store_that_gives_no_time_is_found() -> None:
    found = red(Graceful(), lambda storage: Impatient(WIDGETS, storage, OnlyLarge(WIDGETS)))
    assert found == {"rt27", "rt28", "rt29", "rt31", "rt32", "rt33"}


def test_stores_that_are_right_pass() -> None:
    assert len(list(cases(Plain()))) > 60
    assert red(Plain(), lambda storage: Store(WIDGETS, storage)) == set()
    assert red(Graceful(), lambda storage: Store(WIDGETS, storage, OnlyLarge(WIDGETS))) == set()
    assert red(RESTStorageSuite(), lambda storage: Store(REGIONS, storage)) == set()
