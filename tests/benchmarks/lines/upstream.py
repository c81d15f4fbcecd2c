"""Upstream's store benchmarks, with their dimensions: many small Pods, listed in every way.

Pods have names of a hundred random letters, a namespace and a node, and nothing else. Lists run
one after the other: upstream lets them run at once, which buys a Python process nothing.

Source: ``k8s.io/apiserver/pkg/storage/testing/store_benchmarks.go`` at 1.36.
"""

from __future__ import annotations

import random
import string
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import count

import attrs
from bench import Bench
from figures import Figure, line
from measuring import OURS, Call, Samples
from pods import CONTEXT, STDLIB, backend_of, pods_in

from kregistry.core.v1 import Pod, PodSpec
from kregistry.meta.context import Context
from kregistry.meta.object import ObjectMeta
from kregistry.runtime import fields
from kregistry.storage import Config, Interface, ListOptions, SelectionPredicate
from kregistry.storage.predicate import Attributes

_NODE = "spec.nodeName"
#: Cost may grow by so much where it should not grow at all.
_SAME = 1.5


@attrs.frozen
class Data:
    """A store filled as upstream fills it. Source: ``BenchmarkData``."""

    pods: Interface[Pod]
    namespaces: Sequence[str]
    nodes: Sequence[str]
    size: int

    def cluster(self, limit: int = 0, match: str = "") -> int:
        """List everything."""
        return self._all("/pods/", CONTEXT, SelectionPredicate(limit=limit), match)

    def namespace(self, number: int, limit: int = 0, match: str = "") -> int:
        """List one namespace."""
        name = self.namespaces[number % len(self.namespaces)]
        wanted = SelectionPredicate(limit=limit, index_fields=("metadata.namespace",))
        return self._all(f"/pods/{name}", Context(namespace=name), wanted, match)

    def node(self, number: int, limit: int = 0, match: str = "") -> int:
        """List the Pods of one node."""
        name = self.nodes[number % len(self.nodes)]
        wanted = SelectionPredicate(
            field=fields.parse(f"{_NODE}={name}"),
            get_attrs=_attributes,
            literal_fields=frozenset((_NODE,)),
            index_fields=(_NODE,),
            limit=limit,
        )
        return self._all("/pods/", CONTEXT, wanted, match)

    def _all(self, key: str, ctx: Context, predicate: SelectionPredicate, match: str) -> int:
        """How many Pods a list has, page by page. Source: ``paginateList``."""
        version = str(self.pods.current_resource_version(ctx)) if match else ""
        options = ListOptions(
            recursive=True,
            predicate=predicate,
            resource_version=version,
            resource_version_match=match,
        )
        found = 0
        while True:
            page = self.pods.get_list(ctx, key, options)
            found += len(page.items)
            token = page.metadata.continue_
            if not token:
                return found
            options = ListOptions(
                recursive=True, predicate=attrs.evolve(predicate, continue_=token)
            )


def _attributes(pod: Pod) -> Attributes:
    """Source: ``podAttr``."""
    return {}, {_NODE: pod.spec.node_name, "metadata.namespace": pod.metadata.namespace}


@contextmanager
def filled(namespaces: int, each: int, nodes: int) -> Iterator[Data]:
    """So many namespaces of so many Pods, dealt out to the nodes.

    Source: ``PrepareBenchchmarkData``.
    """
    letters = random.Random(namespaces * each)
    node_names = [_letters(letters) for _ in range(nodes)]
    namespace_names = [_letters(letters) for _ in range(namespaces)]
    with pods_in(Config(codec=STDLIB)) as pods:
        backend, number = backend_of(pods), count()
        for namespace in namespace_names:
            for _ in range(each):
                name = _letters(letters)
                made = Pod(
                    metadata=ObjectMeta(name=name, namespace=namespace),
                    spec=PodSpec(node_name=node_names[next(number) % nodes]),
                )
                value = STDLIB.encode(made)
                backend.put(f"/registry/pods/{namespace}/{name}", value, expected=0)
        yield Data(pods, namespace_names, node_names, namespaces * each)


def _letters(source: random.Random) -> str:
    return "".join(source.choices(string.ascii_lowercase, k=100))


@contextmanager
def many(bench: Bench) -> Iterator[Data]:
    """100 namespaces of 1,100 Pods on 1,000 nodes; a fifth of that in the quick form."""
    with filled(bench.either(20, 100), 1100, bench.either(200, 1000)) as data:
        yield data


@contextmanager
def few(bench: Bench) -> Iterator[Data]:
    """As many Pods for each namespace and node, but a tenth of both."""
    with filled(bench.either(2, 10), 1100, bench.either(20, 100)) as data:
        yield data


@line("upstream: StoreList, 110,000 pods untouched", at_most=60, unit="ms")
def cluster(bench: Bench) -> Figure:
    data = bench.shared(many)
    assert data.cluster() == data.size
    samples = bench.alternate({OURS: data.cluster}, collector=True, share=0.7)
    return Figure.time(samples, 1e-3, note=f"{data.size:,}; Go's watch cache: 173 to 273 ms")


@line("upstream: StoreList, 110,000 pods in pages of 1,000", at_most=90, unit="ms")
def paged(bench: Bench) -> Figure:
    """The bar is 1.5 times that of the one list: what pages cost, not how little a list does.

    A list that nobody looks into is 110,000 references by now, and no page is made so quickly.
    """
    data = bench.shared(many)
    assert data.cluster(1000) == data.size
    samples = bench.alternate(
        {OURS: partial(data.cluster, 1000), "in one list": data.cluster},
        collector=True,
        share=0.7,
    )
    return Figure.time(samples, 1e-3, note=f"{data.size:,}; Go's watch cache: 1.4 s")


def _part(bench: Bench, verb: Callable[[Data, int], int], pods: int) -> Figure:
    """A part of a large store, against the same part of one that is a tenth of it."""
    large, small = bench.shared(many), bench.shared(few)
    assert verb(large, 3) == verb(small, 3) == pods
    ours, theirs = count(), count()
    to = f"out of {small.size:,}"
    samples = bench.alternate(
        {OURS: lambda: verb(large, next(ours)), to: lambda: verb(small, next(theirs))},
        collector=True,
    )
    return Figure.ratio(samples, to=to, note=f"{pods:,} out of {large.size:,}, against {to}")


@line("upstream: StoreList, one namespace of 1,100", at_most=_SAME)
def by_namespace(bench: Bench) -> Figure:
    return _part(bench, Data.namespace, 1100)


@line("upstream: StoreList, one node of 110, indexed", at_most=_SAME)
def by_node(bench: Bench) -> Figure:
    return _part(bench, Data.node, 110)


def _matrix(bench: Bench, namespaces: int, each: int, nodes: int) -> Figure:
    """Every version asked for, scope and page size. Source: ``RunBenchmarkStoreList``."""
    shrunk = bench.either(10, 1)
    with filled(namespaces // shrunk, each, nodes // shrunk) as data:
        sizes = {
            "Cluster": data.size,
            "Namespace": each,
            "Node": data.size // len(data.nodes),
        }
        calls: dict[str, Call] = {}
        for match in ("", "Exact", "NotOlderThan"):
            for scope, found in sizes.items():
                for limit in _limits(found):
                    name = f"RV={match} Scope={scope} Paginate={limit}"
                    calls[name] = _listing(data, scope, limit, match)
        samples = bench.alternate(calls, collector=True, share=bench.either(0.2, 0.3))
    first = next(iter(calls))
    named = Samples({OURS if name == first else name: samples.taken[name] for name in calls})
    return Figure.time(named, 1e-3, note=f"the first row is {first}; {data.size:,} pods")


def _limits(found: int) -> Sequence[int]:
    if found > 1000:
        return 0, 1000
    return (0, 100) if found > 100 else (0,)


def _listing(data: Data, scope: str, limit: int, match: str) -> Call:
    if scope == "Cluster":
        return partial(data.cluster, limit, match)
    verb = data.namespace if scope == "Namespace" else data.node
    numbers = count()
    return lambda: verb(next(numbers), limit, match)


@line("upstream: StoreList, 10,000 namespaces of 15", unit="ms")
def matrix_many_namespaces(bench: Bench) -> Figure:
    return _matrix(bench, 10_000, 15, 5000)


@line("upstream: StoreList, 50 namespaces of 3,000", unit="ms")
def matrix_large_namespaces(bench: Bench) -> Figure:
    return _matrix(bench, 50, 3000, 5000)


@line("upstream: StoreList, 100 namespaces of 1,100", unit="ms")
def matrix_cluster(bench: Bench) -> Figure:
    return _matrix(bench, 100, 1100, 1000)


@line("upstream: StoreListCreate", unit="ms")
def list_create(bench: Bench) -> Figure:
    """Create a Pod, then list one as of its version. Source: ``RunBenchmarkStoreListCreate``."""
    letters = random.Random(1)

    def step(pods: Interface[Pod], match: str) -> None:
        name = _letters(letters)
        sent = Pod(metadata=ObjectMeta(name=name, namespace=name))
        made = pods.create(CONTEXT, f"/pods/{name}/{name}", sent)
        options = ListOptions(
            recursive=True,
            predicate=SelectionPredicate(limit=1),
            resource_version=made.metadata.resource_version,
            resource_version_match=match,
        )
        assert len(pods.get_list(CONTEXT, "/pods", options).items) == 1

    with pods_in(Config(codec=STDLIB)) as pods:
        samples = bench.alternate(
            {
                OURS: partial(step, pods, "NotOlderThan"),
                "RV=Exact": partial(step, pods, "Exact"),
            },
            collector=True,
        )
    return Figure.time(samples, 1e-3, note="RV=NotOlderThan; Go's watch cache: 0.55 to 0.71 ms")


@line("upstream: StoreStats", unit="us")
def stats(bench: Bench) -> Figure:
    """Source: ``RunBenchmarkStoreStats``."""
    data = bench.shared(many)
    assert data.pods.stats(CONTEXT).object_count == data.size
    samples = bench.alternate({OURS: lambda: data.pods.stats(CONTEXT)})
    return Figure.time(samples, 1e-6, note=f"{data.size:,} pods")


LINES = (
    cluster,
    paged,
    by_namespace,
    by_node,
    list_create,
    stats,
    matrix_many_namespaces,
    matrix_large_namespaces,
    matrix_cluster,
)
