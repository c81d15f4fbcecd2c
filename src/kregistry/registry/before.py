"""What every object goes through before it is stored, whatever its kind.

Three functions, each a list of steps to be read from top to bottom. What is particular to the
kind is asked of its strategy.

Source: ``k8s.io/apiserver/pkg/registry/rest`` create.go, update.go, delete.go.
"""

from __future__ import annotations

from typing import TypeVar

from kregistry.meta.context import Context
from kregistry.meta.errors import BadRequest, InternalError, Invalid
from kregistry.meta.gvk import GroupKind
from kregistry.meta.object import Object
from kregistry.meta.objectmeta import ObjectMeta
from kregistry.registry import systemfields
from kregistry.registry.strategy import RESTCreateStrategy, RESTUpdateStrategy
from kregistry.registry.validation.metadata import (
    validate_object_meta,
    validate_object_meta_update,
)
from kregistry.runtime.errors import SchemeError
from kregistry.runtime.scheme import ObjectTyper

T = TypeVar("T", bound=Object)


def before_create(strategy: RESTCreateStrategy[T], ctx: Context, obj: T) -> None:
    """Take *obj* through every step between "named" and "stored for the first time".

    Changes *obj*. Touches neither resourceVersion nor deletion times: storage and the one who
    read the request look after those.

    Raises:
        Invalid: The strategy, or the rules for metadata, found something wrong.
        BadRequest: The object names another namespace than the request.
        InternalError: The caller left out a step that comes earlier.

    Source: ``rest.BeforeCreate``.
    """
    kind = group_kind(strategy, obj)
    meta = obj.metadata
    _require_system_fields(meta)
    namespaced = strategy.namespace_scoped()
    ensure_namespace_matches(ctx.namespace if namespaced else "", meta)
    strategy.prepare_for_create(ctx, obj)
    if errs := strategy.validate(ctx, obj):
        raise Invalid(kind, meta.name, errs)
    if not strategy.validates_metadata():
        rule = strategy.name_rule()
        if errs := validate_object_meta(obj.metadata, namespaced=namespaced, name_rule=rule):
            raise Invalid(kind, meta.name, errs)
    for warning in strategy.warnings_on_create(ctx, obj):
        ctx.warn(warning)
    strategy.canonicalize(obj)


def before_update(strategy: RESTUpdateStrategy[T], ctx: Context, obj: T, old: T) -> None:
    """Take *obj* through every step between "received" and "stored in place of *old*".

    Changes *obj*, never *old*. What the server owns and the caller did not send comes from
    *old*; what the caller may not change is refused.

    Raises:
        Invalid: The rules for metadata or the strategy found something wrong; all findings
            of both are in it.
        BadRequest: The object names another namespace than the request.

    Source: ``rest.BeforeUpdate``.
    """
    kind = group_kind(strategy, obj)
    namespaced = strategy.namespace_scoped()
    ensure_namespace_matches(ctx.namespace if namespaced else "", obj.metadata)
    obj.metadata.generation = old.metadata.generation
    strategy.prepare_for_update(ctx, obj, old)
    _restore_system_fields(obj.metadata, old.metadata)
    errs = validate_object_meta(obj.metadata, namespaced=namespaced)
    errs += validate_object_meta_update(obj.metadata, old.metadata)
    errs += strategy.validate_update(ctx, obj, old)
    if errs:
        raise Invalid(kind, obj.metadata.name, errs)
    for warning in strategy.warnings_on_update(ctx, obj, old):
        ctx.warn(warning)
    strategy.canonicalize(obj)


def group_kind(typer: ObjectTyper, obj: Object) -> GroupKind:
    """The kind that errors about *obj* name: the first that *typer* knows it by.

    Raises:
        InternalError: *typer* does not know it at all.
    """
    try:
        kinds, _ = typer.object_kinds(obj)
    except SchemeError as error:
        raise InternalError(error) from error
    if not kinds:
        raise InternalError(f"the strategy knows no kind of {type(obj).__name__}")
    return kinds[0].group_kind


def ensure_name_matches(name: str, meta: ObjectMeta) -> None:
    """The object must be the one that the request is about.

    Raises:
        BadRequest: It is another one, or does not say which (400).

    Source: ``handlers.checkName``.
    """
    if not meta.name:
        raise BadRequest(
            f"the name of the object ({name} based on URL) was undeterminable: "
            "name must be provided"
        )
    if meta.name != name:
        raise BadRequest(
            f"the name of the object ({meta.name}) does not match the name on the URL ({name})"
        )


def ensure_namespace_matches(wanted: str, meta: ObjectMeta) -> None:
    """Put the object into the namespace of the request, unless it says otherwise itself.

    Args:
        wanted: Namespace of the request, "" for a cluster-scoped kind.
        meta: Gets the namespace.

    Raises:
        BadRequest: It is in another one.

    Source: ``rest.EnsureObjectNamespaceMatchesRequestNamespace``.
    """
    if meta.namespace == wanted:
        return
    if meta.namespace and wanted:
        raise BadRequest(
            "the namespace of the provided object does not match the namespace sent on the request"
        )
    meta.namespace = wanted


def _require_system_fields(meta: ObjectMeta) -> None:
    if not systemfields.has_values(meta):
        raise InternalError("system metadata was not initialized")
    if meta.generate_name and not meta.name:
        raise InternalError("metadata.name was not generated")


def _restore_system_fields(new: ObjectMeta, old: ObjectMeta) -> None:
    """What the caller left out comes back; what it made up is caught by validation."""
    if not new.uid:
        new.uid = old.uid
    if old.creation_timestamp is not None:
        new.creation_timestamp = old.creation_timestamp
    if old.deletion_timestamp is not None:
        new.deletion_timestamp = old.deletion_timestamp
    if old.deletion_grace_period_seconds is not None and (
        new.deletion_grace_period_seconds is None
    ):
        new.deletion_grace_period_seconds = old.deletion_grace_period_seconds
