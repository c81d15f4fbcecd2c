"""GET of a collection.

Source: ``handlers.ListResource``.
"""

from __future__ import annotations

from kregistry.server.handlers.selecting import selected
from kregistry.server.responding import Responder
from kregistry.server.response import Answer
from kregistry.server.scope import RequestScope


def list_objects(scope: RequestScope) -> Answer:
    """The objects of the namespace of the request, or of all namespaces."""
    responder = Responder(scope)
    return responder.answer(scope.door.list(scope.ctx, selected(scope)))
