"""Objects as rows of cells."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from widgetshop import WIDGETS, Widget, widget

from kregistry.meta.clock import Clock
from kregistry.meta.context import Context
from kregistry.meta.errors import NotAcceptable
from kregistry.meta.object import Object, ObjectList
from kregistry.meta.options import ListOptions
from kregistry.meta.table import TableOptions, TableRowCondition
from kregistry.meta.time import Time
from kregistry.registry import AGE, NAME, Column, Columns, Store
from kregistry.registry.ages import age, human_duration
from kregistry.runtime.codec import Codec
from kregistry.storage import Interface

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("<invalid>", {"seconds": -2}),
        ("0s", {"seconds": -1}),
        ("0s", {"milliseconds": 999}),
        ("1s", {"seconds": 1}),
        ("119s", {"seconds": 119}),
        ("2m", {"minutes": 2}),
        ("2m1s", {"minutes": 2, "seconds": 1}),
        ("9m59s", {"minutes": 9, "seconds": 59}),
        ("10m", {"minutes": 10, "seconds": 59}),
        ("179m", {"minutes": 179}),
        ("3h", {"hours": 3}),
        ("3h1m", {"hours": 3, "minutes": 1}),
        ("7h59m", {"hours": 7, "minutes": 59}),
        ("8h", {"hours": 8, "minutes": 59}),
        ("47h", {"hours": 47}),
        ("2d", {"days": 2}),
        ("2d1h", {"days": 2, "hours": 1}),
        ("7d23h", {"days": 7, "hours": 23}),
        ("8d", {"days": 8, "hours": 23}),
        ("729d", {"days": 729}),
        ("2y", {"days": 730}),
        ("2y1d", {"days": 731}),
        ("7y364d", {"days": 8 * 365 - 1}),
        ("8y", {"days": 8 * 365}),
        ("10y", {"days": 10 * 365 + 364}),
    ],
)
def test_durations_take_as_few_characters_as_tell_them(text: str, length: dict[str, int]) -> None:
    assert human_duration(timedelta(**length)) == text


def test_an_age_without_a_beginning_is_unknown() -> None:
    assert age(None, NOW) == "<unknown>"
    assert age(Time.of(NOW - timedelta(days=370)), NOW) == "370d"


@pytest.fixture
def shop(storage: Interface[Object], clock: Clock) -> Store[Widget]:
    columns: tuple[Column[Any], ...] = (
        NAME,
        Column("Size", lambda widget, now: widget.spec.size, type="integer", priority=1),
        AGE,
    )
    tables = Columns(WIDGETS.group_resource, columns, conditions=_big)
    return Store(WIDGETS, storage, clock=clock, tables=tables)


def _big(obj: Widget) -> list[TableRowCondition]:
    return [TableRowCondition(type="Big", status="True")] if obj.spec.size > 2 else []


def test_a_list_is_a_table_of_its_items(shop: Store[Widget], ctx: Context) -> None:
    shop.create(ctx, widget("a"))
    shop.create(ctx, widget("b", size=3))
    found = shop.list(ctx)
    table = shop.convert_to_table(found)
    assert [(c.name, c.type, c.format, c.priority) for c in table.column_definitions] == [
        ("Name", "string", "name", 0),
        ("Size", "integer", "", 1),
        ("Age", "string", "", 0),
    ]
    assert [row.cells for row in table.rows] == [["a", 1, "0s"], ["b", 3, "0s"]]
    assert [[c.type for c in row.conditions] for row in table.rows] == [[], ["Big"]]
    assert [row.object for row in table.rows] == list(found)
    assert table.metadata.resource_version == found.metadata.resource_version


def test_a_page_says_how_to_go_on(shop: Store[Widget], ctx: Context) -> None:
    for name in "abc":
        shop.create(ctx, widget(name))
    page = shop.list(ctx, ListOptions(limit=1))
    table = shop.convert_to_table(page)
    assert table.metadata.continue_ == page.metadata.continue_ != ""
    assert table.metadata.remaining_item_count == 2


def test_one_object_is_a_table_of_one_row(shop: Store[Widget], ctx: Context) -> None:
    made = shop.create(ctx, widget("a"))
    table = shop.convert_to_table(made, TableOptions(no_headers=True))
    assert (table.column_definitions, len(table.rows)) == ([], 1)
    assert table.metadata.resource_version == made.metadata.resource_version


def test_a_kind_without_columns_shows_name_and_creation(
    storage: Interface[Object], ctx: Context, clock: Clock
) -> None:
    plain = Store(WIDGETS, storage, clock=clock)
    made = plain.create(ctx, widget("a"))
    table = plain.convert_to_table(made)
    assert [(c.name, c.type, c.format) for c in table.column_definitions] == [
        ("Name", "string", "name"),
        ("Created At", "date", ""),
    ]
    assert table.rows[0].cells == ["a", str(made.metadata.creation_timestamp)]
    nobody = Columns(WIDGETS.group_resource).convert_to_table(Widget(), now=NOW)
    assert nobody.rows[0].cells == ["", "<unknown>"]


def test_a_table_goes_over_the_wire(shop: Store[Widget], ctx: Context) -> None:
    table = shop.convert_to_table(shop.list(ctx))
    told = Codec().to_dict(table)
    assert (told["apiVersion"], told["kind"]) == ("meta.k8s.io/v1", "Table")
    assert told["rows"] == []
    assert set(told["columnDefinitions"][0]) == {
        "name",
        "type",
        "format",
        "description",
        "priority",
    }


@pytest.mark.parametrize(
    "thing",
    [None, "a", {"metadata": {}}, ObjectList(items=["a"])],  # type: ignore[list-item]
)
def test_what_is_no_object_is_no_row(thing: Any) -> None:
    with pytest.raises(NotAcceptable) as caught:
        Columns(WIDGETS.group_resource).convert_to_table(thing, now=NOW)
    assert caught.value.status.message == (
        "the resource widgets.shop.example does not support being converted to a Table"
    )
