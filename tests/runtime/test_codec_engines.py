"""Two engines, one meaning: the same bytes, the same objects, the same errors."""

from __future__ import annotations

import json
from typing import Any

import attrs
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kregistry.runtime import Codec, DecodeError, EncodeError
from kregistry.runtime.engine import STDLIB, JSONEngine, OrjsonEngine, engine_by_name

pytest.importorskip("orjson")

SLOW, FAST = Codec(engine="stdlib"), Codec(engine="orjson")
ORJSON = OrjsonEngine()


@attrs.define
class Anything:
    content: Any = None
    ratio: float = 0.0


FLOATS = st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | FLOATS | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def outcome(codec: Codec, obj: Any) -> bytes | str:
    try:
        return codec.encode(obj)
    except EncodeError as error:
        return str(error)


@given(JSON, FLOATS)
@example('\x7f\x80\u2028\u2029/<>&\b\f\n\r\t\x00\x1f\\"', 0.0)
@example(
    [1e16, 1e-5, 1e22, 5e-324, 1.7976931348623157e308, -0.0, 0.0001, 123456789012345680.0], 1e16
)
@example({"\U0001f600": 1, "\uffff": 2, "a": 3, "": 4}, 1e-7)
@example("\ud800", 0.0)
@example({"\udfff": 0}, 0.0)
def test_both_engines_write_the_same_bytes(content: Any, ratio: float) -> None:
    obj = Anything(content, ratio)
    assert outcome(SLOW, obj) == outcome(FAST, obj)


@given(JSON)
def test_both_engines_read_the_same_values(content: Any) -> None:
    data = outcome(SLOW, Anything(content))
    if isinstance(data, str):
        return
    slow, fast = SLOW.decode(data, Anything), FAST.decode(data, Anything)
    assert repr(slow) == repr(fast)
    assert repr(slow.content) == repr(content) or json.dumps(slow.content, sort_keys=True) == (
        json.dumps(content, sort_keys=True)
    )


def loaded(engine: JSONEngine, data: bytes) -> str:
    try:
        return repr(engine.loads(data))
    except DecodeError as error:
        return str(error)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"nul",
        b'{"a":1,}',
        b"{'a':1}",
        b"\xff",
        b'"\xed\xa0\x80"',
        b"\xef\xbb\xbf{}",
        b"NaN",
        b"[Infinity]",
        b'"\x01"',
        b"01",
        b"1 2",
        b"[" * 100_000,
        b'"\\ud800"',
        b'{"a":1,"a":2}',
        b"-0",
        b"1E5",
        b"[1.0,-0.0]",
        b"9223372036854775807",
        b"1e999",
    ],
)
def test_both_engines_refuse_the_same_bytes_in_the_same_words(data: bytes) -> None:
    assert loaded(STDLIB, data) == loaded(ORJSON, data)


@given(
    st.binary(max_size=30) | st.text(alphabet='{}[]",:\\u08d1e-.NaI ', max_size=20).map(str.encode)
)
def test_both_engines_agree_on_any_bytes(data: bytes) -> None:
    assert loaded(STDLIB, data) == loaded(ORJSON, data)


def test_engines_have_names() -> None:
    assert engine_by_name("stdlib") is STDLIB
    assert isinstance(engine_by_name("orjson"), OrjsonEngine)
    assert isinstance(engine_by_name("auto"), OrjsonEngine)
    with pytest.raises(ValueError, match="no JSON engine is called 'ujson'"):
        Codec(engine="ujson")


def test_an_engine_of_ones_own_will_do() -> None:
    class Loud(JSONEngine):
        def dumps(self, tree: Any) -> bytes:
            return STDLIB.dumps(tree).upper()

        def loads(self, data: bytes) -> Any:
            return STDLIB.loads(data.lower())

    codec = Codec(engine=Loud())
    assert codec.encode(Anything("x")) == b'{"CONTENT":"X"}'
    assert codec.decode(b'{"CONTENT":"X"}', Anything) == Anything("x")
