"""One Pod created and read on the memory backend."""

from __future__ import annotations

import copy
from itertools import count
from unittest.mock import patch

from bench import Bench
from figures import Figure, line
from measuring import OURS
from peers import DeepCopies
from pods import CONTEXT, DATA, STDLIB, TREE, backend_of, key, pod, pods_in

from kregistry.core.pod import PodStorage
from kregistry.core.v1 import Pod
from kregistry.meta.context import Context
from kregistry.storage import Config, factory

MEMORY = Config(codec=STDLIB)


@line("memory: create", at_most=1.5)
def create(bench: Bench) -> Figure:
    """Encode, one fresh copy for the caller, and an insertion into a dict are what it takes."""
    one, numbers, kept, peer = pod(), count(), {}, DeepCopies()

    def raw() -> Pod:
        kept[key(next(numbers))] = STDLIB.encode(one)
        return STDLIB.copy(one)

    with pods_in(MEMORY) as pods:
        with patch("copy.deepcopy", side_effect=AssertionError("somebody uses deepcopy")):
            made = pods.create(CONTEXT, key(next(numbers)), one)
        record = backend_of(pods).get(f"/registry{key(0)}").record
        assert record is not None
        assert record.value == DATA
        assert made.metadata.resource_version == str(record.mod_revision)
        samples = bench.alternate(
            {
                OURS: lambda: pods.create(CONTEXT, key(next(numbers)), one),
                "encode, copy, insert": raw,
                peer.name: lambda: peer.put(key(next(numbers)), TREE),
            }
        )
    return Figure.ratio(samples, to="encode, copy, insert")


@line("memory: get", at_most=1.2)
def get(bench: Bench) -> Figure:
    """A get decodes the stored bytes, once, for the caller alone."""
    peer = DeepCopies()
    peer.put(key(0), TREE)
    with pods_in(MEMORY) as pods:
        made = pods.create(CONTEXT, key(0), pod())
        assert pods.get(CONTEXT, key(0)) == made
        assert pods.get(CONTEXT, key(0)) is not pods.get(CONTEXT, key(0))
        samples = bench.alternate(
            {
                OURS: lambda: pods.get(CONTEXT, key(0)),
                "one decode": lambda: STDLIB.decode(DATA, Pod),
                "one generated copy": lambda: STDLIB.copy(made),
                peer.name: lambda: peer.get(key(0)),
            }
        )
    return Figure.ratio(samples, to="one decode")


@line("registry: create a valid Pod, on memory", at_most=2.5)
def store_create(bench: Bench) -> Figure:
    """Strategy, defaults and validation, over the same Pod stored without them."""
    context, numbers, sent = Context(namespace="default"), count(), pod()
    with factory.create(MEMORY) as storage, pods_in(MEMORY) as below:
        store = PodStorage(storage, codec=STDLIB).pod
        made = store.create(context, copy.deepcopy(sent))
        made.metadata.resource_version = ""

        def ours() -> Pod:
            sent.metadata.name = f"p{next(numbers)}"
            return store.create(context, sent)

        samples = bench.alternate(
            {
                OURS: ours,
                "Interface.create": lambda: below.create(CONTEXT, key(next(numbers)), made),
            }
        )
        assert store.get(context, made.metadata.name).spec == made.spec
    return Figure.ratio(samples, to="Interface.create")


LINES = (create, get, store_create)
