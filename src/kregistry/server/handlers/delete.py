"""DELETE of one object.

Source: ``handlers.DeleteResource``.
"""

from __future__ import annotations

from kregistry.server.bodies import delete_options
from kregistry.server.handlers.admitting import Admitting
from kregistry.server.responding import Responder
from kregistry.server.response import Answer
from kregistry.server.scope import RequestScope


def delete(scope: RequestScope) -> Answer:
    """Delete the object, now or when its time is over.

    The answer is 202 only if it stays for a while and the caller asked, in the old way, that its
    dependents go first.
    """
    responder = Responder(scope)
    options = delete_options(scope)
    admitting = Admitting(scope, options, dry_run=bool(options.dry_run))
    deleted = scope.door.delete(
        scope.ctx, scope.name, validate=admitting.validate_deleted, options=options
    )
    waits = not deleted.immediate and options.orphan_dependents is False
    return responder.answer(deleted.result, 202 if waits else 200)
