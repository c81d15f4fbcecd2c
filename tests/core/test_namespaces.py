"""Namespaces, and how they go."""

from __future__ import annotations

from typing import Any

import pytest
from kinds import causes, cells, made

from kregistry.core.namespace import NamespaceStorage
from kregistry.core.v1 import Namespace
from kregistry.meta.clock import Clock
from kregistry.meta.context import Context
from kregistry.meta.errors import BadRequest, Conflict, NotFound
from kregistry.meta.object import Object
from kregistry.meta.options import DeleteOptions, ListOptions, Preconditions
from kregistry.storage import Interface

CTX = Context()


@pytest.fixture
def namespaces(storage: Interface[Object], clock: Clock) -> NamespaceStorage:
    return NamespaceStorage(storage, clock=clock)


def emptied(name: str = "a") -> Namespace:
    return made(Namespace, metadata={"name": name}, spec={"finalizers": []})


def test_a_new_one_is_active_labelled_and_held(namespaces: NamespaceStorage) -> None:
    sent = made(Namespace, status={"phase": "Terminating"})
    stored = namespaces.namespace.create(CTX, sent)
    assert stored.status.phase == "Active"
    assert stored.spec.finalizers == ["kubernetes"]
    assert stored.metadata.labels == {"kubernetes.io/metadata.name": "a"}
    assert (stored.metadata.namespace, stored.metadata.generation) == ("", 0)
    row = cells(namespaces.namespace, stored)
    assert row == {"Name": "a", "Status": "Active", "Age": "0s"}


def test_a_generated_name_is_on_the_label(namespaces: NamespaceStorage) -> None:
    stored = namespaces.namespace.create(CTX, made(Namespace, metadata={"generateName": "ns-"}))
    assert stored.metadata.labels["kubernetes.io/metadata.name"] == stored.metadata.name


def test_finalizers_of_ones_own_come_before(namespaces: NamespaceStorage) -> None:
    sent = made(Namespace, spec={"finalizers": ["shop.example/x"]})
    assert namespaces.namespace.create(CTX, sent).spec.finalizers == [
        "shop.example/x",
        "kubernetes",
    ]


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        (
            {"metadata": {"name": "a.b"}},
            'metadata.name: Invalid value: "a.b": must not contain dots',
        ),
        (
            {"spec": {"finalizers": ["mine"]}},
            'spec.finalizers: Invalid value: "mine": name is neither a standard finalizer name',
        ),
        ({"spec": {"finalizers": ["a/b/c"]}}, 'spec.finalizers: Invalid value: "a/b/c": a valid'),
    ],
)
def test_names_are_labels_and_finalizers_have_domains(
    namespaces: NamespaceStorage, content: dict[str, Any], wanted: str
) -> None:
    found = causes(lambda: namespaces.namespace.create(CTX, made(Namespace, content)))
    assert found[0].startswith(wanted)


def test_each_door_writes_its_own_part(namespaces: NamespaceStorage) -> None:
    namespaces.namespace.create(CTX, made(Namespace))
    asked = made(Namespace, spec={"finalizers": []}, status={"phase": "Terminating"})
    asked.metadata.annotations["k"] = "v"
    stored = namespaces.namespace.replace(CTX, asked)
    assert (stored.spec.finalizers, stored.status.phase) == (["kubernetes"], "Active")
    assert stored.metadata.annotations == {"k": "v"}
    more = made(Namespace, spec={"finalizers": ["kubernetes", "shop.example/x"]})
    stored = namespaces.finalize.replace(CTX, more)
    assert stored.spec.finalizers == ["kubernetes", "shop.example/x"]
    told = made(Namespace, spec={}, status={"phase": "Active", "conditions": [{"type": "X"}]})
    stored = namespaces.status.replace(CTX, told)
    assert stored.spec.finalizers == ["kubernetes", "shop.example/x"]
    assert [condition.type for condition in stored.status.conditions] == ["X"]


def test_a_phase_goes_with_the_deletion(namespaces: NamespaceStorage) -> None:
    namespaces.namespace.create(CTX, made(Namespace))
    dying = made(Namespace, status={"phase": "Terminating"})
    assert causes(lambda: namespaces.status.replace(CTX, dying)) == [
        'status.Phase: Invalid value: "Terminating": '
        "may only be 'Active' if `deletionTimestamp` is empty"
    ]
    namespaces.namespace.delete(CTX, "a")
    active = made(Namespace, status={"phase": "Active"})
    assert causes(lambda: namespaces.status.replace(CTX, active)) == [
        'status.Phase: Invalid value: "Active": '
        "may only be 'Terminating' if `deletionTimestamp` is not empty"
    ]


def test_a_delete_marks_and_the_last_finalizer_removes(namespaces: NamespaceStorage) -> None:
    namespaces.namespace.create(CTX, made(Namespace))
    deleted = namespaces.namespace.delete(CTX, "a")
    assert not deleted.immediate
    assert isinstance(deleted.result, Namespace)
    assert deleted.result.status.phase == "Terminating"
    assert deleted.result.metadata.deletion_timestamp is not None
    assert deleted.result.metadata.deletion_grace_period_seconds is None
    again = namespaces.namespace.delete(CTX, "a")
    assert (again.immediate, again.result) == (False, namespaces.namespace.get(CTX, "a"))
    gone = namespaces.finalize.replace(CTX, emptied())
    assert gone.spec.finalizers == []
    with pytest.raises(NotFound):
        namespaces.namespace.get(CTX, "a")


def test_an_emptied_namespace_that_nobody_deleted_stays(namespaces: NamespaceStorage) -> None:
    namespaces.namespace.create(CTX, made(Namespace))
    namespaces.finalize.replace(CTX, emptied())
    assert namespaces.namespace.get(CTX, "a").spec.finalizers == []
    assert not namespaces.namespace.delete(CTX, "a").immediate
    assert namespaces.namespace.delete(CTX, "a").immediate
    with pytest.raises(NotFound):
        namespaces.namespace.get(CTX, "a")


def test_finalizers_of_the_metadata_hold_it_too(namespaces: NamespaceStorage) -> None:
    held = made(Namespace, metadata={"name": "a", "finalizers": ["shop.example/x"]})
    namespaces.namespace.create(CTX, held)
    namespaces.namespace.delete(CTX, "a")
    still = emptied()
    still.metadata.finalizers = ["shop.example/x"]
    namespaces.finalize.replace(CTX, still)
    assert namespaces.namespace.get(CTX, "a").metadata.finalizers == ["shop.example/x"]
    namespaces.namespace.replace(CTX, made(Namespace))
    with pytest.raises(NotFound):
        namespaces.namespace.get(CTX, "a")


@pytest.mark.parametrize(
    ("options", "before", "after"),
    [
        (DeleteOptions(), ["orphan"], ["orphan"]),
        (DeleteOptions(propagation_policy="Orphan"), [], ["orphan"]),
        (DeleteOptions(propagation_policy="Foreground"), ["orphan"], ["foregroundDeletion"]),
        (DeleteOptions(propagation_policy="Background"), ["orphan"], []),
        (DeleteOptions(orphan_dependents=True), [], ["orphan"]),
        (DeleteOptions(orphan_dependents=False), ["orphan"], ["foregroundDeletion"]),
    ],
)
def test_the_collector_is_told_what_to_do(
    namespaces: NamespaceStorage, options: DeleteOptions, before: list[str], after: list[str]
) -> None:
    namespaces.namespace.create(CTX, made(Namespace, metadata={"name": "a", "finalizers": before}))
    namespaces.namespace.delete(CTX, "a", options=options)
    assert namespaces.namespace.get(CTX, "a").metadata.finalizers == after


def test_preconditions_must_hold(namespaces: NamespaceStorage) -> None:
    stored = namespaces.namespace.create(CTX, made(Namespace))
    other = DeleteOptions(preconditions=Preconditions(uid="another"))
    with pytest.raises(Conflict) as caught:
        namespaces.namespace.delete(CTX, "a", options=other)
    assert caught.value.status.message == (
        'Operation cannot be fulfilled on namespaces "a": Precondition failed: '
        f"UID in precondition: another, UID in object meta: {stored.metadata.uid}"
    )
    stale = DeleteOptions(preconditions=Preconditions(resource_version="1"))
    with pytest.raises(Conflict):
        namespaces.namespace.delete(CTX, "a", options=stale)
    assert namespaces.namespace.get(CTX, "a") == stored
    namespaces.namespace.delete(CTX, "a")
    version = namespaces.namespace.get(CTX, "a").metadata.resource_version
    with pytest.raises(Conflict) as caught:
        namespaces.namespace.delete(CTX, "a", options=stale)
    assert caught.value.status.message == (
        'Operation cannot be fulfilled on namespaces "a": Precondition failed: '
        f"ResourceVersion in precondition: 1, ResourceVersion in object meta: {version}"
    )


def test_a_rehearsal_changes_nothing(namespaces: NamespaceStorage) -> None:
    stored = namespaces.namespace.create(CTX, made(Namespace))
    shown = namespaces.namespace.delete(CTX, "a", options=DeleteOptions(dry_run=("All",)))
    assert isinstance(shown.result, Namespace)
    assert shown.result.status.phase == "Terminating"
    assert namespaces.namespace.get(CTX, "a") == stored


def test_the_callers_check_has_the_last_word(namespaces: NamespaceStorage) -> None:
    stored = namespaces.namespace.create(CTX, made(Namespace))

    def veto(ctx: Context, obj: Namespace) -> None:
        raise BadRequest("no")

    with pytest.raises(BadRequest):
        namespaces.namespace.delete(CTX, "a", validate=veto)
    assert namespaces.namespace.get(CTX, "a") == stored


@pytest.mark.parametrize("selector", ["status.phase=Active", "name=a", "metadata.name=a"])
def test_phase_and_name_can_be_selected(namespaces: NamespaceStorage, selector: str) -> None:
    namespaces.namespace.create(CTX, made(Namespace))
    namespaces.namespace.create(CTX, made(Namespace, metadata={"name": "b"}))
    namespaces.namespace.delete(CTX, "b")
    found = namespaces.namespace.list(CTX, ListOptions(field_selector=selector))
    assert [item.metadata.name for item in found] == ["a"]


def test_deleting_what_is_not_there_says_so(namespaces: NamespaceStorage) -> None:
    with pytest.raises(NotFound):
        namespaces.namespace.delete(CTX, "a")
    assert set(namespaces.rest_storage_map()) == {
        "namespaces",
        "namespaces/status",
        "namespaces/finalize",
    }
