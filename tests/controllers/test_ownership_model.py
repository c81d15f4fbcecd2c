"""Any graph of owners ends as a small model of ownership says, over both policies and circles."""

from __future__ import annotations

from typing import Any

import attrs
from estate import HOLD, Estate, to
from hypothesis import given, settings
from hypothesis import strategies as st

from kregistry.controllers import Collected
from kregistry.meta.context import Context
from kregistry.storage import Config, factory

KINDS = ("widgets", "gadgets", "widgets/far", "regions")
LIES = ("uid", "name", "kind", "version")


@attrs.frozen
class Tie:
    """One object names another as its owner, perhaps wrongly."""

    owner: int
    block: bool
    lie: str = ""


@attrs.frozen
class Plan:
    """A graph, and what is deleted in it.

    Attributes:
        kinds: The place of each object.
        ties: Its owners.
        held: The objects with a finalizer that nobody takes away.
        deletions: Which object is deleted with which policy, in order.
    """

    kinds: tuple[str, ...]
    ties: tuple[tuple[Tie, ...], ...]
    held: frozenset[int]
    deletions: tuple[tuple[int, str], ...]

    def path(self, number: int) -> str:
        return f"{self.kinds[number]}/o{number}"

    def valid(self, number: int, tie: Tie) -> bool:
        """Whether the owner is where the reference says."""
        owner = self.kinds[tie.owner]
        near = owner == "regions" or place(owner) == place(self.kinds[number])
        return near and not tie.lie

    def unresolved(self, number: int, tie: Tie) -> bool:
        """Whether nothing can be said about the owner."""
        wrong_scope = self.kinds[number] == "regions" and says(self.kinds[tie.owner], tie)
        return tie.lie == "version" or wrong_scope


def place(kind: str) -> str:
    return {"regions": "", "widgets/far": "far"}.get(kind, "default")


def says(kind: str, tie: Tie) -> bool:
    """Whether the reference, true or not, names an owner in a namespace."""
    return kind != "regions" or tie.lie == "kind"


@st.composite
def plans(
    draw: st.DrawFn,
    *,
    policies: tuple[str, ...],
    circles: bool = True,
    held: bool = False,
    lies: bool = True,
    deletions: int = 3,
) -> Plan:
    count = draw(st.integers(1, 7))
    numbers = st.integers(0, count - 1)
    kinds = tuple(draw(st.sampled_from(KINDS)) for _ in range(count))
    ties: list[tuple[Tie, ...]] = []
    for number in range(count):
        if not circles and number == 0:
            ties.append(())
            continue
        owner = numbers if circles else st.integers(0, number - 1)
        lie = st.sampled_from(("", "", "", "", *LIES)) if lies else st.just("")
        tie = st.builds(Tie, owner, st.booleans(), lie)
        ties.append(tuple(draw(st.lists(tie, max_size=3, unique_by=lambda found: found.owner))))
    deleted = st.lists(numbers, max_size=deletions, unique=True)
    return Plan(
        kinds,
        tuple(ties),
        frozenset(draw(st.sets(numbers, max_size=2))) if held else frozenset(),
        tuple((number, draw(st.sampled_from(policies))) for number in draw(deleted)),
    )


def build(plan: Plan, estate: Estate) -> dict[int, Any]:
    numbers = range(len(plan.kinds))
    made = {
        number: estate.add(plan.path(number), finalizers=[HOLD] if number in plan.held else [])
        for number in numbers
    }
    for number in numbers:
        references = []
        for tie in plan.ties[number]:
            owner = made[tie.owner]
            lies = {
                "uid": {"uid": f"not-{owner.metadata.uid}"},
                "name": {"name": "not-that"},
                "kind": {"kind": "Gadget" if owner.kind != "Gadget" else "Widget"},
                "version": {"api_version": "shop.example/v0"},
            }
            references.append(to(owner, block=tie.block, **lies.get(tie.lie, {})))
        if references:
            estate.own(plan.path(number), *references)
    for number, policy in plan.deletions:
        estate.delete(plan.path(number), policy)
    return made


def play(plan: Plan) -> tuple[dict[int, Any], Collected]:
    """What is left of each object in the end, and what the collector told."""
    with factory.create(Config()) as storage:
        estate = Estate(storage)
        build(plan, estate)
        found = estate.collect()
        assert found.failures == ()
        assert estate.collect().quiet
        left = {
            int(obj.metadata.name[1:]): obj
            for store in estate.stores.values()
            for obj in store.list(Context())
        }
        return left, found


def stands(plan: Plan, number: int, gone: set[int]) -> bool:
    """Whether an object has no reason to go: no owners, one that is there, one unknown."""
    ties = plan.ties[number]
    if not ties or any(plan.unresolved(number, tie) for tie in ties):
        return True
    return any(plan.valid(number, tie) and tie.owner not in gone for tie in ties)


def closure(plan: Plan) -> tuple[set[int], set[int]]:
    """What is gone in the end, and what is only marked, if nothing waits for dependents."""
    marked = {number for number, _ in plan.deletions}
    while True:
        gone = marked - plan.held
        more = {n for n in range(len(plan.kinds)) if n not in marked and not stands(plan, n, gone)}
        if not more:
            return gone, marked & plan.held
        marked |= more


@settings(max_examples=100, deadline=None)
@given(plans(policies=("Background",), held=True))
def test_in_the_background_exactly_what_has_no_owner_left_goes(plan: Plan) -> None:
    left, _ = play(plan)
    gone, marked = closure(plan)
    assert set(left) == set(range(len(plan.kinds))) - gone
    assert {n for n, obj in left.items() if obj.metadata.deletion_timestamp} == marked
    for number, obj in left.items():
        if number in marked or any(plan.unresolved(number, tie) for tie in plan.ties[number]):
            continue
        kept = [
            f"o{tie.owner}"
            for tie in plan.ties[number]
            if plan.valid(number, tie) and tie.owner not in gone
        ]
        assert [owner.name for owner in obj.metadata.owner_references] == kept


@settings(max_examples=100, deadline=None)
@given(plans(policies=("Background", "Foreground"), circles=False, lies=False))
def test_without_circles_the_foreground_takes_what_the_background_takes(plan: Plan) -> None:
    if any(plan.unresolved(n, tie) for n, ties in enumerate(plan.ties) for tie in ties):
        return  # what cannot be looked up blocks its other owners
    left, found = play(plan)
    gone, _ = closure(plan)
    assert set(left) == set(range(len(plan.kinds))) - gone
    assert found.waiting == ()


@settings(max_examples=100, deadline=None)
@given(plans(policies=("Foreground",), lies=False, deletions=1))
def test_one_deletion_in_the_foreground_ends_whatever_circles_there_are(plan: Plan) -> None:
    if any(plan.unresolved(n, tie) for n, ties in enumerate(plan.ties) for tie in ties):
        return
    if any(tie.owner == number for number, _ in plan.deletions for tie in plan.ties[number]):
        return  # an object that waits for itself waits for ever
    left, found = play(plan)
    gone, _ = closure(plan)
    assert set(left) == set(range(len(plan.kinds))) - gone
    assert found.waiting == ()


@settings(max_examples=100, deadline=None)
@given(
    plans(
        policies=("Background", "Foreground", "Orphan"),
        held=True,
        deletions=4,
    )
)
def test_whatever_happens_only_the_doomed_go_and_nothing_is_left_undone(plan: Plan) -> None:
    left, found = play(plan)
    deleted = {number for number, _ in plan.deletions}
    orphaning = {number for number, policy in plan.deletions if policy == "Orphan"}
    gone = set(range(len(plan.kinds))) - set(left)
    waiting = {entry.object.name: entry for entry in found.waiting}
    for number in range(len(plan.kinds)):
        ties = plan.ties[number]
        if number in gone:
            assert number not in plan.held
            # An owner that orphans takes away even references that cannot be looked up.
            known = [tie for tie in ties if tie.owner not in orphaning]
            assert number in deleted or not any(plan.unresolved(number, tie) for tie in known)
            assert number in deleted or any(
                not plan.valid(number, tie) or tie.owner in gone | deleted for tie in ties
            )
            continue
        check_left(plan, number, left, waiting)


def check_left(plan: Plan, number: int, left: dict[int, Any], waiting: dict[str, Any]) -> None:
    """What is still there has a reason to be, and refers to nothing that is not."""
    meta = left[number].metadata
    names = {(tie.owner, tie.lie) for tie in plan.ties[number]}
    assert len(meta.owner_references) <= len(names)
    if meta.deletion_timestamp is not None:
        entry = waiting[meta.name]
        assert entry.finalizers == tuple(meta.finalizers)
        assert "orphan" not in meta.finalizers or entry.behind == ()
        assert HOLD in meta.finalizers or entry.behind
        return
    if any(plan.unresolved(number, tie) for tie in plan.ties[number]):
        return
    for owner in meta.owner_references:
        other = left[int(owner.name[1:])].metadata
        assert other.uid == owner.uid
        assert other.deletion_timestamp is None or "foregroundDeletion" not in other.finalizers


@settings(max_examples=100, deadline=None)
@given(plans(policies=("Orphan",), held=False, lies=False, deletions=1))
def test_an_orphaned_graph_loses_one_object_and_the_references_to_it(plan: Plan) -> None:
    if any(not plan.valid(n, tie) for n, ties in enumerate(plan.ties) for tie in ties):
        return
    left, _ = play(plan)
    gone = {number for number, _ in plan.deletions}
    assert set(left) == set(range(len(plan.kinds))) - gone
    for number, obj in left.items():
        kept = [f"o{tie.owner}" for tie in plan.ties[number] if tie.owner not in gone]
        assert [owner.name for owner in obj.metadata.owner_references] == kept
