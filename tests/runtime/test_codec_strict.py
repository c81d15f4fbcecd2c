from __future__ import annotations

import json
from typing import Any, ClassVar

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kregistry.core.v1 import Pod, Service
from kregistry.meta.gvk import GroupVersionKind
from kregistry.meta.model import Model, model
from kregistry.meta.object import Object
from kregistry.runtime import Codec, DecodeError, Limits, Scheme, Unstructured
from kregistry.runtime.limits import DEFAULT_LIMITS
from kregistry.runtime.strict import parse, repeated_fields

SCHEME = Scheme([Pod, Service], name="pkg/api/legacyscheme/scheme.go:30")
CODEC = Codec(SCHEME)


@model
class Spec(Model):
    size: int = 0
    ratio: float = 0.0
    on: bool = False
    words: list[str] = attrs.field(factory=list)
    table: dict[str, str] = attrs.field(factory=dict)
    anything: dict[str, Any] = attrs.field(factory=dict)
    child: Spec | None = None
    children: list[Spec] = attrs.field(factory=list)
    raw: bytes = b""


@model
class Widget(Object):
    api_version: ClassVar[str] = "shop.example/v1"
    kind: ClassVar[str] = "Widget"

    spec: Spec = attrs.field(factory=Spec)


def refused(document: str | bytes, cls: Any = Widget, unknown: Any = "Ignore") -> str:
    data = document.encode() if isinstance(document, str) else document
    with pytest.raises(DecodeError) as caught:
        CODEC.decode_strict(data, cls, unknown=unknown)
    return str(caught.value)


def problems(document: str, cls: Any = Widget) -> tuple[str, ...]:
    data = document.encode()
    warned = CODEC.decode_strict(data, cls, unknown="Warn").warnings
    assert CODEC.decode_strict(data, cls, unknown="Ignore").warnings == ()
    if warned:
        with pytest.raises(DecodeError) as caught:
            CODEC.decode_strict(data, cls, unknown="Strict")
        assert caught.value.problems == warned
        assert str(caught.value) == f"strict decoding error: {', '.join(warned)}"
    return warned


# What a real API server answered to these documents.


def test_an_unknown_field_is_refused_in_the_words_of_the_api_server() -> None:
    pod = '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"web"},"bogus":1}'
    with pytest.raises(DecodeError) as caught:
        CODEC.decode_strict(pod.encode(), Pod, unknown="Strict")
    assert caught.value.handled_as("Pod") == (
        'Pod in version "v1" cannot be handled as a Pod: '
        'strict decoding error: unknown field "bogus"'
    )
    assert problems(pod, Pod) == ('unknown field "bogus"',)


def test_a_duplicate_field_is_refused_in_the_words_of_the_api_server() -> None:
    pod = (
        '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"d","name":"e"},'
        '"spec":{"containers":[{"name":"c","image":"i"}]}}'
    )
    with pytest.raises(DecodeError) as caught:
        CODEC.decode_strict(pod.encode(), Pod, unknown="Strict")
    assert caught.value.handled_as("Pod") == (
        'Pod in version "v1" cannot be handled as a Pod: '
        'strict decoding error: duplicate field "metadata.name"'
    )
    assert CODEC.decode_strict(pod.encode(), Pod).obj.metadata.name == "e"


def test_another_known_kind_is_refused_in_the_words_of_the_api_server() -> None:
    with pytest.raises(DecodeError) as caught:
        CODEC.decode_strict(b'{"apiVersion":"v1","kind":"Service","metadata":{"name":"x"}}', Pod)
    assert caught.value.handled_as("Pod") == (
        'Service in version "v1" cannot be handled as a Pod: '
        "converting (v1.Service) to (core.Pod): unknown conversion"
    )


def test_an_unknown_kind_is_refused_in_the_words_of_the_api_server() -> None:
    with pytest.raises(DecodeError) as caught:
        CODEC.decode_strict(b'{"apiVersion":"apps/v1","kind":"Pod","metadata":{"name":"x"}}', Pod)
    assert caught.value.handled_as("Pod") == (
        'Pod in version "v1" cannot be handled as a Pod: no kind "Pod" is registered for version '
        '"apps/v1" in scheme "pkg/api/legacyscheme/scheme.go:30"'
    )
    assert caught.value.gvk == GroupVersionKind("apps", "v1", "Pod")


def test_a_document_without_a_type_is_what_was_asked_for() -> None:
    decoded = CODEC.decode_strict(b'{"metadata":{"name":"x"},"spec":{"containers":[]}}', Pod)
    assert decoded.obj.metadata.name == "x"


# Unknown and duplicate fields.


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ("{}", ()),
        ('{"spec":{"foo":1}}', ('unknown field "spec.foo"',)),
        ('{"spec":{"children":[{},{"foo":1}]}}', ('unknown field "spec.children[1].foo"',)),
        ('{"z":1,"a":1}', ('unknown field "z"', 'unknown field "a"')),
        ('{"z":1,"z":2}', ('unknown field "z"',)),
        ('{"z":{"a":1,"a":2}}', ('unknown field "z"',)),
        ('{"kind":"Widget","kind":"Widget"}', ('duplicate field "kind"',)),
        ('{"spec":{"size":1,"size":2}}', ('duplicate field "spec.size"',)),
        ('{"spec":{"size":1,"size":1,"size":1}}', ('duplicate field "spec.size"',)),
        ('{"spec":{"table":{"a":"1","a":"2"}}}', ('duplicate field "spec.table.a"',)),
        (
            '{"spec":{"anything":{"l":[{"a":1,"a":2}]}}}',
            ('duplicate field "spec.anything.l[0].a"',),
        ),
        (
            '{"spec":{"x":1},"y":1,"spec":{"size":1,"z":1}}',
            (
                'unknown field "spec.x"',
                'unknown field "y"',
                'duplicate field "spec"',
                'unknown field "spec.z"',
            ),
        ),
        ('{"metadata":{"bogus":1}}', ('unknown field "metadata.bogus"',)),
        ('{"Spec":{}}', ('unknown field "Spec"',)),
        ('{"spec":{"a\\"b":1}}', ('unknown field "spec.a"b"',)),
    ],
)
def test_unknown_and_duplicate_fields_are_told_in_order(
    document: str, told: tuple[str, ...]
) -> None:
    assert problems(document) == told


def test_the_last_of_duplicate_fields_counts() -> None:
    document = b'{"spec":{"size":1,"size":2,"table":{"a":"1","a":"2"},"anything":{"a":1,"a":2}}}'
    spec = CODEC.decode_strict(document, Widget).obj.spec
    assert (spec.size, spec.table, spec.anything) == (2, {"a": "2"}, {"a": 2})


def test_only_so_many_problems_are_told() -> None:
    document = json.dumps({f"f{n}": n for n in range(1000)}).encode()
    assert len(CODEC.decode_strict(document, Widget, unknown="Warn").warnings) == 100


def test_an_unknown_choice_about_unknown_fields_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="Ignore, Warn or Strict"):
        CODEC.decode_strict(b"{}", Widget, unknown="ignore")  # type: ignore[arg-type]


# Types.


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ('{"spec":{"size":"1"}}', "string into field spec.size of type integer"),
        ('{"spec":{"size":1.0}}', "number into field spec.size of type integer"),
        ('{"spec":{"size":1e3}}', "number into field spec.size of type integer"),
        ('{"spec":{"size":true}}', "bool into field spec.size of type integer"),
        ('{"spec":{"on":1}}', "number into field spec.on of type boolean"),
        ('{"spec":{"ratio":"1"}}', "string into field spec.ratio of type number"),
        ('{"spec":{"ratio":true}}', "bool into field spec.ratio of type number"),
        ('{"spec":{"words":"a"}}', "string into field spec.words of type array"),
        ('{"spec":{"words":{}}}', "object into field spec.words of type array"),
        ('{"spec":{"words":["a",1]}}', "number into field spec.words[1] of type string"),
        ('{"spec":{"table":[]}}', "array into field spec.table of type object"),
        ('{"spec":{"table":{"a":1}}}', "number into field spec.table.a of type string"),
        ('{"spec":[]}', "array into field spec of type object"),
        ('{"spec":{"raw":1}}', "number into field spec.raw of type base64 string"),
        ('{"metadata":{"labels":{"a":{}}}}', "object into field metadata.labels.a of type string"),
        (
            '{"metadata":{"creationTimestamp":1}}',
            "number into field metadata.creationTimestamp of type time",
        ),
        ('{"spec":{"size":1,"size":"x"}}', "string into field spec.size of type integer"),
        ('{"spec":{"size":"x","size":1}}', "string into field spec.size of type integer"),
    ],
)
def test_a_wrong_type_is_told_with_its_path(document: str, message: str) -> None:
    assert refused(document) == f"json: cannot unmarshal {message}"


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ('{"spec":{"raw":"!"}}', "spec.raw: illegal base64 data"),
        (
            '{"metadata":{"creationTimestamp":"soon"}}',
            'metadata.creationTimestamp: parsing time "soon" as "2006-01-02T15:04:05Z07:00": '
            'cannot parse "soon" as "2006"',
        ),
    ],
)
def test_a_wrong_value_is_told_with_its_path(document: str, message: str) -> None:
    assert refused(document) == message


@pytest.mark.parametrize(
    ("document", "what"),
    [
        ("[]", "array"),
        ("7", "number"),
        ('"x"', "string"),
        ("null", "null"),
        ("true", "bool"),
    ],
)
def test_a_document_is_an_object(document: str, what: str) -> None:
    assert refused(document) == (
        f"couldn't get version/kind; json parse error: json: cannot unmarshal {what} into an object"
    )


def test_the_type_of_a_document_is_text() -> None:
    assert "into field kind of type string" in refused('{"kind":7}')
    assert "into field apiVersion of type string" in refused('{"apiVersion":{}}')
    assert refused('{"apiVersion":"a/b/c"}') == "unexpected GroupVersion string: a/b/c"


def test_null_is_absence() -> None:
    document = (
        b'{"apiVersion":null,"kind":null,"metadata":null,"spec":{"size":null,"words":[null],'
        b'"table":{"a":null},"children":[null],"anything":{"a":null}}}'
    )
    widget = CODEC.decode_strict(document, Widget, unknown="Strict").obj
    assert widget == Widget(
        spec=Spec(words=[""], table={"a": ""}, children=[Spec()], anything={"a": None})
    )


def test_an_integer_is_a_number() -> None:
    assert CODEC.decode_strict(b'{"spec":{"ratio":1}}', Widget).obj.spec.ratio == 1.0


# Hostile documents.


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b'{"spec":}', "not JSON"),
        (b"{} {}", "not JSON"),
        (b"{'a':1}", "not JSON"),
        (b'{"a":1,}', "not JSON"),
        (b'{"a":01}', "not JSON"),
        (b'{"a":+1}', "not JSON"),
        (b'{"a":"\n"}', "not JSON"),
        (b'{"a":"\x00"}', "not JSON"),
        (b'{"a":"\\x"}', "not JSON"),
        (b"\xef\xbb\xbf{}", "not JSON"),
        ("{}".encode("utf-16"), "not UTF-8"),
        ("{}".encode("utf-16-le"), "not JSON"),
        ("{}".encode("utf-32"), "not UTF-8"),
        (b'{"a":"\xff"}', "not UTF-8: byte 6 is wrong"),
        (b'{"a":"\xed\xa0\x80"}', "not UTF-8"),
        (b'{"a":"\xc0\x80"}', "not UTF-8"),
        (b'{"spec":{"anything":{"a":NaN}}}', "NaN is no JSON number"),
        (b'{"spec":{"anything":{"a":Infinity}}}', "Infinity is no JSON number"),
        (b'{"spec":{"anything":{"a":-Infinity}}}', "-Infinity is no JSON number"),
        (b'{"spec":{"anything":{"a":1e999}}}', "1e999 does not fit into 64 bits"),
        (b'{"spec":{"anything":{"a":-1e999}}}', "-1e999 does not fit into 64 bits"),
        (b'{"spec":{"size":9223372036854775808}}', "does not fit into 64 bits"),
        (b'{"spec":{"size":-9223372036854775809}}', "does not fit into 64 bits"),
        (b'{"spec":{"anything":{"a":18446744073709551616}}}', "does not fit into 64 bits"),
        (b'{"a":' + b"9" * 5000 + b"}", "does not fit into 64 bits"),
        (b'{"a":-' + b"9" * 5000 + b"}", "does not fit into 64 bits"),
        (b'{"a":"\\ud800"}', "lone surrogate"),
        (b'{"a":"\\uDC00x"}', "lone surrogate"),
        (b'{"\\ud800":1}', "lone surrogate"),
        (b'{"a":["\\udfff\\ud800"]}', "lone surrogate"),
        (b"[" * 3_000_000, "exceeded max depth"),
        (b'{"a":' * 500_000, "exceeded max depth"),
        (b'{"a":"' + b"[" * 200 + b'"', "not JSON"),
        (b" " * 3 * 1024 * 1024 + b"{}", "Request entity too large: limit is 3145728"),
    ],
)
def test_a_hostile_document_is_refused(document: bytes, message: str) -> None:
    assert message in refused(document)


def test_the_edges_of_64_bits_are_inside() -> None:
    for number in (2**63 - 1, -(2**63)):
        document = json.dumps({"spec": {"size": number}}).encode()
        assert CODEC.decode_strict(document, Widget).obj.spec.size == number


def test_paired_surrogates_are_one_character() -> None:
    document = b'{"metadata":{"name":"\\ud83d\\ude00"}}'
    assert CODEC.decode_strict(document, Widget).obj.metadata.name == "\U0001f600"


def test_an_escaped_backslash_before_u_is_no_surrogate() -> None:
    document = b'{"metadata":{"name":"\\\\ud800"}}'
    assert CODEC.decode_strict(document, Widget).obj.metadata.name == "\\ud800"


def test_nul_may_stand_in_text() -> None:
    widget = CODEC.decode_strict(b'{"metadata":{"name":"a\\u0000b"}}', Widget).obj
    assert widget.metadata.name == "a\0b"
    assert CODEC.decode(CODEC.encode(widget), Widget) == widget


def test_the_body_may_be_as_long_as_the_limit() -> None:
    limited = Codec(limits=Limits(max_body_bytes=20))
    assert limited.decode_strict(b'{"metadata":null}   ', Widget).obj == Widget()
    with pytest.raises(DecodeError, match="limit is 20"):
        limited.decode_strict(b'{"metadata":null}    ', Widget)


@pytest.mark.parametrize("item", ["{}", "null"])
def test_few_bytes_cannot_make_very_many_objects(item: str) -> None:
    limited = Codec(limits=Limits(max_structs=12))
    document = '{"spec":{"children":[%s]}}'
    fits = (document % ",".join([item] * 9)).encode()
    assert limited.decode_strict(fits, Widget).obj.spec.children == [Spec()] * 9
    with pytest.raises(DecodeError, match="too many objects in the document: the limit is 12"):
        limited.decode_strict((document % ",".join([item] * 11)).encode(), Widget)


def test_brackets_inside_strings_do_not_count_as_depth() -> None:
    name = '[{\\"[' * 1000
    document = f'{{"metadata":{{"name":"{name}","labels":{{"a":"\\\\"}}}}}}'.encode()
    assert CODEC.decode_strict(document, Widget).obj.metadata.name == '[{"[' * 1000


def test_bytes_come_in_several_classes() -> None:
    for data in (b"{}", bytearray(b"{}"), memoryview(b"{}")):
        assert CODEC.decode_strict(data, Widget).obj == Widget()  # type: ignore[arg-type]
    with pytest.raises(DecodeError, match="expected bytes or a mapping, found a value of type str"):
        CODEC.decode_strict("{}", Widget)  # type: ignore[arg-type]


@given(
    st.binary(max_size=60)
    | st.text(alphabet='{}[]",:\\u08dntrf1e-.+ ', max_size=40).map(str.encode)
)
def test_no_bytes_break_the_decoder(data: bytes) -> None:
    for cls in (Widget, Unstructured, None):
        try:
            decoded = CODEC.decode_strict(data, cls, unknown="Warn")
        except DecodeError:
            continue
        obj: Any = decoded.obj
        assert CODEC.encode(CODEC.decode(CODEC.encode(obj), type(obj))) == CODEC.encode(obj)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["spec", "size", "children", "metadata", "name", "labels", "kind"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(JSON)
def test_no_tree_breaks_the_decoder(tree: Any) -> None:
    for data in (json.dumps(tree).encode(), tree):
        try:
            decoded = CODEC.decode_strict(data, Widget)
        except DecodeError:
            continue
        again = CODEC.encode(decoded.obj)
        assert CODEC.decode_strict(again, Widget, unknown="Strict").obj == decoded.obj


# What other parsers give.


def test_a_mapping_is_held_to_the_same_rules() -> None:
    widget = CODEC.decode_strict({"spec": {"size": 3}}, Widget, unknown="Strict").obj
    assert widget.spec.size == 3
    cyclic: dict[str, Any] = {}
    cyclic["spec"] = cyclic
    for tree, message in (
        (cyclic, "nested too deeply, or contains itself"),
        ({"spec": {"anything": {"a": float("nan")}}}, "nan is no JSON number"),
        ({"spec": {"anything": {"a": {1, 2}}}}, "a value of type set is no JSON value"),
        ({1: 2}, "expected a string as key"),
        ({"spec": {"size": 2**64}}, "64 bits"),
        ({"metadata": {"name": "\ud800"}}, "lone surrogate"),
    ):
        with pytest.raises(DecodeError, match=message):
            CODEC.decode_strict(tree, Widget)


def test_a_dict_is_read_without_regard_to_kinds() -> None:
    @attrs.define
    class Odd:
        kind: int = 0

    assert CODEC.from_dict({"kind": 7, "bogus": 1}, Odd) == Odd(7)
    with pytest.raises(DecodeError, match="expected bytes or a mapping"):
        CODEC.from_dict([], Odd)  # type: ignore[arg-type]


# Finding the class.


def test_the_scheme_finds_the_class_of_a_document() -> None:
    decoded = CODEC.decode_strict(b'{"apiVersion":"v1","kind":"Pod"}')
    assert isinstance(decoded.obj, Pod)


def test_an_unknown_kind_is_untyped() -> None:
    decoded = CODEC.decode_strict(b'{"apiVersion":"a.example/v1","kind":"A","spec":{"x":[1]}}')
    assert isinstance(decoded.obj, Unstructured)
    assert decoded.obj["spec"] == {"x": [1]}


def test_an_untyped_object_takes_the_kind_that_was_asked_for() -> None:
    gvk = GroupVersionKind("a.example", "v1", "A")
    obj = CODEC.decode_strict(b'{"spec":1}', Unstructured, gvk=gvk).obj
    assert (obj.api_version, obj.kind, obj["spec"]) == ("a.example/v1", "A", 1)
    with pytest.raises(
        DecodeError, match=r'^no kind "B" is registered for version "a\.example/v1"'
    ):
        CODEC.decode_strict(b'{"kind":"B"}', Unstructured, gvk=gvk)


def test_a_document_without_kind_is_refused_when_nobody_knows_it() -> None:
    with pytest.raises(DecodeError, match=r"^Object 'Kind' is missing in '\{\"a\":1\}'$"):
        CODEC.decode_strict(b'{"a":1}')
    with pytest.raises(DecodeError) as caught:
        CODEC.decode_strict(b'{"a":"' + b"x" * 9999 + b'"}')
    assert len(str(caught.value)) < 300


def test_what_cannot_be_recognized_is_described_by_what_was_wanted() -> None:
    with pytest.raises(DecodeError) as caught:
        CODEC.decode_strict(b"[]", Pod)
    head = f"the object provided is unrecognized (must be of type Pod): {caught.value}"
    assert caught.value.handled_as("Pod", b"[]") == f"{head} (5b5d)"
    assert caught.value.handled_as("Pod", b"{" + b" " * 29) == f"{head} ({{{' ' * 29})"
    assert caught.value.handled_as("Pod", b"[" * 31) == f"{head} ({'5b' * 30} ...)"
    assert caught.value.handled_as("Pod") == f"{head} (<empty>)"


def test_repeated_fields_are_told_in_a_tree_that_is_no_object_of_a_kind() -> None:
    data = b'{"a":{"b":1,"b":2,"b":3},"c":[{"d":1,"d":{"e":1,"e":2}}],"c":[{"f":1,"f":2}]}'
    assert repeated_fields(parse(data, DEFAULT_LIMITS)) == [
        'duplicate field "c"',
        'duplicate field "a.b"',
        'duplicate field "c[0].f"',
    ]
    assert repeated_fields(parse(b'[1,{"a":[]}]', DEFAULT_LIMITS)) == []
