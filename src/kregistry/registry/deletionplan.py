"""What a request to delete means for an object in its present state.

Source: ``k8s.io/apiserver/pkg/registry/rest/delete.go`` BeforeDelete, and markAsDeleting of
``pkg/registry/generic/registry/store.go``.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Final, TypeVar

import attrs

from kregistry.meta.context import Context
from kregistry.meta.errors import Conflict
from kregistry.meta.gvk import GroupKind, GroupResource
from kregistry.meta.object import Object
from kregistry.meta.objectmeta import ObjectMeta
from kregistry.meta.options import DeleteOptions, Preconditions
from kregistry.meta.time import Time
from kregistry.registry.before import group_kind
from kregistry.registry.strategy import RESTDeleteStrategy
from kregistry.registry.validation.options import require_valid, validate_delete_options

T = TypeVar("T", bound=Object)

#: Grace periods beyond the calendar end here.
END_OF_TIME: Final = datetime.max.replace(microsecond=0, tzinfo=UTC)


class DeletionStep(Enum):
    """What is to be done next. Go returns the pair (graceful, pending)."""

    #: Remove the object, or wait for its finalizers; there is no time to be given.
    AT_ONCE = "at once"
    #: The deletion times were set or brought forward; store the object.
    GRACEFUL = "graceful"
    #: Marked already, and this request changes nothing.
    PENDING = "pending"


@attrs.frozen
class DeletionPlan:
    """What a request to delete means for one state of the object.

    Attributes:
        step: What is to be done next.
        options: What the request asks for, with the grace period that counts.
    """

    step: DeletionStep
    options: DeleteOptions


def before_delete(
    strategy: RESTDeleteStrategy[T], ctx: Context, obj: T, options: DeleteOptions, now: Time
) -> DeletionPlan:
    """Decide what the request means for *obj*, and set its deletion times accordingly.

    Changes *obj* when the step is GRACEFUL. Runs on the object as it was read and again on
    each newer state, with the options of the plan before.

    Raises:
        Invalid: The options make no sense.
        Conflict: A precondition does not hold.

    Source: ``rest.BeforeDelete``.
    """
    kind = group_kind(strategy, obj)
    require_valid("DeleteOptions", validate_delete_options(options))
    meta = obj.metadata
    check_preconditions(kind, meta, options.preconditions)
    if (options.grace_period_seconds or 0) < 0:
        options = attrs.evolve(options, grace_period_seconds=1)
    if (meta.deletion_grace_period_seconds or 0) < 0:
        meta.deletion_grace_period_seconds = 1
    if not strategy.supports_graceful_delete():
        return DeletionPlan(DeletionStep.AT_ONCE, options)
    if meta.deletion_timestamp is not None:
        return _shorten(meta, options, meta.deletion_timestamp, now)
    period = strategy.check_graceful_delete(ctx, obj, options)
    if period is None:
        return DeletionPlan(DeletionStep.AT_ONCE, options)
    _mark(meta, later(now, period), period)
    granted = attrs.evolve(options, grace_period_seconds=period)
    return DeletionPlan(DeletionStep.GRACEFUL, granted)


def mark_as_deleting(meta: ObjectMeta, now: Time) -> None:
    """Mark an object that waits for nothing but its finalizers.

    Source: ``registry.markAsDeleting``.
    """
    if meta.deletion_timestamp is None or meta.deletion_timestamp > now:
        _mark(meta, now, 0, bump=meta.deletion_timestamp is None)
    meta.deletion_grace_period_seconds = 0


def later(moment: Time, seconds: int) -> Time:
    """*seconds* after *moment*, or the end of the calendar.

    Go's duration overflows into nonsense where this stops.
    """
    try:
        return Time.of(moment.datetime + timedelta(seconds=seconds))
    except OverflowError:
        return Time.of(END_OF_TIME)


def check_preconditions(kind: GroupKind, meta: ObjectMeta, wanted: Preconditions | None) -> None:
    """Raise Conflict unless the object is the one, and as old, as *wanted* says."""
    if wanted is None:
        return
    resource = GroupResource(kind.group, kind.kind)
    if wanted.uid is not None and wanted.uid != meta.uid:
        raise Conflict(
            resource,
            meta.name,
            f"the UID in the precondition ({wanted.uid}) does not match the UID in record "
            f"({meta.uid}). The object might have been deleted and then recreated",
        )
    if wanted.resource_version is not None and wanted.resource_version != meta.resource_version:
        raise Conflict(
            resource,
            meta.name,
            f"the ResourceVersion in the precondition ({wanted.resource_version}) does not "
            f"match the ResourceVersion in record ({meta.resource_version}). The object might "
            "have been modified",
        )


def _shorten(meta: ObjectMeta, options: DeleteOptions, deadline: Time, now: Time) -> DeletionPlan:
    """The object is being deleted already; its time may only become shorter."""
    granted = meta.deletion_grace_period_seconds
    if not granted:
        return DeletionPlan(DeletionStep.AT_ONCE, options)
    period = options.grace_period_seconds
    if period is None:
        settled = attrs.evolve(options, grace_period_seconds=granted)
        return DeletionPlan(DeletionStep.PENDING, settled)
    if period >= granted:
        return DeletionPlan(DeletionStep.PENDING, options)
    earlier = later(_start_of_deletion(deadline, granted, now), period)
    if earlier < now:
        earlier = now
        period = min(period, 1)  # 0 would mean force, which nobody asked for
    meta.deletion_timestamp = earlier
    meta.deletion_grace_period_seconds = period
    return DeletionPlan(DeletionStep.GRACEFUL, options)


def _start_of_deletion(deadline: Time, granted: int, now: Time) -> Time:
    """When the deletion was asked for; the present where the deadline was cut off."""
    if deadline.datetime >= END_OF_TIME:
        return now
    try:
        return Time.of(deadline.datetime - timedelta(seconds=granted))
    except OverflowError:
        return now


def _mark(meta: ObjectMeta, deadline: Time, period: int, *, bump: bool = True) -> None:
    meta.deletion_timestamp = deadline
    meta.deletion_grace_period_seconds = period
    if bump and meta.generation > 0:
        meta.generation += 1
