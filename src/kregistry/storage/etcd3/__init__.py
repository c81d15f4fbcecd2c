"""The etcd3 backend: an etcd cluster, over gRPC. Needs the extra ``kregistry[etcd3]``."""

from kregistry.storage.etcd3.access import Access
from kregistry.storage.etcd3.backend import EtcdBackend

__all__ = ["Access", "EtcdBackend"]
