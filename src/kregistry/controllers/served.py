"""Served: the Stores that a controller works on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

import attrs

from kregistry.controllers.identity import Identity
from kregistry.meta.context import Context
from kregistry.meta.errors import NotFound
from kregistry.meta.object import Object
from kregistry.meta.objectmeta import OwnerReference
from kregistry.registry.paging import Pager
from kregistry.registry.store import Store


@attrs.frozen(eq=False)
class Served:
    """One Store, as a controller sees it.

    Attributes:
        store: The Store.
        user: Who asks.
    """

    store: Store[Any]
    user: str

    @property
    def namespaced(self) -> bool:
        """Whether its objects live in namespaces."""
        return self.store.keys.namespaced

    def context(self, namespace: str = "") -> Context:
        """For a request about that namespace, or about all."""
        return Context(namespace=namespace if self.namespaced else "", user=self.user)

    def identity(self, obj: Object) -> Identity:
        """Which object that is."""
        resource, meta = self.store.resource, obj.metadata
        namespace = meta.namespace if self.namespaced else ""
        return Identity(resource.api_version, resource.kind, namespace, meta.name, meta.uid)

    def all(self, namespace: str = "") -> Iterator[Object]:
        """Every object there, in the order of the keys, a page at a time.

        All come from one snapshot.
        """
        return iter(Pager(partial(self.store.list, self.context(namespace))))

    def read(self, identity: Identity) -> Object | None:
        """The object as it is now; None if it is gone, even if its name is in use again."""
        try:
            found = self.store.get(self.context(identity.namespace), identity.name)
        except NotFound:
            return None
        return found if found.metadata.uid == identity.uid else None


class Kinds:
    """The Stores that a controller works on, in the order in which it was given them.

    Raises:
        TypeError: Something else than a Store was given.
        ValueError: Two Stores serve the same resource.
    """

    def __init__(self, stores: Iterable[Store[Any]], *, user: str) -> None:
        self._served: list[Served] = []
        self._by_kind: dict[tuple[str, str], Served] = {}
        for store in stores:
            self._add(store, user)

    def __iter__(self) -> Iterator[Served]:
        return iter(self._served)

    def of_owner(self, reference: OwnerReference) -> Served | None:
        """Where the owner must be; None if nobody serves its kind in that version."""
        return self._by_kind.get((reference.api_version, reference.kind))

    def _add(self, store: Store[Any], user: str) -> None:
        if not isinstance(store, Store):
            raise TypeError(f"a controller works on Stores, not on a {type(store).__name__}")
        resource = store.resource
        served = Served(store, user)
        seen = {other.store.resource.group_resource for other in self._served}
        if (
            resource.group_resource in seen
            or (resource.api_version, resource.kind) in self._by_kind
        ):
            raise ValueError(f"two Stores of {resource.group_resource}: one is enough")
        self._served.append(served)
        self._by_kind[resource.api_version, resource.kind] = served
