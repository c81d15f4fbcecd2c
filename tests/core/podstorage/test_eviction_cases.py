"""Eviction: a Pod goes if its budget allows, or does not count it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from podfactory import budget, create, eviction, put_budget, report

from kregistry.core.pod import PodStorage
from kregistry.core.pod.budgets import BUDGETS
from kregistry.core.policy_v1 import PodDisruptionBudget
from kregistry.meta.context import Context
from kregistry.meta.errors import (
    BadRequest,
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    TooManyRequests,
)
from kregistry.meta.object import Object
from kregistry.meta.options import CreateOptions, DeleteOptions, Preconditions
from kregistry.registry import Store
from kregistry.storage import Interface

LABELLED = {"labels": {"app": "x"}}
READY = {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}
UNREADY = {"phase": "Running"}
ALL = ("All",)


@pytest.fixture
def budgets(storage: Interface[Object]) -> Store[PodDisruptionBudget]:
    return Store(BUDGETS, storage)


def cause_of(error: TooManyRequests) -> str:
    (cause,) = error.details.causes
    assert cause.reason == "DisruptionBudget"
    return cause.message


def absent(pods: PodStorage, ctx: Context, name: str = "foo") -> bool:
    try:
        return pods.pod.get(ctx, name).metadata.deletion_timestamp is not None
    except NotFound:
        return True


@pytest.mark.case("RP26")
@pytest.mark.parametrize("policy", [None, "IfHealthyBudget", "AlwaysAllow"])
@pytest.mark.parametrize(
    ("status", "rules", "allowed", "goes"),
    [
        (READY, {}, 0, False),
        ({"phase": "Pending"}, {}, 0, True),
        ({"phase": "Succeeded"}, {}, 0, True),
        ({"phase": "Failed"}, {}, 0, True),
        (READY, {}, 1, True),
        (READY, {"selector": {"matchLabels": {"app": "y"}}}, 0, True),
        (READY, {"selector": {}}, 0, False),
    ],
)
def test_a_running_pod_goes_if_its_budget_allows(
    pods: PodStorage,
    ctx: Context,
    budgets: Store[PodDisruptionBudget],
    policy: str | None,
    status: dict[str, Any],
    rules: dict[str, Any],
    allowed: int,
    goes: bool,
) -> None:
    create(pods, ctx, meta=LABELLED, status=status)
    rules = {**rules, **({"unhealthyPodEvictionPolicy": policy} if policy else {})}
    put_budget(budgets, ctx, budget(status={"disruptionsAllowed": allowed}, **rules))

    if goes:
        assert pods.eviction.create(ctx, "foo", eviction()).status == "Success"
    else:
        with pytest.raises(TooManyRequests) as caught:
            pods.eviction.create(ctx, "foo", eviction())
        assert cause_of(caught.value).startswith("The disruption budget b needs 0 healthy pods")
    assert absent(pods, ctx) is goes


@pytest.mark.case("RP26")
def test_an_eviction_is_of_the_pod_of_its_name(pods: PodStorage, ctx: Context) -> None:
    create(pods, ctx)

    with pytest.raises(BadRequest, match="name in URL does not match name in Eviction object"):
        pods.eviction.create(ctx, "foo", eviction("bar"))


class Deletes:
    """Counts the deletes of a store, and has some of them fail."""

    def __init__(
        self, pods: PodStorage, errors: list[Exception | None], meanwhile: Callable[[], object]
    ) -> None:
        self._errors = errors
        self._meanwhile = meanwhile
        self._delete = pods.status.store.delete
        self.count = 0

    def __call__(self, *args: Any, **options: Any) -> Any:
        self.count += 1
        error = self._errors.pop(0) if len(self._errors) > 1 else self._errors[0]
        if error is not None:
            self._meanwhile()
            raise error
        return self._delete(*args, **options)


CLASH = Conflict(BUDGETS.group_resource, "foo", "somebody else was faster")


@pytest.fixture
def failing(pods: PodStorage, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Deletes]:
    def fail(*errors: Exception | None, meanwhile: Callable[[], object] = lambda: None) -> Deletes:
        deletes = Deletes(pods, list(errors), meanwhile)
        monkeypatch.setattr(pods.status.store, "delete", deletes)
        return deletes

    return fail


@pytest.mark.case("RP27")
def test_an_eviction_of_a_pending_pod_tries_again(
    pods: PodStorage, ctx: Context, failing: Callable[..., Deletes]
) -> None:
    create(pods, ctx, status={"phase": "Pending"})
    deletes = failing(CLASH, CLASH, None)

    pods.eviction.create(ctx, "foo", eviction())

    assert deletes.count == 3
    assert absent(pods, ctx)


@pytest.mark.case("RP27")
def test_a_pending_pod_that_began_to_run_needs_its_budget(
    pods: PodStorage,
    ctx: Context,
    budgets: Store[PodDisruptionBudget],
    failing: Callable[..., Deletes],
) -> None:
    create(pods, ctx, meta=LABELLED, status={"phase": "Pending"})
    put_budget(budgets, ctx, budget())
    deletes = failing(CLASH, None, meanwhile=lambda: report(pods, ctx, "foo", READY))

    with pytest.raises(TooManyRequests):
        pods.eviction.create(ctx, "foo", eviction())

    assert deletes.count == 1
    assert not absent(pods, ctx)


@pytest.mark.case("RP27")
def test_conflicts_without_end_are_a_conflict(
    pods: PodStorage, ctx: Context, failing: Callable[..., Deletes], pauses: list[float]
) -> None:
    create(pods, ctx, status={"phase": "Pending"})
    deletes = failing(CLASH)

    with pytest.raises(Conflict):
        pods.eviction.create(ctx, "foo", eviction())

    assert deletes.count == 20
    assert len(pauses) == 19


@pytest.mark.case("RP27")
def test_who_names_a_version_gets_one_try(
    pods: PodStorage, ctx: Context, failing: Callable[..., Deletes]
) -> None:
    version = create(pods, ctx, status={"phase": "Pending"}).metadata.resource_version
    deletes = failing(CLASH)
    wanted = DeleteOptions(preconditions=Preconditions(resource_version=version))

    with pytest.raises(Conflict):
        pods.eviction.create(ctx, "foo", eviction(delete_options=wanted))

    assert deletes.count == 1


@pytest.mark.case("RP27")
@pytest.mark.parametrize(
    ("policy", "figures"),
    [
        ("AlwaysAllow", {}),
        (None, {"currentHealthy": 3, "desiredHealthy": 2}),
        ("IfHealthyBudget", {"currentHealthy": 2, "desiredHealthy": 2}),
    ],
)
@pytest.mark.parametrize("clash", [False, True])
def test_a_pod_that_is_not_ready_may_cost_its_budget_nothing(
    pods: PodStorage,
    ctx: Context,
    budgets: Store[PodDisruptionBudget],
    failing: Callable[..., Deletes],
    policy: str | None,
    figures: dict[str, int],
    clash: bool,
) -> None:
    create(pods, ctx, meta=LABELLED, status=UNREADY)
    rules = {"unhealthyPodEvictionPolicy": policy} if policy else {}
    before = put_budget(budgets, ctx, budget(status=figures, **rules))
    deletes = failing(CLASH if clash else None)

    if clash:
        with pytest.raises(TooManyRequests) as caught:
            pods.eviction.create(ctx, "foo", eviction())
        assert cause_of(caught.value) == (
            "The disruption budget b is still being processed by the server."
        )
    else:
        pods.eviction.create(ctx, "foo", eviction())
        assert absent(pods, ctx)
    assert deletes.count == 1
    assert budgets.get(ctx, "b") == before


@pytest.mark.case("RP27")
@pytest.mark.parametrize(
    "figures", [{}, {"currentHealthy": 1, "desiredHealthy": 2}, {"currentHealthy": 1}]
)
def test_a_pod_that_is_not_ready_counts_where_too_few_are_healthy(
    pods: PodStorage,
    ctx: Context,
    budgets: Store[PodDisruptionBudget],
    figures: dict[str, int],
) -> None:
    create(pods, ctx, meta=LABELLED, status=UNREADY)
    put_budget(budgets, ctx, budget(status=figures))

    with pytest.raises(TooManyRequests):
        pods.eviction.create(ctx, "foo", eviction())

    assert not absent(pods, ctx)


@pytest.mark.case("RP27")
def test_a_pod_that_is_on_its_way_out_needs_no_budget(
    pods: PodStorage, ctx: Context, budgets: Store[PodDisruptionBudget]
) -> None:
    create(pods, ctx, meta=LABELLED, status=READY, nodeName="n")
    pods.pod.delete(ctx, "foo", options=DeleteOptions())
    put_budget(budgets, ctx, budget())

    assert pods.eviction.create(ctx, "foo", eviction()).status == "Success"


@pytest.mark.case("RP27")
def test_other_failures_of_a_delete_come_out_as_they_are(
    pods: PodStorage, ctx: Context, failing: Callable[..., Deletes]
) -> None:
    error = RuntimeError("the disk is gone")
    create(pods, ctx, status=READY)
    failing(error)

    with pytest.raises(RuntimeError) as caught:
        pods.eviction.create(ctx, "foo", eviction())
    assert caught.value is error


@pytest.mark.case("RP27")
@pytest.mark.parametrize(
    ("reason", "figures", "told"),
    [
        ("SyncFailed", {}, "does not allow evicting pods currently because it failed sync: no"),
        (
            "Other",
            {"currentHealthy": 3, "desiredHealthy": 2},
            "does not allow evicting pods currently (Other): no",
        ),
        ("Other", {"desiredHealthy": 2}, "needs 2 healthy pods and has 0 currently"),
    ],
)
def test_a_refusal_tells_what_the_budget_says(
    pods: PodStorage,
    ctx: Context,
    budgets: Store[PodDisruptionBudget],
    reason: str,
    figures: dict[str, int],
    told: str,
) -> None:
    create(pods, ctx, meta=LABELLED, status=READY)
    condition = {
        "type": "DisruptionAllowed",
        "status": "False",
        "reason": reason,
        "message": "no",
        "lastTransitionTime": "2026-01-01T00:00:00Z",
    }
    put_budget(budgets, ctx, budget(status={**figures, "conditions": [condition]}))

    with pytest.raises(TooManyRequests) as caught:
        pods.eviction.create(ctx, "foo", eviction())
    assert cause_of(caught.value) == f"The disruption budget b {told}"


@pytest.mark.case("RP27")
@pytest.mark.parametrize(
    ("figures", "message"),
    [
        ({"disruptionsAllowed": -1}, "pdb disruptions allowed is negative"),
        (
            {
                "disruptionsAllowed": 1,
                "disruptedPods": {f"p{n}": "2026-01-01T00:00:00Z" for n in range(2001)},
            },
            "DisruptedPods map too big",
        ),
    ],
)
def test_a_budget_in_disorder_is_not_spent(
    pods: PodStorage,
    ctx: Context,
    budgets: Store[PodDisruptionBudget],
    figures: dict[str, Any],
    message: str,
) -> None:
    create(pods, ctx, meta=LABELLED, status=READY)
    put_budget(budgets, ctx, budget(status=figures))

    with pytest.raises(Forbidden, match=message):
        pods.eviction.create(ctx, "foo", eviction())


@pytest.mark.case("RP28")
@pytest.mark.parametrize(("request_", "content"), [(ALL, None), ((), ALL), (ALL, ALL), (ALL, ())])
def test_a_rehearsed_eviction_changes_nothing(
    pods: PodStorage,
    ctx: Context,
    budgets: Store[PodDisruptionBudget],
    request_: tuple[str, ...],
    content: tuple[str, ...] | None,
) -> None:
    pod = create(pods, ctx, meta=LABELLED, status=READY)
    before = put_budget(budgets, ctx, budget(status={"disruptionsAllowed": 1}))
    wanted = None if content is None else DeleteOptions(dry_run=content)

    done = pods.eviction.create(
        ctx, "foo", eviction(delete_options=wanted), options=CreateOptions(dry_run=request_)
    )

    assert done.status == "Success"
    assert pods.pod.get(ctx, "foo") == pod
    assert budgets.get(ctx, "b") == before


@pytest.mark.case("RP28")
def test_an_eviction_deletes_no_pod_that_cannot_be_read(pods: PodStorage, ctx: Context) -> None:
    create(pods, ctx, status=READY)
    unsafe = DeleteOptions(ignore_store_read_error_with_cluster_breaking_potential=True)

    with pytest.raises(Invalid, match="can not be set for pod eviction"):
        pods.eviction.create(ctx, "foo", eviction(delete_options=unsafe))


@pytest.mark.case("RP29")
@pytest.mark.parametrize(("allowed", "closed"), [(1, True), (3, False)])
def test_an_eviction_is_taken_out_of_the_budget(
    pods: PodStorage,
    ctx: Context,
    budgets: Store[PodDisruptionBudget],
    allowed: int,
    closed: bool,
) -> None:
    create(pods, ctx, meta=LABELLED, status=READY)
    open_ = {
        "type": "DisruptionAllowed",
        "status": "True",
        "reason": "SufficientPods",
        "lastTransitionTime": "2026-01-01T00:00:00Z",
    }
    figures = {"disruptionsAllowed": allowed, "conditions": [open_]}
    put_budget(budgets, ctx, budget(status=figures))

    pods.eviction.create(ctx, "foo", eviction())

    status = budgets.get(ctx, "b").status
    assert status.disruptions_allowed == allowed - 1
    assert list(status.disrupted_pods) == ["foo"]
    (condition,) = status.conditions
    expected = ("False", "InsufficientPods") if closed else ("True", "SufficientPods")
    assert (condition.status, condition.reason) == expected


@pytest.mark.case("RP30")
def test_an_evicted_pod_says_why_it_goes(pods: PodStorage, ctx: Context) -> None:
    create(pods, ctx, status=READY, nodeName="n")

    pods.eviction.create(ctx, "foo", eviction())

    pod = pods.pod.get(ctx, "foo")
    assert pod.metadata.deletion_timestamp is not None
    (target,) = [each for each in pod.status.conditions if each.type == "DisruptionTarget"]
    assert (target.status, target.reason, target.message) == (
        "True",
        "EvictionByEvictionAPI",
        "Eviction API: evicting",
    )


@pytest.mark.case("RP30")
def test_an_eviction_of_nothing_fails(pods: PodStorage, ctx: Context) -> None:
    with pytest.raises(NotFound):
        pods.eviction.create(ctx, "foo", eviction())


@pytest.mark.case("RP30")
@pytest.mark.parametrize("field", ["uid", "resource_version"])
@pytest.mark.parametrize("right", [True, False])
def test_an_eviction_means_one_pod_in_one_version(
    pods: PodStorage, ctx: Context, field: str, right: bool
) -> None:
    meta = create(pods, ctx, status=READY).metadata
    value = getattr(meta, field) if right else "1"
    wanted = eviction(delete_options=DeleteOptions(preconditions=Preconditions(**{field: value})))

    if right:
        pods.eviction.create(ctx, "foo", wanted)
    else:
        with pytest.raises(Conflict):
            pods.eviction.create(ctx, "foo", wanted)
    assert absent(pods, ctx) is right
