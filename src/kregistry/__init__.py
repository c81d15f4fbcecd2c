"""kregistry: the Kubernetes API server's storage path as an embeddable library.

Everything of everyday use is here; the packages behind are ``meta``, ``runtime``, ``storage``,
``registry`` and ``core``, from the bottom up. A name is loaded when it is first used, so
``import kregistry`` costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kregistry.meta import (
        AlreadyExists,
        BadRequest,
        Cancellation,
        Clock,
        Conflict,
        Context,
        CreateOptions,
        DeleteOptions,
        ErrorList,
        Expired,
        FieldError,
        GetOptions,
        GroupResource,
        GroupVersionKind,
        Invalid,
        ListOptions,
        NotFound,
        Object,
        ObjectList,
        ObjectMeta,
        Path,
        Quantity,
        Status,
        StatusError,
        Time,
        UpdateOptions,
        field,
        model,
    )
    from kregistry.registry import (
        Store,
        Strategy,
        retry_on_conflict,
    )
    from kregistry.runtime import Codec, DecodeError, Resource, Scheme, Unstructured
    from kregistry.storage import (
        Backend,
        Config,
        Event,
        EventType,
        Interface,
        Watch,
        factory,
    )

__version__ = "0.1.0"

_HOMES = {
    "kregistry.meta": """
        AlreadyExists BadRequest Cancellation Clock Conflict Context CreateOptions DeleteOptions
        ErrorList Expired FieldError GetOptions GroupResource GroupVersionKind Invalid ListOptions
        NotFound Object ObjectList ObjectMeta Path Quantity Status StatusError Time UpdateOptions
        field model
    """,
    "kregistry.registry": "Store Strategy retry_on_conflict",
    "kregistry.runtime": "Codec DecodeError Resource Scheme Unstructured",
    "kregistry.storage": "Backend Config Event EventType Interface Watch factory",
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names.split()}

__all__ = [
    "AlreadyExists",
    "Backend",
    "BadRequest",
    "Cancellation",
    "Clock",
    "Codec",
    "Config",
    "Conflict",
    "Context",
    "CreateOptions",
    "DecodeError",
    "DeleteOptions",
    "ErrorList",
    "Event",
    "EventType",
    "Expired",
    "FieldError",
    "GetOptions",
    "GroupResource",
    "GroupVersionKind",
    "Interface",
    "Invalid",
    "ListOptions",
    "NotFound",
    "Object",
    "ObjectList",
    "ObjectMeta",
    "Path",
    "Quantity",
    "Resource",
    "Scheme",
    "Status",
    "StatusError",
    "Store",
    "Strategy",
    "Time",
    "Unstructured",
    "UpdateOptions",
    "Watch",
    "__version__",
    "factory",
    "field",
    "model",
    "retry_on_conflict",
]


def __getattr__(name: str) -> Any:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module 'kregistry' has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(home), name)
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
