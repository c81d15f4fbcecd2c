"""The registry: what a kind is, and the verbs that keep its rules.

Source: ``k8s.io/apiserver/pkg/registry``.
"""

from kregistry.meta.field import ErrorList, FieldError, FieldErrorType, Path
from kregistry.registry.before import before_create, before_update
from kregistry.registry.corrupt import CorruptObjectDeleter
from kregistry.registry.deletionplan import DeletionPlan, DeletionStep, before_delete
from kregistry.registry.dryrun import DryRunnableStorage
from kregistry.registry.gcpolicy import GarbageCollectionPolicy
from kregistry.registry.names import NameGenerator, SimpleNameGenerator
from kregistry.registry.outcome import Deleted, Updated
from kregistry.registry.paging import Pager
from kregistry.registry.retrying import retry_on_conflict
from kregistry.registry.standard import Strategy
from kregistry.registry.statusstrategy import StatusStrategy
from kregistry.registry.store import (
    Store,
    ValidateObject,
    ValidateObjectUpdate,
)
from kregistry.registry.strategy import (
    GarbageCollectionDeleteStrategy,
    ResetFieldsStrategy,
    RESTCreateStrategy,
    RESTCreateUpdateStrategy,
    RESTDeleteStrategy,
    RESTGracefulDeleteStrategy,
    RESTStrategy,
    RESTUpdateStrategy,
)
from kregistry.registry.systemfields import SystemFields, random_uid
from kregistry.registry.tables import AGE, NAME, Column, Columns, TableConvertor
from kregistry.registry.translate import error_to_status, translate
from kregistry.registry.updatedobject import (
    DefaultUpdatedObjectInfo,
    ModifiedObject,
    Transformer,
    UpdatedObjectInfo,
    WrappedUpdatedObjectInfo,
)
from kregistry.runtime.scheme import ObjectTyper
from kregistry.storage.interface import validate_all_object

__all__ = [
    "AGE",
    "NAME",
    "Column",
    "Columns",
    "CorruptObjectDeleter",
    "DefaultUpdatedObjectInfo",
    "Deleted",
    "DeletionPlan",
    "DeletionStep",
    "DryRunnableStorage",
    "ErrorList",
    "FieldError",
    "FieldErrorType",
    "GarbageCollectionDeleteStrategy",
    "GarbageCollectionPolicy",
    "ModifiedObject",
    "NameGenerator",
    "ObjectTyper",
    "Pager",
    "Path",
    "RESTCreateStrategy",
    "RESTCreateUpdateStrategy",
    "RESTDeleteStrategy",
    "RESTGracefulDeleteStrategy",
    "RESTStrategy",
    "RESTUpdateStrategy",
    "ResetFieldsStrategy",
    "SimpleNameGenerator",
    "StatusStrategy",
    "Store",
    "Strategy",
    "SystemFields",
    "TableConvertor",
    "Transformer",
    "Updated",
    "UpdatedObjectInfo",
    "ValidateObject",
    "ValidateObjectUpdate",
    "WrappedUpdatedObjectInfo",
    "before_create",
    "before_delete",
    "before_update",
    "error_to_status",
    "random_uid",
    "retry_on_conflict",
    "translate",
    "validate_all_object",
]
