"""What ``round_trip`` gives is what encoding and decoding give, to the class of each value."""

from __future__ import annotations

import enum
import importlib.util
from collections import OrderedDict
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar

import attrs
import pytest
from cattrs import Converter
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kregistry.core.v1 import Pod
from kregistry.meta.intstr import IntOrString
from kregistry.meta.object import Object
from kregistry.meta.quantity import Quantity
from kregistry.meta.time import Time
from kregistry.runtime import Codec, DecodeError, EncodeError
from kregistry.runtime.engine import JSONEngine, StdlibEngine
from kregistry.runtime.scheme import Scheme
from kregistry.runtime.unstructured import Unstructured

ENGINES = ["stdlib", *(["orjson"] if importlib.util.find_spec("orjson") else [])]


class Color(enum.StrEnum):
    RED = "red"


class Level(enum.IntEnum):
    HIGH = 7


class Mood(enum.Enum):
    GOOD = 1e300
    BAD = "bad"


class Name(str):
    __slots__ = ()


class Ratio(float):
    pass


class Complicated:
    """A type that only hooks know."""

    def __init__(self, parts: list[Any]) -> None:
        self.parts = parts

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Complicated) and self.parts == other.parts

    def __hash__(self) -> int:
        return 0


@attrs.define
class Part:
    text: str = ""
    maybe: str | None = None
    size: int = 0
    ratio: float = 0.0
    flag: bool = False
    amount: Quantity | None = None
    at: Time | None = None
    port: IntOrString | None = None
    data: bytes = b""
    mood: Mood | None = None
    texts: list[str] = attrs.field(factory=list)
    pair: tuple[str, ...] = ()
    names: frozenset[str] = frozenset()
    labels: dict[str, str] = attrs.field(factory=dict)
    ratios: dict[str, float] = attrs.field(factory=dict)
    content: Any = None
    parts: list[Part] = attrs.field(factory=list)
    inner: Part | None = None
    foreign: Complicated | None = None
    checked: int = attrs.field(default=1, validator=attrs.validators.ge(0))


@attrs.define(kw_only=True)
class Thing(Object):
    api_version: ClassVar[str] = "test.example/v1"
    kind: ClassVar[str] = "Thing"
    part: Part = attrs.field(factory=Part)


def converter() -> Converter:
    made = Converter()
    made.register_unstructure_hook(Complicated, lambda value: value.parts)  # its own list
    made.register_structure_hook(Complicated, lambda data, _: Complicated(data))
    return made


CODECS = [Codec(Scheme([Thing]), engine=engine, converter=converter()) for engine in ENGINES]

TEXT = st.text(max_size=4) | st.sampled_from([Color.RED, Name("n"), "\ud800", "\x00"])
FLOATS = st.floats() | st.sampled_from([1e16, 1e-7, -0.0, Ratio(1e22), Ratio(2.5)])
INTS = st.integers(-(2**64), 2**64) | st.sampled_from([Level.HIGH, True, 2**53 + 1, 2**30])
JSON = st.recursive(
    st.none() | st.booleans() | INTS | FLOATS | TEXT | st.sampled_from(list(Mood)),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(TEXT, inner, max_size=3)
        | st.dictionaries(TEXT, inner, max_size=3).map(MappingProxyType)
        | st.dictionaries(TEXT, inner, max_size=3).map(OrderedDict)
        | st.dictionaries(st.integers(), inner, max_size=1)
    ),
    max_leaves=8,
)
#: Mostly as declared, now and then not.
PARTS = st.builds(
    Part,
    text=TEXT | st.none() | st.just(5),
    maybe=TEXT | st.none(),
    size=INTS,
    ratio=FLOATS | INTS,
    flag=st.booleans() | st.just(0),
    amount=st.none() | st.sampled_from([Quantity("1.5"), Quantity("1000m"), Quantity("1Ki")]),
    at=st.none() | st.sampled_from([Time("2026-01-31T12:00:00Z")]),
    port=st.none() | st.sampled_from([80, "http", Color.RED, Level.HIGH]).map(IntOrString),
    data=st.binary(max_size=4),
    mood=st.none() | st.sampled_from(list(Mood)),
    texts=st.lists(TEXT, max_size=3) | st.lists(TEXT, max_size=2).map(tuple),
    pair=st.lists(TEXT, max_size=2).map(tuple),
    names=st.frozensets(TEXT, max_size=3),
    labels=st.dictionaries(TEXT, TEXT, max_size=3),
    ratios=st.dictionaries(TEXT, FLOATS, max_size=2),
    content=JSON,
    parts=st.just([]) | st.just([Part(text="x", content=[1e30, (1, 2)])]),
    inner=st.none() | st.builds(Part, content=JSON),
    foreign=st.none() | st.lists(JSON, max_size=2).map(Complicated),
    checked=st.integers(0, 2),
)


def unsound() -> Part:
    """One that can be written, and that the class would not make."""
    part = Part()
    object.__setattr__(part, "checked", -1)
    return part


def described(value: Any) -> Any:
    """The value with the class of everything in it, and the order of members."""
    cls = type(value)
    if attrs.has(cls):
        return cls, [(a.name, described(getattr(value, a.name))) for a in attrs.fields(cls)]
    if isinstance(value, Mapping):
        return cls, [(described(key), described(item)) for key, item in value.items()]
    if isinstance(value, list | tuple):
        return cls, [described(item) for item in value]
    if isinstance(value, Complicated):
        return cls, described(value.parts)
    return cls, repr(sorted(value) if isinstance(value, frozenset) else value)


def mutable(value: Any) -> set[int]:
    """What of a value could be changed by somebody who has it."""
    found: set[int] = set()
    if attrs.has(type(value)):
        found |= {id(value)}.union(
            *(mutable(getattr(value, a.name)) for a in attrs.fields(type(value)))
        )
    elif isinstance(value, dict):
        found |= {id(value)}.union(*map(mutable, value.values()))
    elif isinstance(value, list):
        found |= {id(value)}.union(*map(mutable, value))
    elif isinstance(value, Complicated):
        found |= mutable(value.parts)
    return found


def two_steps(codec: Codec, obj: Any, cls: Any) -> Any:
    try:
        data = codec.encode(obj)
        read = codec.decode(data, cls) if cls is not None else codec.decode_any(data)
    except (EncodeError, DecodeError) as error:
        return type(error), str(error)
    return data, described(read)


def one_step(codec: Codec, obj: Any, cls: Any) -> Any:
    try:
        data, read = codec.round_trip(obj, cls)
    except (EncodeError, DecodeError) as error:
        return type(error), str(error)
    assert not mutable(obj) & mutable(read)
    return data, described(read)


@pytest.mark.parametrize("codec", CODECS, ids=ENGINES)
@settings(max_examples=300, deadline=None)
@given(part=PARTS)
@example(part=Part(content=1e16))
@example(part=Part(content={"a": [1e-7], Color.RED: (1,)}, ratio=1e16))
@example(part=Part(foreign=Complicated([1e16, [1]])))
@example(part=Part(mood=Mood.GOOD))
@example(part=unsound())
@example(part=Part(content={1: 2}))
@example(part=Part(text=None))  # type: ignore[arg-type]
def test_one_step_gives_what_two_steps_give(codec: Codec, part: Part) -> None:
    assert one_step(codec, part, Part) == two_steps(codec, part, Part)
    thing = Thing(part=part)
    assert one_step(codec, thing, Thing) == two_steps(codec, thing, Thing)
    assert one_step(codec, thing, None) == two_steps(codec, thing, None)


@pytest.mark.parametrize("codec", CODECS, ids=ENGINES)
@settings(max_examples=200, deadline=None)
@given(content=st.dictionaries(TEXT, JSON, max_size=4), kind=st.sampled_from(["", "Odd", "Thing"]))
def test_the_same_holds_for_untyped_objects(
    codec: Codec, content: dict[str, Any], kind: str
) -> None:
    obj = Unstructured(api_version="test.example/v1", kind=kind, content=content)
    obj.metadata.labels = {Name("a"): Color.RED}
    obj.unknown_metadata = {"later": [1e16, {"x": ()}]}
    for cls in (Unstructured, Thing, None):
        assert one_step(codec, obj, cls) == two_steps(codec, obj, cls)


@pytest.mark.parametrize("codec", CODECS, ids=ENGINES)
def test_the_same_holds_for_a_pod(codec: Codec, pod_document: dict[str, Any]) -> None:
    pod = codec.from_dict(pod_document, Pod)
    assert one_step(codec, pod, Pod) == two_steps(codec, pod, Pod)
    assert codec.round_trip(pod, Pod)[1] == pod


class Shouting(JSONEngine):
    """An engine of somebody else, which reads what it did not write."""

    def dumps(self, tree: Any) -> bytes:
        return StdlibEngine().dumps(tree).upper()

    def loads(self, data: bytes) -> Any:
        return StdlibEngine().loads(data)


def test_an_engine_of_somebody_else_is_asked_what_it_wrote() -> None:
    @attrs.define
    class Upper:
        A: str = ""

    data, read = Codec(engine=Shouting()).round_trip(Upper("b"), Upper)
    assert (data, read) == (b'{"A":"B"}', Upper("B"))


class Redacting(Codec):
    """A codec of somebody else, which has its own idea of what is to be stored."""

    def encode(self, obj: Any) -> bytes:
        return super().encode(obj).replace(b"secret", b"hidden")


def test_a_codec_that_writes_in_its_own_way_does_so_here() -> None:
    codec = Redacting()
    widget = Unstructured(api_version="v1", kind="Widget", content={"text": "secret"})
    for cls in (Unstructured, None):
        data, read = codec.round_trip(widget, cls)
        assert data == codec.encode(widget)
        assert read["text"] == "hidden"


def test_an_engine_made_from_one_of_ours_does_not_promise_what_that_does() -> None:
    class Trimming(StdlibEngine):
        def dumps(self, tree: Any) -> bytes:
            return super().dumps(tree).replace(b" ", b"")

    widget = Unstructured(api_version="v1", kind="Widget", content={"text": "a b"})
    assert Codec(engine=Trimming()).round_trip(widget)[1]["text"] == "ab"


def test_what_can_be_written_but_not_read_is_an_error() -> None:
    with pytest.raises(DecodeError, match="checked"):
        CODECS[0].round_trip(unsound(), Part)
