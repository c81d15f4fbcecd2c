"""RESTCases: what the cases of REST storages know about the Store they test.

Source: ``k8s.io/apiserver/pkg/registry/rest/resttest`` Tester.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import attrs
import pytest

from kregistry.meta.context import Context
from kregistry.meta.errors import NotFound
from kregistry.meta.options import CreateOptions, DeleteOptions, UpdateOptions
from kregistry.registry.store import Store

#: Changes an object where it stands.
Change: TypeAlias = Callable[[Any], object]

#: A request that is rehearsed, and one that is meant.
DRY_RUNS = pytest.mark.parametrize("dry_run", [("All",), ()], ids=["rehearsed", "real"])

NAMESPACE = "test"
OTHER_NAMESPACE = "other"
MISMATCH = "does not match the namespace sent on the request"


def creating(dry_run: tuple[str, ...]) -> CreateOptions:
    """The options of a create."""
    return CreateOptions(dry_run=dry_run)


def updating(dry_run: tuple[str, ...]) -> UpdateOptions:
    """The options of an update."""
    return UpdateOptions(dry_run=dry_run)


def deleting(dry_run: tuple[str, ...] = (), **settings: Any) -> DeleteOptions:
    """The options of a delete."""
    return DeleteOptions(dry_run=dry_run, **settings)


def mislabel(obj: Any) -> None:
    """Give *obj* a label that no kind allows."""
    obj.metadata.labels["bad"] = "this/is/not a label"


@attrs.frozen
class RESTHarness:
    """A Store under test, and what to ask it.

    Attributes:
        store: The Store.
        make: Makes a valid object; its name and namespace do not matter.
        ctx: A request for the namespace in which the cases work, if the kind has any.
    """

    store: Store[Any]
    make: Callable[[], Any]
    ctx: Context

    @property
    def namespaced(self) -> bool:
        """Whether objects of the kind live in namespaces."""
        return self.store.create_strategy.namespace_scoped()

    def obj(self, name: str = "foo", **meta: Any) -> Any:
        """A valid object that was not stored yet."""
        obj = self.make()
        obj.metadata.generate_name = ""
        obj.metadata.name = name
        obj.metadata.namespace = self.ctx.namespace
        for field, value in meta.items():
            setattr(obj.metadata, field, value)
        return obj

    def put(self, name: str = "foo", *, ctx: Context | None = None, **meta: Any) -> Any:
        """Store a valid object of generation 1, behind the back of all rules."""
        ctx = self.ctx if ctx is None else ctx
        obj = self.obj(name, generation=1, **meta)
        obj.metadata.namespace = ctx.namespace
        return self.put_object(obj, ctx=ctx)

    def put_object(self, obj: Any, *, ctx: Context | None = None) -> Any:
        """Store an object as it is, behind the back of all rules."""
        ctx = self.ctx if ctx is None else ctx
        return self.store.storage.create(ctx, self.store.keys.key(ctx, obj.metadata.name), obj)

    def get(self, name: str = "foo") -> Any:
        """What is stored under that name."""
        return self.store.get(self.ctx, name)

    def copy(self, obj: Any) -> Any:
        """A deep copy."""
        return self.store.codec.copy(obj)

    def absent(self, name: str = "foo") -> bool:
        """Whether nothing is stored under that name."""
        try:
            self.store.get(self.ctx, name)
        except NotFound:
            return True
        return False


class RESTCases:
    """Supply *store*; override the rest where the kind needs it.

    Attributes:
        patience: Seconds after which an expected event counts as lost.
    """

    patience: float = 30.0

    @pytest.fixture
    def store(self) -> Store[Any]:
        """The Store under test, over a fresh, empty storage."""
        pytest.fail("supply a store fixture")

    def new_object(self, store: Store[Any]) -> Any:
        """A valid object; name and namespace are the suite's to fill in."""
        return store.new()

    def change(self, obj: Any) -> None:
        """Change *obj* in a way that the kind allows."""
        obj.metadata.labels["changed"] = "yes"

    def invalid_changes(self) -> Sequence[Change]:
        """Changes that make a valid object invalid, for a create and for an update."""
        return (mislabel,)

    def field_selectors(self, name: str) -> tuple[Sequence[str], Sequence[str]]:
        """Field selectors that pass and that fail the object of that name."""
        return (f"metadata.name={name}",), (f"metadata.name!={name}", "metadata.name=nobody")

    @pytest.fixture
    def rest(self, store: Store[Any]) -> RESTHarness:
        """The Store under test and what goes with it."""
        scoped = store.create_strategy.namespace_scoped()
        ctx = Context(namespace=NAMESPACE if scoped else "")
        return RESTHarness(store, lambda: self.new_object(store), ctx)
