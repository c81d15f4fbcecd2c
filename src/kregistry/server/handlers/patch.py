"""PATCH of an object.

The patch is applied inside the update, to the newest state, so that another writer in between is
no conflict but one more try.

Source: ``handlers.PatchResource``, patcher.
"""

from __future__ import annotations

from typing import Any, Final

from kregistry.meta.context import Context
from kregistry.meta.errors import Invalid, NotFound
from kregistry.meta.field import ErrorList, Path
from kregistry.meta.gvk import GroupKind
from kregistry.meta.object import Object
from kregistry.meta.options import PatchOptions, UpdateOptions
from kregistry.registry.before import ensure_namespace_matches
from kregistry.registry.updatedobject import UpdatedObjectInfo
from kregistry.registry.validation.fieldmanager import validate_field_manager
from kregistry.registry.validation.options import (
    require_valid,
    validate_update_options,
)
from kregistry.runtime.errors import CodecError
from kregistry.server.bodies import read_object
from kregistry.server.handlers.admitting import Admitting
from kregistry.server.handlers.update import may_create
from kregistry.server.responding import Responder
from kregistry.server.response import Answer
from kregistry.server.scope import RequestScope
from kregistry.server.statuses import no_route

#: The formats of patches. Server-side apply is not among them yet.
JSON_PATCH: Final = "application/json-patch+json"
MERGE_PATCH: Final = "application/merge-patch+json"
STRATEGIC_PATCH: Final = "application/strategic-merge-patch+json"


def patch(scope: RequestScope) -> Answer:
    """Store what the patch makes of the stored object."""
    media_type = _media_type(scope)
    responder = Responder(scope)
    options = scope.call.query.patch_options()
    require_valid("PatchOptions", _validate(options))
    admitting = Admitting(scope, options, dry_run=bool(options.dry_run))
    updated = scope.door.update(
        scope.ctx,
        scope.name,
        _Patched(scope, media_type, options, admitting),
        create_validation=may_create(scope, admitting.validate_created),
        update_validation=admitting.validate_updated,
        options=UpdateOptions(
            dry_run=options.dry_run,
            field_manager=options.field_manager,
            field_validation=options.field_validation,
        ),
    )
    return responder.answer(updated.obj, 201 if updated.created else 200)


def _media_type(scope: RequestScope) -> str:
    """Raises UnsupportedMediaType: no patch of the kind is written so (415)."""
    name = scope.call.request.headers.get("content-type").partition(";")[0].strip().lower()
    known = [JSON_PATCH, MERGE_PATCH]
    if not scope.route.served.custom:
        known.append(STRATEGIC_PATCH)
    if name not in known:
        raise no_route(415, "415: Unsupported Media Type")
    return name


def _validate(options: PatchOptions) -> ErrorList:
    """Source: ``ValidatePatchOptions``, for patches that are no apply."""
    errs = validate_update_options(
        UpdateOptions(dry_run=options.dry_run, field_validation=options.field_validation)
    )
    errs += validate_field_manager(options.field_manager, Path("fieldManager"))
    if options.force is not None:
        errs.forbidden(Path("force"), "may not be specified for non-apply patch")
    return errs


class _Patched(UpdatedObjectInfo[Object]):
    """The stored object with the patch applied. Source: ``patcher.applyPatch``."""

    def __init__(
        self, scope: RequestScope, media_type: str, options: PatchOptions, admitting: Admitting
    ) -> None:
        self._scope = scope
        self._media_type = media_type
        self._options = options
        self._admitting = admitting

    def updated_object(self, ctx: Context, old: Object) -> Object:
        if not old.metadata.uid:
            raise NotFound(self._scope.gvr.group_resource, self._scope.name)
        obj = self._read(self._applied(old))
        ensure_namespace_matches(self._scope.ctx.namespace, obj.metadata)
        self._admitting.mutate_updated(ctx, obj, old)
        return obj

    def _applied(self, old: Object) -> dict[str, Any]:
        """The document of *old*, in the version of the request, with the patch applied."""
        from kregistry.server.patch import apply_patch

        scope = self._scope
        document = scope.tools.codec.to_dict(old)
        conversion = scope.route.endpoint.conversion
        if conversion is not None:
            document = conversion.to_served(document)
        cls = None if conversion is not None else type(old)
        body = scope.call.request.body
        made: dict[str, Any] = apply_patch(self._media_type, document, body, schema=cls)
        return made

    def _read(self, document: dict[str, Any]) -> Object:
        """Raises Invalid: the patch made something of it that is no such object (422)."""
        level = self._options.field_validation
        try:
            return read_object(self._scope, document, field_validation=level)
        except CodecError as error:
            errs = ErrorList()
            sent = self._scope.call.request.body.decode("utf-8", "replace")
            errs.invalid(Path("patch"), sent, str(error))
            raise Invalid(GroupKind("", ""), "", errs) from error
