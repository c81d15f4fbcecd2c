"""ConfigMaps."""

from __future__ import annotations

from typing import Any

import pytest
from kinds import causes, cells, made

from kregistry.core.configmap import ConfigMapStore
from kregistry.core.v1 import ConfigMap
from kregistry.meta.clock import Clock
from kregistry.meta.context import Context
from kregistry.meta.object import Object
from kregistry.registry import Store
from kregistry.storage import Interface

FROZEN = "Forbidden: field is immutable when `immutable` is set"


@pytest.fixture
def configmaps(storage: Interface[Object], clock: Clock) -> Store[ConfigMap]:
    return ConfigMapStore(storage, clock=clock)


def test_what_is_stored_is_what_was_sent(configmaps: Store[ConfigMap], ctx: Context) -> None:
    stored = configmaps.create(ctx, made(ConfigMap, data={"k": "v"}, binaryData={"b": "AAE="}))
    assert (stored.data, stored.binary_data) == ({"k": "v"}, {"b": b"\0\1"})
    assert stored.metadata.generation == 0
    assert cells(configmaps, stored) == {"Name": "a", "Data": 2, "Age": "0s"}


def test_changes_are_not_counted(configmaps: Store[ConfigMap], ctx: Context) -> None:
    configmaps.create(ctx, made(ConfigMap))
    changed = configmaps.replace(ctx, made(ConfigMap, data={"k": "v"}))
    assert changed.metadata.generation == 0


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        ({"data": {"a/b": ""}}, 'data[a/b]: Invalid value: "a/b": a valid config key must'),
        ({"binaryData": {"..": ""}}, "binaryData[..]: Invalid value: \"..\": must not be '..'"),
        ({"data": {"..a": ""}}, "data[..a]: Invalid value: \"..a\": must not start with '..'"),
        (
            {"data": {"k": ""}, "binaryData": {"k": ""}},
            'data[k]: Invalid value: "k": duplicate of key present in binaryData',
        ),
        ({"data": {"k": "x" * 1048577}}, "[]: Too long: may not be more than 1048576 bytes"),
    ],
)
def test_keys_name_files_and_values_fit(
    configmaps: Store[ConfigMap], ctx: Context, content: dict[str, Any], wanted: str
) -> None:
    found = causes(lambda: configmaps.create(ctx, made(ConfigMap, content)))
    assert len(found) == 1
    assert found[0].startswith(wanted)


def test_names_are_dns_subdomains_and_finalizers_have_domains(
    configmaps: Store[ConfigMap], ctx: Context
) -> None:
    wrong = made(ConfigMap, metadata={"name": "A", "finalizers": ["mine"]})
    first, second = causes(lambda: configmaps.create(ctx, wrong))
    assert first.startswith('metadata.name: Invalid value: "A": a lowercase RFC 1123 subdomain')
    assert second == (
        'metadata.finalizers[0]: Invalid value: "mine": name is neither a standard finalizer '
        "name nor is it fully qualified"
    )


def test_an_immutable_one_stays_as_it_is(configmaps: Store[ConfigMap], ctx: Context) -> None:
    configmaps.create(ctx, made(ConfigMap, data={"k": "v"}, immutable=True))
    assert causes(lambda: configmaps.replace(ctx, made(ConfigMap, data={"k": "v"}))) == [
        f"immutable: {FROZEN}"
    ]
    changed = made(ConfigMap, data={"k": "w"}, binaryData={"b": ""}, immutable=True)
    assert causes(lambda: configmaps.replace(ctx, changed)) == [
        f"data: {FROZEN}",
        f"binaryData: {FROZEN}",
    ]
    labelled = made(ConfigMap, data={"k": "v"}, immutable=True)
    labelled.metadata.labels["a"] = "b"
    assert configmaps.replace(ctx, labelled).metadata.labels == {"a": "b"}


@pytest.mark.parametrize("data", [None, [], {"k": 1}, {1: "v"}, {"k": b"v"}])
def test_values_of_other_types_are_refused(
    configmaps: Store[ConfigMap], ctx: Context, data: Any
) -> None:
    wrong = made(ConfigMap)
    wrong.data = data
    assert causes(lambda: configmaps.create(ctx, wrong))[0].startswith("data")
