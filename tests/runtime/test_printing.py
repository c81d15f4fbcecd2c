"""Printing without a tree gives the same as with one: text, object and errors."""

from __future__ import annotations

import enum
import json
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, ClassVar

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kregistry.core.v1 import Pod
from kregistry.meta.intstr import IntOrString
from kregistry.meta.model import Model, model
from kregistry.meta.object import Object
from kregistry.meta.objectmeta import ObjectMeta
from kregistry.meta.quantity import Quantity
from kregistry.meta.time import MicroTime, Time
from kregistry.runtime import Codec, Unstructured
from kregistry.runtime.errors import DecodeError, EncodeError
from kregistry.runtime.limits import Limits


class Colour(enum.Enum):
    RED = "red"
    GREEN = "green"


class Tone(enum.StrEnum):
    LOUD = "loud"


class Words(str):
    """A text of a class of its own."""


class Size(int):
    """Likewise a number."""


@model
class Part(Model):
    size: int = 0
    ratio: float = 0.0
    on: bool = False
    maybe: bool | None = None
    name: str = ""
    words: list[str] = attrs.field(factory=list)
    grid: list[list[int]] = attrs.field(factory=list)
    table: dict[str, str] = attrs.field(factory=dict)
    amounts: dict[str, Quantity] = attrs.field(factory=dict)
    holes: list[str | None] = attrs.field(factory=list)
    tuple_: tuple[str, ...] = ()
    anything: Any = None
    colour: Colour | None = None
    port: IntOrString | None = None
    raw: bytes | None = None
    at: Time | None = None
    exactly: MicroTime | None = None
    moment: datetime | None = None
    child: Part | None = None
    children: list[Part] = attrs.field(factory=list)


@model
class Whole(Object):
    api_version: ClassVar[str] = "shop.example/v1"
    kind: ClassVar[str] = "Whole"

    spec: Part = attrs.field(factory=Part)


class TreeCodec(Codec):
    """Goes by the tree always."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._prints = False


PRINTING, BY_TREE = Codec(), TreeCodec()

TEXTS = st.text(max_size=3) | st.sampled_from(
    ["\ud800", '"', "\\", "\n\x00", "\u2028é", Words("w"), Tone.LOUD]
)
NUMBERS = st.integers(-3, 3) | st.sampled_from(
    [2**30, 2**63 - 1, 2**63, -(2**63), True, Size(7), 1.5, 1e300, 1e16, float("nan"), float("inf")]
)
VALUES = st.sampled_from(
    [
        *(Quantity("1Gi"), Quantity("0.5"), IntOrString(80), IntOrString('a"b'), b"\x00\xff"),
        *(Time("2026-01-02T03:04:05Z"), MicroTime("2026-01-02T03:04:05.678901Z"), Colour.RED),
        datetime(2026, 1, 2, 3, 4, 5, 6, timezone(timedelta(hours=2))),
        datetime(2026, 1, 2, tzinfo=UTC),
        *(Unstructured(api_version="v1", kind="K"), ObjectMeta(name="m"), Part(size=3), object()),
    ]
)
ANYTHING = st.recursive(
    st.none() | TEXTS | NUMBERS | VALUES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=2).map(tuple)
        | st.dictionaries(TEXTS | st.integers(0, 1), inner, max_size=3)
    ),
    max_leaves=5,
)


@st.composite
def parts(draw: st.DrawFn) -> Part:
    """A part with a few members, some of them what their class promises."""
    part = Part()
    for name in draw(
        st.sets(st.sampled_from([each.name for each in attrs.fields(Part)]), max_size=4)
    ):
        setattr(
            part, name, draw(FITTING[name] | ANYTHING if draw(st.booleans()) else FITTING[name])
        )
    return part


FITTING: dict[str, st.SearchStrategy[Any]] = {
    "size": st.integers(-(2**63), 2**63 - 1),
    "ratio": st.floats(allow_nan=False, allow_infinity=False) | st.integers(0, 3),
    "on": st.booleans(),
    "maybe": st.none() | st.booleans(),
    "name": TEXTS,
    "words": st.lists(TEXTS, max_size=3),
    "grid": st.lists(st.lists(st.integers(0, 3), max_size=2), max_size=2),
    "table": st.dictionaries(TEXTS, TEXTS, max_size=3),
    "amounts": st.dictionaries(TEXTS, st.sampled_from([Quantity("1Gi"), Quantity("1024")])),
    "holes": st.lists(st.none() | TEXTS, max_size=3),
    "tuple_": st.lists(TEXTS, max_size=2).map(tuple),
    "anything": ANYTHING,
    "colour": st.sampled_from([None, *Colour]),
    "port": st.sampled_from([None, IntOrString(80), IntOrString("http")]),
    "raw": st.none() | st.binary(max_size=3),
    "at": st.sampled_from([None, Time("2026-01-02T03:04:05+02:00")]),
    "exactly": st.sampled_from([None, MicroTime("2026-01-02T03:04:05.500000Z")]),
    "moment": st.datetimes(timezones=st.just(UTC)) | st.none(),
    "child": st.none() | st.deferred(parts),
    "children": st.lists(st.deferred(parts), max_size=2),
}


def outcome(codec: Codec, obj: Any) -> tuple[object, ...]:
    """What a codec makes of an object, one way or the other."""
    try:
        encoded: object = codec.encode(obj)
    except EncodeError as error:
        encoded = str(error)
    try:
        readable, echo = codec.encode_readable(obj, type(obj)), codec.round_trip(obj, type(obj))
    except ValueError as error:
        return encoded, str(error)
    assert codec.decode(readable, type(obj)) == echo[1]
    return encoded, *echo


@given(parts())
def test_an_object_prints_and_echoes_as_its_tree_does(part: Part) -> None:
    whole = Whole(metadata=ObjectMeta(name="w"), spec=part)
    ours, theirs = outcome(PRINTING, whole), outcome(BY_TREE, whole)
    assert ours == theirs
    if len(ours) == 3:
        assert shape(ours[2]) == shape(theirs[2])
        assert not mutable_parts(ours[2]) & mutable_parts(whole)


def shape(value: Any) -> Any:
    """A value with the classes of all that is in it, and with dicts in their order."""
    if attrs.has(type(value)):
        fields = attrs.fields(type(value))
        return type(value), [shape(getattr(value, each.name)) for each in fields]
    if isinstance(value, dict):
        return dict, [(shape(key), shape(item)) for key, item in value.items()]
    if isinstance(value, list | tuple):
        return type(value), [shape(item) for item in value]
    return type(value), repr(value)


def mutable_parts(value: Any) -> set[int]:
    return {
        id(each) for each in _walk(value) if attrs.has(type(each)) or type(each) in (list, dict)
    }


def _walk(value: Any) -> Iterator[Any]:
    yield value
    inner: list[Any] = []
    if attrs.has(type(value)):
        inner = [getattr(value, each.name) for each in attrs.fields(type(value))]
    elif isinstance(value, dict):
        inner = list(value.values())
    elif isinstance(value, list | tuple):
        inner = list(value)
    for each in inner:
        yield from _walk(each)


def test_a_pod_is_printed_without_a_tree(pod_document: dict[str, Any]) -> None:
    pod = PRINTING.from_dict(pod_document, Pod)
    for purpose, echoed in ("print_head", None), ("echo_head", pod):
        pieces: list[str] = []
        echo = PRINTING._generator.function(purpose, Pod)(pod, 100, pieces)
        assert "".join(pieces).encode() == BY_TREE.encode(pod)
        assert echo == echoed


@model
class Café(Object):
    api_version: ClassVar[str] = "café.example/v1"
    kind: ClassVar[str] = "Café"


def test_a_type_is_printed_with_the_characters_that_it_has() -> None:
    assert outcome(PRINTING, Café()) == outcome(BY_TREE, Café())
    assert '"kind":"Café"'.encode() in PRINTING.encode(Café())


@pytest.mark.parametrize("text", ["0.5Ki", "0Ki", "0e3", "1.5Gi", "100m"])
def test_an_amount_echoes_as_what_its_text_says(text: str) -> None:
    """It remembers the family it was given in, which the shortest text need not tell."""
    whole = Whole(spec=Part(amounts={"a": Quantity(text)}))
    data, echo = PRINTING.round_trip(whole, Whole)
    read = PRINTING.decode(data, Whole)
    assert echo.spec.amounts["a"].format is read.spec.amounts["a"].format


def test_a_moment_beyond_all_years_is_no_text() -> None:
    moment = datetime.max.replace(tzinfo=timezone(timedelta(hours=-2)))
    with pytest.raises(EncodeError, match="out of range"):
        PRINTING.encode(Whole(spec=Part(moment=moment)))


class Twin(str):
    """A key that a dict tells apart from the text that it is."""

    __slots__ = ()

    def __hash__(self) -> int:
        return 7


def test_no_name_is_printed_twice() -> None:
    whole = Whole(spec=Part(table={"a": "1", Twin("a"): "2"}))
    assert outcome(PRINTING, whole) == outcome(BY_TREE, whole)
    assert PRINTING.encode(whole).count(b'"a":') == 1


@pytest.mark.parametrize(
    "obj",
    [
        Whole(spec=Part(amounts={"a": Quantity.of(Decimal("1e300"))})),
        Unstructured(unknown_metadata={"creationTimestamp": "yesterday"}),
        Unstructured(unknown_metadata={"ownerReferences": 5}),
    ],
)
def test_what_cannot_be_read_back_is_not_readable(obj: Object) -> None:
    data = PRINTING.encode(obj)
    with pytest.raises(DecodeError):
        PRINTING.decode(data, type(obj))
    with pytest.raises(DecodeError):
        PRINTING.encode_readable(obj, type(obj))
    with pytest.raises(DecodeError):
        PRINTING.round_trip(obj, type(obj))


@pytest.mark.parametrize("depth", range(1, 9))
def test_the_limit_of_depth_is_the_same(depth: int) -> None:
    codec, by_tree = (
        Codec(limits=Limits(max_depth=depth)),
        TreeCodec(limits=Limits(max_depth=depth)),
    )
    for part in (
        Part(words=["a"]),
        Part(grid=[[1]]),
        Part(grid=[[]]),
        Part(anything=[[]]),
        Part(children=[Part(child=Part(table={"a": "b"}))]),
    ):
        whole = Whole(spec=part)
        assert outcome(codec, whole) == outcome(by_tree, whole)


def test_what_contains_itself_is_told_in_the_same_words() -> None:
    part = Part()
    part.child = part
    with pytest.raises(EncodeError, match="nested too deeply, or contains itself"):
        PRINTING.encode(Whole(spec=part))


def test_what_another_thread_changes_meanwhile_is_still_json() -> None:
    whole = Whole(spec=Part(children=[Part()], table={"a": "b"}, words=["w"], grid=[[1]]))
    done = threading.Event()
    kinds: list[str] = []

    def change() -> None:
        spec = whole.spec
        while not done.is_set():
            for held in (spec.children, spec.words, spec.grid, (spec.grid and spec.grid[0]) or []):
                held.clear()
            spec.table.clear()
            spec.children.append(Part(name="n"))
            spec.words.append("w")
            spec.grid.append([1, 2])
            spec.table["a"] = "b"

    thread = threading.Thread(target=change)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    thread.start()
    try:
        for _ in range(3000):
            with suppress(EncodeError):
                kinds.append(json.loads(PRINTING.encode(whole))["kind"])
                kinds.append(json.loads(PRINTING.round_trip(whole, Whole)[0])["kind"])
    finally:
        done.set()
        thread.join()
        sys.setswitchinterval(interval)
    assert set(kinds) == {"Whole"}
