"""Repeating until there is nothing to do: what is told, and when it is given up."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from kregistry.controllers import (
    Action,
    Change,
    Collected,
    Controller,
    Identity,
    NotConverged,
    Waiting,
    collect_until_quiet,
)


def thing(name: str, namespace: str = "default") -> Identity:
    return Identity("v1", "Thing", namespace, name, f"uid-of-{name}")


def deleting(*names: str) -> Collected:
    return Collected(changes=tuple(Change(Action.DELETED, thing(name)) for name in names))


class Scripted(Controller):
    """Tells what it was told to tell, then nothing."""

    def __init__(self, *script: Collected, max_steps: int = 50) -> None:
        super().__init__(max_steps=max_steps)
        self.script = list(script)
        self.steps = 0

    def step(self) -> Collected:
        self.steps += 1
        return self.script.pop(0) if self.script else Collected()


class Restless(Controller):
    """Never comes to an end."""

    def __init__(self, names: Iterable[str], *, unsettled: bool = False) -> None:
        super().__init__(max_steps=3)
        self.found = deleting(*names)
        if unsettled:
            self.found = Collected(unsettled=self.found.deleted)

    def step(self) -> Collected:
        return self.found


def test_steps_are_taken_until_one_changes_nothing() -> None:
    controller = Scripted(deleting("a"), deleting("b", "c"))
    assert [identity.name for identity in controller.collect().deleted] == ["a", "b", "c"]
    assert controller.steps == 3


def test_what_was_found_last_counts() -> None:
    early = Collected(changes=deleting("a").changes, waiting=(Waiting(thing("b"), ("x",)),))
    late = Collected(waiting=(Waiting(thing("c"), ()),))
    found = Scripted(early, late).collect()
    assert [entry.object.name for entry in found.waiting] == ["c"]
    assert not found.quiet


def test_one_step_is_enough_where_there_is_nothing_to_do() -> None:
    controller = Scripted(max_steps=1)
    assert controller.collect().quiet
    assert controller.steps == 1


def test_a_controller_that_never_rests_is_stopped() -> None:
    with pytest.raises(NotConverged) as caught:
        Restless(["a"]).collect()
    assert str(caught.value) == "not at rest after 3 steps: Thing default/a"
    assert len(caught.value.collected.changes) == 3


def test_objects_that_never_settle_are_named() -> None:
    with pytest.raises(NotConverged, match="Thing default/a"):
        Restless(["a"], unsettled=True).collect()


def test_an_error_names_ten_objects_and_counts_the_rest() -> None:
    with pytest.raises(NotConverged) as caught:
        Restless([f"o{number:02}" for number in range(25)]).collect()
    assert str(caught.value).endswith("Thing default/o09 and 15 more")
    assert len(caught.value.objects) == 25


def test_controllers_run_in_turn_until_all_of_them_rest() -> None:
    first, second = Scripted(deleting("a")), Scripted(deleting("b"), Collected(), deleting("c"))
    found = collect_until_quiet(first, second)
    assert [identity.name for identity in found.deleted] == ["a", "b", "c"]


def test_controllers_that_undo_each_others_work_are_stopped() -> None:
    undoing = [part for _ in range(9) for part in (deleting("a"), Collected())]
    with pytest.raises(NotConverged, match="not at rest after 4 steps: Thing default/a"):
        collect_until_quiet(Scripted(*undoing), max_cycles=4)


def test_without_controllers_there_is_nothing_to_do() -> None:
    assert collect_until_quiet().quiet


@pytest.mark.parametrize("cycles", [0, -1])
def test_no_cycles_at_all_are_refused(cycles: int) -> None:
    with pytest.raises(ValueError, match="max_cycles must be at least 1"):
        collect_until_quiet(max_cycles=cycles)


def test_an_object_without_a_namespace_is_called_by_its_name() -> None:
    assert str(thing("a", namespace="")) == "Thing a"
