"""What the strategies and Stores of the built-in kinds have in common.

Source: ``k8s.io/kubernetes/pkg/registry``, ``pkg/apis/core/validation`` ValidateObjectMeta.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, TypedDict, TypeVar

from kregistry.core.pod.typecheck import type_errors, wrong_types
from kregistry.core.pod.validation.pod import check_finalizer_names
from kregistry.meta.clock import Clock
from kregistry.meta.context import Context
from kregistry.meta.field import ErrorList
from kregistry.meta.object import Object
from kregistry.registry.names import NameGenerator, SimpleNameGenerator
from kregistry.registry.standard import Strategy, content_fields
from kregistry.registry.store import Store
from kregistry.registry.validation import (
    NameRule,
    dns_subdomain_name,
    validate_object_meta,
    validate_object_meta_update,
)
from kregistry.runtime.codec import Codec
from kregistry.runtime.resource import Resource

T = TypeVar("T", bound=Object)


class StoreOptions(TypedDict, total=False):
    """What every Store of a built-in kind may be made with; see ``kregistry.Store``."""

    clock: Clock | None
    uids: Callable[[], str]
    codec: Codec | None
    delete_collection_workers: int
    enable_garbage_collection: bool


class BuiltinStrategy(Strategy[T]):
    """Rules of a built-in kind: the metadata of Kubernetes itself, and what a kind adds.

    A kind overrides :meth:`check` and :meth:`check_change`.

    Args:
        resource: Whose rules these are.
        names: Makes names; five random characters are appended when not given.
        name_rule: What names must look like.
    """

    #: Whether ``metadata.generation`` counts the changes of the content.
    counted: ClassVar[bool] = False

    #: Whether status is written through a door of its own.
    split: ClassVar[bool] = False

    def __init__(
        self,
        resource: Resource[T],
        *,
        names: NameGenerator | None = None,
        name_rule: NameRule = dns_subdomain_name,
    ) -> None:
        super().__init__(
            resource,
            names=names or SimpleNameGenerator(),
            name_rule=name_rule,
            status_subresource=self.split,
        )

    def prepare_for_create(self, ctx: Context, obj: T) -> None:
        generation = obj.metadata.generation
        super().prepare_for_create(ctx, obj)
        if not self.counted:
            obj.metadata.generation = generation

    def validate(self, ctx: Context, obj: T) -> ErrorList:
        errs = validate_object_meta(
            obj.metadata, namespaced=self.namespace_scoped(), name_rule=self.name_rule()
        )
        check_finalizer_names(errs, obj.metadata)
        self.check(errs, obj)
        return errs

    def validates_metadata(self) -> bool:
        """Yes, unless a kind has a :meth:`validate` of its own: that may have left them out."""
        return type(self).validate is BuiltinStrategy.validate

    def check(self, errs: ErrorList, obj: T) -> None:
        """Add what is wrong with the content of *obj*; must not change it."""

    def prepare_for_update(self, ctx: Context, obj: T, old: T) -> None:
        super().prepare_for_update(ctx, obj, old)
        if not self.counted:
            obj.metadata.generation = old.metadata.generation

    def validate_update(self, ctx: Context, obj: T, old: T) -> ErrorList:
        errs = validate_object_meta_update(obj.metadata, old.metadata)
        self.check_change(errs, obj, old)
        errs += self.validate(ctx, obj)
        return errs

    def check_change(self, errs: ErrorList, obj: T, old: T) -> None:
        """Add what is wrong with the step from *old*; must change neither."""

    def warnings_on_update(self, ctx: Context, obj: T, old: T) -> Sequence[str]:
        return ()


class BuiltinStore(Store[T]):
    """A Store that lets no value of a wrong type through to the rules.

    A decoder finds such values; those in objects that a program built by hand are found here.
    """

    def received(self, obj: Any) -> T:
        """Raises Invalid for values of other types than declared, too."""
        accepted = super().received(obj)
        if errs := self.type_errors(accepted):
            raise wrong_types(accepted, errs)
        return accepted

    def type_errors(self, obj: T) -> ErrorList:
        """An error for each value of a wrong type."""
        return type_errors(obj)


def keep_all_but_status(obj: Object, old: Object) -> None:
    """Take the content of *old*; status and metadata stay as they were sent."""
    for name in content_fields(obj):
        setattr(obj, name, getattr(old, name))


def selectable(obj: Object, more: Mapping[str, str], *, namespaced: bool) -> dict[str, str]:
    """Name, namespace if it has one, and *more*. Source: ``AddObjectMetaFieldsSet``."""
    fields = {"metadata.name": obj.metadata.name}
    if namespaced:
        fields["metadata.namespace"] = obj.metadata.namespace
    fields.update(more)
    return fields
