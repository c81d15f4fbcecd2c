"""Leases."""

from __future__ import annotations

from typing import Any

import pytest
from kinds import causes, cells, made

from kregistry.core.coordination_v1 import Lease
from kregistry.core.lease import LeaseStore
from kregistry.meta.clock import Clock
from kregistry.meta.context import Context
from kregistry.meta.object import Object
from kregistry.registry import DefaultUpdatedObjectInfo, Store
from kregistry.storage import Interface


@pytest.fixture
def leases(storage: Interface[Object], clock: Clock) -> Store[Lease]:
    return LeaseStore(storage, clock=clock)


def test_an_update_creates_and_then_names_a_version(leases: Store[Lease], ctx: Context) -> None:
    updated = leases.update(ctx, "a", DefaultUpdatedObjectInfo(made(Lease)))
    assert updated.created
    assert causes(lambda: leases.replace(ctx, made(Lease))) == [
        "metadata.resourceVersion: Invalid value: 0: must be specified for an update"
    ]
    updated.obj.spec.holder_identity = "me"
    renewed = leases.replace(ctx, updated.obj)
    assert cells(leases, renewed) == {"Name": "a", "Holder": "me", "Age": "0s"}
    assert cells(leases, Lease())["Holder"] == ""


@pytest.mark.parametrize(
    ("spec", "wanted"),
    [
        (
            {"leaseDurationSeconds": 0},
            "spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0",
        ),
        (
            {"leaseTransitions": -1},
            "spec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0",
        ),
    ],
)
def test_figures_make_sense(
    leases: Store[Lease], ctx: Context, spec: dict[str, Any], wanted: str
) -> None:
    found = causes(lambda: leases.create(ctx, made(Lease, spec=spec)))
    assert len(found) == 1
    assert found[0].startswith(wanted)
    held = leases.create(ctx, made(Lease))
    held.spec = made(Lease, spec=spec).spec
    assert causes(lambda: leases.replace(ctx, held)) == found


def test_finalizers_may_be_called_anything_qualified(leases: Store[Lease], ctx: Context) -> None:
    sent = made(Lease, metadata={"name": "a", "finalizers": ["mine"]})
    assert leases.create(ctx, sent).metadata.finalizers == ["mine"]


COORDINATED = {"strategy": "OldestEmulationVersion", "preferredHolder": "b"}


def test_what_belongs_to_coordinated_election_is_dropped(
    leases: Store[Lease], ctx: Context
) -> None:
    stored = leases.create(ctx, made(Lease, spec=COORDINATED))
    assert (stored.spec.strategy, stored.spec.preferred_holder) == (None, None)
    stored.spec = made(Lease, spec={**COORDINATED, "strategy": "a/b/c"}).spec
    assert leases.replace(ctx, stored).spec.strategy is None


@pytest.mark.parametrize(
    ("spec", "wanted"),
    [
        (COORDINATED, ""),
        ({**COORDINATED, "strategy": "shop.example/eldest"}, ""),
        (
            {**COORDINATED, "strategy": ""},
            'spec.strategy.strategy: Unsupported value: "": supported values: '
            '"OldestEmulationVersion"|'
            "spec.preferredHolder: Forbidden: may only be specified if `strategy` is defined",
        ),
        (
            {**COORDINATED, "strategy": "Eldest"},
            'spec.strategy.strategy: Unsupported value: "Eldest": supported values: '
            '"OldestEmulationVersion"',
        ),
        (
            {**COORDINATED, "strategy": "a/b/c"},
            'spec.strategy.strategy: Invalid value: "a/b/c": a valid label key must',
        ),
    ],
)
def test_a_lease_that_has_a_strategy_already_may_have_another(
    leases: Store[Lease], ctx: Context, spec: dict[str, Any], wanted: str
) -> None:
    before = made(Lease, metadata={"name": "a", "namespace": "default"}, spec=COORDINATED)
    held = leases.storage.create(ctx, leases.keys.key(ctx, "a"), before)
    held.spec = made(Lease, spec=spec).spec
    if not wanted:
        assert leases.replace(ctx, held).spec.strategy == spec["strategy"]
        return
    found = causes(lambda: leases.replace(ctx, held))
    for cause, start in zip(found, wanted.split("|"), strict=True):
        assert cause.startswith(start)
