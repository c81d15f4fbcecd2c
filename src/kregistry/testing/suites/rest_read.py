"""Get, list and watch through any Store. Cases RT34 to RT43.

Source: ``k8s.io/apiserver/pkg/registry/rest/resttest`` TestGet, TestList, TestWatch.
"""

from __future__ import annotations

import json
from typing import Any

import attrs
import pytest

from kregistry.meta.context import Context
from kregistry.meta.errors import AlreadyExists, NotFound
from kregistry.meta.object import ObjectList
from kregistry.meta.objectmeta import ListMeta
from kregistry.meta.options import ListOptions
from kregistry.meta.table import Table
from kregistry.storage.watch import Event, EventType, Watch
from kregistry.testing.suites.rest_cases import (
    OTHER_NAMESPACE,
    RESTCases,
    RESTHarness,
    deleting,
)

_TYPES = ("string", "date", "integer", "number", "boolean")


class ReadCases(RESTCases):
    """RT34 to RT40."""

    def test_rt34_get_finds_what_is_stored(self, rest: RESTHarness) -> None:
        stored = rest.put("foo1")

        assert rest.get("foo1") == stored

    def test_rt35_get_of_nothing_fails(self, rest: RESTHarness) -> None:
        rest.put("foo2")

        with pytest.raises(NotFound):
            rest.store.get(rest.ctx, "foo3")

    def test_rt36_another_namespace_is_another_place_where_there_are_any(
        self, rest: RESTHarness
    ) -> None:
        stored = rest.put("foo4")
        elsewhere = Context(namespace=OTHER_NAMESPACE)

        if rest.namespaced:
            with pytest.raises(NotFound):
                rest.store.get(elsewhere, "foo4")
        else:
            assert rest.store.get(elsewhere, "foo4") == stored

    def test_rt37_one_name_in_two_namespaces_is_two_objects(self, rest: RESTHarness) -> None:
        here = rest.store.create(rest.ctx, rest.obj("foo5"))
        elsewhere = Context(namespace=OTHER_NAMESPACE)

        if rest.namespaced:
            there = rest.store.create(elsewhere, rest.obj("foo5", namespace=OTHER_NAMESPACE))
            assert here.metadata.uid != there.metadata.uid
            assert rest.store.get(elsewhere, "foo5") == there
        else:
            with pytest.raises(AlreadyExists):
                rest.store.create(elsewhere, rest.obj("foo5"))
        assert rest.get("foo5") == here

    def test_rt38_a_list_of_nothing_is_empty(self, rest: RESTHarness) -> None:
        found = rest.store.list(rest.ctx)

        assert list(found) == []
        assert int(found.metadata.resource_version) > 0

    def test_rt39_a_list_shows_what_is_stored_in_order(self, rest: RESTHarness) -> None:
        stored = [rest.put(name) for name in ("foo7", "bar6")]

        assert list(rest.store.list(rest.ctx)) == [stored[1], stored[0]]

    def test_rt40_a_list_shows_what_its_labels_match(self, rest: RESTHarness) -> None:
        rest.put("foo8", labels={"test": "no"})
        match = rest.put("foo9", labels={"test": "yes"})

        found = rest.store.list(rest.ctx, ListOptions(label_selector="test=yes"))

        assert list(found) == [match]


class TableCases(RESTCases):
    """RT41."""

    def test_rt41_a_list_can_be_shown_as_a_table(self, rest: RESTHarness) -> None:
        items = [rest.put("foo10"), rest.put("foo11", labels={"a": "b"})]
        meta = ListMeta(resource_version="11", continue_="more")

        table = rest.store.convert_to_table(ObjectList(metadata=meta, items=items))

        assert (table.metadata.resource_version, table.metadata.continue_) == ("11", "more")
        assert [row.object for row in table.rows] == items
        self._columns_make_sense(table)
        for row in table.rows:
            assert len(row.cells) == len(table.column_definitions)
            assert json.loads(json.dumps(row.cells)) == row.cells

    def _columns_make_sense(self, table: Table) -> None:
        first = table.column_definitions[0]
        assert (first.name, first.type, first.format) == ("Name", "string", "name")
        for column in table.column_definitions:
            assert column.name
            assert column.description
            assert column.type in _TYPES
            assert column.format in ("", "name")
            assert column.priority in (0, 1, 2)


class WatchCases(RESTCases):
    """RT42 and RT43."""

    def _shows(self, rest: RESTHarness, selected: ListOptions, *, passes: bool) -> None:
        """Create and delete foo, and see what a watch is told.

        Args:
            rest: The Store under test.
            selected: What is watched.
            passes: Everything is told; if not, nothing.
        """
        start = rest.store.list(rest.ctx).metadata.resource_version
        everything = ListOptions(resource_version=start)
        with (
            rest.store.watch(rest.ctx, attrs.evolve(selected, resource_version=start)) as watch,
            rest.store.watch(rest.ctx, everything) as witness,
        ):
            rest.put("foo", labels={"a": "b", "c": "d"})
            rest.store.delete(rest.ctx, "foo", options=deleting(grace_period_seconds=0))
            happened = self._until_deleted(witness)
            if passes:
                assert self._until_deleted(watch) == happened
            with pytest.raises(TimeoutError):
                watch.next(timeout=0)

    def _until_deleted(self, watch: Watch[Any]) -> list[Event[Any]]:
        """The creation, the mark if there is one, and the deletion."""
        events: list[Event[Any]] = []
        while not events or events[-1].type is not EventType.DELETED:
            event = watch.next(timeout=self.patience)
            assert event is not None
            events.append(event)
        assert events[0].type is EventType.ADDED
        return events

    @pytest.mark.parametrize("labels", ["a=b", "a=b,c=d", "a in (b)", "a"])
    def test_rt42_a_watch_shows_what_its_labels_match(self, rest: RESTHarness, labels: str) -> None:
        self._shows(rest, ListOptions(label_selector=labels), passes=True)

    @pytest.mark.parametrize("labels", ["a=c", "a!=b", "!a", "a=b,c=e"])
    def test_rt42_a_watch_shows_nothing_that_its_labels_do_not_match(
        self, rest: RESTHarness, labels: str
    ) -> None:
        self._shows(rest, ListOptions(label_selector=labels), passes=False)

    def test_rt43_a_watch_shows_what_its_fields_match(self, rest: RESTHarness) -> None:
        for selector in self.field_selectors("foo")[0]:
            self._shows(rest, ListOptions(field_selector=selector), passes=True)

    def test_rt43_a_watch_shows_nothing_that_its_fields_do_not_match(
        self, rest: RESTHarness
    ) -> None:
        for selector in self.field_selectors("foo")[1]:
            self._shows(rest, ListOptions(field_selector=selector), passes=False)
