"""Controllers that tidy up after deletions: owners' dependents and namespaces' content.

They do nothing by themselves. A program, mostly a test, calls ``collect()`` when it wants the
work done, and gets told what was done and what is left::

    collector = GarbageCollector([deployments, pods])
    deployments.delete(ctx, "web")
    collector.collect().deleted             # the pods of that deployment

No threads, no queues between calls, and the same order each time. A :class:`Caretaker` is the
thread that calls it for a server.
"""

from kregistry.controllers.caretaker import Caretaker
from kregistry.controllers.collected import (
    Action,
    Change,
    Collected,
    Failure,
    Unresolved,
    Waiting,
)
from kregistry.controllers.controller import Controller, collect_until_quiet
from kregistry.controllers.convergence import NotConverged
from kregistry.controllers.garbage import GarbageCollector
from kregistry.controllers.identity import Identity
from kregistry.controllers.namespaces import NamespaceController

__all__ = [
    "Action",
    "Caretaker",
    "Change",
    "Collected",
    "Controller",
    "Failure",
    "GarbageCollector",
    "Identity",
    "NamespaceController",
    "NotConverged",
    "Unresolved",
    "Waiting",
    "collect_until_quiet",
]
