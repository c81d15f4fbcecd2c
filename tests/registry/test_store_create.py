"""Create: names, system fields, rules, what is refused and what the caller's object keeps."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from widgetshop import (
    GADGETS,
    REGIONS,
    WIDGETS,
    GracefulStrategy,
    Region,
    Widget,
    WidgetStrategy,
    widget,
)

from kregistry.meta.context import Context
from kregistry.meta.errors import (
    AlreadyExists,
    BadRequest,
    GenerateNameConflict,
    Invalid,
    StatusError,
)
from kregistry.meta.object import Object
from kregistry.meta.objectmeta import ObjectMeta
from kregistry.meta.options import CreateOptions, DeleteOptions
from kregistry.meta.time import Time
from kregistry.registry import NameGenerator, Store
from kregistry.runtime.unstructured import Unstructured
from kregistry.storage import Interface
from kregistry.testing.clock import FakeClock

DRY = CreateOptions(dry_run=("All",))


class Names(NameGenerator):
    """Hands out the given names, and remembers how many were asked for."""

    def __init__(self, *names: str) -> None:
        self._names = names
        self.asked = 0

    def generate_name(self, base: str) -> str:
        self.asked += 1
        return base + self._names[min(self.asked, len(self._names)) - 1]


@pytest.mark.case("RS03")
def test_a_created_object_has_what_the_server_owns(
    widgets: Store[Widget], ctx: Context, clock: FakeClock
) -> None:
    made = widgets.create(ctx, widget("anvil", size=3))
    meta = made.metadata
    assert (meta.name, meta.namespace, meta.generation) == ("anvil", "default", 1)
    assert meta.creation_timestamp == Time.of(clock.now())
    assert re.fullmatch(
        r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", meta.uid
    )
    assert int(meta.resource_version) > 0
    assert made.spec.size == 3
    assert widgets.get(ctx, "anvil") == made


def test_the_callers_object_stays_as_it_was(widgets: Store[Widget], ctx: Context) -> None:
    mine = widget("anvil")
    made = widgets.create(ctx, mine)
    assert mine == widget("anvil")
    made.spec.size = 99
    assert widgets.get(ctx, "anvil").spec.size == 1


def test_uid_and_creation_time_of_the_client_count_for_nothing(
    widgets: Store[Widget], ctx: Context
) -> None:
    made = widgets.create(
        ctx,
        widget(uid="mine", creation_timestamp=Time("2001-01-01T00:00:00Z"), generation=9),
    )
    assert made.metadata.uid != "mine"
    assert made.metadata.creation_timestamp != Time("2001-01-01T00:00:00Z")
    assert made.metadata.generation == 1


def test_an_object_is_not_born_dying(widgets: Store[Widget], ctx: Context) -> None:
    """One that was being deleted, created anew, is a new object."""
    made = widgets.create(ctx, widget(finalizers=["x.io/hold"]))
    marked = widgets.delete(ctx, "anvil").result
    assert isinstance(marked, Widget)
    marked.metadata.name, marked.metadata.resource_version = "again", ""
    born = widgets.create(ctx, marked).metadata
    assert born.deletion_timestamp is None
    assert born.deletion_grace_period_seconds is None
    assert born.uid != made.metadata.uid


def test_uids_can_be_held_still(storage: Interface[Object], ctx: Context) -> None:
    widgets = Store(WIDGETS, storage, uids=iter(["one", "two"]).__next__)
    assert widgets.create(ctx, widget("a")).metadata.uid == "one"
    assert widgets.create(ctx, widget("b")).metadata.uid == "two"


def test_a_rule_of_the_kind_refuses_with_its_words(widgets: Store[Widget], ctx: Context) -> None:
    with pytest.raises(Invalid) as caught:
        widgets.create(ctx, widget(size=0))
    assert str(caught.value) == (
        'Widget.shop.example "anvil" is invalid: spec.size: Invalid value: 0: must be positive'
    )
    assert caught.value.details.group == "shop.example"
    assert not widgets.list(ctx).items


def test_the_kinds_own_rules_come_first_and_alone(widgets: Store[Widget], ctx: Context) -> None:
    with pytest.raises(Invalid) as caught:
        widgets.create(ctx, widget("BAD", size=0))
    assert [error.path for error in caught.value.errors] == ["spec.size"]


@pytest.mark.parametrize("name", ["Web", "a_b", "-x", "x-", "a..b", "x" * 254, "web/1", "é", "a\n"])
def test_bad_names_are_refused(widgets: Store[Widget], ctx: Context, name: str) -> None:
    with pytest.raises(Invalid) as caught:
        widgets.create(ctx, widget(name))
    assert {error.path for error in caught.value.errors} == {"metadata.name"}


def test_a_name_is_required(widgets: Store[Widget], ctx: Context) -> None:
    with pytest.raises(Invalid) as caught:
        widgets.create(ctx, widget(""))
    assert str(caught.value) == (
        'Widget.shop.example "" is invalid: metadata.name: Required value: '
        "name or generateName is required"
    )


def test_a_namespace_is_required(widgets: Store[Widget]) -> None:
    with pytest.raises(Invalid, match=r"metadata\.namespace: Required value"):
        widgets.create(Context(), widget())


def test_an_object_for_another_namespace_is_refused(widgets: Store[Widget], ctx: Context) -> None:
    with pytest.raises(BadRequest) as caught:
        widgets.create(ctx, widget(namespace="elsewhere"))
    assert str(caught.value) == (
        "the namespace of the provided object does not match the namespace sent on the request"
    )
    assert caught.value.status.details is None


def test_a_cluster_scoped_object_has_no_namespace(storage: Interface[Object], ctx: Context) -> None:
    regions = Store(REGIONS, storage)
    made = regions.create(ctx, Region(metadata=ObjectMeta(name="eu", namespace="default")))
    assert made.metadata.namespace == ""
    assert regions.get(Context(), "eu") == made


@pytest.mark.case("RS03")
def test_a_name_that_is_taken_is_told(widgets: Store[Widget], ctx: Context) -> None:
    widgets.create(ctx, widget())
    with pytest.raises(AlreadyExists) as caught:
        widgets.create(ctx, widget())
    assert str(caught.value) == 'widgets.shop.example "anvil" already exists'
    assert widgets.create(Context(namespace="other"), widget()).metadata.namespace == "other"


@pytest.mark.case("RS03")
def test_a_name_that_is_being_freed_is_told_so(widgets: Store[Widget], ctx: Context) -> None:
    widgets.create(ctx, widget(finalizers=["x.io/hold"]))
    widgets.delete(ctx, "anvil")
    with pytest.raises(AlreadyExists) as caught:
        widgets.create(ctx, widget())
    assert str(caught.value) == (
        'object is being deleted: widgets.shop.example "anvil" already exists'
    )


@pytest.mark.case("RS03")
def test_a_name_is_not_free_while_its_object_has_time_to_end(
    storage: Interface[Object], ctx: Context
) -> None:
    widgets = Store(WIDGETS, storage, GracefulStrategy(WIDGETS))
    widgets.create(ctx, widget())
    widgets.delete(ctx, "anvil", options=DeleteOptions(grace_period_seconds=50))
    with pytest.raises(AlreadyExists, match="object is being deleted:"):
        widgets.create(ctx, widget())


def test_a_name_is_generated_where_there_is_none(widgets: Store[Widget], ctx: Context) -> None:
    mine = widget("", generate_name="job-")
    first, second = widgets.create(ctx, mine), widgets.create(ctx, mine)
    assert first.metadata.name.startswith("job-")
    assert len(first.metadata.name) == 9
    assert first.metadata.name != second.metadata.name
    assert mine.metadata.name == ""


def test_a_given_name_wins_over_a_generated_one(widgets: Store[Widget], ctx: Context) -> None:
    assert widgets.create(ctx, widget("a", generate_name="job-")).metadata.name == "a"


@pytest.mark.case("RS04")
def test_eight_names_are_tried(storage: Interface[Object], ctx: Context) -> None:
    names = Names("a", "a", "a", "a", "a", "a", "a", "b")
    widgets = Store(WIDGETS, storage, WidgetStrategy(WIDGETS, names=names))
    widgets.create(ctx, widget("x-a"))
    assert widgets.create(ctx, widget("", generate_name="x-")).metadata.name == "x-b"
    assert names.asked == 8


@pytest.mark.case("RS04")
def test_after_eight_names_that_are_taken_it_is_over(
    storage: Interface[Object], ctx: Context
) -> None:
    names = Names("a")
    widgets = Store(WIDGETS, storage, WidgetStrategy(WIDGETS, names=names))
    widgets.create(ctx, widget("x-a"))
    with pytest.raises(GenerateNameConflict) as caught:
        widgets.create(ctx, widget("", generate_name="x-"))
    assert names.asked == 8
    assert caught.value.retry_after == 1


@pytest.mark.case("RS37")
def test_that_no_name_could_be_generated_is_told_and_does_not_last(
    storage: Interface[Object], ctx: Context
) -> None:
    names = Names(*"aaaaaaaab")
    widgets = Store(WIDGETS, storage, WidgetStrategy(WIDGETS, names=names))
    widgets.create(ctx, widget("x-a"))
    with pytest.raises(AlreadyExists) as caught:
        widgets.create(ctx, widget("", generate_name="x-"))
    assert str(caught.value) == (
        'widgets.shop.example "x-a" already exists, the server was not able to generate a '
        "unique name for the object"
    )
    assert widgets.create(ctx, widget("", generate_name="x-")).metadata.name == "x-b"


def test_a_generated_name_is_not_tried_again_for_other_errors(
    storage: Interface[Object], ctx: Context
) -> None:
    names = Names("a")
    widgets = Store(WIDGETS, storage, WidgetStrategy(WIDGETS, names=names))
    with pytest.raises(Invalid):
        widgets.create(ctx, widget("", size=0, generate_name="x-"))
    assert names.asked == 1


def test_an_object_with_a_version_is_refused(widgets: Store[Widget], ctx: Context) -> None:
    with pytest.raises(StatusError) as caught:
        widgets.create(ctx, widget(resource_version="7"))
    assert str(caught.value) == "resourceVersion should not be set on objects to be created"
    assert (caught.value.status.code, caught.value.status.reason) == (500, "")


@pytest.mark.case("RS03")
def test_a_last_check_gets_a_copy_and_can_refuse(widgets: Store[Widget], ctx: Context) -> None:
    def spoil(ctx: Context, obj: Widget) -> None:
        assert obj.metadata.uid
        obj.spec.size = 99

    assert widgets.create(ctx, widget("a"), validate=spoil).spec.size == 1

    class Refused(Exception):
        pass

    error = Refused()

    def refuse(ctx: Context, obj: Widget) -> None:
        raise error

    with pytest.raises(Refused) as caught:
        widgets.create(ctx, widget("b"), validate=refuse)
    assert caught.value is error
    assert [found.metadata.name for found in widgets.list(ctx)] == ["a"]


def test_a_rehearsed_create_stores_nothing_but_checks_everything(
    widgets: Store[Widget], ctx: Context
) -> None:
    made = widgets.create(ctx, widget(), options=DRY)
    assert made.metadata.uid
    assert made.metadata.resource_version == ""
    assert not widgets.list(ctx).items
    with pytest.raises(Invalid):
        widgets.create(ctx, widget(size=0), options=DRY)
    widgets.create(ctx, widget())
    with pytest.raises(AlreadyExists):
        widgets.create(ctx, widget(), options=DRY)


def test_an_unknown_rehearsal_is_refused(widgets: Store[Widget], ctx: Context) -> None:
    with pytest.raises(Invalid) as caught:
        widgets.create(ctx, widget(), options=CreateOptions(dry_run=("Some",)))
    assert str(caught.value) == (
        'CreateOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: ["Some"]: '
        'supported values: "All"'
    )


class HookedStore(Store[Widget]):
    """Writes down which hooks ran, in order."""

    log: list[str]

    @contextmanager
    def _begun(self, what: str) -> Iterator[None]:
        self.log.append(f"begin {what}")
        try:
            yield
        except BaseException:
            self.log.append(f"fail {what}")
            raise
        self.log.append(f"finish {what}")

    def begin_create(
        self, ctx: Context, obj: Widget, options: CreateOptions
    ) -> AbstractContextManager[None]:
        return self._begun(f"create {obj.metadata.name}")

    def after_create(self, obj: Widget, options: CreateOptions) -> None:
        self.log.append(f"after {obj.metadata.resource_version != ''} {bool(options.dry_run)}")

    def time_to_live(self, obj: Widget, existing: int, *, update: bool) -> int:
        self.log.append("ttl")
        return 3600


@pytest.fixture
def hooked(storage: Interface[Object]) -> HookedStore:
    store = HookedStore(
        WIDGETS,
        storage,
        WidgetStrategy(WIDGETS),
        decorator=lambda obj: store.log.append(f"decorate {obj.metadata.name}"),
    )
    store.log = []
    return store


@pytest.mark.case("RS08")
def test_hooks_run_in_their_order(hooked: HookedStore, ctx: Context) -> None:
    hooked.create(ctx, widget("a"))
    assert hooked.log == [
        "begin create a",
        "ttl",
        "finish create a",
        "after True False",
        "decorate a",
    ]


@pytest.mark.case("RS08")
def test_a_create_that_fails_is_finished_as_failed(hooked: HookedStore, ctx: Context) -> None:
    with pytest.raises(Invalid):
        hooked.create(ctx, widget("a", size=0))
    assert hooked.log == ["begin create a", "fail create a"]


def test_hooks_are_told_of_a_rehearsal(hooked: HookedStore, ctx: Context) -> None:
    hooked.create(ctx, widget("a"), options=DRY)
    assert "after False True" in hooked.log


def test_warnings_reach_the_caller(storage: Interface[Object], ctx: Context) -> None:
    class Warning_(WidgetStrategy):
        def warnings_on_create(self, ctx: Context, obj: Widget) -> list[str]:
            return ["spec.colour: red is loud"]

    Store(WIDGETS, storage, Warning_(WIDGETS)).create(ctx, widget())
    assert ctx.warnings == ["spec.colour: red is loud"]


def test_an_object_of_a_kind_without_a_class_is_kept_whole(
    storage: Interface[Object], ctx: Context
) -> None:
    gadgets = Store(GADGETS, storage)
    gadget = gadgets.new()
    gadget.metadata.name = "g"
    gadget["spec"] = {"deep": [{"x": None, "y": 1.5}]}
    made = gadgets.create(ctx, gadget)
    assert made["spec"] == {"deep": [{"x": None, "y": 1.5}]}
    assert made.metadata.generation == 1
    assert gadgets.get(ctx, "g") == made


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        "text",
        {},
        Region(metadata=ObjectMeta(name="r")),
        Unstructured(api_version="v1", kind="Widget"),
        Widget,
    ],
)
def test_what_is_no_widget_is_refused(widgets: Store[Widget], ctx: Context, wrong: object) -> None:
    with pytest.raises(BadRequest, match="cannot be handled as a Widget"):
        widgets.create(ctx, wrong)  # type: ignore[arg-type]


def test_an_unstructured_object_of_another_kind_is_refused(
    storage: Interface[Object], ctx: Context
) -> None:
    gadgets = Store(GADGETS, storage)
    with pytest.raises(BadRequest, match=r"Gizmo in version shop\.example/v1"):
        gadgets.create(ctx, Unstructured(api_version="shop.example/v1", kind="Gizmo"))


def test_create_and_delete_again_makes_another_object(widgets: Store[Widget], ctx: Context) -> None:
    first = widgets.create(ctx, widget())
    assert widgets.delete(ctx, "anvil", options=DeleteOptions()).immediate
    assert widgets.create(ctx, widget()).metadata.uid != first.metadata.uid
