"""Admitting: what the handlers of writes have in common.

Source: ``k8s.io/apiserver/pkg/endpoints/handlers`` create.go, update.go;
``pkg/registry/rest`` AdmissionToValidateObjectFunc and its like.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import attrs

from kregistry.meta.context import Context
from kregistry.meta.goformat import quote
from kregistry.meta.object import Object
from kregistry.server.admission import AdmissionAttributes, Operation
from kregistry.server.scope import RequestScope

#: Is called with a request and an object, and raises if it must not be.
Check: TypeAlias = Callable[[Context, Any], None]


class Admitting:
    """Asks the plug-ins about what one request does.

    Args:
        scope: The request.
        options: Of its verb.
        dry_run: Whether nothing will be stored.
    """

    def __init__(self, scope: RequestScope, options: Any, *, dry_run: bool) -> None:
        self._scope = scope
        self._options = options
        self._dry_run = dry_run
        self._admission = scope.tools.admission

    def mutate_created(self, obj: Object) -> None:
        """Let the plug-ins change an object that is about to be created."""
        drop_repeated_owners(self._scope, obj)
        self._admission.mutate(self._scope.ctx, self._about(Operation.CREATE, obj, None))
        drop_repeated_owners(self._scope, obj)

    def validate_created(self, ctx: Context, obj: Any) -> None:
        """Ask the plug-ins about an object that is about to be stored for the first time."""
        self._admission.validate(ctx, self._about(Operation.CREATE, obj, None))

    def mutate_updated(self, ctx: Context, obj: Any, old: Any) -> Any:
        """Let the plug-ins change an object that is about to take *old*'s place.

        If there is none, which *old* without a uid says, it is about to be created.
        """
        drop_repeated_owners(self._scope, obj)
        created = not old.metadata.uid
        operation = Operation.CREATE if created else Operation.UPDATE
        self._admission.mutate(ctx, self._about(operation, obj, None if created else old))
        drop_repeated_owners(self._scope, obj)
        return obj

    def validate_updated(self, ctx: Context, obj: Any, old: Any) -> None:
        """Ask the plug-ins about an object that is about to take *old*'s place."""
        self._admission.validate(ctx, self._about(Operation.UPDATE, obj, old))

    def validate_deleted(self, ctx: Context, old: Any) -> None:
        """Ask the plug-ins, the mutating ones too, about an object that is about to go."""
        about = self._about(Operation.DELETE, None, old)
        self._admission.mutate(ctx, about)
        self._admission.validate(ctx, about)

    def connected(self, options: Any) -> None:
        """Ask the plug-ins about a connection."""
        about = self._about(Operation.CONNECT, options, None)
        self._admission.mutate(self._scope.ctx, about)
        self._admission.validate(self._scope.ctx, about)

    def _about(self, operation: Operation, obj: Any, old: Object | None) -> AdmissionAttributes:
        scope = self._scope
        meta = getattr(obj if old is None else old, "metadata", None)
        return AdmissionAttributes(
            operation=operation,
            kind=scope.gvk,
            resource=scope.gvr,
            subresource=scope.route.subresource,
            namespace=scope.call.info.namespace,
            name=scope.name or getattr(meta, "name", ""),
            obj=obj,
            old=old,
            options=self._options,
            dry_run=self._dry_run,
            user=scope.call.user,
        )


def drop_repeated_owners(scope: RequestScope, obj: Object) -> None:
    """Take owners out that are there already, exactly as they are, and say so.

    Source: ``handlers.dedupOwnerReferencesAndAddWarning``.
    """
    if len(obj.metadata.owner_references) < 2:
        return
    kept: dict[tuple[Any, ...], Any] = {}
    repeated: list[str] = []
    for owner in obj.metadata.owner_references:
        if kept.setdefault(attrs.astuple(owner, recurse=False), owner) is not owner:
            repeated.append(owner.uid)
    if repeated:
        obj.metadata.owner_references = list(kept.values())
        scope.ctx.warn(
            ".metadata.ownerReferences contains duplicate entries; API server dedups owner "
            "references in 1.20+, and may reject such requests as early as 1.24; please fix your "
            f"requests; duplicate UID(s) observed: {', '.join(map(quote, repeated))}"
        )
