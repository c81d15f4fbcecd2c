"""The sqlite engine: one file, durable, shared by threads and processes."""

from kregistry.storage.sqlite.backend import SqliteBackend

__all__ = ["SqliteBackend"]
