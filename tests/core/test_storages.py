"""Every storage of a built-in kind: what they have in common."""

from __future__ import annotations

from typing import Any

import pytest
from kinds import CODEC, SCHEME

from kregistry.core.scheme import core_resources
from kregistry.core.storages import core_storages
from kregistry.meta.clock import Clock
from kregistry.meta.context import Context
from kregistry.meta.errors import StatusError
from kregistry.meta.object import Object
from kregistry.registry import Store
from kregistry.storage import Interface

#: Headings, as a server that shows all columns gives them; ``*`` marks those for wide tables,
#: ``#`` those of integers.
HEADINGS = {
    "configmaps": "Name, Data, Age",
    "events": "Last Seen, Type, Reason, Object, *Subobject, *Source, Message, *First Seen, "
    "*Count, *Name",
    "namespaces": "Name, Status, Age",
    "nodes": "Name, Status, Roles, Age, Version, *Internal-IP, *External-IP, *OS-Image, "
    "*Kernel-Version, *Container-Runtime",
    "secrets": "Name, Type, Data, Age",
    "services": "Name, Type, Cluster-IP, External-IP, Port(s), Age, *Selector",
    "deployments": "Name, Ready, Up-to-date, Available, Age, *Containers, *Images, *Selector",
    "leases": "Name, Holder, Age",
    "poddisruptionbudgets": "Name, Min Available, Max Unavailable, #Allowed Disruptions, Age",
}


@pytest.fixture
def stores(storage: Interface[Object], clock: Clock) -> dict[str, Any]:
    return dict(core_storages(storage, clock=clock))


def test_every_kind_of_the_scheme_has_storage(stores: dict[str, Any]) -> None:
    plurals = {resource.plural for resource in core_resources()}
    assert {path.partition("/")[0] for path in stores} == plurals - {"pods"}
    for path, store in stores.items():
        if isinstance(store, Store):
            assert store.resource in core_resources(), path


@pytest.mark.parametrize("plural", HEADINGS)
def test_tables_have_the_columns_of_the_api_server(stores: dict[str, Any], plural: str) -> None:
    table = stores[plural].convert_to_table(stores[plural].new())
    shown = [
        "*" * column.priority + "#" * (column.type == "integer") + column.name
        for column in table.column_definitions
    ]
    assert ", ".join(shown) == HEADINGS[plural]
    assert all(column.description for column in table.column_definitions)
    named = [column.name for column in table.column_definitions if column.format == "name"]
    assert named == ([] if plural == "events" else ["Name"])
    CODEC.encode(table.column_definitions[0])


@pytest.mark.parametrize("plural", HEADINGS)
@pytest.mark.parametrize("value", [None, 7, "text", [], object()])
def test_values_of_other_types_are_refused_by_their_place(
    stores: dict[str, Any], plural: str, value: object
) -> None:
    store = stores[plural]
    for member in ("metadata", "spec", "status", "data", "source", "type"):
        obj = store.new()
        obj.metadata.name = "a"
        if not hasattr(obj, member) or (member == "type" and isinstance(value, str)):
            continue
        setattr(obj, member, value)
        ctx = Context(namespace="default" if store.resource.namespaced else "")
        with pytest.raises(StatusError) as caught:
            store.create(ctx, obj)
        assert caught.value.status.code in (400, 422)


@pytest.mark.parametrize("resource", core_resources(), ids=lambda resource: resource.plural)
def test_defaults_of_nothing_do_not_fail_and_settle(resource: Any) -> None:
    obj = resource.new()
    SCHEME.set_defaults(obj)
    once = CODEC.encode(obj)
    SCHEME.set_defaults(obj)
    assert CODEC.encode(obj) == once
