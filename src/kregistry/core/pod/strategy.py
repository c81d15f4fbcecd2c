"""PodStrategy: what makes a Pod a Pod when it is created, updated and deleted.

Source: ``k8s.io/kubernetes/pkg/registry/core/pod/strategy.go``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from kregistry.core.pod.apparmor import adopt_annotations
from kregistry.core.pod.features import drop_disabled_fields
from kregistry.core.pod.fields import (
    FIELD_ALIASES,
    INDEXED_FIELDS,
    LITERAL_FIELDS,
    selectable_fields,
)
from kregistry.core.pod.labelkeys import merge_label_keys
from kregistry.core.pod.qos import qos_class
from kregistry.core.pod.typecheck import explaining_wrong_types
from kregistry.core.pod.validation import (
    PodValidationOptions,
    options_for_update,
    validate_new_pod,
    validate_pod_update,
)
from kregistry.core.pod.warnings import warnings_for_pod
from kregistry.core.v1 import Pod, PodCondition, PodStatus
from kregistry.meta.context import Context
from kregistry.meta.field import ErrorList
from kregistry.meta.options import DeleteOptions
from kregistry.meta.time import Time
from kregistry.registry.names import NameGenerator, SimpleNameGenerator
from kregistry.registry.standard import Strategy
from kregistry.registry.validation import dns_subdomain_name
from kregistry.runtime.resource import Resource

#: Where Pods live.
PODS: Final = Resource(Pod, plural="pods", short_names=("po",), categories=("all",))


class PodStrategy(Strategy[Pod]):
    """The rules of Pods.

    Args:
        names: Makes names from ``generateName``.
        allow_privileged: Whether containers may be privileged at all. An API server started
            without ``--allow-privileged`` says no.
    """

    def __init__(
        self, *, names: NameGenerator | None = None, allow_privileged: bool = False
    ) -> None:
        super().__init__(PODS, names=names or SimpleNameGenerator(), name_rule=dns_subdomain_name)
        self._options = PodValidationOptions(privileged=allow_privileged)

    # Create.

    def prepare_for_create(self, ctx: Context, obj: Pod) -> None:
        """Status starts anew; selectors and profiles are completed."""
        with explaining_wrong_types(obj):
            obj.metadata.generation = 1
            obj.status = PodStatus(phase="Pending", qos_class=qos_class(obj))
            drop_disabled_fields(obj)
            if obj.spec.scheduling_gates:
                obj.status.conditions.append(_gated(obj.metadata.creation_timestamp))
            merge_label_keys(obj)
            for warning in adopt_annotations(obj):
                ctx.warn(warning)

    def validate(self, ctx: Context, obj: Pod) -> ErrorList:
        with explaining_wrong_types(obj):
            return validate_new_pod(obj, self._options)

    def validates_metadata(self) -> bool:
        return type(self).validate is PodStrategy.validate

    def warnings_on_create(self, ctx: Context, obj: Pod) -> Sequence[str]:
        return warnings_for_pod(obj)

    # Update.

    def prepare_for_update(self, ctx: Context, obj: Pod, old: Pod) -> None:
        """Status is written through another door; a new spec is a new generation."""
        with explaining_wrong_types(obj):
            obj.status = old.status
            drop_disabled_fields(obj, old)
            if obj.spec != old.spec:
                obj.metadata.generation = old.metadata.generation + 1

    def validate_update(self, ctx: Context, obj: Pod, old: Pod) -> ErrorList:
        with explaining_wrong_types(obj):
            return validate_pod_update(obj, old, options_for_update(self._options, old))

    def warnings_on_update(self, ctx: Context, obj: Pod, old: Pod) -> Sequence[str]:
        """None: what there is to say was said when the Pod was created."""
        return ()

    # Both.

    def get_reset_fields(self) -> Mapping[str, Sequence[str]]:
        return {"v1": ("status",)}

    def selectable_fields(self, obj: Pod) -> Mapping[str, str]:
        return selectable_fields(obj)

    def literal_fields(self) -> Collection[str]:
        return LITERAL_FIELDS

    def indexed_fields(self) -> Sequence[str]:
        return INDEXED_FIELDS

    def field_aliases(self) -> Mapping[str, str]:
        return FIELD_ALIASES

    # Delete.

    def check_graceful_delete(self, ctx: Context, obj: Pod, options: DeleteOptions) -> int | None:
        """Every Pod gets time, which is none if nothing runs that could use it."""
        period = options.grace_period_seconds
        if period is None:
            period = obj.spec.termination_grace_period_seconds or 0
        if not obj.spec.node_name or obj.status.phase in ("Failed", "Succeeded"):
            period = 0
        return 1 if period < 0 else period


def _gated(now: Time | None) -> PodCondition:
    return PodCondition(
        type="PodScheduled",
        status="False",
        last_transition_time=now,
        reason="SchedulingGated",
        message="Scheduling is blocked due to non-empty scheduling gates",
    )
