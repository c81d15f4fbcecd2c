"""Words that every layer speaks: metadata, value types, options, errors.

Source: ``k8s.io/apimachinery``.
"""

from kregistry.meta.clock import Clock, SystemClock
from kregistry.meta.condition import Condition
from kregistry.meta.context import Cancellation, Context
from kregistry.meta.errors import (
    AlreadyExists,
    BadRequest,
    Conflict,
    Expired,
    Forbidden,
    GenerateNameConflict,
    Gone,
    InsufficientStorage,
    InternalError,
    Invalid,
    MethodNotSupported,
    NotAcceptable,
    NotFound,
    RequestEntityTooLarge,
    ServerTimeout,
    ServiceUnavailable,
    StatusError,
    Timeout,
    TooLargeResourceVersion,
    TooManyRequests,
    Unauthorized,
    UnsupportedMediaType,
)
from kregistry.meta.failpoints import Failpoints
from kregistry.meta.field import ErrorList, FieldError, FieldErrorType, Path
from kregistry.meta.gvk import (
    GroupKind,
    GroupResource,
    GroupVersion,
    GroupVersionKind,
    GroupVersionResource,
)
from kregistry.meta.intstr import IntOrString
from kregistry.meta.labelselector import LabelSelector, LabelSelectorRequirement
from kregistry.meta.model import FieldFacts, Model, field, field_types, model, wire_name
from kregistry.meta.object import Object, ObjectList
from kregistry.meta.objectmeta import (
    ListMeta,
    ManagedFieldsEntry,
    ObjectMeta,
    OwnerReference,
    ShardInfo,
)
from kregistry.meta.options import (
    CreateOptions,
    DeleteOptions,
    GetOptions,
    ListOptions,
    PatchOptions,
    Preconditions,
    UpdateOptions,
)
from kregistry.meta.quantity import Format, Quantity
from kregistry.meta.serverresponse import generic_server_response
from kregistry.meta.status import Status, StatusCause, StatusDetails
from kregistry.meta.table import (
    Table,
    TableColumnDefinition,
    TableOptions,
    TableRow,
    TableRowCondition,
)
from kregistry.meta.time import MicroTime, Time

__all__ = [
    "AlreadyExists",
    "BadRequest",
    "Cancellation",
    "Clock",
    "Condition",
    "Conflict",
    "Context",
    "CreateOptions",
    "DeleteOptions",
    "ErrorList",
    "Expired",
    "Failpoints",
    "FieldError",
    "FieldErrorType",
    "FieldFacts",
    "Forbidden",
    "Format",
    "GenerateNameConflict",
    "GetOptions",
    "Gone",
    "GroupKind",
    "GroupResource",
    "GroupVersion",
    "GroupVersionKind",
    "GroupVersionResource",
    "InsufficientStorage",
    "IntOrString",
    "InternalError",
    "Invalid",
    "LabelSelector",
    "LabelSelectorRequirement",
    "ListMeta",
    "ListOptions",
    "ManagedFieldsEntry",
    "MethodNotSupported",
    "MicroTime",
    "Model",
    "NotAcceptable",
    "NotFound",
    "Object",
    "ObjectList",
    "ObjectMeta",
    "OwnerReference",
    "PatchOptions",
    "Path",
    "Preconditions",
    "Quantity",
    "RequestEntityTooLarge",
    "ServerTimeout",
    "ServiceUnavailable",
    "ShardInfo",
    "Status",
    "StatusCause",
    "StatusDetails",
    "StatusError",
    "SystemClock",
    "Table",
    "TableColumnDefinition",
    "TableOptions",
    "TableRow",
    "TableRowCondition",
    "Time",
    "Timeout",
    "TooLargeResourceVersion",
    "TooManyRequests",
    "Unauthorized",
    "UnsupportedMediaType",
    "UpdateOptions",
    "field",
    "field_types",
    "generic_server_response",
    "model",
    "wire_name",
]
