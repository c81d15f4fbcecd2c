"""The quick look at a document says yes only where the thorough one would say nothing."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from typing import Any, ClassVar

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kregistry.core.v1 import Pod
from kregistry.meta.model import Model, model
from kregistry.meta.object import Object
from kregistry.meta.quantity import Quantity
from kregistry.runtime import Codec
from kregistry.runtime.converter import shared_conversion
from kregistry.runtime.errors import DecodeError
from kregistry.runtime.limits import DEFAULT_LIMITS
from kregistry.runtime.plain import Odd
from kregistry.runtime.strict import Checker, parse, parse_simply

GENERATOR = shared_conversion().generator


@model
class Part(Model):
    size: int = 0
    ratio: float = 0.0
    on: bool = False
    words: list[str] = attrs.field(factory=list)
    table: dict[str, str] = attrs.field(factory=dict)
    anything: Any = None
    amounts: dict[str, Quantity] = attrs.field(factory=dict)
    moment: datetime | None = None
    holes: list[str | None] = attrs.field(factory=list)
    child: Part | None = None
    children: list[Part] = attrs.field(factory=list)


@model
class Whole(Object):
    api_version: ClassVar[str] = "shop.example/v1"
    kind: ClassVar[str] = "Whole"

    spec: Part = attrs.field(factory=Part)


def accepted(document: str, cls: Any = Whole) -> Any:
    """What the quick look makes of a document; None if it leaves it to the thorough one."""
    found: list[int] = []
    try:
        tree, named = parse_simply(document.encode(), DEFAULT_LIMITS)
        made = GENERATOR.function("accept", cls)(tree, found)
    except (Odd, ValueError):
        return None
    return made if sum(found) == named else None


def fits(document: str, cls: Any = Whole) -> bool:
    return accepted(document, cls) is not None


def test_a_pod_such_as_clients_send_fits(pod_document: dict[str, Any]) -> None:
    assert fits(json.dumps(pod_document), Pod)


@pytest.mark.parametrize(
    "spec",
    [
        "null",
        "{}",
        '{"size": null, "child": null}',
        '{"size": 1, "ratio": 1, "on": true, "words": ["a"], "table": {"a": "b"}}',
        '{"ratio": 1.5, "anything": [{"a": null}, null, 1], "amounts": {"a": 1, "b": "1Gi"}}',
        '{"children": [{"child": {"children": []}}]}',
    ],
)
def test_what_is_exactly_as_promised_fits(spec: str) -> None:
    assert fits(f'{{"apiVersion": "shop.example/v1", "kind": "Whole", "spec": {spec}}}')


@pytest.mark.parametrize(
    "spec",
    [
        "[]",
        "1",
        '{"nothing": 1}',
        '{"nothing": null}',
        '{"size": 1, "size": 1}',
        '{"size": 1.0}',
        '{"size": true}',
        '{"ratio": true}',
        '{"ratio": "1"}',
        '{"words": ""}',
        '{"words": 0}',
        '{"children": {}}',
        '{"children": false}',
        '{"amounts": {"a": true}}',
        '{"on": 1}',
        '{"words": [null]}',
        '{"words": {}}',
        '{"table": {"a": "b", "a": "b"}}',
        '{"table": {"a": 1}}',
        '{"anything": [{"a": 1, "a": 2}]}',
        '{"amounts": {"a": []}}',
        '{"children": [null]}',
        '{"children": [{"child": {"more": 1}}]}',
    ],
)
def test_what_needs_a_word_does_not_fit(spec: str) -> None:
    assert not fits(f'{{"spec": {spec}}}')


@pytest.mark.parametrize("document", ["null", "[]", "1", '"a"'])
def test_only_an_object_can_fit(document: str) -> None:
    assert not fits(document)


MEMBERS = st.sampled_from(
    [
        *("spec", "size", "ratio", "on", "words", "table", "anything", "amounts", "holes"),
        *("child", "children", "metadata", "name", "labels", "kind", "apiVersion"),
    ]
)
SCALARS = st.none() | st.booleans() | st.integers(-9, 9) | st.floats(0, 9) | st.text(max_size=2)


def _object(pairs: list[tuple[str, str]]) -> str:
    return "{" + ",".join(f'"{key}":{value}' for key, value in pairs) + "}"


#: Texts, and not trees, so that members can be there twice.
DOCUMENTS = st.recursive(
    SCALARS.map(json.dumps),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: f"[{','.join(items)}]")
        | st.lists(st.tuples(MEMBERS, inner), max_size=4).map(_object)
    ),
    max_leaves=12,
)


@given(DOCUMENTS.map(lambda spec: f'{{"spec": {spec}}}') | DOCUMENTS)
def test_of_what_fits_the_thorough_look_has_nothing_to_tell(document: str) -> None:
    quick = accepted(document)
    if quick is None:
        return
    checker = Checker(GENERATOR, DEFAULT_LIMITS)
    tree = checker.check(Whole, parse(document.encode(), DEFAULT_LIMITS))
    assert checker.problems == []
    assert quick == GENERATOR.function("read", Whole)(tree)


@given(DOCUMENTS.map(lambda spec: f'{{"spec": {spec}}}') | DOCUMENTS)
def test_both_looks_lead_to_the_same_answer(document: str) -> None:
    quick, thorough = Codec(), Codec()
    thorough._read_at_once = lambda *_: None  # type: ignore[method-assign]
    answers: list[object] = []
    for codec in (quick, thorough):
        try:
            answers.append(codec.decode_strict(document.encode(), Whole, unknown="Warn"))
        except DecodeError as error:
            answers.append(str(error))
    assert answers[0] == answers[1]


@pytest.mark.parametrize(
    ("spec", "warnings"),
    [
        ('{"size":1,"size":2}', ('duplicate field "spec.size"',)),
        ('{"size" :1,"size" :2}', ('duplicate field "spec.size"',)),
        ('{"ratio" :1,"size":1,"size":2}', ('duplicate field "spec.size"',)),
        (
            '{"ratio"\n\t:1,"on"\r:true,"size":1,"size":2,"size":3}',
            ('duplicate field "spec.size"',),
        ),
        ('{"table":{"\\":a":"1","\\":a":"2"}}', ('duplicate field "spec.table.":a"',)),
        ('{"words":["\\":"],"size":1,"size":2}', ('duplicate field "spec.size"',)),
        ('{"anything":{"a":1,"a":2},"words":["":]}', None),
        ('{"words":["a:","b\\u0022:"]}', ()),
        ('{"words":["\\\\"],"size":1,"size":2}', ('duplicate field "spec.size"',)),
        ('{"words":["\\\\\\""],"size":1,"size":2}', ('duplicate field "spec.size"',)),
        ('{"words":["\\\\\\\\"],"size":1,"si\\u007ae":2}', ('duplicate field "spec.size"',)),
        ('{"table":{"a\\\\":"1","a\\\\":"2"}}', ('duplicate field "spec.table.a\\"',)),
        ('{"table":{"a\\\\" :"1","b\\"":"2"}}', ()),
    ],
)
def test_no_way_of_writing_hides_what_is_there_twice(
    spec: str, warnings: tuple[str, ...] | None
) -> None:
    document = f'{{"spec":{spec}}}'.encode()
    if warnings is None:
        with pytest.raises(DecodeError, match="not JSON"):
            Codec().decode_strict(document, Whole)
        return
    assert Codec().decode_strict(document, Whole, unknown="Warn").warnings == warnings


@pytest.mark.parametrize(
    "number",
    [
        "9223372036854775808",
        "-9223372036854775809",
        "1" * 5000,
        "1e999",
        "-1e999",
        "NaN",
        "Infinity",
    ],
)
@pytest.mark.parametrize("member", ["size", "ratio", "anything", "amounts", "unknown"])
def test_no_number_beyond_64_bits_is_accepted(member: str, number: str) -> None:
    value = f'{{"a": {number}}}' if member == "amounts" else number
    document = f'{{"spec": {{"{member}": {value}}}}}'.encode()
    with pytest.raises(DecodeError, match=r"does not fit into 64 bits|is no JSON number"):
        Codec().decode_strict(document, Whole)


def test_a_long_number_costs_nothing_where_python_would_read_it() -> None:
    """That takes time by the square of its length."""
    limit = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(0)
    try:
        assert not fits('{"spec":{"size":1}}')
        with pytest.raises(DecodeError, match="does not fit into 64 bits"):
            Codec().decode_strict(b'{"spec":{"size":' + b"1" * 2_000_000 + b"}}", Whole)
    finally:
        sys.set_int_max_str_digits(limit)


def test_a_moment_beyond_all_years_is_refused() -> None:
    for text in ("9999-12-31T23:59:59-02:00", "0001-01-01T00:00:00+02:00"):
        with pytest.raises(DecodeError, match="out of range"):
            Codec().decode_strict(f'{{"spec":{{"moment":"{text}"}}}}'.encode(), Whole)


def test_members_are_counted_through_and_through(pod_document: dict[str, Any]) -> None:
    counts: list[int] = []
    GENERATOR.function("accept", Pod)(pod_document, counts)
    assert sum(counts) == json.dumps(pod_document).count('":')
