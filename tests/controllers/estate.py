"""Objects that own each other: typed ones, untyped ones, and some without a namespace."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from widgetshop import GADGETS, REGIONS, WIDGETS

from kregistry.controllers import Collected, GarbageCollector
from kregistry.meta.clock import Clock
from kregistry.meta.context import Context
from kregistry.meta.errors import NotFound
from kregistry.meta.object import Object
from kregistry.meta.objectmeta import OwnerReference
from kregistry.meta.options import DeleteOptions
from kregistry.registry import Store, Strategy
from kregistry.storage import Interface

HOLD = "x.io/hold"


class Estate:
    """Three Stores, a collector, and short words for what tests do with them.

    An object is called ``kind/name`` in the namespace ``default``, ``kind/namespace/name`` in
    another: ``widgets/a``, ``gadgets/far/b``, ``regions/north``.
    """

    def __init__(self, storage: Interface[Object], clock: Clock | None = None) -> None:
        self.widgets = Store(WIDGETS, storage, Strategy(WIDGETS), clock=clock)
        self.gadgets = Store(GADGETS, storage, Strategy(GADGETS), clock=clock)
        self.regions = Store(REGIONS, storage, Strategy(REGIONS), clock=clock)
        self.stores: dict[str, Store[Any]] = {
            "widgets": self.widgets,
            "gadgets": self.gadgets,
            "regions": self.regions,
        }
        self.collector = GarbageCollector(self.stores.values())

    def add(
        self,
        path: str,
        *owners: OwnerReference,
        finalizers: Iterable[str] = (),
    ) -> Any:
        """Create the object, and return it as stored."""
        store, ctx, name = self.where(path)
        obj = store.new()
        obj.metadata.name = name
        obj.metadata.owner_references = list(owners)
        obj.metadata.finalizers = list(finalizers)
        return store.create(ctx, obj)

    def own(self, path: str, *owners: OwnerReference) -> None:
        """Give an object that exists more owners."""
        store, ctx, name = self.where(path)

        def change(obj: Any) -> None:
            obj.metadata.owner_references = [*obj.metadata.owner_references, *owners]

        store.modify(ctx, name, change)

    def delete(self, path: str, policy: str | None = None) -> None:
        store, ctx, name = self.where(path)
        store.delete(ctx, name, options=DeleteOptions(propagation_policy=policy))

    def unhold(self, path: str) -> None:
        """Take away the finalizer that nobody else takes away."""
        store, ctx, name = self.where(path)

        def change(obj: Any) -> None:
            obj.metadata.finalizers = [f for f in obj.metadata.finalizers if f != HOLD]

        store.modify(ctx, name, change)

    def get(self, path: str) -> Any:
        store, ctx, name = self.where(path)
        return store.get(ctx, name)

    def has(self, path: str) -> bool:
        try:
            self.get(path)
        except NotFound:
            return False
        return True

    def owners(self, path: str) -> list[str]:
        """The names of the owners that the object still refers to."""
        return [owner.name for owner in self.get(path).metadata.owner_references]

    def paths(self) -> set[str]:
        """Everything that exists."""
        return {
            path(store.resource.plural, obj)
            for store in self.stores.values()
            for obj in store.list(Context())
        }

    def collect(self) -> Collected:
        return self.collector.collect()

    def where(self, path: str) -> tuple[Store[Any], Context, str]:
        kind, *namespace, name = path.split("/")
        store = self.stores[kind]
        if not store.resource.namespaced:
            return store, Context(), name
        return store, Context(namespace=namespace[0] if namespace else "default"), name


def path(plural: str, obj: Object) -> str:
    namespace = obj.metadata.namespace
    middle = f"{namespace}/" if namespace not in ("", "default") else ""
    return f"{plural}/{middle}{obj.metadata.name}"


def to(owner: Any, *, block: bool | None = None, **other: str) -> OwnerReference:
    """A reference to *owner*, with some of it falsified."""
    reference = OwnerReference(
        api_version=owner.api_version,
        kind=owner.kind,
        name=owner.metadata.name,
        uid=owner.metadata.uid,
        block_owner_deletion=block,
    )
    for name, value in other.items():
        setattr(reference, name, value)
    return reference


def names(collected: Iterable[Any]) -> list[str]:
    return [identity.name for identity in collected]
