"""Storage: objects under keys with Kubernetes' rules, over revisioned bytes.

``factory.create(Config(type="sqlite", path="x.db"))`` opens a store.
"""

from __future__ import annotations

from kregistry.storage import factory
from kregistry.storage.backend import Backend, Change, ChangeStream, Page, Record, Snapshot
from kregistry.storage.config import Config
from kregistry.storage.errors import (
    BackendClosed,
    BackendError,
    BackendUnavailable,
    CorruptObject,
    ForkedStore,
    InternalStorageError,
    InvalidObject,
    InvalidResourceVersion,
    KeyExists,
    KeyNotFound,
    RequestTimeout,
    ResourceVersionSetOnCreate,
    RevisionCompacted,
    RevisionInFuture,
    RevisionMismatch,
    StorageError,
    StorageFenced,
    StorageFull,
    StorageNotReady,
    Unreachable,
    UnsafeStorage,
    VersionConflict,
)
from kregistry.storage.interface import (
    DeleteOptions,
    GetOptions,
    Interface,
    ListOptions,
    ResponseMeta,
    Stats,
    UpdateFunc,
    ValidateObjectFunc,
    WithTTL,
    validate_all_object,
)
from kregistry.storage.objects import ObjectStorage, StorageSettings
from kregistry.storage.preconditions import UNCONDITIONAL, Preconditions
from kregistry.storage.predicate import EVERYTHING, SelectionPredicate
from kregistry.storage.transformer import IDENTITY, Transformer
from kregistry.storage.versioner import Versioner
from kregistry.storage.watch import Event, EventSource, EventType, Watch

__all__ = [
    "EVERYTHING",
    "IDENTITY",
    "UNCONDITIONAL",
    "Backend",
    "BackendClosed",
    "BackendError",
    "BackendUnavailable",
    "Change",
    "ChangeStream",
    "Config",
    "CorruptObject",
    "DeleteOptions",
    "Event",
    "EventSource",
    "EventType",
    "ForkedStore",
    "GetOptions",
    "Interface",
    "InternalStorageError",
    "InvalidObject",
    "InvalidResourceVersion",
    "KeyExists",
    "KeyNotFound",
    "ListOptions",
    "ObjectStorage",
    "Page",
    "Preconditions",
    "Record",
    "RequestTimeout",
    "ResourceVersionSetOnCreate",
    "ResponseMeta",
    "RevisionCompacted",
    "RevisionInFuture",
    "RevisionMismatch",
    "SelectionPredicate",
    "Snapshot",
    "Stats",
    "StorageError",
    "StorageFenced",
    "StorageFull",
    "StorageNotReady",
    "StorageSettings",
    "Transformer",
    "Unreachable",
    "UnsafeStorage",
    "UpdateFunc",
    "ValidateObjectFunc",
    "VersionConflict",
    "Versioner",
    "Watch",
    "WithTTL",
    "factory",
    "validate_all_object",
]
