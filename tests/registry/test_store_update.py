"""Update: versions, create on update, what comes back, deletion by the last finalizer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from widgetshop import GADGETS, WIDGETS, GracefulStrategy, Widget, WidgetStrategy, widget

from kregistry.meta.context import Context
from kregistry.meta.errors import BadRequest, Conflict, Invalid, NotFound
from kregistry.meta.object import Object
from kregistry.meta.objectmeta import ManagedFieldsEntry
from kregistry.meta.options import CreateOptions, DeleteOptions, UpdateOptions
from kregistry.meta.time import Time
from kregistry.registry import (
    DefaultUpdatedObjectInfo,
    ModifiedObject,
    StatusStrategy,
    Store,
    Strategy,
    UpdatedObjectInfo,
    WrappedUpdatedObjectInfo,
)
from kregistry.storage import Interface, Preconditions
from kregistry.testing.clock import FakeClock

MODIFIED = (
    'Operation cannot be fulfilled on widgets.shop.example "anvil": the object has been '
    "modified; please apply your changes to the latest version and try again"
)
DRY = UpdateOptions(dry_run=("All",))


class CreatesOnUpdate(WidgetStrategy):
    def allow_create_on_update(self) -> bool:
        return True


class WantsVersions(WidgetStrategy):
    def allow_unconditional_update(self) -> bool:
        return False


@pytest.fixture
def anvil(widgets: Store[Widget], ctx: Context) -> Widget:
    return widgets.create(ctx, widget(size=3))


def test_an_update_stores_what_it_is_given(
    widgets: Store[Widget], ctx: Context, anvil: Widget
) -> None:
    anvil.spec.size = 4
    done = widgets.replace(ctx, anvil)
    assert done.spec.size == 4
    assert int(done.metadata.resource_version) > int(anvil.metadata.resource_version)
    assert widgets.get(ctx, "anvil") == done


@pytest.mark.case("RS09")
def test_a_stale_write_fails_and_changes_nothing(
    widgets: Store[Widget], ctx: Context, anvil: Widget
) -> None:
    widgets.modify(ctx, "anvil", lambda obj: setattr(obj.spec, "size", 7))
    anvil.spec.size = 4
    with pytest.raises(Conflict) as caught:
        widgets.replace(ctx, anvil)
    assert str(caught.value) == MODIFIED
    assert caught.value.details.kind == "widgets"
    assert widgets.get(ctx, "anvil").spec.size == 7


@pytest.mark.case("RS10")
def test_an_update_that_changes_nothing_is_not_written(
    widgets: Store[Widget], ctx: Context, anvil: Widget
) -> None:
    assert widgets.replace(ctx, anvil) == anvil
    bare = widget(size=3)
    assert widgets.replace(ctx, bare).metadata == anvil.metadata


@pytest.mark.case("RS09")
def test_without_a_version_an_update_overwrites(
    widgets: Store[Widget], ctx: Context, anvil: Widget
) -> None:
    done = widgets.replace(ctx, widget(size=8))
    assert done.spec.size == 8
    assert done.metadata.uid == anvil.metadata.uid
    assert done.metadata.creation_timestamp == anvil.metadata.creation_timestamp


def test_a_kind_may_insist_on_a_version(storage: Interface[Object], ctx: Context) -> None:
    widgets = Store(WIDGETS, storage, WantsVersions(WIDGETS))
    widgets.create(ctx, widget())
    with pytest.raises(Invalid) as caught:
        widgets.replace(ctx, widget(size=2))
    assert str(caught.value) == (
        'widgets.shop.example "anvil" is invalid: metadata.resourceVersion: '
        "Invalid value: 0: must be specified for an update"
    )


@pytest.mark.parametrize("version", ["abc", "-1", "1.0", "99999999999999999999999", " 1"])
def test_a_version_that_is_no_number_is_a_bad_request(
    widgets: Store[Widget], ctx: Context, anvil: Widget, version: str
) -> None:
    anvil.metadata.resource_version = version
    with pytest.raises(BadRequest, match=r"strconv\.ParseUint"):
        widgets.replace(ctx, anvil)


@pytest.mark.case("RS09")
def test_what_is_not_there_cannot_be_updated(widgets: Store[Widget], ctx: Context) -> None:
    with pytest.raises(NotFound) as caught:
        widgets.replace(ctx, widget())
    assert str(caught.value) == 'widgets.shop.example "anvil" not found'
    with pytest.raises(NotFound):
        widgets.modify(ctx, "anvil", lambda obj: obj)


@pytest.mark.case("RS09")
def test_nobody_is_asked_for_an_update_of_what_is_not_there(
    widgets: Store[Widget], ctx: Context
) -> None:
    asked: list[str] = []
    with pytest.raises(NotFound):
        widgets.modify(ctx, "anvil", lambda obj: asked.append("asked"))
    assert asked == []


@pytest.mark.case("RS09", "RS14")
def test_a_kind_may_be_created_by_an_update(storage: Interface[Object], ctx: Context) -> None:
    widgets = Store(WIDGETS, storage, CreatesOnUpdate(WIDGETS))
    first = widgets.update(ctx, "anvil", DefaultUpdatedObjectInfo(widget(size=2)))
    assert first.created
    assert first.obj.metadata.uid
    assert first.obj.metadata.generation == 1
    second = widgets.update(ctx, "anvil", DefaultUpdatedObjectInfo(widget(size=3)))
    assert not second.created
    assert second.obj.metadata.uid == first.obj.metadata.uid


def test_a_create_by_update_is_checked_as_a_create(
    storage: Interface[Object], ctx: Context
) -> None:
    widgets = Store(WIDGETS, storage, CreatesOnUpdate(WIDGETS))
    seen: list[str] = []
    with pytest.raises(Invalid):
        widgets.replace(ctx, widget(size=0))
    widgets.update(
        ctx,
        "anvil",
        DefaultUpdatedObjectInfo(widget()),
        create_validation=lambda ctx, obj: seen.append("create"),
        update_validation=lambda ctx, obj, old: seen.append("update"),
    )
    assert seen == ["create"]


@pytest.mark.case("RS09")
def test_last_checks_can_refuse_an_update_and_what_it_would_create(
    storage: Interface[Object], ctx: Context
) -> None:
    widgets = Store(WIDGETS, storage, CreatesOnUpdate(WIDGETS))
    info = DefaultUpdatedObjectInfo(widget(size=2))
    error = PermissionError("no")

    def refuse(*args: object) -> None:
        raise error

    with pytest.raises(PermissionError) as caught:
        widgets.update(ctx, "anvil", info, create_validation=refuse)
    assert caught.value is error
    assert not widgets.list(ctx).items
    widgets.update(ctx, "anvil", DefaultUpdatedObjectInfo(widget()), update_validation=refuse)
    with pytest.raises(PermissionError):
        widgets.update(ctx, "anvil", info, update_validation=refuse)
    assert widgets.get(ctx, "anvil").spec.size == 1


@pytest.mark.case("RS09")
def test_a_version_and_a_uid_of_what_is_not_there_are_not_found(
    widgets: Store[Widget], ctx: Context
) -> None:
    with pytest.raises(NotFound):
        widgets.replace(ctx, widget(uid="some", resource_version="5"))


def test_a_caller_may_force_the_creation(widgets: Store[Widget], ctx: Context) -> None:
    info = DefaultUpdatedObjectInfo(widget())
    assert widgets.update(ctx, "anvil", info, force_allow_create=True).created


def test_a_uid_given_is_a_precondition(widgets: Store[Widget], ctx: Context, anvil: Widget) -> None:
    with pytest.raises(Conflict) as caught:
        widgets.replace(ctx, widget(uid="other"))
    assert str(caught.value) == (
        'Operation cannot be fulfilled on widgets.shop.example "anvil": StorageError: invalid '
        "object, Code: 4, Key: /registry/shop.example/widgets/default/anvil, ResourceVersion: 0, "
        "AdditionalErrorMsg: Precondition failed: UID in precondition: other, UID in object "
        f"meta: {anvil.metadata.uid}"
    )


def test_the_name_must_be_that_of_the_request(
    widgets: Store[Widget], ctx: Context, anvil: Widget
) -> None:
    with pytest.raises(BadRequest) as caught:
        widgets.update(ctx, "anvil", DefaultUpdatedObjectInfo(widget("b")))
    assert str(caught.value) == (
        "the name of the object (b) does not match the name on the URL (anvil)"
    )
    with pytest.raises(BadRequest) as caught:
        widgets.update(ctx, "anvil", DefaultUpdatedObjectInfo(widget("")))
    assert str(caught.value) == (
        "the name of the object (anvil based on URL) was undeterminable: name must be provided"
    )


def test_the_namespace_must_be_that_of_the_request(
    widgets: Store[Widget], ctx: Context, anvil: Widget
) -> None:
    anvil.metadata.namespace = "other"
    with pytest.raises(BadRequest, match="the namespace of the provided object"):
        widgets.replace(ctx, anvil)


def test_what_the_server_owns_comes_back(
    widgets: Store[Widget], ctx: Context, anvil: Widget
) -> None:
    def spoil(obj: Widget) -> None:
        meta = obj.metadata
        meta.creation_timestamp = Time("2001-01-01T00:00:00Z")
        meta.generation = 77
        meta.self_link = "/x"
        meta.namespace = ""

    assert widgets.modify(ctx, "anvil", spoil) == anvil


def test_a_changed_uid_is_refused_twice_as_upstream_does(
    widgets: Store[Widget], ctx: Context, anvil: Widget
) -> None:
    with pytest.raises(Invalid) as caught:
        widgets.modify(ctx, "anvil", lambda obj: setattr(obj.metadata, "uid", "other"))
    assert str(caught.value) == (
        'Widget.shop.example "anvil" is invalid: metadata.uid: Invalid value: "other": '
        "field is immutable"
    )


def test_rules_for_metadata_and_of_the_kind_are_told_together(
    widgets: Store[Widget], ctx: Context, anvil: Widget
) -> None:
    anvil.metadata.labels["a"] = "!"
    anvil.spec.size = 0
    with pytest.raises(Invalid) as caught:
        widgets.replace(ctx, anvil)
    assert [error.path for error in caught.value.errors] == [
        "metadata.labels",
        "metadata.labels",
        "spec.size",
    ]


def test_the_generation_grows_with_the_spec_alone(
    widgets: Store[Widget], ctx: Context, anvil: Widget
) -> None:
    labelled = widgets.modify(ctx, "anvil", lambda obj: obj.metadata.labels.update(a="b"))
    assert labelled.metadata.generation == 1
    ready = widgets.modify(ctx, "anvil", lambda obj: setattr(obj.status, "ready", 1))
    assert (ready.metadata.generation, ready.status.ready) == (1, 1)
    grown = widgets.modify(ctx, "anvil", lambda obj: setattr(obj.spec, "size", 9))
    assert grown.metadata.generation == 2


def test_a_status_of_its_own_is_written_through_its_own_store(
    storage: Interface[Object], ctx: Context
) -> None:
    rules = Strategy(WIDGETS, status_subresource=True)
    widgets = Store(WIDGETS, storage, rules)
    status = Store(WIDGETS, storage, rules, update_strategy=StatusStrategy(WIDGETS))
    mine = widget(size=1)
    mine.status.ready = 5
    assert widgets.create(ctx, mine).status.ready == 0

    def both(obj: Widget) -> None:
        obj.spec.size = 2
        obj.status.ready = 6
        obj.metadata.labels["a"] = "b"

    done = status.modify(ctx, "anvil", both)
    assert (done.spec.size, done.status.ready, done.metadata.labels) == (1, 6, {})
    assert done.metadata.generation == 1
    done = widgets.modify(ctx, "anvil", both)
    assert (done.spec.size, done.status.ready, done.metadata.labels) == (2, 6, {"a": "b"})
    assert done.metadata.generation == 2


def test_a_status_of_its_own_works_for_kinds_without_a_class(
    storage: Interface[Object], ctx: Context
) -> None:
    rules = Strategy(GADGETS, status_subresource=True)
    gadgets = Store(GADGETS, storage, rules)
    status = Store(GADGETS, storage, rules, update_strategy=StatusStrategy(GADGETS))
    gadget = gadgets.new()
    gadget.metadata.name = "g"
    gadget["spec"] = {"a": 1}
    gadget["status"] = {"b": 2}
    assert "status" not in gadgets.create(ctx, gadget)
    done = status.modify(ctx, "g", lambda obj: obj.content.update(spec={"a": 9}, status={"b": 3}))
    assert (done["spec"], done["status"]) == ({"a": 1}, {"b": 3})
    done = gadgets.modify(ctx, "g", lambda obj: obj.content.update(spec={"a": 9}, status={}))
    assert (done["spec"], done["status"], done.metadata.generation) == ({"a": 9}, {"b": 3}, 2)


def test_a_change_may_return_another_object(
    widgets: Store[Widget], ctx: Context, anvil: Widget
) -> None:
    assert widgets.modify(ctx, "anvil", lambda obj: widget(size=6)).spec.size == 6


def test_what_a_change_raises_comes_out_as_it_is(
    widgets: Store[Widget], ctx: Context, anvil: Widget
) -> None:
    error = KeyError("mine")

    def fail(obj: Widget) -> None:
        raise error

    with pytest.raises(KeyError) as caught:
        widgets.modify(ctx, "anvil", fail)
    assert caught.value is error


def test_a_change_that_makes_something_else_is_a_bad_request(
    widgets: Store[Widget], ctx: Context, anvil: Widget
) -> None:
    with pytest.raises(BadRequest):
        widgets.modify(ctx, "anvil", lambda obj: "text")  # type: ignore[arg-type,return-value]


def test_last_checks_get_copies_of_new_and_old(
    widgets: Store[Widget], ctx: Context, anvil: Widget
) -> None:
    def spoil(ctx: Context, obj: Widget, old: Widget) -> None:
        assert (obj.spec.size, old.spec.size) == (4, 3)
        obj.spec.size = old.spec.size = 99

    anvil.spec.size = 4
    done = widgets.update(ctx, "anvil", DefaultUpdatedObjectInfo(anvil), update_validation=spoil)
    assert done.obj.spec.size == 4


def test_transformers_run_in_order_on_each_others_results(
    widgets: Store[Widget], ctx: Context, anvil: Widget
) -> None:
    def double(ctx: Context, new: Widget, old: Widget) -> Widget:
        new.spec.size *= 2
        return new

    def add_old(ctx: Context, new: Widget, old: Widget) -> Widget:
        new.spec.size += old.spec.size
        return new

    mine = widget(size=5, uid=anvil.metadata.uid)
    inner = DefaultUpdatedObjectInfo(mine, double)
    info = WrappedUpdatedObjectInfo(inner, add_old)
    assert info.preconditions() == Preconditions(uid=anvil.metadata.uid)
    assert widgets.update(ctx, "anvil", info).obj.spec.size == 13
    assert mine.spec.size == 5


def test_a_rehearsed_update_changes_nothing_but_checks_everything(
    widgets: Store[Widget], ctx: Context, anvil: Widget
) -> None:
    done = widgets.replace(ctx, widget(size=9), options=DRY)
    assert done.spec.size == 9
    assert done.metadata.generation == 2
    assert done.metadata.resource_version == anvil.metadata.resource_version
    assert widgets.get(ctx, "anvil") == anvil
    with pytest.raises(Invalid):
        widgets.replace(ctx, widget(size=0), options=DRY)
    with pytest.raises(NotFound):
        widgets.replace(ctx, widget("nope"), options=DRY)
    with pytest.raises(Invalid, match=r"UpdateOptions\.meta\.k8s\.io"):
        widgets.replace(ctx, anvil, options=UpdateOptions(dry_run=("Some",)))


@pytest.mark.case("RX13")
def test_the_last_finalizer_takes_a_deleted_object_with_it(
    widgets: Store[Widget], ctx: Context
) -> None:
    widgets.create(ctx, widget(finalizers=["x.io/a", "x.io/b"]))
    marked = widgets.delete(ctx, "anvil").result
    assert isinstance(marked, Widget)
    widgets.modify(ctx, "anvil", lambda obj: obj.metadata.finalizers.remove("x.io/a"))
    rehearsed = widgets.modify(
        ctx, "anvil", lambda obj: obj.metadata.finalizers.clear(), options=DRY
    )
    assert rehearsed.metadata.finalizers == []
    assert widgets.get(ctx, "anvil").metadata.finalizers == ["x.io/b"]
    with widgets.watch(ctx) as watch:
        watch.next(timeout=10)
        last = widgets.modify(ctx, "anvil", lambda obj: obj.metadata.finalizers.clear())
        event = watch.next(timeout=10)
    assert event is not None
    assert str(event.type) == "DELETED"
    assert last.metadata.deletion_timestamp == marked.metadata.deletion_timestamp
    with pytest.raises(NotFound):
        widgets.get(ctx, "anvil")


@pytest.mark.case("RX14")
def test_a_grace_period_outlives_the_last_finalizer(
    storage: Interface[Object], ctx: Context, clock: FakeClock
) -> None:
    widgets = Store(WIDGETS, storage, GracefulStrategy(WIDGETS), clock=clock)
    widgets.create(ctx, widget(finalizers=["x.io/a"]))
    widgets.delete(ctx, "anvil", options=DeleteOptions())
    widgets.modify(ctx, "anvil", lambda obj: obj.metadata.finalizers.clear())
    assert widgets.get(ctx, "anvil").metadata.deletion_grace_period_seconds == 30
    assert widgets.delete(ctx, "anvil").immediate


@pytest.mark.case("RX15", "RX16")
def test_a_deleted_object_gets_no_new_finalizers_and_keeps_its_times(
    widgets: Store[Widget], ctx: Context
) -> None:
    widgets.create(ctx, widget(finalizers=["x.io/a"]))
    widgets.delete(ctx, "anvil")
    with pytest.raises(Invalid, match="no new finalizers can be added"):
        widgets.modify(ctx, "anvil", lambda obj: obj.metadata.finalizers.append("x.io/b"))

    def revive(obj: Widget) -> None:
        obj.metadata.deletion_timestamp = None
        obj.metadata.deletion_grace_period_seconds = None

    assert widgets.modify(ctx, "anvil", revive).metadata.deletion_timestamp is not None


def test_timestamps_of_managers_alone_are_no_change(widgets: Store[Widget], ctx: Context) -> None:
    def entry(second: int, manager: str = "m") -> ManagedFieldsEntry:
        time = Time(f"2024-01-01T00:00:0{second}Z")
        return ManagedFieldsEntry(manager=manager, operation="Update", time=time)

    made = widgets.create(ctx, widget(managed_fields=[entry(1)]))
    again = widgets.modify(
        ctx, "anvil", lambda obj: setattr(obj.metadata, "managed_fields", [entry(2)])
    )
    assert again == made
    other = widgets.modify(
        ctx, "anvil", lambda obj: setattr(obj.metadata, "managed_fields", [entry(2, "n")])
    )
    assert other.metadata.managed_fields == [entry(2, "n")]

    def real(obj: Widget) -> None:
        obj.metadata.managed_fields = [entry(3, "n")]
        obj.spec.size = 5

    assert widgets.modify(ctx, "anvil", real).metadata.managed_fields == [entry(3, "n")]


class HookedStore(Store[Widget]):
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
        return self._begun("create")

    def begin_update(
        self, ctx: Context, obj: Widget, old: Widget, options: UpdateOptions
    ) -> AbstractContextManager[None]:
        return self._begun("update")

    def after_create(self, obj: Widget, options: CreateOptions) -> None:
        self.log.append(f"after create {options.field_manager}")

    def after_update(self, obj: Widget, options: UpdateOptions) -> None:
        self.log.append(f"after update {options.field_manager}")

    def after_delete(self, obj: Widget, options: DeleteOptions) -> None:
        self.log.append(f"after delete {list(options.dry_run)}")


@pytest.fixture
def hooked(storage: Interface[Object]) -> HookedStore:
    store = HookedStore(
        WIDGETS,
        storage,
        CreatesOnUpdate(WIDGETS),
        decorator=lambda obj: store.log.append("decorate"),
    )
    store.log = []
    return store


@pytest.mark.case("RS11", "RS12")
def test_hooks_of_an_update_run_in_their_order(hooked: HookedStore, ctx: Context) -> None:
    options = UpdateOptions(field_manager="me")
    hooked.replace(ctx, widget(), options=options)
    assert hooked.log == ["begin create", "finish create", "after create me", "decorate"]
    hooked.log.clear()
    hooked.replace(ctx, widget(size=2), options=options)
    assert hooked.log == ["begin update", "finish update", "after update me", "decorate"]
    hooked.log.clear()
    with pytest.raises(Invalid):
        hooked.replace(ctx, widget(size=0))
    assert hooked.log == ["begin update", "fail update"]


def test_the_update_that_removes_an_object_tells_the_hook_of_deletes(
    hooked: HookedStore, ctx: Context
) -> None:
    hooked.create(ctx, widget(finalizers=["x.io/a"]))
    hooked.delete(ctx, "anvil")
    hooked.log.clear()
    hooked.modify(ctx, "anvil", lambda obj: obj.metadata.finalizers.clear(), options=DRY)
    assert hooked.log == ["begin update", "fail update", "after delete ['All']"]
    hooked.log.clear()
    hooked.modify(ctx, "anvil", lambda obj: obj.metadata.finalizers.clear())
    assert hooked.log == ["begin update", "fail update", "after delete []"]


def test_a_store_may_keep_what_an_update_would_remove(
    storage: Interface[Object], ctx: Context
) -> None:
    class Keeps(Store[Widget]):
        def should_delete_during_update(
            self, ctx: Context, key: str, obj: Widget, old: Widget
        ) -> bool:
            assert key == "/shop.example/widgets/default/anvil"
            return False

    widgets = Keeps(WIDGETS, storage)
    widgets.create(ctx, widget(finalizers=["x.io/a"]))
    widgets.delete(ctx, "anvil")
    widgets.modify(ctx, "anvil", lambda obj: obj.metadata.finalizers.clear())
    assert widgets.get(ctx, "anvil").metadata.finalizers == []
    assert widgets.delete(ctx, "anvil").immediate


def test_an_update_starts_over_when_another_writer_comes_between(
    widgets: Store[Widget], ctx: Context, anvil: Widget
) -> None:
    sizes: list[int] = []

    def change(obj: Widget) -> None:
        sizes.append(obj.spec.size)
        if len(sizes) == 1:
            widgets.modify(ctx, "anvil", lambda other: setattr(other.spec, "size", 10))
        obj.spec.colour = "blue"

    done = widgets.modify(ctx, "anvil", change)
    assert sizes == [3, 10]
    assert (done.spec.size, done.spec.colour) == (10, "blue")


def test_a_custom_info_decides_about_preconditions(
    widgets: Store[Widget], ctx: Context, anvil: Widget
) -> None:
    class Pinned(UpdatedObjectInfo[Widget]):
        def preconditions(self) -> Preconditions:
            return Preconditions(resource_version="1")

        def updated_object(self, ctx: Context, old: Widget) -> Widget:
            raise AssertionError("not reached")

    with pytest.raises(Conflict, match="ResourceVersion in precondition: 1,"):
        widgets.update(ctx, "anvil", Pinned())
    assert ModifiedObject[Widget](lambda obj: obj).preconditions() == Preconditions()
