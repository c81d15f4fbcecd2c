"""POST of an object.

Source: ``handlers.createHandler``.
"""

from __future__ import annotations

from typing import Any, Final

from kregistry.meta.object import Object
from kregistry.meta.options import CreateOptions
from kregistry.meta.status import Status
from kregistry.registry.before import ensure_namespace_matches
from kregistry.registry.validation.options import require_valid, validate_create_options
from kregistry.server.admission import Operation
from kregistry.server.bodies import sent_object
from kregistry.server.handlers.admitting import Admitting, Check
from kregistry.server.query import Query
from kregistry.server.responding import Responder
from kregistry.server.response import Answer
from kregistry.server.scope import RequestScope

_NO_OPTIONS: Final = CreateOptions()


def create(scope: RequestScope) -> Answer:
    """Store a new object, or do what the object asks for, such as to bind a Pod."""
    responder = Responder(scope)
    options = _options(scope.call.query)
    obj = sent_object(scope, field_validation=options.field_validation)
    ensure_namespace_matches(scope.ctx.namespace, obj.metadata)
    admitting = Admitting(scope, options, dry_run=bool(options.dry_run))
    admitting.mutate_created(obj)
    # Whoever is to check the object gets a copy of it, so nobody is asked for nothing.
    asked = scope.tools.admission.validates(Operation.CREATE)
    validate = admitting.validate_created if asked else None
    if responder.is_plain and scope.route.passes_bytes:
        stored = scope.door.create_encoded(scope.ctx, obj, validate=validate, options=options)
        return responder.of_body(stored.json() + b"\n", 201)
    return responder.answer(_created(scope, obj, options, validate), 201)


def _options(query: Query) -> CreateOptions:
    """Raises Invalid: what is asked for is not to be had (422)."""
    if not query:
        return _NO_OPTIONS
    options = query.create_options()
    require_valid("CreateOptions", validate_create_options(options))
    return options


def _created(
    scope: RequestScope, obj: Object, options: CreateOptions, validate: Check | None
) -> Any:
    """What the door makes of *obj*; a part of an object has to be told of which.

    Source: ``rest.Creater``, ``rest.NamedCreater``.
    """
    named = (scope.name,) if scope.route.subresource else ()
    made = scope.door.create(scope.ctx, *named, obj, validate=validate, options=options)
    if isinstance(made, Status):
        made.code = made.code or 201
    return made
