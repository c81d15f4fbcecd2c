from __future__ import annotations

from etcdfixtures import cluster, etcd, fresh_etcd, fresh_etcds

__all__ = ["cluster", "etcd", "fresh_etcd", "fresh_etcds"]
