"""PodDisruptionBudgets: how many Pods must stay when some are taken away on purpose.

Source: ``k8s.io/kubernetes/pkg/registry/policy/poddisruptionbudget``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from typing_extensions import Unpack

from kregistry.core.builtin import (
    BuiltinStore,
    BuiltinStrategy,
    StoreOptions,
    keep_all_but_status,
)
from kregistry.core.conditions import check_conditions
from kregistry.core.percents import check_int_or_percent, check_not_more_than_all
from kregistry.core.pod.validation.checks import not_negative
from kregistry.core.pod.validation.selectors import check_label_selector
from kregistry.core.policy_v1 import PodDisruptionBudget
from kregistry.meta.context import Context
from kregistry.meta.field import ErrorList, Path
from kregistry.meta.intstr import IntOrString
from kregistry.registry.names import NameGenerator
from kregistry.registry.store import Store
from kregistry.registry.tables import AGE, NAME, Column, Columns
from kregistry.registry.validation import path_segment_name
from kregistry.runtime.resource import Resource
from kregistry.storage.interface import Interface

#: Where budgets live.
POD_DISRUPTION_BUDGETS: Final = Resource(
    PodDisruptionBudget, "poddisruptionbudgets", short_names=("pdb",)
)

_SPEC: Final = Path("spec")
_STATUS: Final = Path("status")
_POLICIES: Final = ("AlwaysAllow", "IfHealthyBudget")


def _shown(value: IntOrString | None) -> str:
    return "N/A" if value is None else str(value)


COLUMNS: Final[tuple[Column[PodDisruptionBudget], ...]] = (
    NAME,
    Column(
        "Min Available",
        lambda obj, now: _shown(obj.spec.min_available),
        description="How many Pods must stay.",
    ),
    Column(
        "Max Unavailable",
        lambda obj, now: _shown(obj.spec.max_unavailable),
        description="How many Pods may be missing.",
    ),
    Column(
        "Allowed Disruptions",
        lambda obj, now: obj.status.disruptions_allowed,
        type="integer",
        description="How many Pods may go right now.",
    ),
    AGE,
)


class PodDisruptionBudgetStrategy(BuiltinStrategy[PodDisruptionBudget]):
    """The rules of budgets. Metadata is judged by the rules for every kind alone."""

    counted = True
    split = True

    def __init__(self, *, names: NameGenerator | None = None) -> None:
        super().__init__(POD_DISRUPTION_BUDGETS, names=names, name_rule=path_segment_name)

    def validate(self, ctx: Context, obj: PodDisruptionBudget) -> ErrorList:
        errs = ErrorList()
        self.check(errs, obj)
        return errs

    def check(self, errs: ErrorList, obj: PodDisruptionBudget) -> None:
        spec = obj.spec
        if spec.min_available is not None and spec.max_unavailable is not None:
            detail = "minAvailable and maxUnavailable cannot be both set"
            errs.invalid(_SPEC, spec, detail)
        for name, value in (
            ("minAvailable", spec.min_available),
            ("maxUnavailable", spec.max_unavailable),
        ):
            if value is not None:
                check_int_or_percent(errs, _SPEC / name, value)
                check_not_more_than_all(errs, _SPEC / name, value)
        policy = spec.unhealthy_pod_eviction_policy
        if policy is not None and policy not in _POLICIES:
            errs.not_supported(_SPEC / "unhealthyPodEvictionPolicy", policy, _POLICIES)
        check_label_selector(errs, _SPEC / "selector", spec.selector)

    def allow_unconditional_update(self) -> bool:
        return False

    def validate_update(
        self, ctx: Context, obj: PodDisruptionBudget, old: PodDisruptionBudget
    ) -> ErrorList:
        return self.validate(ctx, obj)


class PodDisruptionBudgetStatusStrategy(PodDisruptionBudgetStrategy):
    """An update stores status and metadata."""

    def prepare_for_update(
        self, ctx: Context, obj: PodDisruptionBudget, old: PodDisruptionBudget
    ) -> None:
        keep_all_but_status(obj, old)

    def validate_update(
        self, ctx: Context, obj: PodDisruptionBudget, old: PodDisruptionBudget
    ) -> ErrorList:
        errs = ErrorList()
        status = obj.status
        check_conditions(errs, _STATUS / "conditions", status.conditions)
        not_negative(errs, _STATUS / "disruptionsAllowed", status.disruptions_allowed)
        not_negative(errs, _STATUS / "currentHealthy", status.current_healthy)
        not_negative(errs, _STATUS / "desiredHealthy", status.desired_healthy)
        not_negative(errs, _STATUS / "expectedPods", status.expected_pods)
        return errs

    def get_reset_fields(self) -> Mapping[str, Sequence[str]]:
        return {"policy/v1": ("spec",)}


class PodDisruptionBudgetStorage:
    """All doors to budgets.

    Attributes:
        budget: Everything but status.
        status: Writes status.
    """

    def __init__(self, storage: Interface[Any], **options: Unpack[StoreOptions]) -> None:
        rules = PodDisruptionBudgetStrategy()
        resource = POD_DISRUPTION_BUDGETS
        tables = Columns(resource.group_resource, COLUMNS)
        status = PodDisruptionBudgetStatusStrategy()
        self.budget: Store[PodDisruptionBudget] = BuiltinStore(
            resource, storage, rules, tables=tables, **options
        )
        self.status: Store[PodDisruptionBudget] = BuiltinStore(
            resource, storage, rules, update_strategy=status, tables=tables, **options
        )

    def rest_storage_map(self) -> dict[str, Store[PodDisruptionBudget]]:
        """The Stores by what a path says."""
        return {"poddisruptionbudgets": self.budget, "poddisruptionbudgets/status": self.status}
