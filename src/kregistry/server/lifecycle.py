"""NamespaceLifecycle: nothing is written where there is no namespace, or soon will be none.

Source: ``k8s.io/apiserver/pkg/admission/plugin/namespace/lifecycle``.
"""

from __future__ import annotations

from typing import Final

from kregistry.core.v1 import Namespace
from kregistry.meta.context import Context
from kregistry.meta.errors import Forbidden
from kregistry.meta.gvk import GroupKind, GroupResource
from kregistry.meta.status import StatusCause
from kregistry.registry.store import Store
from kregistry.server.admission import (
    AdmissionAttributes,
    MutatingAdmission,
    Operation,
    refused,
)

#: These are there for as long as the server is.
IMMORTAL: Final = ("default", "kube-system", "kube-public")

_TERMINATING: Final = "Terminating"

#: Namespaces are in none themselves.
_ANYWHERE: Final = Context()

_NAMESPACE: Final = GroupKind("", "Namespace")
_ACCESS_REVIEW: Final = GroupResource("authorization.k8s.io", "localsubjectaccessreviews")


class NamespaceLifecycle(MutatingAdmission):
    """Refuses content for namespaces that are missing or go, and the end of those that stay.

    Args:
        namespaces: Where the namespaces are.
    """

    def __init__(self, namespaces: Store[Namespace]) -> None:
        self._namespaces = namespaces

    def handles(self, operation: Operation) -> bool:
        return operation is not Operation.CONNECT

    def admit(self, ctx: Context, attributes: AdmissionAttributes) -> None:
        """Raises NotFound for a missing namespace, Forbidden in a terminating one."""
        is_namespace = attributes.kind.group_kind == _NAMESPACE
        if attributes.operation is Operation.DELETE:
            if is_namespace and attributes.name in IMMORTAL:
                raise _immortal(attributes)
            return
        if is_namespace or not attributes.namespace:
            return
        if attributes.resource.group_resource == _ACCESS_REVIEW:
            return
        if self._is_going(attributes.namespace) and attributes.operation is Operation.CREATE:
            raise _terminating(attributes)

    def _is_going(self, name: str) -> bool:
        """Whether the namespace is being terminated. Raises NotFound if there is none."""
        return self._namespaces.get(_ANYWHERE, name, shared=True).status.phase == _TERMINATING


def _immortal(attributes: AdmissionAttributes) -> Forbidden:
    resource = attributes.resource.group_resource
    return Forbidden(resource, attributes.name, "this namespace may not be deleted")


def _terminating(attributes: AdmissionAttributes) -> Forbidden:
    namespace = attributes.namespace
    error = refused(
        attributes,
        f"unable to create new content in namespace {namespace} because it is being terminated",
    )
    error.details.causes.append(
        StatusCause(
            reason="NamespaceTerminating",
            message=f"namespace {namespace} is being terminated",
            field="metadata.namespace",
        )
    )
    return error
