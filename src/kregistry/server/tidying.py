"""Tidying: garbage collection and the end of namespaces, over everything that is served."""

from __future__ import annotations

import threading
from typing import Any, Final

from kregistry.controllers import (
    Collected,
    Controller,
    GarbageCollector,
    NamespaceController,
    collect_until_quiet,
)
from kregistry.meta.gvk import GroupVersion
from kregistry.registry.store import Store
from kregistry.server.resources import APIResource, APIResources

_CORE: Final = GroupVersion("", "v1")


class Tidying:
    """Runs the two controllers over everything that is served. Safe to share between threads.

    Args:
        resources: What is served; looked at anew each time, because kinds come and go.
    """

    def __init__(self, resources: APIResources) -> None:
        self._resources = resources
        self._lock = threading.Lock()

    def step(self) -> Collected:
        """Look at everything once, and do what follows from it."""
        with self._lock:
            found = Collected()
            for controller in self._controllers():
                found = found.beside(controller.step())
            return found

    def collect(self) -> Collected:
        """Take steps until one finds nothing to do.

        Raises:
            NotConverged: There always was something to do.
        """
        with self._lock:
            return collect_until_quiet(*self._controllers())

    def _controllers(self) -> tuple[Controller, ...]:
        stores = self._stores()
        namespaces = self._resources.find(_CORE, "namespaces")
        if namespaces is None:
            return (GarbageCollector(stores),)
        parts = namespaces.subresources
        controller = NamespaceController(
            namespaces.endpoint.door,
            stores,
            status=parts["status"].door,
            finalize=parts["finalize"].door,
        )
        return GarbageCollector(stores), controller

    def _stores(self) -> list[Store[Any]]:
        """One for each resource; versions of one resource share theirs."""
        doors = {id(served.endpoint.door): served for served in self._resources}
        return [served.endpoint.door for served in doors.values() if _is_kept(served)]


def _is_kept(served: APIResource) -> bool:
    return isinstance(served.endpoint.door, Store)
