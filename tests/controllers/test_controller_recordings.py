"""Recorded deletions, and what the controllers make of the state that they end in.

The recorded server ran without controllers: what it left waiting, a cluster finishes.
"""

from __future__ import annotations

from typing import Any

import pytest
from estate import names
from recordings import Recording, differences, load

from kregistry.controllers import (
    Collected,
    GarbageCollector,
    NamespaceController,
    collect_until_quiet,
)
from kregistry.core import v1
from kregistry.core.namespace import NamespaceStorage, set_namespace_defaults
from kregistry.core.scheme import core_scheme
from kregistry.meta.context import Context
from kregistry.meta.errors import StatusError
from kregistry.meta.object import Object
from kregistry.meta.objectmeta import ObjectMeta
from kregistry.meta.options import DeleteOptions
from kregistry.registry import Store, Strategy, error_to_status
from kregistry.runtime.codec import Codec
from kregistry.runtime.resource import Resource
from kregistry.storage import Interface

CODEC = Codec(core_scheme())
CONFIGMAPS = Resource(v1.ConfigMap, plural="configmaps")


class Uncounted(Strategy[Any]):
    """The rules of kinds without a generation."""

    def prepare_for_create(self, ctx: Context, obj: Any) -> None:
        pass

    def prepare_for_update(self, ctx: Context, obj: Any, old: Any) -> None:
        pass


class Server:
    """Config maps and namespaces, and the two controllers."""

    def __init__(self, storage: Interface[Object]) -> None:
        self.configmaps = Store(CONFIGMAPS, storage, Uncounted(CONFIGMAPS))
        self.namespaces = NamespaceStorage(storage)
        for number in range(10):  # so that no revision is the 8 of k8s.io in a message
            filler = v1.ConfigMap(metadata=ObjectMeta(name=f"filler-{number}"))
            self.configmaps.create(Context(namespace="elsewhere"), filler)
        self.collector = GarbageCollector([self.configmaps, self.namespaces.namespace])
        self.controller = NamespaceController(
            self.namespaces.namespace,
            [self.configmaps],
            status=self.namespaces.status,
            finalize=self.namespaces.finalize,
        )

    def answer(self, step: dict[str, Any]) -> Any:
        try:
            return CODEC.to_dict(self.ask(step))
        except StatusError as error:
            return CODEC.to_dict(error_to_status(error))

    def ask(self, step: dict[str, Any]) -> Any:
        place, _, rest = step["path"].partition("/configmaps")
        namespace = place.split("/namespaces")[1].strip("/")
        in_namespace = "/configmaps" in step["path"]
        store: Store[Any] = self.configmaps if in_namespace else self.namespaces.namespace
        ctx = Context(namespace=namespace if in_namespace else "")
        name = rest.strip("/") if in_namespace else namespace
        match step["do"]:
            case "create":
                obj = CODEC.from_dict(step["body"], store.resource.cls)
                if isinstance(obj, v1.Namespace):
                    set_namespace_defaults(obj)
                return store.create(ctx, obj)
            case "get":
                return store.get(ctx, name)
            case "delete":
                asked = {**step.get("body", {}), **step.get("query", {})}
                options = CODEC.from_dict(asked, DeleteOptions)
                return store.delete(ctx, name, options=options).result
        raise AssertionError(f"no such step: {step}")

    def collect(self) -> Collected:
        return collect_until_quiet(self.collector, self.controller)


def replay(recording: Recording, server: Server, last: int) -> None:
    """Ask the first *last* questions, and compare the answers."""
    normalize = recording.normalizer()
    for step, answer in list(recording.exchanges())[:last]:
        normalize.asked(step.get("body"))
        assert differences(answer["body"], normalize(server.answer(step))) == [], step


@pytest.fixture
def server(storage: Interface[Object]) -> Server:
    return Server(storage)


def test_what_waits_for_propagation_is_let_go(server: Server) -> None:
    recording = load("delete_propagation")
    replay(recording, server, len(recording.steps))
    waiting = server.configmaps.list(Context(namespace=recording.namespace))
    assert [obj.metadata.name for obj in waiting] == ["a", "b", "d"]
    assert names(server.collect().deleted) == ["a", "b"]
    assert server.collect().quiet


def test_what_waits_for_a_finalizer_of_another_waits_on(server: Server) -> None:
    recording = load("delete_with_finalizer")
    replay(recording, server, 4)
    found = server.collect()
    assert found.changes == ()
    assert [(entry.object.name, entry.finalizers) for entry in found.waiting] == [
        ("a", ("x.io/hold",))
    ]


def test_the_controller_finalizes_a_namespace_as_a_recorded_client_did(server: Server) -> None:
    recording = load("namespace_life")
    replay(recording, server, 3)
    early = v1.ConfigMap(metadata=ObjectMeta(name="early"))
    server.configmaps.create(Context(namespace="zz-life"), early)
    assert names(server.collect().deleted) == ["early", "zz-life"]
    step, answer = list(recording.exchanges())[-1]
    assert differences(answer["body"], recording.normalizer()(server.answer(step))) == []
