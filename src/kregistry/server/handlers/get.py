"""GET of one object.

Source: ``handlers.GetResource``.
"""

from __future__ import annotations

from typing import Final

from kregistry.meta.errors import BadRequest
from kregistry.server.responding import Responder
from kregistry.server.response import Answer
from kregistry.server.scope import RequestScope

_EXPORT: Final = "the export parameter, deprecated since v1.14, is no longer supported"


def get(scope: RequestScope) -> Answer:
    """The object of that name."""
    responder = Responder(scope)
    query, options = scope.call.query, None
    if query:
        if query.flag("export"):
            raise BadRequest(_EXPORT)
        options = query.get_options()
    if responder.is_plain and scope.route.passes_bytes:
        stored = scope.door.get_encoded(scope.ctx, scope.name, options)
        return responder.of_body(stored.json() + b"\n")
    return responder.answer(scope.door.get(scope.ctx, scope.name, options))
