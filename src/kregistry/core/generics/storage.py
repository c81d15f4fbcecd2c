"""GenericStorage: all doors to a built-in kind that has no class."""

from __future__ import annotations

from typing import Any

from typing_extensions import Unpack

from kregistry.core.builtin import StoreOptions
from kregistry.core.deployment.scale import ScaleStorage
from kregistry.core.generics.columns import generic_columns
from kregistry.core.generics.scale import generic_scale
from kregistry.core.generics.strategy import (
    BuiltinGenericStatusStrategy,
    BuiltinGenericStrategy,
)
from kregistry.registry.store import Store
from kregistry.runtime.resource import Resource
from kregistry.runtime.unstructured import Unstructured
from kregistry.storage.interface import Interface

#: Resources of which a delete answers with the object. Source: ``ReturnDeletedObject: true``.
_RETURNED = frozenset(
    {
        "csidrivers",
        "csinodes",
        "persistentvolumeclaims",
        "persistentvolumes",
        "podtemplates",
        "resourcequotas",
        "serviceaccounts",
        "storageclasses",
        "volumeattachments",
        "volumeattributesclasses",
    }
)
_RETURNED_GROUP = "resource.k8s.io"


class GenericStorage:
    """All doors to the objects of *resource*.

    Args:
        resource: What is kept.
        storage: Where.
        subresources: Which doors there are besides the main one.
        fields: What may be selected by besides name and namespace.
        options: As for every Store.

    Attributes:
        objects: Everything but what has a door of its own.
        parts: The other doors, by name.
    """

    def __init__(
        self,
        resource: Resource[Unstructured],
        storage: Interface[Any],
        *,
        subresources: tuple[str, ...] = (),
        fields: tuple[str, ...] = (),
        **options: Unpack[StoreOptions],
    ) -> None:
        rules = BuiltinGenericStrategy(
            resource, status_subresource="status" in subresources, fields=fields
        )
        returned = resource.plural in _RETURNED or resource.group == _RETURNED_GROUP

        def store(update: BuiltinGenericStatusStrategy | None = None) -> Store[Unstructured]:
            return Store(
                resource,
                storage,
                rules,
                update_strategy=update,
                return_deleted_object=returned,
                tables=generic_columns(resource),
                **options,
            )

        self.objects = store()
        self.parts: dict[str, Store[Unstructured] | ScaleStorage[Unstructured]] = {}
        for name in subresources:
            if name == "scale":
                self.parts[name] = ScaleStorage(self.objects, generic_scale(resource))
            else:
                self.parts[name] = store(BuiltinGenericStatusStrategy(resource))
