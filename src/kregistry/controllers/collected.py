"""Collected: what a controller did, and what it could not do."""

from __future__ import annotations

from enum import Enum

import attrs

from kregistry.controllers.identity import Identity
from kregistry.meta.errors import StatusError
from kregistry.meta.objectmeta import OwnerReference


class Action(Enum):
    """What a controller does to an object."""

    #: It is gone.
    DELETED = "deleted"
    #: Its deletion was asked for; it waits for its grace period or its finalizers.
    MARKED = "marked for deletion"
    #: It lost references to owners that are gone, going, or want it orphaned.
    DISOWNED = "owner references removed"
    #: Its references no longer keep its owners waiting.
    UNBLOCKED = "owner references unblocked"
    #: A finalizer of the controller was taken away from it.
    RELEASED = "finalizer removed"
    #: Its status was written.
    REPORTED = "status written"


@attrs.frozen
class Change:
    """One write of a controller.

    Attributes:
        action: What it did.
        object: To which object.
    """

    action: Action
    object: Identity

    def __str__(self) -> str:
        return f"{self.object}: {self.action.value}"


@attrs.frozen
class Waiting:
    """An object that is being deleted and still there.

    Attributes:
        object: The object.
        finalizers: What must be taken away from it first, whoever does that; empty if only
            its grace period holds it. Of a namespace, those of its spec.
        behind: Objects that must go first: dependents that block it, content of a namespace.
    """

    object: Identity
    finalizers: tuple[str, ...]
    behind: tuple[Identity, ...] = ()


@attrs.frozen
class Unresolved:
    """An object with an owner of which nothing can be known, so nothing is done to it.

    Attributes:
        object: The dependent.
        owner: Its reference to the owner.
        problem: Why nothing can be known.
    """

    object: Identity
    owner: OwnerReference
    problem: str


@attrs.frozen
class Failure:
    """A request that was refused; the next ``collect()`` tries again.

    Attributes:
        object: What the request was about.
        error: The answer to it.
    """

    object: Identity
    error: StatusError


@attrs.frozen(kw_only=True)
class Collected:
    """What a controller did, in order, and what it found in the end.

    Attributes:
        changes: Every write, in order.
        waiting: Objects that are still being deleted.
        unresolved: Objects that were left alone because an owner cannot be looked up.
        failures: Requests that were refused in the last step.
        unsettled: Objects that others changed or took away meanwhile, so that it takes another
            step to say what is to be done.
    """

    changes: tuple[Change, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    unresolved: tuple[Unresolved, ...] = ()
    failures: tuple[Failure, ...] = ()
    unsettled: tuple[Identity, ...] = ()

    @property
    def quiet(self) -> bool:
        """Whether there was nothing to do, or nothing that could be done."""
        return not self.changes and not self.unsettled

    @property
    def deleted(self) -> tuple[Identity, ...]:
        """The objects that went, in order."""
        return self.of(Action.DELETED)

    def of(self, action: Action) -> tuple[Identity, ...]:
        """The objects to which that was done, in order."""
        return tuple(change.object for change in self.changes if change.action is action)

    def then(self, later: Collected) -> Collected:
        """Both as one: all changes, and the state that *later* found."""
        return attrs.evolve(later, changes=self.changes + later.changes)

    def beside(self, other: Collected) -> Collected:
        """The findings of two controllers as one."""
        return Collected(
            changes=self.changes + other.changes,
            waiting=self.waiting + other.waiting,
            unresolved=self.unresolved + other.unresolved,
            failures=self.failures + other.failures,
            unsettled=self.unsettled + other.unsettled,
        )
