"""PATCH of an object.

The patch is applied inside the update, to the newest state, so that another writer in between is
no conflict but one more try.

Source: ``handlers.PatchResource``, patcher.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, Final

from kregistry.meta.context import Context
from kregistry.meta.errors import BadRequest, Invalid, NotFound
from kregistry.meta.field import ErrorList, Path
from kregistry.meta.goformat import json_text
from kregistry.meta.gvk import GroupKind
from kregistry.meta.object import Object
from kregistry.meta.options import PatchOptions, UpdateOptions
from kregistry.registry.before import ensure_name_matches, ensure_namespace_matches
from kregistry.registry.updatedobject import UpdatedObjectInfo
from kregistry.registry.validation.fieldmanager import validate_field_manager
from kregistry.registry.validation.options import (
    require_valid,
    validate_update_options,
)
from kregistry.runtime.errors import DecodeError, EncodeError
from kregistry.runtime.strict import parse, repeated_fields
from kregistry.server.bodies import read_object
from kregistry.server.handlers.admitting import Admitting
from kregistry.server.handlers.update import may_create
from kregistry.server.patch import (
    PatchType,
    apply_patch,
    builtin_schema,
    patch_type_of,
    unknown_members,
)
from kregistry.server.responding import Responder
from kregistry.server.response import Answer
from kregistry.server.scope import RequestScope
from kregistry.server.statuses import no_route

_UNSUPPORTED: Final = "415: Unsupported Media Type"


def patch(scope: RequestScope) -> Answer:
    """Store what the patch makes of the stored object."""
    patch_type = _patch_type(scope)
    responder = Responder(scope)
    options = scope.call.query.patch_options()
    require_valid("PatchOptions", _validate(options))
    sent = _Sent(scope, patch_type)
    admitting = Admitting(scope, options, dry_run=bool(options.dry_run))
    updated = scope.door.update(
        scope.ctx,
        scope.name,
        _Patched(scope, patch_type, sent, options, admitting),
        create_validation=may_create(scope, admitting.validate_created),
        update_validation=admitting.validate_updated,
        options=UpdateOptions(
            dry_run=options.dry_run,
            field_manager=options.field_manager,
            field_validation=options.field_validation,
        ),
    )
    code = 201 if updated.created else 200
    return responder.written(updated.obj, code, dry_run=bool(options.dry_run))


def _patch_type(scope: RequestScope) -> PatchType:
    """Raises a StatusError for anything that is no patch of the resource (415).

    Server-side apply is such a thing as long as nobody keeps count of who owns which field.
    """
    content_type = scope.call.request.headers.get("content-type")
    found = patch_type_of(content_type, custom=scope.route.served.custom)
    if found is PatchType.APPLY:
        raise no_route(415, _UNSUPPORTED)
    return found


def _validate(options: PatchOptions) -> ErrorList:
    """Source: ``ValidatePatchOptions``, for patches that are no apply."""
    errs = validate_update_options(
        UpdateOptions(dry_run=options.dry_run, field_validation=options.field_validation)
    )
    errs += validate_field_manager(options.field_manager, Path("fieldManager"))
    if options.force is not None:
        errs.forbidden(Path("force"), "may not be specified for non-apply patch")
    return errs


class _Sent:
    """What was sent; read when it is needed, which it is not if there is nothing to patch."""

    def __init__(self, scope: RequestScope, patch_type: PatchType) -> None:
        self._scope = scope
        self._prefix = "" if patch_type is PatchType.STRATEGIC else "error decoding patch: "

    @cached_property
    def document(self) -> Any:
        """Raises BadRequest: the body is no JSON (400)."""
        try:
            return parse(self._scope.call.request.body, self._scope.tools.codec.limits)
        except DecodeError as error:
            raise BadRequest(f"{self._prefix}{error}") from error


class _Patched(UpdatedObjectInfo[Object]):
    """The stored object with the patch applied. Source: ``patcher.applyPatch``."""

    def __init__(
        self,
        scope: RequestScope,
        patch_type: PatchType,
        sent: _Sent,
        options: PatchOptions,
        admitting: Admitting,
    ) -> None:
        self._scope = scope
        self._patch_type = patch_type
        self._sent = sent
        self._level = options.field_validation or "Warn"
        self._admitting = admitting

    def updated_object(self, ctx: Context, old: Object) -> Object:
        if not old.metadata.uid:
            raise NotFound(self._scope.gvr.group_resource, self._scope.name)
        obj = self._read(self._applied(old))
        ensure_namespace_matches(self._scope.ctx.namespace, obj.metadata)
        ensure_name_matches(self._scope.name, obj.metadata)
        self._admitting.mutate_updated(ctx, obj, old)
        return obj

    def _applied(self, old: Object) -> dict[str, Any]:
        """The document of *old*, in the version of the request, with the patch applied."""
        scope = self._scope
        document = scope.tools.codec.to_dict(old)
        conversion = scope.route.endpoint.conversion
        if conversion is not None:
            document = conversion.to_served(document)
        limits, schema = scope.tools.codec.limits, builtin_schema(scope.gvk)
        try:
            return apply_patch(
                self._patch_type, document, self._sent.document, schema=schema, limits=limits
            )
        except EncodeError as error:
            raise BadRequest(str(error)) from error

    def _read(self, document: dict[str, Any]) -> Object:
        """Raises Invalid: the patch made something of it that is no such object (422)."""
        found = self._problems() if self._level != "Ignore" else []
        try:
            obj = read_object(self._scope, document, field_validation=self._level)
        except DecodeError as error:
            told = str(error)
            if error.problems:
                told = f"strict decoding error: {', '.join([*found, *error.problems])}"
            raise _not_patched(document, told) from error
        if found and self._level == "Strict":
            raise _not_patched(document, f"strict decoding error: {', '.join(found)}")
        self._scope.call.warnings.extend(found)
        return obj

    def _problems(self) -> list[str]:
        """What is unknown or said twice in the patch itself."""
        repeated = repeated_fields(self._sent.document)
        if self._patch_type is PatchType.JSON:
            return [
                *(f"json patch {problem}" for problem in repeated),
                *unknown_members(self._sent.document),
            ]
        return repeated


def _not_patched(document: dict[str, Any], problem: str) -> Invalid:
    """The error about a patch that leaves no object of the kind."""
    errs = ErrorList()
    errs.invalid(Path("patch"), json_text(document), problem)
    return Invalid(GroupKind("", ""), "", errs)
