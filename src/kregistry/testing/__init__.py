"""For tests: a clock that stands still, suites to inherit, checkers, faults.

Importing this costs nothing; pytest and hypothesis are needed only by the suites, and
imported with them.
"""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kregistry.testing.clock import FakeClock as FakeClock
    from kregistry.testing.etcd.cluster import EtcdCluster as EtcdCluster
    from kregistry.testing.etcd.fresh import FreshEtcds as FreshEtcds
    from kregistry.testing.etcd.server import EtcdServer as EtcdServer
    from kregistry.testing.model import ModelBackend as ModelBackend
    from kregistry.testing.mutation import MutationDetector as MutationDetector
    from kregistry.testing.mutation import SharedObjectMutated as SharedObjectMutated
    from kregistry.testing.suites.backend import BackendSuite as BackendSuite
    from kregistry.testing.suites.backend_machine import BackendMachine as BackendMachine
    from kregistry.testing.suites.rest import (
        GracefulRESTStorageSuite as GracefulRESTStorageSuite,
    )
    from kregistry.testing.suites.rest import RESTStorageSuite as RESTStorageSuite
    from kregistry.testing.suites.storage import StorageSuite as StorageSuite
    from kregistry.testing.suites.storage_machine import StorageMachine as StorageMachine
    from kregistry.testing.suites.watch import WatchSuite as WatchSuite

_HOMES = {
    "BackendMachine": "suites.backend_machine",
    "BackendSuite": "suites.backend",
    "EtcdCluster": "etcd.cluster",
    "EtcdServer": "etcd.server",
    "FakeClock": "clock",
    "FreshEtcds": "etcd.fresh",
    "GracefulRESTStorageSuite": "suites.rest",
    "ModelBackend": "model",
    "MutationDetector": "mutation",
    "RESTStorageSuite": "suites.rest",
    "SharedObjectMutated": "mutation",
    "StorageMachine": "suites.storage_machine",
    "StorageSuite": "suites.storage",
    "WatchSuite": "suites.watch",
}

__all__ = [
    "BackendMachine",
    "BackendSuite",
    "EtcdCluster",
    "EtcdServer",
    "FakeClock",
    "FreshEtcds",
    "GracefulRESTStorageSuite",
    "ModelBackend",
    "MutationDetector",
    "RESTStorageSuite",
    "SharedObjectMutated",
    "StorageMachine",
    "StorageSuite",
    "WatchSuite",
]


def __getattr__(name: str) -> Any:
    """Import what is asked for, when it is asked for."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    suites = f"{__name__}.suites"
    if home.startswith("suites.") and "pytest" in sys.modules and suites not in sys.modules:
        sys.modules["pytest"].register_assert_rewrite(suites)
    found = getattr(importlib.import_module(f"{__name__}.{home}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return __all__
