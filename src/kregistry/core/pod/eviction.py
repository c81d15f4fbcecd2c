"""EvictionREST: deletes a Pod if its disruption budget allows.

Source: ``pkg/registry/core/pod/storage/eviction.go``.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Final, TypeAlias, TypeVar

import attrs

from kregistry.core.pod.budgets import budgets_for, spend, still_processed
from kregistry.core.pod.conditions import find_condition, update_condition
from kregistry.core.policy_v1 import Eviction, PodDisruptionBudget
from kregistry.core.v1 import Pod, PodCondition
from kregistry.meta.context import Context
from kregistry.meta.errors import BadRequest, Conflict, Invalid
from kregistry.meta.field import ErrorList, Path
from kregistry.meta.gvk import GroupKind
from kregistry.meta.objectmeta import ObjectMeta
from kregistry.meta.options import CreateOptions, DeleteOptions, Preconditions, UpdateOptions
from kregistry.meta.status import Status
from kregistry.registry import ModifiedObject, Store, retry_on_conflict
from kregistry.registry.deletionplan import check_preconditions
from kregistry.registry.validation.metatypes import validate_meta_types
from kregistry.registry.validation.options import (
    require_valid,
    validate_create_options,
    validate_delete_options,
)

R = TypeVar("R")

#: Last check of a request to create something: raises if it must not be.
ValidateEviction: TypeAlias = Callable[[Context, Eviction], None]

_KIND: Final = GroupKind("policy", "Eviction")
_POD: Final = GroupKind("", "Pod")
_TERMINAL: Final = frozenset({"Succeeded", "Failed"})
_SEVERAL: Final = (
    "This pod has more than one PodDisruptionBudget, which the eviction subresource does not "
    "support."
)
_UNREADABLE: Final = Path("deleteOptions", "ignoreStoreReadErrorWithClusterBreakingPotential")
_NOT_FOR_EVICTION: Final = "can not be set for pod eviction, try after removing the option"


@attrs.frozen(kw_only=True)
class Retry:
    """How an eviction goes on when somebody else writes at the same time.

    Attributes:
        attempts: How often to try at most.
        delay: Seconds between two attempts.
        jitter: The delay grows by up to this part of itself, by chance.
        sleep: Waits.
        chance: A number from 0 up to 1.

    Source: ``EvictionsRetry``.
    """

    attempts: int = 20
    delay: float = 0.5
    jitter: float = 0.1
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.random

    def __call__(self, attempt: Callable[[], R]) -> R:
        """Call *attempt* until it does not end in a Conflict, or the attempts are used up."""
        return retry_on_conflict(
            attempt,
            attempts=self.attempts,
            delay=self.delay,
            jitter=self.jitter,
            sleep=self.sleep,
            chance=self.chance,
        )


class EvictionREST:
    """Deletes Pods, but never more of an application at a time than its budget allows.

    Args:
        store: The Pods, with the update strategy of their status.
        budgets: The budgets, with the update strategy of their status.
        retry: What to do about conflicts.
    """

    def __init__(
        self,
        store: Store[Pod],
        budgets: Store[PodDisruptionBudget],
        *,
        retry: Retry | None = None,
    ) -> None:
        self._store = store
        self._budgets = budgets
        self._retry = retry if retry is not None else Retry()

    def create(
        self,
        ctx: Context,
        name: str,
        obj: Eviction,
        *,
        validate: ValidateEviction | None = None,
        options: CreateOptions | None = None,
    ) -> Status:
        """Evict the Pod of that name.

        A Pod that does not run is deleted whatever the budget. Of others, one disruption is
        taken out of the budget, unless the Pod is not ready and so never counted as healthy.

        Args:
            ctx: Says the namespace.
            name: Name of the Pod.
            obj: Its name must be *name*; may say how to delete.
            validate: Last check; gets a copy.
            options: Dry run, which the delete options of *obj* may ask for as well.

        Returns:
            Success; or, as Kubernetes has it, a Failure of code 500 that is returned and not
            raised, if several budgets count the Pod.

        Raises:
            TooManyRequests: The budget does not allow it now (429).
            NotFound: There is no such Pod (404).
            Conflict: A precondition does not hold, or others kept writing (409).
            BadRequest: *obj* is no eviction, or not of this Pod (400).
        """
        options = options if options is not None else CreateOptions()
        require_valid("CreateOptions", validate_create_options(options))
        eviction = _received(obj)
        if eviction.metadata.name != name:
            raise BadRequest("name in URL does not match name in Eviction object")
        _check_options(eviction)
        wanted = _merged_dry_run(eviction, options)
        if validate is not None:
            validate(ctx, self._store.codec.copy(eviction))
        return _Request(self._store, self._budgets, self._retry, ctx, name, wanted).run()

    def new(self) -> Eviction:
        """An empty eviction."""
        return Eviction()


class _Request:
    """One eviction. Used once, by one thread."""

    def __init__(
        self,
        store: Store[Pod],
        budgets: Store[PodDisruptionBudget],
        retry: Retry,
        ctx: Context,
        name: str,
        options: DeleteOptions,
    ) -> None:
        self._store = store
        self._budgets = budgets
        self._retry = retry
        self._ctx = ctx
        self._name = name
        self._options = options
        self._pinned = _version(options) is not None

    def run(self) -> Status:
        """First try without a budget, then with it."""
        attempt = self._delete_unprotected
        pod = attempt() if self._pinned else self._retry(attempt)
        return Status(status="Success") if pod is None else self._evict(pod)

    def _delete_unprotected(self) -> Pod | None:
        """Delete the Pod if no budget protects it; otherwise return it as it is.

        A Pod that may start to run meanwhile is deleted only as it was read.
        """
        pod = self._store.get(self._ctx, self._name)
        going = pod.metadata.deletion_timestamp is not None
        if not going and pod.status.phase not in (*_TERMINAL, "Pending"):
            return pod
        options = self._options
        if not going and pod.status.phase not in _TERMINAL and not self._pinned:
            options = _pinned(options, pod.metadata.resource_version)
        self._mark_and_delete(options)
        return None

    def _evict(self, pod: Pod) -> Status:
        budgets = budgets_for(self._ctx, self._budgets, pod)
        if len(budgets) > 1:
            return Status(status="Failure", message=_SEVERAL, code=500)
        pinned, budget = False, ""
        if budgets:
            budget = budgets[0].metadata.name
            pinned = _is_free(pod, budgets[0])
            if not pinned:
                self._spend(budgets[0])
        self._delete(pod, budget, pinned=pinned)
        return Status(status="Success")

    def _spend(self, budget: PodDisruptionBudget) -> None:
        """Take a disruption out of the budget, read again after each conflict."""
        fresh: PodDisruptionBudget | None = budget
        name = budget.metadata.name

        def attempt() -> None:
            nonlocal fresh
            current = fresh if fresh is not None else self._budgets.get(self._ctx, name)
            fresh = None
            spend(current, self._name, self._store.system.now())
            if not self._options.dry_run:
                self._budgets.replace(self._ctx, current)

        self._retry(attempt)

    def _delete(self, pod: Pod, budget: str, *, pinned: bool) -> None:
        """Delete the Pod; with *pinned* only if it is still what it was."""
        options = self._options
        if pinned:
            options = _pinned(options, pod.metadata.resource_version)
        try:
            self._mark_and_delete(options)
        except Conflict as error:
            if pinned and not self._pinned:
                raise still_processed(budget) from error
            raise

    def _mark_and_delete(self, options: DeleteOptions) -> None:
        """Write into the Pod why it goes, then delete it.

        Source: ``addConditionAndDeletePod``.
        """
        if not options.dry_run:
            marked = self._mark(options)
            if _version(options) is not None:
                options = _pinned(options, marked.metadata.resource_version)
        self._store.delete(self._ctx, self._name, options=options)

    def _mark(self, options: DeleteOptions) -> Pod:
        now = self._store.system.now()

        def mark(pod: Pod) -> Pod:
            check_preconditions(_POD, pod.metadata, options.preconditions)
            target = PodCondition(
                type="DisruptionTarget",
                status="True",
                reason="EvictionByEvictionAPI",
                message="Eviction API: evicting",
            )
            update_condition(pod.status, target, now)
            return pod

        info = ModifiedObject(mark, codec=self._store.codec)
        return self._store.update(self._ctx, self._name, info, options=UpdateOptions()).obj


def _received(obj: object) -> Eviction:
    """*obj*, if it is an eviction with values of the declared types."""
    if not isinstance(obj, Eviction):
        raise BadRequest(f"not a Eviction object: {type(obj).__name__}")
    if not isinstance(obj.metadata, ObjectMeta):
        raise BadRequest("object does not implement the Object interfaces")
    if errs := validate_meta_types(obj.metadata, Path("metadata")):
        name = obj.metadata.name
        raise Invalid(_KIND, name if isinstance(name, str) else "", errs)
    if not isinstance(obj.delete_options, DeleteOptions | None):
        raise BadRequest(f"not a DeleteOptions object: {type(obj.delete_options).__name__}")
    return obj


def _check_options(eviction: Eviction) -> None:
    """The delete options make sense, and nobody asks to delete what cannot be read."""
    options = eviction.delete_options
    if options is None:
        return
    if options.ignore_store_read_error_with_cluster_breaking_potential:
        errs = ErrorList().invalid(_UNREADABLE, True, _NOT_FOR_EVICTION)
        raise Invalid(_KIND, eviction.metadata.name, errs)
    require_valid("DeleteOptions", validate_delete_options(options))


def _merged_dry_run(eviction: Eviction, request: CreateOptions) -> DeleteOptions:
    """The delete options, dry if the request or the eviction asks for it.

    Source: ``propagateDryRun``. The mismatch is answered with 400 here, there with 500.
    """
    options = eviction.delete_options
    if options is None:
        return DeleteOptions(dry_run=request.dry_run)
    if not request.dry_run:
        return options
    if options.dry_run and tuple(options.dry_run) != tuple(request.dry_run):
        asked, content = (" ".join(each) for each in (request.dry_run, options.dry_run))
        raise BadRequest(
            f"Non-matching dry-run options in request and content: [{asked}] and [{content}]"
        )
    return attrs.evolve(options, dry_run=request.dry_run)


def _version(options: DeleteOptions) -> str | None:
    """The version that the Pod must have; None for any."""
    return options.preconditions.resource_version if options.preconditions is not None else None


def _pinned(options: DeleteOptions, version: str) -> DeleteOptions:
    """The same for a Pod of that version only."""
    before = options.preconditions if options.preconditions is not None else Preconditions()
    return attrs.evolve(options, preconditions=attrs.evolve(before, resource_version=version))


def _is_free(pod: Pod, budget: PodDisruptionBudget) -> bool:
    """Whether the Pod can go without taking anything from its budget.

    It must not be ready, or it would be counted; and either the budget does not care for
    such Pods, or enough others are healthy.
    """
    ready = find_condition(pod.status, "Ready")
    if ready is not None and ready.status == "True":
        return False
    if budget.spec.unhealthy_pod_eviction_policy == "AlwaysAllow":
        return True
    status = budget.status
    return 0 < status.desired_healthy <= status.current_healthy
