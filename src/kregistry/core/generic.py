"""GenericStrategy: rules for objects of a kind that has no class.

Source: ``apiextensions-apiserver/pkg/registry/customresource`` strategy.go, status_strategy.go.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from kregistry.meta.context import Context
from kregistry.meta.field import ErrorList
from kregistry.registry.standard import Strategy
from kregistry.registry.validation import validate_object_meta, validate_object_meta_update
from kregistry.runtime.unstructured import Unstructured


class GenericStrategy(Strategy[Unstructured]):
    """The rules of custom resources without a schema.

    ::

        GADGETS = Resource(
            Unstructured, "gadgets", group="shop.example", version="v1", kind="Gadget"
        )
        rules = GenericStrategy(GADGETS, status_subresource=True)
        gadgets = Store(GADGETS, storage, rules)
        status = Store(GADGETS, storage, rules, update_strategy=GenericStatusStrategy(GADGETS))

    Metadata is judged as everywhere. Any change but one of metadata is a new generation; with
    a status subresource, status is not the caller's and does not count. An update must say
    which version it was made from.
    """

    def validate(self, ctx: Context, obj: Unstructured) -> ErrorList:
        return validate_object_meta(
            obj.metadata, namespaced=self.namespace_scoped(), name_rule=self.name_rule()
        )

    def validates_metadata(self) -> bool:
        """Yes, unless somebody has a :meth:`validate` of their own: that may have left them out."""
        return type(self).validate is GenericStrategy.validate

    def allow_unconditional_update(self) -> bool:
        return False

    def prepare_for_update(self, ctx: Context, obj: Unstructured, old: Unstructured) -> None:
        super().prepare_for_update(ctx, obj, old)
        changed = obj.content != old.content
        obj.metadata.generation = old.metadata.generation + changed

    def validate_update(self, ctx: Context, obj: Unstructured, old: Unstructured) -> ErrorList:
        return validate_object_meta_update(obj.metadata, old.metadata)

    def warnings_on_update(
        self, ctx: Context, obj: Unstructured, old: Unstructured
    ) -> Sequence[str]:
        return ()


class GenericStatusStrategy(GenericStrategy):
    """An update stores the new status and nothing else but who wrote it."""

    def prepare_for_update(self, ctx: Context, obj: Unstructured, old: Unstructured) -> None:
        missing = object()
        status: Any = obj.content.get("status", missing)
        managed, version = obj.metadata.managed_fields, obj.metadata.resource_version
        obj.metadata = copy.deepcopy(old.metadata)
        obj.metadata.managed_fields = managed
        obj.metadata.resource_version = version
        obj.content = copy.deepcopy(old.content)
        obj.content.pop("status", None)
        if status is not missing:
            obj.content["status"] = status

    def get_reset_fields(self) -> Mapping[str, Sequence[str]]:
        return {self.resource.api_version: ("metadata", "spec")}
