"""DELETE of a collection.

Source: ``handlers.DeleteCollection``.
"""

from __future__ import annotations

from typing import Final

from kregistry.meta.field import ErrorList, Path
from kregistry.registry.validation.options import require_valid
from kregistry.server.bodies import delete_options
from kregistry.server.handlers.admitting import Admitting
from kregistry.server.handlers.selecting import selected
from kregistry.server.responding import Responder
from kregistry.server.response import Answer
from kregistry.server.scope import RequestScope

_NOT_HERE: Final = "is not allowed with DELETECOLLECTION, try again after removing the option"
_UNSAFE: Final = "ignoreStoreReadErrorWithClusterBreakingPotential"


def delete_collection(scope: RequestScope) -> Answer:
    """Delete what a list with the same parameters would show."""
    responder = Responder(scope)
    wanted = selected(scope)
    options = delete_options(scope)
    if options.ignore_store_read_error_with_cluster_breaking_potential:
        errs = ErrorList()
        errs.invalid(Path(_UNSAFE), True, _NOT_HERE)
        require_valid("DeleteOptions", errs)
    admitting = Admitting(scope, options, dry_run=bool(options.dry_run))
    gone = scope.door.delete_collection(
        scope.ctx, validate=admitting.validate_deleted, options=options, list_options=wanted
    )
    return responder.answer(gone)
