"""Rules for the options of the verbs.

Source: ``k8s.io/apimachinery/pkg/apis/meta/v1/validation`` and
``pkg/apis/meta/internalversion/validation``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from kregistry.meta.errors import Invalid
from kregistry.meta.field import ErrorList, Path
from kregistry.meta.gvk import GroupKind
from kregistry.meta.options import CreateOptions, DeleteOptions, ListOptions, UpdateOptions
from kregistry.registry.validation.fieldmanager import validate_field_manager
from kregistry.registry.validation.optiontypes import validate_option_types

DRY_RUN_ALL: Final = "All"

_META_GROUP: Final = "meta.k8s.io"
_FIELD_VALIDATION: Final = ("", "Ignore", "Strict", "Warn")
_PROPAGATION: Final = ("Foreground", "Background", "Orphan")
_NOT_OLDER_THAN: Final = "NotOlderThan"
_MANAGER: Final = Path("fieldManager")
_MATCH: Final = Path("resourceVersionMatch")
_UNSAFE: Final = Path("ignoreStoreReadErrorWithClusterBreakingPotential")


def require_valid(kind: str, errs: ErrorList) -> None:
    """Raise Invalid about options of *kind* if there are errors."""
    if errs:
        raise Invalid(GroupKind(_META_GROUP, kind), "", errs)


def validate_create_options(options: CreateOptions) -> ErrorList:
    """Source: ``ValidateCreateOptions``."""
    return _validate_write_options(options, CreateOptions)


def validate_update_options(options: UpdateOptions) -> ErrorList:
    """Source: ``ValidateUpdateOptions``."""
    return _validate_write_options(options, UpdateOptions)


def _validate_write_options(options: CreateOptions | UpdateOptions, wanted: type) -> ErrorList:
    if errs := validate_option_types(options, wanted):
        return errs
    errs = validate_field_manager(options.field_manager, _MANAGER)
    _check_dry_run(errs, options.dry_run)
    if options.field_validation not in _FIELD_VALIDATION:
        errs.not_supported(Path("fieldValidation"), options.field_validation, _FIELD_VALIDATION)
    return errs


def validate_delete_options(options: DeleteOptions) -> ErrorList:
    """Source: ``ValidateDeleteOptions``."""
    errs = validate_option_types(options, DeleteOptions)
    if errs:
        return errs
    policy = options.propagation_policy
    path = Path("propagationPolicy")
    if policy is not None and options.orphan_dependents is not None:
        errs.invalid(path, policy, "orphanDependents and deletionPropagation cannot be both set")
    if policy is not None and policy not in _PROPAGATION:
        errs.not_supported(path, policy, (*_PROPAGATION, "nil"))
    _check_dry_run(errs, options.dry_run)
    if options.ignore_store_read_error_with_cluster_breaking_potential:
        _check_unsafe_delete(errs, options)
    return errs


def _check_dry_run(errs: ErrorList, dry_run: Sequence[str]) -> None:
    """Source: ``ValidateDryRun``."""
    if any(stage != DRY_RUN_ALL for stage in dry_run):
        errs.not_supported(Path("dryRun"), list(dry_run), [DRY_RUN_ALL])


def _check_unsafe_delete(errs: ErrorList, options: DeleteOptions) -> None:
    """Source: ``ValidateIgnoreStoreReadError``."""
    others: tuple[tuple[str, Any], ...] = (
        ("dryRun", options.dry_run or None),
        ("propagationPolicy", options.propagation_policy),
        ("orphanDependents", options.orphan_dependents),
        ("gracePeriodSeconds", options.grace_period_seconds),
        ("preconditions", options.preconditions),
    )
    for name, value in others:
        if value is not None:
            errs.invalid(_UNSAFE, True, f"cannot be set together with .{name}")


def validate_list_options(options: ListOptions, *, watch: bool) -> ErrorList:
    """Source: ``ValidateListOptions``, with the watch list feature on."""
    errs = validate_option_types(options, ListOptions)
    if errs:
        return errs
    if watch:
        _check_watch(errs, options)
    else:
        _check_list(errs, options)
    return errs


def _check_list(errs: ErrorList, options: ListOptions) -> None:
    match = options.resource_version_match
    if match:
        if not options.resource_version:
            errs.forbidden(
                _MATCH, "resourceVersionMatch is forbidden unless resourceVersion is provided"
            )
        if options.continue_:
            errs.forbidden(_MATCH, "resourceVersionMatch is forbidden when continue is provided")
        if match not in ("Exact", _NOT_OLDER_THAN):
            errs.not_supported(_MATCH, match, ("Exact", _NOT_OLDER_THAN, ""))
        if match == "Exact" and options.resource_version == "0":
            errs.forbidden(
                _MATCH, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'
            )
    if options.send_initial_events is not None:
        errs.forbidden(Path("sendInitialEvents"), "sendInitialEvents is forbidden for list")


def _check_watch(errs: ErrorList, options: ListOptions) -> None:
    match = options.resource_version_match
    asked = options.send_initial_events is not None
    if asked and match != _NOT_OLDER_THAN:
        errs.forbidden(
            _MATCH, "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"
        )
    if not match:
        return
    if not asked:
        errs.forbidden(
            _MATCH,
            "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided",
        )
    if match != _NOT_OLDER_THAN:
        errs.not_supported(_MATCH, match, (_NOT_OLDER_THAN,))
    if options.continue_:
        errs.forbidden(_MATCH, "resourceVersionMatch is forbidden when continue is provided")
