"""Factory: from a Config to a store. The only file that names the backends.

Source: ``k8s.io/apiserver/pkg/storage/storagebackend/factory/factory.go``.
"""

from __future__ import annotations

from collections.abc import Callable

from kregistry.meta.object import Object
from kregistry.runtime.codec import Codec
from kregistry.storage.backend import Backend
from kregistry.storage.config import Config
from kregistry.storage.interface import Interface
from kregistry.storage.keys import path_prefix
from kregistry.storage.memory import MemoryBackend
from kregistry.storage.objects import ObjectStorage, StorageSettings
from kregistry.storage.transformer import IDENTITY

#: Packages publish backends under this name: callables that take a Config, by type.
ENTRY_POINTS = "kregistry.storage"

DestroyFunc = Callable[[], None]


def create(config: Config) -> Interface[Object]:
    """Open a store.

    Returns:
        Its root view; narrow it with ``for_resource``. A context manager that closes it.

    Raises:
        ValueError: The type is unknown, or not supported.

    Source: ``factory.Create``.
    """
    if not isinstance(config, Config):
        raise TypeError(f"create takes a Config, not {type(config).__name__}")
    settings = StorageSettings(
        codec=config.codec or Codec(),
        prefix=config.prefix,
        transformer=config.transformer or IDENTITY,
        max_object_bytes=config.max_object_bytes,
        remembered_objects=config.remembered_objects,
        allow_unsafe_deletion=config.allow_unsafe_deletion,
    )
    return ObjectStorage(config.backend or create_backend(config), settings)


def new_raw_storage(config: Config) -> tuple[Interface[Object], DestroyFunc]:
    """Open a store, and say how to close it; closing it again does nothing.

    Source: ``generic.NewRawStorage``.
    """
    storage = create(config)
    return storage, storage.close


def create_backend(config: Config) -> Backend:
    """Open the backend that ``config.type`` names.

    Raises:
        ValueError: The type is unknown, or not supported.
    """
    match config.type:
        case "" | "memory":
            return MemoryBackend(
                clock=config.clock,
                start_revision=config.start_revision,
                compaction_interval=config.compaction_interval,
                failpoints=config.failpoints,
            )
        case "sqlite":
            from kregistry.storage.sqlite import SqliteBackend

            return SqliteBackend(
                config.path,
                synchronous=config.synchronous,
                busy_timeout=config.busy_timeout,
                clock=config.clock,
                unsafe_network_fs=config.unsafe_network_fs,
                failpoints=config.failpoints,
                compaction_interval=config.compaction_interval,
            )
        case "etcd2":
            raise ValueError("etcd2 is no longer a supported storage backend")
        case "etcd3":
            from kregistry.storage.etcd3 import Access, EtcdBackend

            access = Access.of(
                config.endpoints,
                trusted_ca_file=config.trusted_ca_file,
                cert_file=config.cert_file,
                key_file=config.key_file,
                username=config.username,
                password=config.password,
            )
            return EtcdBackend(
                access,
                prefix=path_prefix(config.prefix),
                request_timeout=config.request_timeout,
                clock=config.clock,
                compaction_interval=config.compaction_interval,
                failpoints=config.failpoints,
            )
        case _:
            return _published(config)


def _published(config: Config) -> Backend:
    """The backend that an installed package offers for the type."""
    from importlib.metadata import entry_points

    for entry in entry_points(group=ENTRY_POINTS, name=config.type):
        backend = entry.load()(config)
        if not isinstance(backend, Backend):
            raise TypeError(f"{entry.value} made a {type(backend).__name__}, not a Backend")
        return backend
    raise ValueError(f"unknown storage type: {config.type}")
