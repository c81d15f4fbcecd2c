from __future__ import annotations

import enum
import ipaddress
import json
import threading
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Annotated, Any, ClassVar, Generic, Literal, NewType, TypeVar

import attrs
import pytest
from cattrs import Converter

from kregistry.core.v1 import ConfigMap, Pod
from kregistry.meta.intstr import IntOrString
from kregistry.meta.model import Model, field, model
from kregistry.meta.object import Object, ObjectList
from kregistry.meta.quantity import Quantity
from kregistry.meta.time import MicroTime, Time
from kregistry.runtime import Codec, DecodeError, EncodeError, Scheme, Unstructured

T = TypeVar("T")
Name = NewType("Name", str)


class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


@attrs.define
class Box(Generic[T]):
    content: T | None = None


@attrs.define
class Odd:
    """Every type that the codec knows, as a stranger would declare it."""

    text: str = ""
    number: int = 0
    ratio: float = 0.0
    flag: bool = False
    maybe: int | None = None
    fallback: int = 5
    anything: Any = None
    words: list[str] = attrs.field(factory=list)
    fixed: tuple[int, ...] = ()
    seen: frozenset[str] = frozenset()
    table: dict[str, dict[str, int]] = attrs.field(factory=dict)
    grid: list[list[int]] = attrs.field(factory=list)
    holes: list[int | None] = attrs.field(factory=list)
    names: Sequence[Name] = attrs.field(factory=list)
    view: Mapping[str, Color] = attrs.field(factory=dict)
    color: Color = Color.RED
    level: Level | None = None
    mode: Literal["a", "b"] = "a"
    note: Annotated[str, "free text"] = ""
    raw: bytes = b""
    at: Time | None = None
    exact: MicroTime | None = None
    when: datetime | None = None
    amount: Quantity | None = None
    port: IntOrString | None = None
    box: Box[int] = attrs.field(factory=Box)
    child: Odd | None = None
    children: list[Odd] = attrs.field(factory=list)
    by_name: dict[str, Odd] = attrs.field(factory=dict)


def full_odd() -> Odd:
    return Odd(
        text="é\0\U0001f600",
        number=2**63 - 1,
        ratio=1e16,
        flag=True,
        maybe=0,
        fallback=0,
        anything={"b": [1, None, {"z": 1.5, "a": True}], "a": "x"},
        words=["", "a"],
        fixed=(1, 2),
        seen=frozenset({"b", "a"}),
        table={"z": {"b": 1, "a": 2}, "a": {}},
        grid=[[1], [], [2, 3]],
        holes=[None, 1],
        names=[Name("n")],
        view={"x": Color.BLUE},
        color=Color.BLUE,
        level=Level.HIGH,
        mode="b",
        note="n",
        raw=b"\x00\xff",
        at=Time("2026-01-31T12:00:00Z"),
        exact=MicroTime("2026-01-31T12:00:00.000001Z"),
        when=datetime(2026, 1, 31, 12, tzinfo=UTC),
        amount=Quantity("0.5"),
        port=IntOrString("http"),
        box=Box(3),
        child=Odd(text="child"),
        children=[Odd(number=1), Odd(number=2)],
        by_name={"b": Odd(), "a": Odd(flag=True)},
    )


@attrs.define
class WidgetSpec:
    size: int = attrs.field(default=1, validator=attrs.validators.ge(1))
    tag: str = attrs.field(default="", converter=str.lower)


@attrs.define
class Widget(Object):
    api_version: ClassVar[str] = "shop.example/v1"
    kind: ClassVar[str] = "Widget"

    spec: WidgetSpec = attrs.field(factory=WidgetSpec)


@attrs.frozen
class Frozen:
    parts: list[int]
    derived: int = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "derived", sum(self.parts))


def test_every_type_survives(codec: Codec) -> None:
    odd = full_odd()
    assert codec.decode(codec.encode(odd), Odd) == odd


def test_defaults_survive(codec: Codec) -> None:
    assert codec.decode(codec.encode(Odd()), Odd) == Odd()


def test_the_bytes_are_compact_ordered_json(codec: Codec) -> None:
    widget = Widget(spec=WidgetSpec(size=2))
    widget.metadata.name = "é"
    widget.metadata.labels = {"z": "1", "a": "2"}
    assert (
        codec.encode(widget)
        == (
            '{"apiVersion":"shop.example/v1","kind":"Widget",'
            '"metadata":{"labels":{"a":"2","z":"1"},"name":"é"},"spec":{"size":2}}'
        ).encode()
    )


def test_bytes_do_not_depend_on_the_order_of_keys(codec: Codec) -> None:
    one, other = Odd(), Odd()
    one.anything = {"b": {"y": 1, "x": 2}, "a": 1}
    other.anything = {"a": 1, "b": {"x": 2, "y": 1}}
    one.table = {"b": {}, "a": {"d": 1, "c": 2}}
    other.table = {"a": {"c": 2, "d": 1}, "b": {}}
    assert codec.encode(one) == codec.encode(other)


def test_a_typed_object_has_the_bytes_of_its_untyped_twin(
    codec: Codec, pod_document: dict[str, Any]
) -> None:
    data = codec.encode(codec.from_dict(pod_document, Pod))
    assert codec.encode(codec.decode(data, Unstructured)) == data
    assert data.decode() == json.dumps(
        json.loads(data), sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )


def test_empty_fields_are_left_out_and_null_means_default(codec: Codec) -> None:
    assert codec.to_dict(Odd()) == {
        "fallback": 5,
        "color": "red",
        "mode": "a",
        "box": {},
    }
    assert codec.decode(b'{"text":null,"fallback":null,"box":null,"children":null}', Odd) == Odd()


def test_a_pointer_keeps_zero_apart_from_nothing(codec: Codec) -> None:
    assert codec.to_dict(Odd(maybe=0))["maybe"] == 0
    assert "maybe" not in codec.to_dict(Odd(maybe=None))


@model
class Always(Model):
    name: str = field(default="", always=True)
    since: Time | None = field(default=None, always=True)
    items: list[str] = field(factory=list, always=True)
    fields_v1: dict[str, Any] | None = field(default=None, json="fieldsV1")


def test_what_is_always_written_is_written_empty(codec: Codec) -> None:
    assert codec.encode(Always()) == b'{"items":[],"name":"","since":null}'
    assert (
        codec.encode(Always(fields_v1={})) == b'{"fieldsV1":{},"items":[],"name":"","since":null}'
    )


def test_times_are_written_in_utc(codec: Codec) -> None:
    odd = Odd(when=datetime(2026, 1, 1, 1, tzinfo=timezone(timedelta(hours=1))))
    assert codec.to_dict(odd)["when"] == "2026-01-01T00:00:00Z"
    with pytest.raises(EncodeError, match="time zone"):
        codec.encode(Odd(when=datetime(2026, 1, 1)))


def test_the_dict_is_fresh(codec: Codec) -> None:
    odd = full_odd()
    tree = codec.to_dict(odd)
    tree["anything"]["b"].append("new")
    tree["words"].append("new")
    tree["table"]["a"]["new"] = 1
    assert odd == full_odd()


def test_the_given_dict_is_not_kept(codec: Codec) -> None:
    tree = codec.to_dict(full_odd())
    odd = codec.from_dict(tree, Odd)
    tree["anything"]["b"].append("new")
    tree["words"].append("new")
    assert odd == full_odd()


def test_a_copy_is_equal_and_shares_nothing_mutable(codec: Codec) -> None:
    odd = full_odd()
    copied = codec.copy(odd)
    assert copied == odd
    assert copied is not odd
    shared = _mutable_parts(odd) & _mutable_parts(copied)
    assert not shared


def _mutable_parts(value: Any) -> set[int]:
    """The identities of every list, dict and attrs instance below."""
    if isinstance(value, dict):
        return {id(value)}.union(*map(_mutable_parts, value.values()))
    if isinstance(value, list | tuple):
        own = {id(value)} if isinstance(value, list) else set()
        return own.union(*map(_mutable_parts, value))
    if attrs.has(type(value)):
        parts = [getattr(value, each.name) for each in attrs.fields(type(value))]
        return {id(value)}.union(*map(_mutable_parts, parts))
    return set()


def test_a_copy_of_a_pod_shares_nothing_mutable(codec: Codec, pod_document: dict[str, Any]) -> None:
    pod = codec.from_dict(pod_document, Pod)
    copied = codec.copy(pod)
    assert copied == pod
    assert not _mutable_parts(pod) & _mutable_parts(copied)


def test_equal_pods_have_equal_bytes(codec: Codec, pod_document: dict[str, Any]) -> None:
    pod = codec.from_dict(pod_document, Pod)
    data = codec.encode(pod)
    assert codec.encode(codec.copy(pod)) == data
    assert codec.encode(codec.decode(data, Pod)) == data
    pod.spec.containers[0].image = "other"
    assert codec.encode(pod) != data


def test_init_runs_where_it_does_more_than_assign(codec: Codec) -> None:
    assert codec.decode(b'{"size":3,"tag":"UP"}', WidgetSpec) == WidgetSpec(size=3, tag="up")
    with pytest.raises(DecodeError, match=r"^WidgetSpec: 'size' must be >= 1"):
        codec.decode(b'{"size":0}', WidgetSpec)


def test_frozen_classes_are_built_copied_and_written(codec: Codec) -> None:
    frozen = codec.decode(b'{"parts":[1,2]}', Frozen)
    assert frozen == Frozen([1, 2])
    assert frozen.derived == 3
    copied = codec.copy(frozen)
    assert copied == frozen
    assert copied.parts is not frozen.parts
    assert codec.encode(frozen) == b'{"parts":[1,2]}'


def test_a_missing_required_field_is_named(codec: Codec) -> None:
    with pytest.raises(DecodeError, match="Frozen: missing required field 'parts'"):
        codec.decode(b"{}", Frozen)


@attrs.define
class Lease(Widget):
    holder: str = attrs.field(default="", kw_only=True)


def test_a_subclass_in_a_field_is_copied_as_what_it_is(codec: Codec) -> None:
    box: Box[Any] = Box(Lease(holder="me"))
    parent = ObjectList(items=[Lease(holder="me")])
    assert type(codec.copy(parent).items[0]) is Lease
    with pytest.raises(EncodeError, match="no JSON value"):
        codec.encode(box)


def test_lists_are_written_without_the_types_of_their_items(codec: Codec) -> None:
    widgets: ObjectList[Widget] = ObjectList(
        api_version="shop.example/v1", kind="WidgetList", items=[Widget()]
    )
    data = codec.encode(widgets)
    assert data == (
        b'{"apiVersion":"shop.example/v1","items":[{"metadata":{},"spec":{"size":1}}],'
        b'"kind":"WidgetList","metadata":{}}'
    )
    assert codec.decode(data, ObjectList[Widget]) == widgets


def test_untyped_items_of_a_list_keep_their_types(codec: Codec) -> None:
    items = [Unstructured(api_version="a.example/v1", kind="A")]
    listed = ObjectList(api_version="a.example/v1", kind="AList", items=items)
    data = codec.encode(listed)
    assert b'"items":[{"apiVersion":"a.example/v1","kind":"A","metadata":{}}]' in data
    assert codec.decode(data, ObjectList[Unstructured]) == listed


def test_the_scheme_finds_the_class(codec: Codec) -> None:
    known = Codec(Scheme([Widget, ConfigMap]))
    widget = Widget()
    assert known.decode_any(codec.encode(widget)) == widget
    assert isinstance(codec.decode_any(codec.encode(widget)), Unstructured)


def test_what_does_not_say_its_kind_is_refused(codec: Codec) -> None:
    with pytest.raises(DecodeError, match=r"^Object 'Kind' is missing in '\{\}'$"):
        codec.decode_any(b"{}")
    with pytest.raises(DecodeError, match=r"^Object 'apiVersion' is missing in "):
        codec.decode_any(b'{"kind":"Pod"}')


@pytest.mark.parametrize(
    "corrupt",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"text"',
        b"7",
        b"\xff\xfe",
        b'{"metadata":7}',
        b'{"metadata":{"ownerReferences":[7]}}',
        b'{"metadata":{"creationTimestamp":"yesterday"}}',
        b'{"metadata":{"creationTimestamp":{}}}',
        b'{"spec":{"containers":[[]]}}',
        b'{"spec":{"containers":{"a":1}}}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"metadata":{"name":NaN}}',
    ],
)
def test_corrupt_bytes_give_one_error(codec: Codec, corrupt: bytes) -> None:
    with pytest.raises(DecodeError):
        codec.decode(corrupt, Pod)
    with pytest.raises(DecodeError):
        codec.decode_any(corrupt)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"text": 7}, "Odd.text: expected a string, found a value of type int"),
        ({"number": "7"}, "Odd.number: expected an integer, found a value of type str"),
        ({"number": True}, "Odd.number: expected an integer, found a value of type bool"),
        ({"number": 2**63}, "Odd.number: an integer of more than 64 bits"),
        ({"number": -(2**63) - 1}, "Odd.number: an integer of more than 64 bits"),
        ({"flag": 1}, "Odd.flag: expected a boolean, found a value of type int"),
        ({"ratio": float("nan")}, "Odd.ratio: nan is no JSON number"),
        ({"ratio": 10**400}, "Odd.ratio: inf is no JSON number"),
        ({"words": "sleep"}, "Odd.words: expected a list, found a value of type str"),
        ({"words": [7]}, "Odd.words: expected a string, found a value of type int"),
        ({"table": [1]}, "Odd.table: expected a dict, found a value of type list"),
        ({"table": {1: {}}}, "Odd.table: expected a string as key, found a value of type int"),
        ({"at": "now"}, "Odd.at: expected Time, found a value of type str"),
        ({"amount": 1}, "Odd.amount: expected Quantity, found a value of type int"),
        ({"color": "red"}, "Odd.color: expected Color, found a value of type str"),
        ({"child": Box()}, "Odd: expected Odd, found a value of type Box"),
        ({"anything": {"a": {1, 2}}}, "a value of type set is no JSON value"),
        ({"anything": object()}, "a value of type object is no JSON value"),
        ({"anything": float("-inf")}, "-inf is no JSON number"),
        ({"anything": 2**64}, "an integer of more than 64 bits"),
        ({"anything": {1: 2}}, "expected a string as key, found a value of type int"),
        ({"anything": {1: 2, "a": 3}}, "keys of objects are strings; found keys of several types"),
        ({"anything": ["\ud800"]}, "a string holds a lone surrogate"),
        ({"text": "\udfff"}, "a string holds a lone surrogate"),
        ({"box": None}, "Box: expected Box, found None"),
    ],
)
def test_what_json_cannot_hold_is_told(codec: Codec, change: dict[str, Any], message: str) -> None:
    odd = Odd()
    for name, value in change.items():
        setattr(odd, name, value)
    with pytest.raises(EncodeError) as caught:
        codec.encode(odd)
    assert str(caught.value) == f"cannot write a Odd: {message}"


def test_what_is_no_attrs_instance_is_told(codec: Codec) -> None:
    for stranger in ({}, None, 7, "text", object()):
        with pytest.raises(EncodeError, match="not an attrs class"):
            codec.encode(stranger)
        with pytest.raises(EncodeError, match="not an attrs class"):
            codec.copy(stranger)
    with pytest.raises(DecodeError, match="not an attrs class"):
        codec.decode(b"{}", dict)


def test_strings_and_numbers_of_other_classes_are_written_as_what_they_are(codec: Codec) -> None:
    class Text(str):
        __slots__ = ()

    odd = Odd(text=Text("t"), number=Level.HIGH, anything={"e": Level.LOW, "c": Color.RED})
    odd.words = ("a", "b")  # type: ignore[assignment]
    tree = codec.to_dict(odd)
    assert type(tree["text"]) is str
    assert type(tree["number"]) is int
    assert tree["anything"] == {"c": "red", "e": 1}
    assert tree["words"] == ["a", "b"]


@attrs.define
class Host:
    address: ipaddress.IPv4Address
    others: list[ipaddress.IPv4Address] = attrs.field(factory=list)
    odd: int | str | None = None


def test_other_types_go_through_cattrs(codec: Codec) -> None:
    converter = Converter()
    converter.register_structure_hook(
        ipaddress.IPv4Address, lambda text, _: ipaddress.IPv4Address(text)
    )
    converter.register_unstructure_hook(ipaddress.IPv4Address, str)
    own = Codec(converter=converter)
    host = Host(ipaddress.IPv4Address("10.0.0.1"), [ipaddress.IPv4Address("10.0.0.2")], "x")
    assert own.encode(host) == b'{"address":"10.0.0.1","odd":"x","others":["10.0.0.2"]}'
    assert own.decode(own.encode(host), Host) == host
    assert own.copy(host) == host
    assert own.from_dict(own.to_dict(host), Host) == host
    assert own.converter is converter
    with pytest.raises(EncodeError, match="IPv4Address"):
        codec.encode(host)


def test_two_fields_of_one_name_on_the_wire_are_refused(codec: Codec) -> None:
    @attrs.define
    class Twice:
        pod_ip: str = ""
        podIp: str = ""

    with pytest.raises(EncodeError, match="are both called 'podIp' on the wire"):
        codec.encode(Twice())


def test_many_threads_meet_a_class_at_once() -> None:
    @attrs.define
    class Fresh:
        a: int = 0
        b: list[str] = attrs.field(factory=list)

    codec = Codec()
    start = threading.Barrier(8)
    answers: list[bytes] = []

    def use() -> None:
        start.wait(timeout=10)
        answers.append(codec.encode(codec.copy(codec.decode(b'{"a":1,"b":["x"]}', Fresh))))

    threads = [threading.Thread(target=use) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=10)
    assert answers == [b'{"a":1,"b":["x"]}'] * 8
