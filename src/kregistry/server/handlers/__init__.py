"""Handlers: one module for each verb, each a short recipe from a request to its answer.

The order of the steps is the API server's, because clients see which of two mistakes is told.

Source: ``k8s.io/apiserver/pkg/endpoints/handlers``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, TypeAlias

from kregistry.server.handlers.connect import connect
from kregistry.server.handlers.create import create
from kregistry.server.handlers.delete import delete
from kregistry.server.handlers.deletecollection import delete_collection
from kregistry.server.handlers.get import get
from kregistry.server.handlers.list import list_objects
from kregistry.server.handlers.patch import patch
from kregistry.server.handlers.update import update
from kregistry.server.handlers.watch import watch
from kregistry.server.response import Answer
from kregistry.server.scope import RequestScope

#: Answers one request.
VerbHandler: TypeAlias = Callable[[RequestScope], Answer]

#: Who answers which verb of a route.
HANDLERS: Final[Mapping[str, VerbHandler]] = MappingProxyType(
    {
        "get": get,
        "list": list_objects,
        "watch": watch,
        "create": create,
        "update": update,
        "patch": patch,
        "delete": delete,
        "deletecollection": delete_collection,
        "connect": connect,
    }
)

__all__ = ["HANDLERS", "VerbHandler"]
