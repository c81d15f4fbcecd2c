"""NamespaceController: what lies in a namespace goes with it.

Source: ``k8s.io/kubernetes/pkg/controller/namespace``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import attrs

from kregistry.controllers.collected import Action, Change, Collected, Failure, Waiting
from kregistry.controllers.conditions import update_conditions
from kregistry.controllers.content import delete_content
from kregistry.controllers.controller import DEFAULT_MAX_STEPS, Controller
from kregistry.controllers.identity import Identity
from kregistry.controllers.served import Kinds, Served
from kregistry.core.namespace import FINALIZER
from kregistry.core.v1 import Namespace
from kregistry.meta.errors import NotFound, StatusError
from kregistry.registry.store import Store

#: The name under which the controller of a cluster makes its requests.
USER: Final = "system:serviceaccount:kube-system:namespace-controller"


class _Replaced(Exception):
    """There is another namespace of that name now. Never leaves this module."""


class NamespaceController(Controller):
    """Empties namespaces that are being deleted, and then lets them go.

    ::

        doors = NamespaceStorage(storage)
        controller = NamespaceController(
            doors.namespace, [pods, configmaps], status=doors.status, finalize=doors.finalize
        )
        doors.namespace.delete(Context(), "blue")
        controller.collect()

    Everything in the namespace is deleted, Pods first, with its finalizers and its grace
    period respected. The status of the namespace tells what is left. When nothing is, the
    finalizer ``kubernetes`` is taken from its spec.

    Args:
        namespaces: Where namespaces are read.
        stores: One Store for each resource that may have objects in a namespace;
            cluster-scoped ones are passed over.
        status: Writes the status of a namespace; the Store of its status subresource.
        finalize: Writes the finalizers of its spec; the Store of its finalize subresource.
        max_steps: How many steps one ``collect()`` takes at most.
        user: Who makes the requests.

    Raises:
        TypeError: One of the Stores is none, or keeps something else than namespaces.
        ValueError: Two of *stores* serve the same resource.
    """

    def __init__(
        self,
        namespaces: Store[Namespace],
        stores: Iterable[Store[Any]],
        *,
        status: Store[Namespace],
        finalize: Store[Namespace],
        max_steps: int = DEFAULT_MAX_STEPS,
        user: str = USER,
    ) -> None:
        super().__init__(max_steps=max_steps)
        self._namespaces = _of_namespaces(namespaces, user)
        self._places = _Places(
            self._namespaces,
            _of_namespaces(status, user),
            _of_namespaces(finalize, user),
            [served for served in Kinds(stores, user=user) if served.namespaced],
        )

    def step(self) -> Collected:
        found = Collected()
        for namespace in list(self._namespaces.all()):
            if namespace.metadata.deletion_timestamp is not None:
                identity = self._namespaces.identity(namespace)
                found = found.beside(_Visit(self._places, identity).run())
        return found


def _of_namespaces(store: Store[Namespace], user: str) -> Served:
    (served,) = Kinds([store], user=user)
    if not issubclass(store.resource.cls, Namespace):
        raise TypeError(f"a Store of namespaces is wanted, not one of {store.resource.plural}")
    return served


@attrs.frozen(eq=False)
class _Places:
    """Where a namespace and what belongs to it can be reached."""

    namespaces: Served
    status: Served
    finalize: Served
    content: Sequence[Served]


class _Visit:
    """One look at one namespace that is being deleted. Used once.

    Source: ``namespacedResourcesDeleter.Delete``.
    """

    def __init__(self, places: _Places, identity: Identity) -> None:
        self._places = places
        self._identity = identity
        self._changes: list[Change] = []
        self._failures: list[Failure] = []
        self._left: list[Identity] = []

    def run(self) -> Collected:
        """Do what can be done now."""
        unsettled: tuple[Identity, ...] = ()
        try:
            namespace = self._read()
            if namespace is not None and FINALIZER in namespace.spec.finalizers:
                self._empty()
                namespace = self._read()
        except (NotFound, _Replaced):
            namespace, unsettled = None, (self._identity,)  # somebody else was faster
        except StatusError as error:
            self._failures.append(Failure(self._identity, error))
            namespace = None
        return Collected(
            changes=tuple(self._changes),
            waiting=() if namespace is None else (self._waiting(namespace),),
            failures=tuple(self._failures),
            unsettled=unsettled,
        )

    def _empty(self) -> None:
        """Delete the content, tell how that went, and let the namespace go if it is empty."""
        self._report(_terminate)
        content = delete_content(self._places.content, self._identity)
        self._changes += content.changes
        self._failures += content.failures
        self._left = content.left
        now = self._places.namespaces.store.system.now()
        self._report(lambda namespace: update_conditions(namespace.status, content, now))
        if content.empty:
            self._let_go()

    def _report(self, change: Callable[[Namespace], bool]) -> None:
        """Write the status, if *change* says that it changed anything."""
        if self._modify(self._places.status, change):
            self._changes.append(Change(Action.REPORTED, self._identity))

    def _let_go(self) -> None:
        """Take the finalizer away, with which the namespace goes unless others hold it.

        Source: ``namespacedResourcesDeleter.finalizeNamespace``.
        """
        if not self._modify(self._places.finalize, _drop_finalizer):
            return
        self._changes.append(Change(Action.RELEASED, self._identity))
        if self._read() is None:
            self._changes.append(Change(Action.DELETED, self._identity))

    def _modify(self, served: Served, change: Callable[[Namespace], bool]) -> bool:
        changed = False

        def apply(namespace: Namespace) -> None:
            nonlocal changed
            if namespace.metadata.uid != self._identity.uid:
                raise _Replaced
            changed = change(namespace)

        served.store.modify(served.context(), self._identity.name, apply)
        return changed

    def _read(self) -> Namespace | None:
        found: Any = self._places.namespaces.read(self._identity)
        return found  # type: ignore[no-any-return]

    def _waiting(self, namespace: Namespace) -> Waiting:
        finalizers = (*namespace.metadata.finalizers, *namespace.spec.finalizers)
        return Waiting(self._identity, finalizers, tuple(self._left))


def _terminate(namespace: Namespace) -> bool:
    """Source: ``namespacedResourcesDeleter.updateNamespaceStatusFunc``."""
    if namespace.status.phase == "Terminating":
        return False
    namespace.status.phase = "Terminating"
    return True


def _drop_finalizer(namespace: Namespace) -> bool:
    """The other finalizers come out sorted, each once."""
    held = namespace.spec.finalizers
    namespace.spec.finalizers = sorted({name for name in held if name != FINALIZER})
    return FINALIZER in held
