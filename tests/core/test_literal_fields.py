"""Fields that lists look for in bytes stand there, whatever their value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from kregistry.core.event import EventStore
from kregistry.core.namespace import NamespaceStorage
from kregistry.core.pod.storage import PodStorage
from kregistry.core.v1 import Event, Namespace, Pod
from kregistry.meta.object import Object
from kregistry.registry import Store
from kregistry.registry.strategy import RESTStrategy
from kregistry.runtime.codec import Codec
from kregistry.storage import Config, factory

NAMES = {"name": "the-name", "namespace": "the-namespace"}
ABOUT = {
    "kind": "Widget",
    "namespace": "about-namespace",
    "name": "about-name",
    "uid": "about-uid",
    "apiVersion": "about/v1",
    "resourceVersion": "77",
    "fieldPath": "about.path",
}
FULL: dict[type[Object], Mapping[str, Any]] = {
    Pod: {
        "metadata": NAMES,
        "spec": {
            "nodeName": "the-node",
            "hostNetwork": True,
            "restartPolicy": "Never",
            "schedulerName": "the-scheduler",
            "serviceAccountName": "the-account",
        },
        "status": {
            "phase": "Running",
            "nominatedNodeName": "another-node",
            "podIP": "10.0.0.1",
            "podIPs": [{"ip": "10.0.0.1"}],
        },
    },
    Event: {
        "metadata": NAMES,
        "involvedObject": ABOUT,
        "reason": "TheReason",
        "reportingComponent": "the-component",
        "source": {"component": "the-source"},
        "type": "Warning",
    },
    Namespace: {"metadata": {"name": "the-name"}, "status": {"phase": "Terminating"}},
}


def stores() -> list[Store[Any]]:
    storage = factory.create(Config(type="memory"))
    return [
        PodStorage(storage).pod,
        EventStore(storage),
        NamespaceStorage(storage).namespace,
    ]


@pytest.mark.parametrize("store", stores(), ids=lambda store: store.resource.kind)
def test_a_literal_field_stands_in_the_json_as_it_is(store: Store[Any]) -> None:
    rules = store.create_strategy
    assert isinstance(rules, RESTStrategy)
    codec, cls = Codec(), store.resource.cls
    obj = codec.from_dict(FULL[cls], cls)
    data, fields = codec.encode(obj), rules.selectable_fields(obj)
    literal = set(rules.literal_fields())
    assert literal
    assert literal <= set(fields)
    for field in literal:
        assert fields[field], f"{field} is not tested"
        assert f'"{fields[field]}"'.encode() in data


@pytest.mark.parametrize("store", stores(), ids=lambda store: store.resource.kind)
def test_what_is_left_out_is_empty(store: Store[Any]) -> None:
    rules = store.create_strategy
    assert isinstance(rules, RESTStrategy)
    fields = rules.selectable_fields(store.new())
    assert {fields[field] for field in rules.literal_fields()} == {""}


def test_an_indexed_field_is_literal_and_stands_under_its_last_name() -> None:
    rules = PodStorage(factory.create(Config(type="memory"))).pod.create_strategy
    assert isinstance(rules, RESTStrategy)
    data = Codec().encode(Codec().from_dict(FULL[Pod], Pod))
    for field in rules.indexed_fields():
        assert field in rules.literal_fields()
    assert b'"nodeName":"the-node"' in data
