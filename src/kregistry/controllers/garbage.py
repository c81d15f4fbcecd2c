"""GarbageCollector: objects go with their owners.

Source: ``k8s.io/kubernetes/pkg/controller/garbagecollector``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from kregistry.controllers.collected import Collected
from kregistry.controllers.controller import DEFAULT_MAX_STEPS, Controller
from kregistry.controllers.served import Kinds
from kregistry.controllers.sweep import Sweep
from kregistry.registry.store import Store

#: The name under which the collector of a cluster makes its requests.
USER: Final = "system:serviceaccount:kube-system:generic-garbage-collector"


class GarbageCollector(Controller):
    """Deletes objects whose owners are gone, and lets owners go that wait for that.

    ::

        collector = GarbageCollector([deployments, replica_sets, pods])
        deployments.delete(ctx, "web", options=DeleteOptions(propagation_policy="Foreground"))
        collector.collect()

    What it does is what the collector of a cluster does:

    - An object none of whose owners exists any longer is deleted. An owner is known by kind,
      name and uid, and must be in the same namespace or cluster-scoped.
    - While one owner stands, only the references to the others are removed.
    - An owner with the finalizer ``foregroundDeletion`` stays until every dependent with
      ``blockOwnerDeletion`` is gone.
    - An owner with the finalizer ``orphan`` stays until no object refers to it.
    - An object with an owner of a kind that no Store serves is left alone, and reported.

    Finalizers, grace periods and circles of waiting owners hold it up, as in a cluster: they
    are reported in ``Collected.waiting``.

    Args:
        stores: One Store per resource, also for resources that are only owners. Objects are
            looked at in this order.
        max_steps: How many steps one ``collect()`` takes at most.
        user: Who makes the requests.

    Raises:
        TypeError: One of *stores* is no Store.
        ValueError: Two of them serve the same resource.
    """

    def __init__(
        self,
        stores: Iterable[Store[Any]],
        *,
        max_steps: int = DEFAULT_MAX_STEPS,
        user: str = USER,
    ) -> None:
        super().__init__(max_steps=max_steps)
        self._kinds = Kinds(stores, user=user)

    def step(self) -> Collected:
        return Sweep(self._kinds).run()
