"""Strategy: the rules that suit most kinds, to be overridden where a kind differs.

Source: what the strategies of Kubernetes' own kinds have in common, and
``apiextensions-apiserver/pkg/registry/customresource/strategy.go``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, Generic, TypeVar

import attrs

from kregistry.meta.context import Context
from kregistry.meta.field import ErrorList
from kregistry.meta.gvk import GroupVersionKind
from kregistry.meta.object import Object
from kregistry.meta.options import DeleteOptions
from kregistry.registry.names import NameGenerator, SimpleNameGenerator
from kregistry.registry.receiving import require_instance
from kregistry.registry.strategy import RESTGracefulDeleteStrategy, RESTStrategy
from kregistry.registry.validation.namerules import NameRule, dns_subdomain_name
from kregistry.runtime.errors import NotRegistered
from kregistry.runtime.resource import Resource
from kregistry.runtime.unstructured import Unstructured
from kregistry.storage.predicate import NAMING_FIELDS

T = TypeVar("T", bound=Object)

_NAMES: Final = SimpleNameGenerator()


class Strategy(RESTStrategy[T], RESTGracefulDeleteStrategy[T], Generic[T]):
    """Rules for one resource. A kind of one's own overrides what it has an opinion about.

    ::

        class WidgetStrategy(Strategy[Widget]):
            def validate(self, ctx: Context, obj: Widget) -> ErrorList:
                errs = ErrorList()
                if obj.spec.size < 1:
                    errs.invalid(Path("spec") / "size", obj.spec.size, "must be positive")
                return errs

    Out of the box: names are DNS subdomains; ``generation`` counts from 1 and grows when
    anything but metadata and status changes; an update without a resourceVersion overwrites,
    one of an object that is not there fails; deletion gives no time; status is the server's
    if the kind has a status of its own and *status_subresource* says so.

    Args:
        resource: Whose rules these are.
        names: Makes names; five random characters are appended when not given.
        name_rule: What names must look like.
        status_subresource: Create drops status and update keeps the stored one; it is
            written through a Store with a status strategy.
    """

    def __init__(
        self,
        resource: Resource[T],
        *,
        names: NameGenerator = _NAMES,
        name_rule: NameRule = dns_subdomain_name,
        status_subresource: bool = False,
    ) -> None:
        require_instance(resource, Resource, "resource of a Strategy")
        self.resource = resource
        self._names = names
        self._name_rule = name_rule
        self._status_subresource = status_subresource

    # What the object is.

    def object_kinds(self, obj: Object) -> tuple[list[GroupVersionKind], bool]:
        if not isinstance(obj, self.resource.cls):
            raise NotRegistered(
                f"no kind is registered for the type {type(obj).__name__} "
                f"in the strategy of {self.resource.plural}"
            )
        return [self.resource.gvk], False

    def recognizes(self, gvk: GroupVersionKind) -> bool:
        return gvk == self.resource.gvk

    def namespace_scoped(self) -> bool:
        return self.resource.namespaced

    def selectable_fields(self, obj: T) -> Mapping[str, str]:
        fields = {"metadata.name": obj.metadata.name}
        if self.resource.namespaced:
            fields["metadata.namespace"] = obj.metadata.namespace
        return fields

    def literal_fields(self) -> Collection[str]:
        """Name and namespace; more where a kind has more."""
        return NAMING_FIELDS

    # Create.

    def generate_name(self, base: str) -> str:
        return self._names.generate_name(base)

    def prepare_for_create(self, ctx: Context, obj: T) -> None:
        obj.metadata.generation = 1
        if self._status_subresource:
            _take_status(obj, self.resource.new())

    def validate(self, ctx: Context, obj: T) -> ErrorList:
        return ErrorList()

    def name_rule(self) -> NameRule:
        return self._name_rule

    def warnings_on_create(self, ctx: Context, obj: T) -> Sequence[str]:
        return ()

    # Update.

    def allow_create_on_update(self) -> bool:
        return False

    def allow_unconditional_update(self) -> bool:
        return True

    def prepare_for_update(self, ctx: Context, obj: T, old: T) -> None:
        if self._status_subresource:
            _take_status(obj, old)
        if content_changed(obj, old):
            obj.metadata.generation = old.metadata.generation + 1

    def validate_update(self, ctx: Context, obj: T, old: T) -> ErrorList:
        """The rules for a new object, again; override to compare with *old*."""
        return self.validate(ctx, obj)

    def warnings_on_update(self, ctx: Context, obj: T, old: T) -> Sequence[str]:
        """What a create would say, again."""
        return self.warnings_on_create(ctx, obj)

    # Both.

    def canonicalize(self, obj: T) -> None:
        """Leave the object as it is."""

    def get_reset_fields(self) -> Mapping[str, Sequence[str]]:
        return {self.resource.api_version: ("status",)} if self._status_subresource else {}

    # Delete.

    def check_graceful_delete(self, ctx: Context, obj: T, options: DeleteOptions) -> int | None:
        """No object gets time to end."""
        return None


def content_changed(obj: Object, old: Object) -> bool:
    """Whether anything but metadata and status differs."""
    if isinstance(obj, Unstructured) and isinstance(old, Unstructured):
        return _without_status(obj.content) != _without_status(old.content)
    return any(getattr(obj, name) != getattr(old, name) for name in content_fields(obj))


def content_fields(obj: Object) -> list[str]:
    """The attributes of a typed object without metadata and status."""
    cls: Any = type(obj)
    names = [attribute.name for attribute in attrs.fields(cls)]
    return [name for name in names if name not in ("metadata", "status")]


def _without_status(content: Mapping[str, object]) -> dict[str, object]:
    return {member: value for member, value in content.items() if member != "status"}


def _take_status(obj: Object, source: Object) -> None:
    """Give *obj* the status of *source*, if the kind has one."""
    if isinstance(obj, Unstructured) and isinstance(source, Unstructured):
        obj.content.pop("status", None)
        if "status" in source.content:
            obj.content["status"] = source.content["status"]
        return
    typed: Any = obj
    if hasattr(typed, "status"):
        typed.status = getattr(source, "status", None)
