"""Admission: the last word on a write, by those who know more than the kind does.

Mutating plug-ins see the object before the registry does and may change it; validating ones see
what would be stored, and may only refuse. The second run inside the store's own transaction and
may run again when another writer came between.

Source: ``k8s.io/apiserver/pkg/admission``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from enum import StrEnum
from typing import Any

import attrs

from kregistry.meta.context import Context
from kregistry.meta.errors import Forbidden
from kregistry.meta.gvk import GroupVersionKind, GroupVersionResource
from kregistry.meta.object import Object
from kregistry.server.user import UserInfo


class Operation(StrEnum):
    """What is done to the object."""

    CREATE = "CREATE"
    UPDATE = "UPDATE"
    DELETE = "DELETE"
    CONNECT = "CONNECT"


@attrs.frozen(kw_only=True)
class AdmissionAttributes:
    """What is about to happen. Source: ``admission.Attributes``.

    Attributes:
        operation: What is done.
        kind: Of the object that was sent.
        resource: In which collection.
        subresource: Such as ``status``; "" for the object itself.
        namespace: Where; that of a Namespace is its own name.
        name: Which object; "" while it has only the beginning of a name.
        obj: The new object, for a mutating plug-in to change; None for DELETE. For CONNECT the
            options of the connection.
        old: The stored object; None for CREATE and CONNECT.
        options: Of the verb.
        dry_run: Whether nothing will be stored.
        user: Who asks.
    """

    operation: Operation
    kind: GroupVersionKind
    resource: GroupVersionResource
    subresource: str = ""
    namespace: str = ""
    name: str = ""
    obj: Any = None
    old: Object | None = None
    options: Any = None
    dry_run: bool = False
    user: UserInfo


class AdmissionPlugin(ABC):  # noqa: B024  (its two kinds have the abstract methods)
    """Somebody with a say in writes. Safe to share between threads."""

    def handles(self, operation: Operation) -> bool:
        """Whether it has one in this operation. Asked first."""
        return True


class MutatingAdmission(AdmissionPlugin):
    """May change what was sent. Source: ``admission.MutationInterface``."""

    @abstractmethod
    def admit(self, ctx: Context, attributes: AdmissionAttributes) -> None:
        """Change ``attributes.obj``, or raise a StatusError to refuse the request."""


class ValidatingAdmission(AdmissionPlugin):
    """May refuse what would be stored. Source: ``admission.ValidationInterface``."""

    @abstractmethod
    def validate(self, ctx: Context, attributes: AdmissionAttributes) -> None:
        """Raise a StatusError to refuse the request; must change nothing."""


class Admission:
    """All plug-ins, in the order in which they are asked.

    Args:
        plugins: Each is asked as what it is; one that is both is asked twice.
    """

    def __init__(self, plugins: Iterable[AdmissionPlugin] = ()) -> None:
        made = tuple(plugins)
        self._mutating = tuple(each for each in made if isinstance(each, MutatingAdmission))
        self._validating = tuple(each for each in made if isinstance(each, ValidatingAdmission))

    def mutate(self, ctx: Context, attributes: AdmissionAttributes) -> None:
        """Let every mutating plug-in have its way with ``attributes.obj``."""
        for plugin in self._mutating:
            if plugin.handles(attributes.operation):
                plugin.admit(ctx, attributes)

    def validates(self, operation: Operation) -> bool:
        """Whether any validating plug-in has a say in it."""
        return any(plugin.handles(operation) for plugin in self._validating)

    def validate(self, ctx: Context, attributes: AdmissionAttributes) -> None:
        """Ask every validating plug-in."""
        for plugin in self._validating:
            if plugin.handles(attributes.operation):
                plugin.validate(ctx, attributes)


def refused(attributes: AdmissionAttributes, problem: object) -> Forbidden:
    """The error of a plug-in that does not want it. Source: ``admission.NewForbidden``."""
    return Forbidden(attributes.resource.group_resource, _name_of(attributes), problem)


def _name_of(attributes: AdmissionAttributes) -> str:
    """The name, or what will become the beginning of one."""
    meta = getattr(attributes.obj, "metadata", None)
    return attributes.name or getattr(meta, "name", "") or getattr(meta, "generate_name", "")
