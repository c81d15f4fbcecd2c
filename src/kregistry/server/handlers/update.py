"""PUT of an object.

Source: ``handlers.UpdateResource``.
"""

from __future__ import annotations

import attrs

from kregistry.meta.context import Context
from kregistry.meta.object import Object
from kregistry.registry.before import ensure_name_matches, ensure_namespace_matches
from kregistry.registry.updatedobject import DefaultUpdatedObjectInfo
from kregistry.registry.validation.options import require_valid, validate_update_options
from kregistry.server.authorization import Attributes, require_allowed
from kregistry.server.bodies import sent_object
from kregistry.server.handlers.admitting import Admitting, Check
from kregistry.server.responding import Responder
from kregistry.server.response import Answer
from kregistry.server.scope import RequestScope


def update(scope: RequestScope) -> Answer:
    """Store the object in place of the one of its name."""
    responder = Responder(scope)
    options = scope.call.query.update_options()
    require_valid("UpdateOptions", validate_update_options(options))
    obj = sent_object(scope, field_validation=options.field_validation)
    ensure_namespace_matches(scope.ctx.namespace, obj.metadata)
    ensure_name_matches(scope.name, obj.metadata)
    admitting = Admitting(scope, options, dry_run=bool(options.dry_run))
    info: DefaultUpdatedObjectInfo[Object] = DefaultUpdatedObjectInfo(
        obj, admitting.mutate_updated, codec=scope.tools.codec
    )
    updated = scope.door.update(
        scope.ctx,
        scope.name,
        info,
        create_validation=may_create(scope, admitting.validate_created),
        update_validation=admitting.validate_updated,
        options=options,
    )
    code = 201 if updated.created else 200
    return responder.written(updated.obj, code, dry_run=bool(options.dry_run))


def may_create(scope: RequestScope, validate: Check) -> Check:
    """*validate*, and before it whether who asks may create what turns out not to be there.

    Source: ``withAuthorization``.
    """
    asked = attrs.evolve(Attributes.of(scope.call.user, scope.call.info), verb="create")

    def check(ctx: Context, obj: Object) -> None:
        require_allowed(scope.tools.authorizer, asked)
        validate(ctx, obj)

    return check
