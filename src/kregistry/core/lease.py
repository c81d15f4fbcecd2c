"""Leases: a claim that a holder renews, made by an update if it is not there yet.

Source: ``k8s.io/kubernetes/pkg/registry/coordination/lease``, ValidateLease.
"""

from __future__ import annotations

from typing import Any, Final

from typing_extensions import Unpack

from kregistry.core.builtin import BuiltinStore, BuiltinStrategy, StoreOptions
from kregistry.core.coordination_v1 import Lease, LeaseSpec
from kregistry.core.pod.validation.checks import follow, not_negative, supported
from kregistry.meta import names as rules
from kregistry.meta.context import Context
from kregistry.meta.field import ErrorList, Path
from kregistry.registry.names import NameGenerator
from kregistry.registry.tables import AGE, NAME, Column, Columns
from kregistry.registry.validation import validate_object_meta, validate_object_meta_update
from kregistry.runtime.resource import Resource
from kregistry.storage.interface import Interface

#: Where Leases live.
LEASES: Final = Resource(Lease, "leases")

_SPEC: Final = Path("spec")

#: How a leader may be chosen, of the ways that Kubernetes itself knows.
_STRATEGIES: Final = ("OldestEmulationVersion",)

COLUMNS: Final[tuple[Column[Lease], ...]] = (
    NAME,
    Column(
        "Holder",
        lambda obj, now: obj.spec.holder_identity or "",
        description="Who holds the lease at present.",
    ),
    AGE,
)


class LeaseStrategy(BuiltinStrategy[Lease]):
    """The rules of Leases."""

    def __init__(self, *, names: NameGenerator | None = None) -> None:
        super().__init__(LEASES, names=names)

    def prepare_for_create(self, ctx: Context, obj: Lease) -> None:
        super().prepare_for_create(ctx, obj)
        _drop_disabled(obj.spec, LeaseSpec())

    def prepare_for_update(self, ctx: Context, obj: Lease, old: Lease) -> None:
        super().prepare_for_update(ctx, obj, old)
        _drop_disabled(obj.spec, old.spec)

    def validate(self, ctx: Context, obj: Lease) -> ErrorList:
        """Unlike most, the kind does not care what finalizers are called."""
        errs = validate_object_meta(obj.metadata, namespaced=True, name_rule=self.name_rule())
        self.check(errs, obj)
        return errs

    def check(self, errs: ErrorList, obj: Lease) -> None:
        spec = obj.spec
        duration, transitions = spec.lease_duration_seconds, spec.lease_transitions
        if duration is not None and duration <= 0:
            errs.invalid(_SPEC / "leaseDurationSeconds", duration, "must be greater than 0")
        if transitions is not None:
            not_negative(errs, _SPEC / "leaseTransitions", transitions)
        if spec.strategy is not None:
            _check_strategy(errs, spec.strategy)
        if spec.preferred_holder and not spec.strategy:
            detail = "may only be specified if `strategy` is defined"
            errs.forbidden(_SPEC / "preferredHolder", detail)

    def allow_create_on_update(self) -> bool:
        return True

    def allow_unconditional_update(self) -> bool:
        return False

    def validate_update(self, ctx: Context, obj: Lease, old: Lease) -> ErrorList:
        errs = validate_object_meta_update(obj.metadata, old.metadata)
        self.check(errs, obj)
        return errs


def _drop_disabled(spec: LeaseSpec, old: LeaseSpec) -> None:
    """Forget what belongs to coordinated election, which is off, unless *old* has it."""
    if old.strategy is None:
        spec.strategy = None
    if old.preferred_holder is None:
        spec.preferred_holder = None


def _check_strategy(errs: ErrorList, strategy: str) -> None:
    """It is a known one, or one of somebody's domain.

    The name stands twice in the path, as in the API server. Source:
    ``ValidateCoordinatedLeaseStrategy``.
    """
    at = _SPEC.child("strategy", "strategy")
    if "/" in strategy:
        follow(errs, at, strategy, rules.qualified_name)
    else:
        supported(errs, at, strategy, _STRATEGIES)


class LeaseStore(BuiltinStore[Lease]):
    """Leases in *storage*."""

    def __init__(self, storage: Interface[Any], **options: Unpack[StoreOptions]) -> None:
        tables = Columns(LEASES.group_resource, COLUMNS)
        super().__init__(LEASES, storage, LeaseStrategy(), tables=tables, **options)
