"""Get, list and watch: selectors, namespaces, pages, versions and decoration."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial

import pytest
from widgetshop import REGIONS, WIDGETS, Region, Widget, WidgetStrategy, widget

from kregistry.meta.context import Cancellation, Context
from kregistry.meta.errors import (
    BadRequest,
    Expired,
    Invalid,
    NotFound,
    StatusError,
    TooLargeResourceVersion,
)
from kregistry.meta.object import Object, ObjectList
from kregistry.meta.objectmeta import ListMeta, ObjectMeta
from kregistry.meta.options import GetOptions, ListOptions
from kregistry.registry import Pager, Store
from kregistry.storage import EventType, Interface

EVERYWHERE = Context()


def names(found: ObjectList[Widget]) -> list[str]:
    return [obj.metadata.name for obj in found]


@pytest.fixture
def stocked(widgets: Store[Widget]) -> Store[Widget]:
    """a and b in default, b and c in other; labels and colours vary."""
    for namespace, name, tier in (
        ("default", "a", "front"),
        ("default", "b", "back"),
        ("other", "b", "front"),
        ("other", "c", "back"),
    ):
        widgets.create(
            Context(namespace=namespace), widget(name, labels={"tier": tier}, size=len(tier))
        )
    return widgets


@pytest.mark.case("RS14")
def test_what_is_not_there_is_not_found(widgets: Store[Widget], ctx: Context) -> None:
    with pytest.raises(NotFound) as caught:
        widgets.get(ctx, "nope")
    assert str(caught.value) == 'widgets.shop.example "nope" not found'
    assert caught.value.details.kind == "widgets"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "Name parameter required."),
        ("..", "Name parameter invalid: \"..\": may not be '..'"),
        ("a/b%", "Name parameter invalid: \"a/b%\": may not contain '/';may not contain '%'"),
        ("\ud800", 'Name parameter invalid: "\\ufffd": must be valid UTF-8'),
        (5, "Name parameter invalid: must be text, not int"),
        (None, "Name parameter invalid: must be text, not NoneType"),
    ],
)
def test_a_name_that_no_object_can_have_is_a_bad_request(
    widgets: Store[Widget], ctx: Context, name: str, message: str
) -> None:
    for verb in (widgets.get, widgets.delete):
        with pytest.raises(BadRequest) as caught:
            verb(ctx, name)
        assert str(caught.value) == message


def test_a_namespace_is_needed_and_checked(widgets: Store[Widget]) -> None:
    with pytest.raises(BadRequest) as caught:
        widgets.get(EVERYWHERE, "a")
    assert str(caught.value) == "Namespace parameter required."
    for verb in (widgets.list, widgets.watch):
        with pytest.raises(BadRequest, match="Namespace parameter invalid"):
            verb(Context(namespace="a/../b"))


def test_get_at_a_version_ahead_of_the_store_is_a_timeout(
    stocked: Store[Widget], ctx: Context
) -> None:
    with pytest.raises(TooLargeResourceVersion):
        stocked.get(ctx, "a", GetOptions(resource_version="999999"))
    assert stocked.get(ctx, "a", GetOptions(resource_version="0")).metadata.name == "a"


@pytest.mark.case("RS01")
def test_a_list_is_of_one_namespace_or_of_all(stocked: Store[Widget], ctx: Context) -> None:
    assert names(stocked.list(ctx)) == ["a", "b"]
    found = stocked.list(EVERYWHERE)
    assert names(found) == ["a", "b", "b", "c"]
    assert (found.kind, found.api_version) == ("WidgetList", "shop.example/v1")
    assert int(found.metadata.resource_version) > 0


@pytest.mark.case("RS01")
def test_an_empty_list_has_a_version_too(widgets: Store[Widget], ctx: Context) -> None:
    found = widgets.list(ctx)
    assert (list(found), len(found)) == ([], 0)
    assert found.metadata.resource_version not in ("", "0")


@pytest.mark.case("RS01")
@pytest.mark.parametrize(
    ("selectors", "expected"),
    [
        ({"label_selector": "tier=front"}, ["default/a", "other/b"]),
        ({"label_selector": "tier in (front, back),tier!=front"}, ["default/b", "other/c"]),
        ({"label_selector": "none"}, []),
        ({"field_selector": "metadata.name=b"}, ["default/b", "other/b"]),
        ({"field_selector": "metadata.name!=b"}, ["default/a", "other/c"]),
        ({"field_selector": "metadata.namespace=other"}, ["other/b", "other/c"]),
        ({"field_selector": "metadata.name=b,metadata.namespace=other"}, ["other/b"]),
        ({"field_selector": "metadata.name=b", "label_selector": "tier=back"}, ["default/b"]),
        ({"field_selector": "metadata.name=nope"}, []),
        ({"field_selector": "metadata.name=a/b"}, []),
        ({"field_selector": "metadata.namespace=NO"}, []),
    ],
)
def test_selectors_select(
    stocked: Store[Widget], selectors: dict[str, str], expected: list[str]
) -> None:
    found = stocked.list(EVERYWHERE, ListOptions(**selectors))
    assert [f"{obj.metadata.namespace}/{obj.metadata.name}" for obj in found] == expected


def test_a_single_name_is_looked_up_in_its_namespace(stocked: Store[Widget], ctx: Context) -> None:
    found = stocked.list(ctx, ListOptions(field_selector="metadata.name=b"))
    assert [obj.metadata.namespace for obj in found] == ["default"]
    elsewhere = ListOptions(field_selector="metadata.name=b,metadata.namespace=other")
    assert names(stocked.list(ctx, elsewhere)) == []


@pytest.mark.parametrize(
    ("selectors", "message"),
    [
        (
            {"field_selector": "metadata.name"},
            "invalid selector: 'metadata.name'; can't understand 'metadata.name'",
        ),
        (
            {"field_selector": "spec.bogus=1"},
            '"spec.bogus" is not a known field selector: only "metadata.name", '
            '"metadata.namespace"',
        ),
        ({"label_selector": "a in"}, None),
    ],
)
def test_a_selector_that_cannot_be_understood_is_a_bad_request(
    stocked: Store[Widget], ctx: Context, selectors: dict[str, str], message: str | None
) -> None:
    for verb in (stocked.list, stocked.watch):
        with pytest.raises(BadRequest) as caught:
            verb(ctx, ListOptions(**selectors))
        assert message is None or str(caught.value) == message


class Colourful(WidgetStrategy):
    def selectable_fields(self, obj: Widget) -> Mapping[str, str]:
        return {**super().selectable_fields(obj), "spec.colour": obj.spec.colour}


def test_a_kind_may_have_selectable_fields_of_its_own(
    storage: Interface[Object], ctx: Context
) -> None:
    widgets = Store(WIDGETS, storage, Colourful(WIDGETS))
    for name, colour in (("a", "red"), ("b", "blue")):
        obj = widget(name)
        obj.spec.colour = colour
        widgets.create(ctx, obj)
    assert names(widgets.list(ctx, ListOptions(field_selector="spec.colour=blue"))) == ["b"]
    with pytest.raises(BadRequest) as caught:
        widgets.list(ctx, ListOptions(field_selector="spec.bogus=1"))
    assert str(caught.value) == "field label not supported: spec.bogus"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"resource_version_match": "Exact"},
            "resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless "
            "resourceVersion is provided",
        ),
        (
            {"resource_version_match": "Wat", "resource_version": "1"},
            'resourceVersionMatch: Unsupported value: "Wat": supported values: "Exact", '
            '"NotOlderThan", ""',
        ),
        (
            {"resource_version_match": "Exact", "resource_version": "0"},
            'resourceVersionMatch: Forbidden: resourceVersionMatch "exact" is forbidden for '
            'resourceVersion "0"',
        ),
        (
            {"send_initial_events": True},
            "sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list",
        ),
    ],
)
def test_options_of_a_list_that_contradict_each_other_are_invalid(
    stocked: Store[Widget], ctx: Context, options: dict[str, object], message: str
) -> None:
    with pytest.raises(Invalid) as caught:
        stocked.list(ctx, ListOptions(**options))  # type: ignore[arg-type]
    assert str(caught.value) == f'ListOptions.meta.k8s.io "" is invalid: {message}'


def test_options_of_a_watch_that_contradict_each_other_are_invalid(
    stocked: Store[Widget], ctx: Context
) -> None:
    with pytest.raises(Invalid, match="requires setting resourceVersionMatch to NotOlderThan"):
        stocked.watch(ctx, ListOptions(send_initial_events=True))
    with pytest.raises(Invalid, match="forbidden for watch unless sendInitialEvents"):
        stocked.watch(ctx, ListOptions(resource_version_match="NotOlderThan"))


def test_a_version_that_is_no_number_is_told_as_the_api_server_tells_it(
    stocked: Store[Widget], ctx: Context
) -> None:
    with pytest.raises(BadRequest, match="invalid resource version: resourceVersion: Invalid"):
        stocked.list(ctx, ListOptions(resource_version="abc"))
    with pytest.raises(StatusError) as caught:
        stocked.watch(ctx, ListOptions(resource_version="abc"))
    assert str(caught.value).startswith('resourceVersion: Invalid value: "abc": ')
    assert (caught.value.status.code, caught.value.status.reason) == (500, "")


def test_pages_show_one_snapshot(stocked: Store[Widget]) -> None:
    first = stocked.list(EVERYWHERE, ListOptions(limit=3))
    assert (len(first), first.metadata.remaining_item_count) == (3, 1)
    stocked.create(Context(namespace="zoo"), widget("late"))
    rest = stocked.list(EVERYWHERE, ListOptions(limit=3, continue_=first.metadata.continue_))
    assert names(rest) == ["c"]
    assert rest.metadata.resource_version == first.metadata.resource_version


def test_a_garbled_token_is_a_bad_request(stocked: Store[Widget]) -> None:
    with pytest.raises(BadRequest, match="continue"):
        stocked.list(EVERYWHERE, ListOptions(continue_="garbage"))


def test_a_pager_reads_everything_a_page_at_a_time(stocked: Store[Widget]) -> None:
    pager = Pager(partial(stocked.list, EVERYWHERE), page_size=3)
    assert [len(page) for page in pager.pages()] == [3, 1]
    assert [obj.metadata.name for obj in pager] == ["a", "b", "b", "c"]


def test_a_pager_keeps_the_selectors_from_page_to_page(stocked: Store[Widget]) -> None:
    pager = Pager(partial(stocked.list, EVERYWHERE), page_size=1)
    pages = pager.pages(ListOptions(label_selector="tier=back"))
    assert [name for page in pages for name in names(page)] == ["b", "c"]


def test_a_pager_goes_on_after_compaction_and_says_so(
    stocked: Store[Widget], storage: Interface[Object], ctx: Context
) -> None:
    told: list[str] = []
    pager = Pager(
        partial(stocked.list, EVERYWHERE),
        page_size=3,
        on_new_snapshot=lambda: told.append("new snapshot"),
    )
    pages = pager.pages()
    first = next(pages)
    stocked.create(ctx, widget("aa"))
    storage.compact(storage.current_resource_version(ctx))
    rest = [name for page in pages for name in names(page)]
    assert [*names(first), *rest] == ["a", "b", "b", "c"]
    assert told == ["new snapshot"]


def test_a_pager_that_cannot_go_on_says_so() -> None:
    def list_page(options: ListOptions) -> ObjectList[Widget]:
        if options.continue_:
            raise Expired("gone")
        return ObjectList(items=[widget()], metadata=ListMeta(continue_="token"))

    with pytest.raises(Expired):
        list(Pager(list_page))
    with pytest.raises(ValueError, match="page_size"):
        Pager(list_page, page_size=0)


def test_a_watch_begins_with_what_is_there_and_goes_on(
    stocked: Store[Widget], ctx: Context
) -> None:
    with stocked.watch(ctx) as watch:
        seen = [watch.next(timeout=10) for _ in range(2)]
        stocked.modify(ctx, "a", lambda obj: setattr(obj.spec, "size", 9))
        stocked.delete(ctx, "b")
        seen += [watch.next(timeout=10) for _ in range(2)]
    told = [(event.type, event.object.metadata.name) for event in seen if event]
    assert told == [
        (EventType.ADDED, "a"),
        (EventType.ADDED, "b"),
        (EventType.MODIFIED, "a"),
        (EventType.DELETED, "b"),
    ]


@pytest.mark.case("RS28")
def test_a_watch_sees_only_its_namespace_and_selection(
    stocked: Store[Widget], ctx: Context
) -> None:
    version = stocked.list(EVERYWHERE).metadata.resource_version
    options = ListOptions(resource_version=version, label_selector="tier=front")
    with stocked.watch(ctx, options) as watch:
        stocked.create(Context(namespace="other"), widget("x", labels={"tier": "front"}))
        stocked.create(ctx, widget("y", labels={"tier": "back"}))
        stocked.create(ctx, widget("z", labels={"tier": "front"}))
        event = watch.next(timeout=10)
        assert event is not None
        assert event.object.metadata.name == "z"
        stocked.modify(ctx, "z", lambda obj: obj.metadata.labels.clear())
        event = watch.next(timeout=10)
        assert event is not None
        assert (event.type, event.object.metadata.name) == (EventType.DELETED, "z")


@pytest.mark.case("RS28")
@pytest.mark.parametrize(
    ("selector", "namespace"),
    [("name=foo", "default"), ("name in (bar,foo)", "default"), ("name=foo", "")],
)
def test_a_watch_from_zero_sees_the_creation_of_what_it_selects(
    widgets: Store[Widget], ctx: Context, selector: str, namespace: str
) -> None:
    options = ListOptions(resource_version="0", label_selector=selector)
    with widgets.watch(Context(namespace=namespace), options) as watch:
        widgets.create(ctx, widget("other", labels={"name": "other"}))
        made = widgets.create(ctx, widget("foo", labels={"name": "foo"}))
        event = watch.next(timeout=10)
    assert event is not None
    assert (event.type, event.object) == (EventType.ADDED, made)


@pytest.mark.case("RS30")
def test_errors_name_the_resource(widgets: Store[Widget], ctx: Context) -> None:
    widgets.create(ctx, widget("taken"))
    for ask in (
        lambda: widgets.get(ctx, "nope"),
        lambda: widgets.delete(ctx, "nope"),
        lambda: widgets.replace(ctx, widget("nope")),
        lambda: widgets.create(ctx, widget("taken")),
    ):
        with pytest.raises(StatusError) as caught:
            ask()
        assert caught.value.status.details is not None
        told = caught.value.status.details
        assert (told.group, told.kind) == ("shop.example", "widgets")


def test_a_watch_of_one_name_sees_one_object(stocked: Store[Widget], ctx: Context) -> None:
    with stocked.watch(ctx, ListOptions(field_selector="metadata.name=b")) as watch:
        event = watch.next(timeout=10)
        assert event is not None
        assert event.object.metadata.name == "b"
        with pytest.raises(TimeoutError):
            watch.next(timeout=0)


def test_a_watch_ends_with_its_request(stocked: Store[Widget]) -> None:
    cancellation = Cancellation()
    watch = stocked.watch(Context(namespace="default", cancellation=cancellation))
    cancellation.cancel()
    assert watch.next(timeout=10) is None


@pytest.mark.case("RD12")
def test_a_decorator_changes_what_is_handed_out_and_not_what_is_stored(
    storage: Interface[Object], ctx: Context
) -> None:
    def shout(obj: Widget) -> None:
        obj.spec.colour = obj.spec.colour.upper()

    loud = Store(WIDGETS, storage, decorator=shout)
    plain = Store(WIDGETS, storage)
    assert loud.create(ctx, widget("a")).spec.colour == "RED"
    assert loud.get(ctx, "a").spec.colour == "RED"
    assert [obj.spec.colour for obj in loud.list(ctx)] == ["RED"]
    assert plain.get(ctx, "a").spec.colour == "red"
    with loud.watch(ctx) as watch:
        event = watch.next(timeout=10)
        assert event is not None
        assert event.object.spec.colour == "RED"

    async def first() -> str:
        watch = loud.watch(ctx)
        try:
            async for event in watch:
                return event.object.spec.colour
            return ""
        finally:
            watch.stop()

    assert asyncio.run(first()) == "RED"
    assert loud.modify(ctx, "a", lambda obj: setattr(obj.spec, "size", 2)).spec.colour == "RED"


@pytest.mark.case("RD12")
def test_a_decorated_watch_iterates_and_stops(storage: Interface[Object], ctx: Context) -> None:
    store = Store(WIDGETS, storage, decorator=lambda obj: None)
    for name in ("a", "b"):
        store.create(ctx, widget(name))
    seen = []
    with store.watch(ctx) as watch:
        for event in watch:
            seen.append(event.object.metadata.name)
            if len(seen) == 2:
                watch.stop()
    assert seen == ["a", "b"]


def test_two_resources_in_one_storage_do_not_see_each_other(
    storage: Interface[Object], ctx: Context
) -> None:
    widgets, regions = Store(WIDGETS, storage), Store(REGIONS, storage)
    widgets.create(ctx, widget("same"))
    regions.create(EVERYWHERE, Region(metadata=ObjectMeta(name="same")))
    assert len(widgets.list(EVERYWHERE)) == len(regions.list(EVERYWHERE)) == 1


def test_a_store_says_when_it_is_ready(widgets: Store[Widget]) -> None:
    widgets.readiness_check()
    assert widgets.new() == Widget()
