"""PodDisruptionBudgets."""

from __future__ import annotations

from typing import Any

import pytest
from kinds import causes, cells, made

from kregistry.core.poddisruptionbudget import PodDisruptionBudgetStorage
from kregistry.core.policy_v1 import PodDisruptionBudget
from kregistry.meta.clock import Clock
from kregistry.meta.context import Context
from kregistry.meta.object import Object
from kregistry.storage import Interface

SELECTOR = {"matchLabels": {"app": "web"}}
PERCENT = (
    "a valid percent string must be a numeric string followed by an ending '%' "
    "(e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')"
)


@pytest.fixture
def budgets(storage: Interface[Object], clock: Clock) -> PodDisruptionBudgetStorage:
    return PodDisruptionBudgetStorage(storage, clock=clock)


def test_each_door_writes_its_own_part(budgets: PodDisruptionBudgetStorage, ctx: Context) -> None:
    sent = made(
        PodDisruptionBudget,
        spec={"minAvailable": 1, "selector": SELECTOR},
        status={"disruptionsAllowed": 5},
    )
    stored = budgets.budget.create(ctx, sent)
    assert (stored.metadata.generation, stored.status.disruptions_allowed) == (1, 0)
    stored.status.disruptions_allowed = 3
    stored.spec.min_available = None
    stored = budgets.status.replace(ctx, stored)
    assert (stored.metadata.generation, stored.status.disruptions_allowed) == (1, 3)
    assert stored.spec.min_available is not None
    stored.spec.min_available = None
    stored.status.disruptions_allowed = 0
    stored = budgets.budget.replace(ctx, stored)
    assert (stored.metadata.generation, stored.status.disruptions_allowed) == (2, 3)


def test_an_update_must_name_its_version(budgets: PodDisruptionBudgetStorage, ctx: Context) -> None:
    budgets.budget.create(ctx, made(PodDisruptionBudget))
    assert causes(lambda: budgets.budget.replace(ctx, made(PodDisruptionBudget))) == [
        "metadata.resourceVersion: Invalid value: 0: must be specified for an update"
    ]


@pytest.mark.parametrize(
    ("spec", "wanted"),
    [
        (
            {"minAvailable": -1},
            ["spec.minAvailable: Invalid value: -1: must be greater than or equal to 0"],
        ),
        ({"maxUnavailable": "x"}, [f'spec.maxUnavailable: Invalid value: "x": {PERCENT}']),
        (
            {"maxUnavailable": "101%"},
            ['spec.maxUnavailable: Invalid value: "101%": must not be greater than 100%'],
        ),
        (
            {"minAvailable": "9" * 5000 + "%"},
            [f'spec.minAvailable: Invalid value: "{"9" * 5000}%": must not be greater than 100%'],
        ),
        (
            {"minAvailable": 1, "maxUnavailable": 1},
            [
                'spec: Invalid value: {"minAvailable":1,"maxUnavailable":1}: '
                "minAvailable and maxUnavailable cannot be both set"
            ],
        ),
        (
            {"unhealthyPodEvictionPolicy": "Never"},
            [
                'spec.unhealthyPodEvictionPolicy: Unsupported value: "Never": '
                'supported values: "AlwaysAllow", "IfHealthyBudget"'
            ],
        ),
        (
            {"selector": {"matchExpressions": [{"key": "a", "operator": "In"}]}},
            [
                "spec.selector.matchExpressions[0].values: Required value: "
                "must be specified when `operator` is 'In' or 'NotIn'"
            ],
        ),
        ({"minAvailable": "100%", "selector": {}}, []),
    ],
)
def test_a_budget_makes_sense(
    budgets: PodDisruptionBudgetStorage, ctx: Context, spec: dict[str, Any], wanted: list[str]
) -> None:
    sent = made(PodDisruptionBudget, spec=spec)
    if wanted:
        assert causes(lambda: budgets.budget.create(ctx, sent)) == wanted
    else:
        budgets.budget.create(ctx, sent)


def test_a_status_makes_sense(budgets: PodDisruptionBudgetStorage, ctx: Context) -> None:
    stored = budgets.budget.create(ctx, made(PodDisruptionBudget))
    stored.status = made(
        PodDisruptionBudget,
        status={
            "disruptionsAllowed": -1,
            "currentHealthy": -2,
            "conditions": [{"type": "A", "status": "Maybe"}, {"type": "A", "status": "True"}],
        },
    ).status
    found = causes(lambda: budgets.status.replace(ctx, stored))
    assert found[0].startswith('status.conditions[0].status: Unsupported value: "Maybe"')
    assert found[1:] == [
        "status.conditions[0].lastTransitionTime: Required value: must be set",
        "status.conditions[0].reason: Required value: must be set",
        'status.conditions[1].type: Duplicate value: "A"',
        "status.conditions[1].lastTransitionTime: Required value: must be set",
        "status.conditions[1].reason: Required value: must be set",
        "status.disruptionsAllowed: Invalid value: -1: must be greater than or equal to 0",
        "status.currentHealthy: Invalid value: -2: must be greater than or equal to 0",
    ]


def test_the_row_of_a_budget(budgets: PodDisruptionBudgetStorage, ctx: Context) -> None:
    stored = budgets.budget.create(ctx, made(PodDisruptionBudget, spec={"maxUnavailable": "50%"}))
    assert cells(budgets.budget, stored) == {
        "Name": "a",
        "Min Available": "N/A",
        "Max Unavailable": "50%",
        "Allowed Disruptions": 0,
        "Age": "0s",
    }
    assert set(budgets.rest_storage_map()) == {
        "poddisruptionbudgets",
        "poddisruptionbudgets/status",
    }
