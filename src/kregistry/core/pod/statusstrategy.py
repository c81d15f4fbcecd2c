"""PodStatusStrategy: the rules of the door through which nodes report.

Source: ``k8s.io/kubernetes/pkg/registry/core/pod/strategy.go`` podStatusStrategy.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from kregistry.core.pod.features import drop_disabled_fields
from kregistry.core.pod.strategy import PodStrategy
from kregistry.core.pod.typecheck import explaining_wrong_types
from kregistry.core.pod.validation import options_for_update
from kregistry.core.pod.validation.status import ip_warnings, validate_pod_status_update
from kregistry.core.v1 import Pod, PodStatus
from kregistry.meta.context import Context
from kregistry.meta.field import ErrorList


class PodStatusStrategy(PodStrategy):
    """An update stores status, labels, annotations and finalizers; the rest stays."""

    def prepare_for_update(self, ctx: Context, obj: Pod, old: Pod) -> None:
        """Take from *old* what a node must not change, and what old nodes do not send.

        The deletion time, cleared here, comes back with the metadata that every update keeps.
        """
        with explaining_wrong_types(obj):
            obj.spec = old.spec
            obj.metadata.deletion_timestamp = None
            obj.metadata.owner_references = list(old.metadata.owner_references)
            obj.status.qos_class = obj.status.qos_class or old.status.qos_class
            _keep_observed_generations(obj.status, old.status)
            drop_disabled_fields(obj, old)

    def validate_update(self, ctx: Context, obj: Pod, old: Pod) -> ErrorList:
        with explaining_wrong_types(obj):
            options = options_for_update(self._options, old)
            return validate_pod_status_update(obj, old, options)

    def warnings_on_update(self, ctx: Context, obj: Pod, old: Pod) -> Sequence[str]:
        return ip_warnings(obj.status)

    def get_reset_fields(self) -> Mapping[str, Sequence[str]]:
        return {"v1": ("spec", "metadata.deletionTimestamp", "metadata.ownerReferences")}


def _keep_observed_generations(status: PodStatus, old: PodStatus) -> None:
    """A writer that does not know the field does not mean to clear it.

    Source: ``preserveOldObservedGeneration``.
    """
    if not status.observed_generation:
        status.observed_generation = old.observed_generation
    known: dict[str, list[int]] = defaultdict(list)
    for condition in old.conditions:
        known[condition.type].append(condition.observed_generation)
    for condition in status.conditions:
        former = known[condition.type].pop(0) if known[condition.type] else 0
        if not condition.observed_generation:
            condition.observed_generation = former
