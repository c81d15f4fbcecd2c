"""Pods in a real etcd through Interface, against the bare call with encode and decode."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import attrs
from bench import Bench
from figures import Figure, NotMeasured, line
from measuring import OURS, WALL

from kregistry.testing.etcd import EtcdNotFound, EtcdServer, find_etcd

_BARE = "call, encode, decode"


@attrs.frozen
class Ways:
    """Both ways to the same server: what ``etcd_objects`` calls Bare, and Whole."""

    ours: object
    bare: object


@contextmanager
def ways(bench: Bench) -> Iterator[Ways]:
    """A server of our own, that need not flush: so that the disk does not hide our share."""
    if importlib.util.find_spec("grpc") is None:
        raise NotMeasured("grpcio is not installed; it comes with kregistry[etcd3]")
    try:
        find_etcd()
    except EtcdNotFound as error:
        raise NotMeasured(f"NO ETCD: {error}") from None
    from etcd_grpc import OwnCodec
    from etcd_objects import CODEC, PAGE, PAGE_START, ROOT, UPDATED, VALUE, Bare, Whole

    from kregistry.core.pod.strategy import PODS
    from kregistry.storage import Config, factory

    with EtcdServer() as server:
        bare = OwnCodec(server.port)
        try:
            for number in range(2 * PAGE):
                bare.put(b"%b%06d" % (PAGE_START, number), VALUE, 0)
            bare.put((ROOT + UPDATED).encode(), VALUE, 0)
            config = Config(type="etcd3", endpoints=tuple(server.endpoints), codec=CODEC)
            with factory.create(config) as storage:
                yield Ways(Whole(storage.for_resource(PODS)), Bare(bare))
        finally:
            bare.close()


def _beside_bare(bench: Bench, verb: str) -> Figure:
    both = bench.shared(ways)
    ours: Callable[[], object] = getattr(both.ours, verb)
    bare: Callable[[], object] = getattr(both.bare, verb)
    samples = bench.alternate({OURS: ours, _BARE: bare}, clock=WALL, share=1.3)
    return Figure.ratio(samples, to=_BARE, note="by the wall, etcd without fsync")


@line("etcd: create a Pod", at_most=1.3)
def create(bench: Bench) -> Figure:
    return _beside_bare(bench, "create")


@line("etcd: get a Pod", at_most=1.3)
def get(bench: Bench) -> Figure:
    return _beside_bare(bench, "get")


@line("etcd: update a Pod", at_most=1.3)
def update(bench: Bench) -> Figure:
    return _beside_bare(bench, "update")


@line("etcd: page of 500 Pods", at_most=1.3)
def page(bench: Bench) -> Figure:
    return _beside_bare(bench, "page")


LINES = (create, get, update, page)
