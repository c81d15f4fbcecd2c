"""Binding under pressure: many at once, rehearsed, refused, and made of nonsense."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from podfactory import binding, create, pod

from kregistry.core.pod import PodStorage
from kregistry.core.v1 import Binding, ObjectReference
from kregistry.meta.context import Context
from kregistry.meta.errors import BadRequest, Conflict, Invalid
from kregistry.meta.objectmeta import ObjectMeta
from kregistry.meta.options import CreateOptions, DeleteOptions
from kregistry.storage import Interface
from kregistry.testing.clock import FakeClock


def test_a_pod_that_is_being_deleted_gets_no_node(pods: PodStorage, ctx: Context) -> None:
    create(pods, ctx, meta={"finalizers": ["example.com/f"]})
    pods.pod.delete(ctx, "foo", options=DeleteOptions())
    with pytest.raises(Conflict, match="is being deleted, cannot be assigned to a host"):
        pods.binding.create(ctx, "foo", binding())


def test_a_rehearsed_binding_binds_nothing(pods: PodStorage, ctx: Context) -> None:
    create(pods, ctx)
    pods.binding.create(ctx, "foo", binding(), options=CreateOptions(dry_run=("All",)))
    assert pods.pod.get(ctx, "foo").spec.node_name == ""


def test_a_callback_has_the_last_word_on_a_copy(pods: PodStorage, ctx: Context) -> None:
    create(pods, ctx)
    sent = binding()

    def refuse(ctx: Context, seen: Binding) -> None:
        assert seen is not sent
        seen.target.name = "elsewhere"
        raise BadRequest("no")

    with pytest.raises(BadRequest, match="no"):
        pods.binding.create(ctx, "foo", sent, validate=refuse)
    assert sent.target.name == "machine"


@pytest.mark.parametrize(
    "sent",
    [
        None,
        "x",
        pod(),
        Binding(metadata=None),  # type: ignore[arg-type]
        Binding(metadata=ObjectMeta(name=7)),  # type: ignore[arg-type]
        Binding(metadata=ObjectMeta(name="foo", labels={"a": 1})),  # type: ignore[dict-item]
        Binding(metadata=ObjectMeta(name="foo"), target=None),  # type: ignore[arg-type]
        Binding(metadata=ObjectMeta(name="foo"), target=ObjectReference(name=7)),  # type: ignore[arg-type]
        Binding(metadata=ObjectMeta(name="foo"), target=ObjectReference(kind=[])),  # type: ignore[arg-type]
    ],
)
def test_what_is_no_binding_is_refused(pods: PodStorage, ctx: Context, sent: Any) -> None:
    create(pods, ctx)
    for ask in (
        lambda: pods.binding.create(ctx, "foo", sent),
        lambda: pods.legacy_binding.create(ctx, sent),
    ):
        with pytest.raises((BadRequest, Invalid)):
            ask()


def test_of_many_bindings_at_once_one_wins(
    storage: Interface[Any], clock: FakeClock, ctx: Context
) -> None:
    pods = PodStorage(storage, clock=clock)
    create(pods, ctx)
    barrier = threading.Barrier(8)
    won: list[str] = []
    lost: list[str] = []

    def bind(node: str) -> None:
        barrier.wait(20)
        try:
            pods.binding.create(ctx, "foo", binding(node=node))
            won.append(node)
        except Conflict:
            lost.append(node)

    threads = [threading.Thread(target=bind, args=(f"n{number}",)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert (len(won), len(lost)) == (1, 7)
    assert pods.pod.get(ctx, "foo").spec.node_name == won[0]
