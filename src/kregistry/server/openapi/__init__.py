"""OpenAPI v3: what ``kubectl explain``, ``create`` and ``apply`` ask before they act.

Pure functions from a set of :class:`~kregistry.server.served.ServedResource` to documents. They
cost some time and memory, so import the package when a client asks, not before::

    openapi = OpenAPI(builtin_resources(by_default=True))
    document = openapi.document("apis/apps/v1")
"""

from kregistry.server.openapi.documents import OpenAPI, Redirect, hash_of
from kregistry.server.openapi.schemas import Schemas, builtin_schemas

__all__ = ["OpenAPI", "Redirect", "Schemas", "builtin_schemas", "hash_of"]
