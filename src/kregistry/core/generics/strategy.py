"""Rules of the built-in kinds that have no class: those of any object, and a few facts.

Source: ``k8s.io/kubernetes/pkg/registry``, the strategy of each kind.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import attrs

from kregistry.core.generic import GenericStatusStrategy, GenericStrategy
from kregistry.meta.context import Context
from kregistry.registry.validation import dns_subdomain_name, path_segment_name
from kregistry.runtime.resource import Resource
from kregistry.runtime.unstructured import Unstructured

#: Kinds whose ``metadata.generation`` counts the changes of the content.
COUNTED: Final = frozenset(
    {
        "CSIDriver",
        "CronJob",
        "CustomResourceDefinition",
        "DaemonSet",
        "DeviceClass",
        "EndpointSlice",
        "FlowSchema",
        "Ingress",
        "IngressClass",
        "Job",
        "MutatingAdmissionPolicy",
        "MutatingAdmissionPolicyBinding",
        "MutatingWebhookConfiguration",
        "NetworkPolicy",
        "PodTemplate",
        "PriorityClass",
        "PriorityLevelConfiguration",
        "ReplicaSet",
        "ReplicationController",
        "ResourceSlice",
        "ServiceCIDR",
        "StatefulSet",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
        "ValidatingWebhookConfiguration",
    }
)

#: Kinds of which an update must say which version it was made from.
CONDITIONAL: Final = frozenset(
    {
        "APIService",
        "CSIDriver",
        "CSINode",
        "CSIStorageCapacity",
        "CustomResourceDefinition",
        "MutatingAdmissionPolicy",
        "MutatingAdmissionPolicyBinding",
        "MutatingWebhookConfiguration",
        "RuntimeClass",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
        "ValidatingWebhookConfiguration",
        "VolumeAttachment",
    }
)

#: Kinds of which an update makes those that are not there.
CREATED_ON_UPDATE: Final = frozenset(
    {
        "ClusterRole",
        "ClusterRoleBinding",
        "Endpoints",
        "LimitRange",
        "Role",
        "RoleBinding",
        "RuntimeClass",
    }
)

#: Kinds whose names need only fit between two slashes, such as ``system:node``.
_FREELY_NAMED: Final = frozenset({"ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"})

#: Fields that are called otherwise in selectors than in objects.
_CALLED: Final = {"status.successful": ("status", "succeeded")}

#: What a field is that no object has yet.
_UNSET: Final = {"status.successful": "0", "status.replicas": "0"}


@attrs.frozen
class SelectableField:
    """A field that selectors may name.

    Attributes:
        label: What selectors call it.
        path: Where it stands in the content.
        unset: What it is where nothing stands there.
    """

    label: str
    path: tuple[str, ...]
    unset: str = ""

    @classmethod
    def of(cls, label: str) -> SelectableField:
        """The field that selectors call *label*."""
        path = _CALLED.get(label, tuple(label.split(".")))
        return cls(label, path, _UNSET.get(label, ""))

    def value(self, obj: Unstructured) -> str:
        """Its value as selectors compare it."""
        found = obj.at(*self.path)
        match found:
            case None:
                return self.unset
            case bool():
                return "true" if found else "false"
        return str(found)


class BuiltinGenericStrategy(GenericStrategy):
    """The rules of a built-in kind without a class.

    Args:
        resource: Whose rules these are.
        status_subresource: Whether status is written through a door of its own.
        fields: What may be selected by besides name and namespace.
    """

    def __init__(
        self,
        resource: Resource[Unstructured],
        *,
        status_subresource: bool = False,
        fields: tuple[str, ...] = (),
    ) -> None:
        free = resource.kind in _FREELY_NAMED
        super().__init__(
            resource,
            name_rule=path_segment_name if free else dns_subdomain_name,
            status_subresource=status_subresource,
        )
        self._fields = tuple(map(SelectableField.of, fields))
        self._counted = resource.kind in COUNTED

    def selectable_fields(self, obj: Unstructured) -> Mapping[str, str]:
        found = dict(super().selectable_fields(obj))
        found.update((each.label, each.value(obj)) for each in self._fields)
        return found

    def prepare_for_create(self, ctx: Context, obj: Unstructured) -> None:
        sent = obj.metadata.generation
        super().prepare_for_create(ctx, obj)
        if not self._counted:
            obj.metadata.generation = sent

    def prepare_for_update(self, ctx: Context, obj: Unstructured, old: Unstructured) -> None:
        super().prepare_for_update(ctx, obj, old)
        if not self._counted:
            obj.metadata.generation = old.metadata.generation

    def allow_create_on_update(self) -> bool:
        return self.resource.kind in CREATED_ON_UPDATE

    def allow_unconditional_update(self) -> bool:
        return self.resource.kind not in CONDITIONAL


class BuiltinGenericStatusStrategy(GenericStatusStrategy):
    """An update stores the new status and nothing else."""

    def allow_unconditional_update(self) -> bool:
        return self.resource.kind not in CONDITIONAL
