"""Lists with selectors: what is left out is not decoded, what matches is never left out."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kregistry.core.pod.fields import INDEXED_FIELDS, LITERAL_FIELDS, selectable_fields
from kregistry.core.pod.strategy import PODS, PodStrategy
from kregistry.core.v1 import Pod
from kregistry.meta.context import Context
from kregistry.meta.errors import Expired
from kregistry.meta.object import ObjectList
from kregistry.meta.objectmeta import ObjectMeta
from kregistry.meta.options import ListOptions as StoreListOptions
from kregistry.registry import Store
from kregistry.runtime import fields, labels
from kregistry.runtime.codec import Codec
from kregistry.runtime.errors import DecodeError
from kregistry.storage import Interface
from kregistry.storage.backend import Page
from kregistry.storage.interface import ListOptions
from kregistry.storage.memory import MemoryBackend
from kregistry.storage.objects import ObjectStorage, StorageSettings
from kregistry.storage.predicate import SelectionPredicate
from kregistry.storage.reading.sieve import sieve_of
from kregistry.storage.transformer import Transformer
from kregistry.testing.forwarding import Forwarding
from storages import KINDS, opened

CTX = Context()
ALL = Context(namespace="")


class CountingCodec(Codec):
    """Counts what it decodes."""

    decoded = 0

    def decode(self, data: bytes, cls: type[Any]) -> Any:
        self.decoded += 1
        return super().decode(data, cls)


class Reversing(Transformer):
    """Stores bytes the other way round."""

    def from_storage(self, data: bytes, context: bytes) -> tuple[bytes, bool]:
        return data[::-1], False

    def to_storage(self, data: bytes, context: bytes) -> bytes:
        return data[::-1]


def pod(name: str, node: str = "", **labelled: str) -> Pod:
    made = Pod(metadata=ObjectMeta(name=name, namespace="ns", labels=labelled))
    made.spec.node_name = node
    return made


def attributes(obj: Pod) -> tuple[Mapping[str, str], Mapping[str, str]]:
    return obj.metadata.labels, selectable_fields(obj)


def predicate(label: str = "", field: str = "", **rest: Any) -> SelectionPredicate:
    return SelectionPredicate(
        label=labels.parse(label),
        field=fields.parse(field),
        get_attrs=attributes,
        literal_labels=True,
        literal_fields=LITERAL_FIELDS,
        **rest,
    )


def named(pods: Interface[Pod], wanted: SelectionPredicate, *, shared: bool = False) -> list[str]:
    options = ListOptions(recursive=True, predicate=wanted, shared=shared)
    return [each.metadata.name for each in pods.get_list(CTX, "/pods", options)]


# What bytes tell.

WORDS = st.sampled_from(["x", "y", "true", "7", "node-1", "app", "a/b", "é", "", "x y", "a.b_c"])
KEYS = st.sampled_from(["app", "tier", "example.com/app", "x"])
OPERATORS = st.sampled_from(["=", "!=", "in", "notin", "exists", "!", "gt"])


def written(tree: Any, dice: random.Random) -> str:
    """*tree* as some writer of JSON might print it."""

    def space() -> str:
        return dice.choice(["", "", "", " ", "\n\t"])

    if isinstance(tree, dict):
        members = [f"{text(key)}{space()}:{space()}{written(tree[key], dice)}" for key in tree]
        return "{" + ("," + space()).join(members) + "}"

    def escaped(character: str) -> str:
        if character == "/" and dice.random() < 0.5:
            return "\\/"
        plain = json.dumps(character)[1:-1]
        return f"\\u{ord(character):04X}" if dice.random() < 0.02 else plain

    def quoted(value: str) -> str:
        return '"' + "".join(map(escaped, value)) + '"'

    return quoted(tree) if isinstance(tree, str) else json.dumps(tree)


def text(value: str) -> str:
    return json.dumps(value).replace("/", "\\/") if len(value) % 2 else json.dumps(value)


@st.composite
def label_selectors(draw: st.DrawFn) -> labels.Selector:
    requirements = []
    for _ in range(draw(st.integers(1, 2))):
        key, operator = draw(KEYS), draw(OPERATORS)
        values = [draw(st.sampled_from(["x", "y", "true", "7", "node-1", "a.b_c", ""]))]
        if operator in ("exists", "!"):
            values = []
        if operator == "gt":
            values = ["5"]
        if operator in ("in", "notin"):
            values.append("y")
        requirements.append(labels.Requirement(key, operator, values))
    return labels.Selector(requirements)


@settings(max_examples=400, deadline=None)
@given(
    selector=label_selectors(),
    field=st.tuples(st.sampled_from(["metadata.name", "spec.nodeName", "spec.hostNetwork"]), WORDS),
    labelled=st.dictionaries(KEYS, WORDS, max_size=3),
    name=WORDS,
    seed=st.integers(0, 2**32),
)
def test_no_document_that_matches_is_left_out_whoever_wrote_it(
    selector: labels.Selector,
    field: tuple[str, str],
    labelled: dict[str, str],
    name: str,
    seed: int,
) -> None:
    tree = {"kind": "Pod", "metadata": {"name": name, "labels": labelled}, "spec": {}}
    tree["spec"] = {"nodeName": name[:3], "hostNetwork": True}
    data = written(tree, random.Random(seed)).encode()
    obj = Codec().decode(data, Pod)
    for wanted in (
        SelectionPredicate(label=selector),
        predicate(str(selector)),
        attrs_with(field),
        SelectionPredicate(label=selector, field=fields.equals("metadata.name", name)),
    ):
        sieve = sieve_of(wanted)
        if sieve is not None and wanted.matches(obj):
            assert sieve(data), (str(wanted.label), str(wanted.field), data)


def attrs_with(field: tuple[str, str]) -> SelectionPredicate:
    return predicate(field=str(fields.equals(*field)))


@pytest.mark.parametrize(
    ("label", "field", "tells"),
    [
        ("app=x", "", True),
        ("app in (x,y)", "", True),
        ("app", "", True),
        ("app!=x", "", False),
        ("app notin (x)", "", False),
        ("!app", "", False),
        ("app=", "", False),
        ("", "spec.nodeName=node-7", True),
        ("", "spec.nodeName=", False),
        ("", "spec.nodeName!=node-7", False),
        ("", "spec.hostNetwork=true", False),
        ("", "spec.nodeName=é", False),
        ("", "spec.nodeName=a/b", False),
    ],
)
def test_bytes_tell_what_they_can_tell(label: str, field: str, tells: bool) -> None:
    sieve = sieve_of(predicate(label, field))
    assert (sieve is not None) == tells
    assert sieve is None or not sieve(b'{"kind":"Pod","metadata":{"labels":{"other":"z"}}}')


def test_attributes_that_are_computed_are_not_looked_for_in_bytes() -> None:
    wanted = SelectionPredicate(
        label=labels.parse("app=x"),
        field=fields.parse("metadata.name=a"),
        get_attrs=lambda obj: ({"app": "x"}, {"metadata.name": "a"}),
    )
    assert sieve_of(wanted) is None


# Lists.


@pytest.fixture(params=KINDS)
def pods(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Interface[Pod]]:
    with opened(request, tmp_path, codec=CountingCodec()) as storage:
        pods = storage.for_resource(PODS)
        for number in range(40):
            app, node = f"app{number % 10}", f"node-{number % 8}"
            made = pod(f"p{number:02}", node, app=app)
            pods.create(CTX, f"/pods/ns/p{number:02}", made)
        yield pods


def decoded(pods: Interface[Pod]) -> int:
    """How much was decoded since this was asked before."""
    codec = pods.codec
    assert isinstance(codec, CountingCodec)
    count, codec.decoded = codec.decoded, 0
    return count


@pytest.mark.parametrize("shared", [False, True])
def test_only_what_matches_is_decoded(pods: Interface[Pod], shared: bool) -> None:
    decoded(pods)
    assert named(pods, predicate("app=app3"), shared=shared) == ["p03", "p13", "p23", "p33"]
    assert decoded(pods) == 4
    assert named(pods, predicate("app in (app3)", "spec.nodeName=node-5"), shared=shared) == ["p13"]
    assert decoded(pods) == (0 if shared else 1)
    assert named(pods, predicate("app=app77"), shared=shared) == []
    assert decoded(pods) == 0


def test_what_bytes_cannot_tell_is_found_out_once(pods: Interface[Pod]) -> None:
    wanted = predicate("app notin (app1,app2,app3,app4,app5,app6,app7,app8,app9)")
    decoded(pods)
    assert named(pods, wanted) == ["p00", "p10", "p20", "p30"]
    assert decoded(pods) == 40
    assert named(pods, wanted) == ["p00", "p10", "p20", "p30"]
    assert decoded(pods) == 4


def test_what_was_found_out_is_found_out_anew_for_a_new_version(pods: Interface[Pod]) -> None:
    wanted = predicate("app notin (app1,app2,app3,app4,app5,app6,app7,app8,app9)")
    named(pods, wanted)

    def relabel(stored: Pod, _: object) -> Pod:
        stored.metadata.labels["app"] = "other"
        return stored

    pods.guaranteed_update(CTX, "/pods/ns/p01", relabel)
    assert named(pods, wanted) == ["p00", "p01", "p10", "p20", "p30"]


def test_matching_objects_are_the_callers_own(pods: Interface[Pod]) -> None:
    options = ListOptions(recursive=True, predicate=predicate("app!=app1"))
    for each in pods.get_list(CTX, "/pods", options):
        each.metadata.labels["app"] = "app1"
    assert len(named(pods, predicate("app!=app1"))) == 36
    assert named(pods, predicate("app=app1")) == ["p01", "p11", "p21", "p31"]


def test_pages_of_a_selector_join_to_the_whole(pods: Interface[Pod]) -> None:
    whole = named(pods, predicate("app in (app1,app2)"))
    found: list[str] = []
    token = ""
    while True:
        wanted = predicate("app in (app1,app2)", limit=3, continue_=token)
        page = pods.get_list(CTX, "/pods", ListOptions(recursive=True, predicate=wanted))
        assert len(page) <= 3
        found += [each.metadata.name for each in page]
        token = page.metadata.continue_
        if not token:
            break
    assert found == whole
    assert len(whole) == 8


def test_a_store_looks_at_bytes_too(pods: Interface[Pod]) -> None:
    store = Store(PODS, pods, PodStrategy())
    decoded(pods)
    options = StoreListOptions(label_selector="app=app3", field_selector="spec.nodeName=node-3")
    assert [each.metadata.name for each in store.list(ALL, options)] == ["p03"]
    assert decoded(pods) == 1


def test_what_is_behind_a_transformer_is_told_by_its_bytes_in_clear() -> None:
    settings = StorageSettings(codec=CountingCodec(), transformer=Reversing())
    with ObjectStorage(MemoryBackend(), settings) as root:
        pods = root.for_resource(PODS)
        for number in range(10):
            pods.create(CTX, f"/pods/ns/p{number}", pod(f"p{number}", app=f"app{number}"))
        decoded(pods)
        assert named(pods, predicate("app=app3")) == ["p3"]
        assert decoded(pods) == 1


def test_what_does_not_look_like_a_document_fails_the_list_whatever_is_asked() -> None:
    with ObjectStorage(MemoryBackend()) as root:
        pods = root.for_resource(PODS)
        pods.create(CTX, "/pods/ns/a", pod("a", app="x"))
        pods.backend.put("/registry/pods/ns/bad", b'{"metadata":{"labels":{', expected=0)
        for label in ("app=x", "app=y", "app!=x"):
            with pytest.raises(DecodeError):
                named(pods, predicate(label))


def test_attributes_that_cannot_be_taken_match_nothing() -> None:
    def failing(obj: Pod) -> tuple[Mapping[str, str], Mapping[str, str]]:
        raise ValueError("none")

    with ObjectStorage(MemoryBackend()) as root:
        pods = root.for_resource(PODS)
        pods.create(CTX, "/pods/ns/a", pod("a", app="x"))
        wanted = SelectionPredicate(label=labels.parse("app!=y"), get_attrs=failing)
        assert named(pods, wanted) == named(pods, wanted) == []


def test_ways_to_take_attributes_do_not_pile_up() -> None:
    with ObjectStorage(MemoryBackend()) as root:
        pods = root.for_resource(PODS)
        pods.create(CTX, "/pods/ns/a", pod("a", app="x"))
        for _ in range(20):
            wanted = SelectionPredicate(
                label=labels.parse("app!=x"), get_attrs=lambda obj: ({"app": "x"}, {})
            )
            assert named(pods, wanted) == []
        assert len(pods._rejections._known) <= 8


class Unhashable:
    """A way to take attributes that cannot be a key."""

    __hash__ = None  # type: ignore[assignment]

    def __call__(self, obj: Pod) -> tuple[Mapping[str, str], Mapping[str, str]]:
        return obj.metadata.labels, {}


def test_a_way_that_cannot_be_remembered_works_all_the_same() -> None:
    with ObjectStorage(MemoryBackend()) as root:
        pods = root.for_resource(PODS)
        pods.create(CTX, "/pods/ns/a", pod("a", app="x"))
        pods.create(CTX, "/pods/ns/b", pod("b", app="y"))
        wanted = SelectionPredicate(label=labels.parse("app!=x"), get_attrs=Unhashable())
        assert named(pods, wanted) == named(pods, wanted) == ["b"]


class CompactedMeanwhile(Forwarding):
    """Compacts after so many reads of a range."""

    reads = 0

    def range(self, start: str, end: str, **how: Any) -> Page:
        page = super().range(start, end, **how)
        self.reads -= 1
        if not self.reads:
            self.inner.put("/registry/others/x", b"", expected=0)
            self.inner.compact(self.inner.current_revision())
        return page


def test_a_page_that_is_overtaken_by_compaction_can_be_read_anew_from_its_beginning() -> None:
    backend = CompactedMeanwhile(MemoryBackend())
    with ObjectStorage(backend) as root:
        pods = root.for_resource(PODS)
        for name in "abcdef":
            app = "y" if name == "d" else "x"
            pods.create(CTX, f"/pods/ns/{name}", pod(name, app=app))

        def page(token: str) -> ObjectList[Pod]:
            wanted = predicate("app=x", limit=2, continue_=token)
            return pods.get_list(CTX, "/pods", ListOptions(recursive=True, predicate=wanted))

        first = page("")
        backend.reads = 1
        with pytest.raises(Expired) as caught:
            page(first.metadata.continue_)
        rest = page(caught.value.continue_token)
        assert [each.metadata.name for each in rest] == ["c", "e"]


class Either(labels.Selector):
    """Selects what meets one of the requirements."""

    def matches(self, labels: Mapping[str, str]) -> bool:
        return any(each.matches(labels) for each in self.requirements())


class Anything(fields.Selector):
    """Selects whatever there is, whatever it was made of."""

    def matches(self, fields: Mapping[str, str]) -> bool:
        return True


class Contrary(SelectionPredicate):
    """Selects what others leave out."""

    def matches(self, obj: Any) -> bool:
        return not super().matches(obj)


class Own:
    """A selector that knows nothing but how to select."""

    empty = False

    def matches(self, labels: Mapping[str, str]) -> bool:
        return labels.get("app") != "x"


@pytest.mark.parametrize("shared", [False, True])
def test_who_selects_in_their_own_way_gets_what_they_select(
    pods: Interface[Pod], shared: bool
) -> None:
    for name, app in (("a", "x"), ("b", "y"), ("c", "z")):
        pods.create(CTX, f"/pods/ns/{name}", pod(name, "n1", app=app))
    rest: dict[str, Any] = {
        "get_attrs": attributes,
        "literal_labels": True,
        "literal_fields": LITERAL_FIELDS,
        "index_fields": INDEXED_FIELDS,
    }
    either = Either(labels.parse("app=x,app=y").requirements())
    anything = Anything(fields.parse("spec.nodeName=n2").requirements())
    own: Any = Own()

    def found(wanted: SelectionPredicate) -> list[str]:
        return [name for name in named(pods, wanted, shared=shared) if name in "abc"]

    for _ in range(2):
        wanted = SelectionPredicate(label=labels.parse("app=x"), **rest)
        assert found(wanted) == ["a"]
        wanted = Contrary(label=labels.parse("app=x"), **rest)
        assert found(wanted) == ["b", "c"]
        wanted = Contrary(field=fields.parse("spec.nodeName=n2"), **rest)
        assert found(wanted) == ["a", "b", "c"]
        wanted = SelectionPredicate(label=either, **rest)
        assert found(wanted) == ["a", "b"]
        wanted = SelectionPredicate(field=anything, **rest)
        assert found(wanted) == ["a", "b", "c"]
        wanted = SelectionPredicate(label=own, **rest)
        assert found(wanted) == ["b", "c"]
