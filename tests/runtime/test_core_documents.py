"""About documents of core kinds, right and wrong, quick ways and thorough ways agree."""

from __future__ import annotations

import json
from random import Random
from typing import Any, Final

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kregistry.core.apps_v1 import Deployment
from kregistry.core.v1 import Node, Pod, Service
from kregistry.meta.intstr import IntOrString
from kregistry.meta.object import Object
from kregistry.meta.quantity import Quantity
from kregistry.meta.time import MicroTime, Time
from kregistry.runtime import Codec
from kregistry.runtime.codec import UnknownFields
from kregistry.runtime.errors import DecodeError
from kregistry.runtime.shapes import Form, Shape, struct_of

KINDS: Final = [Pod, Service, Node, Deployment]
MODES: Final[tuple[UnknownFields, ...]] = ("Ignore", "Warn", "Strict")

TEXTS: Final = ["", "a", "é", '":', '"', "\\", '\\":', "b: ", "\u2028", "\U0001f600"]
NUMBERS: Final = [
    *("0", "-0", "1.0", "1E2", "1e400", "-0.0", "1073741824", "2147483648", "1" * 21, "1e22"),
    *("9223372036854775807", "9223372036854775808", "-9223372036854775809", "NaN"),
]
VALUES: Final[dict[type, list[str]]] = {
    Quantity: ['"1Gi"', '"100m"', '"0.5Ki"', "1", "1.5", '"9e300"'],
    IntOrString: ["80", '"http"', "2147483648"],
    Time: ['"2026-01-02T03:04:05Z"', '"2026-01-02T03:04:05.678+02:00"'],
    MicroTime: ['"2026-01-02T03:04:05.000678Z"'],
    bytes: ['""', '"AAA="'],
}


class Thorough(Codec):
    """Looks twice at each document, and prints trees only."""

    def __init__(self) -> None:
        super().__init__()
        self._prints = False

    def _read_at_once(self, data: Any, cls: Any, gvk: Any) -> None:
        return None


class Writer:
    """Writes documents as clients would, and as nobody should.

    Args:
        random: Decides.
    """

    def __init__(self, random: Random) -> None:
        self.random = random
        self._twice = random.choice([0, 0, 0.05])
        self._wrong = random.choice([0, 0, 0.02])

    def document(self, cls: Any, depth: int = 0) -> str:
        """An instance of a class with a few members."""
        shapes = list(struct_of(cls).shapes.items())
        wanted = len(shapes) if depth == 0 else self.random.choice([0, 1, 2, 4])
        chosen = self.random.sample(shapes, min(wanted, len(shapes)) if depth < 7 else 0)
        pairs = [(name, self._member(cls, name, shape, depth)) for name, shape in chosen]
        if self._is(self._wrong):
            pairs.append((self.random.choice(["other", "kind"]), self._anything()))
        return self._object(pairs)

    def _is(self, chance: float) -> bool:
        return self.random.random() < chance

    def _member(self, cls: Any, name: str, shape: Shape, depth: int) -> str:
        if depth == 0 and name in ("apiVersion", "kind"):
            return self._text(cls.kind if name == "kind" else cls.api_version)
        return self._value(shape, depth)

    def _value(self, shape: Shape, depth: int) -> str:
        if self._is(self._wrong):
            return self._anything()
        choose = self.random.choice
        match shape.form:
            case Form.STR:
                return self._text(choose(TEXTS))
            case Form.INT:
                return choose(["0", "1", "-1", "2147483648", "9223372036854775807"])
            case Form.BOOL:
                return choose(["true", "false"])
            case Form.VALUE:
                return choose(VALUES[shape.type])
            case Form.STRUCT:
                return self.document(shape.type, depth + 1)
        if shape.item is None:
            return self._object([(choose(TEXTS), "[null]"), ("b", self._object([]))])
        items = [self._value(shape.item, depth + 1) for _ in range(choose([0, 1, 2]))]
        if shape.form is Form.LIST:
            return f"[{','.join(items)}]"
        return self._object([(f"{choose(TEXTS)}{at}", item) for at, item in enumerate(items)])

    def _anything(self) -> str:
        simple = ["null", "true", "[]", "{}", "[null]", '[{"a":1,"a":2}]', *NUMBERS]
        return self.random.choice([*simple, self._text(self.random.choice(TEXTS))])

    def _object(self, pairs: list[tuple[str, str]]) -> str:
        if pairs and self._is(self._twice):
            name, value = self.random.choice(pairs)
            again = value if self._is(0.5) else self._anything()
            pairs.insert(self.random.randrange(len(pairs) + 1), (name, again))
        space = [self.random.choice(["", "", "", " ", "\n\t", "\r"]) for _ in range(3)]
        a, b, c = space
        return f"{{{a}" + f",{b}".join(f"{self._text(k)}{c}:{a}{v}{b}" for k, v in pairs) + "}"

    def _text(self, text: str) -> str:
        """The text, some of it escaped without need."""
        if self._is(0.8):
            return json.dumps(text, ensure_ascii=self._is(0.2))
        return '"' + "".join(f"\\u{ord(c):04x}" if c < "\u00ff" else c for c in text) + '"'


def inside(value: Any) -> Any:
    """The class of everything in a value, and the order of its members."""
    if attrs.has(type(value)):
        fields = attrs.fields(type(value))
        return type(value), [inside(getattr(value, each.name)) for each in fields]
    if isinstance(value, dict):
        return dict, [(key, inside(item)) for key, item in value.items()]
    if isinstance(value, list):
        return list, [inside(item) for item in value]
    family = value.format if isinstance(value, Quantity) else None
    return type(value), repr(value), family


def answer(codec: Codec, document: bytes, cls: Any, mode: UnknownFields) -> Any:
    try:
        decoded = codec.decode_strict(document, cls, unknown=mode)
    except DecodeError as error:
        return str(error)
    return inside(decoded.obj), decoded.warnings


@pytest.mark.parametrize("cls", KINDS)
@settings(max_examples=150)
@given(seed=st.integers(0, 2**64))
def test_both_looks_see_the_same(cls: type[Object], seed: int) -> None:
    document = Writer(Random(seed)).document(cls).encode()
    for mode in MODES:
        thorough = answer(Thorough(), document, cls, mode)
        assert answer(Codec(), document, cls, mode) == thorough
    quick = Codec()._read_at_once(document, cls, None)
    assert quick is None or (inside(quick), ()) == answer(Thorough(), document, cls, "Warn")


@pytest.mark.parametrize("cls", KINDS)
@settings(max_examples=150)
@given(seed=st.integers(0, 2**64))
def test_both_printers_write_the_same(cls: type[Object], seed: int) -> None:
    document = Writer(Random(seed)).document(cls).encode()
    try:
        obj = Thorough().decode_strict(document, cls).obj
    except DecodeError:
        return
    data, stored = Codec().round_trip(obj, cls)
    assert data == Codec().encode(obj) == Codec().encode_readable(obj, cls)
    assert data == Thorough().encode(obj)
    assert inside(stored) == inside(Codec().decode(data, cls))


@pytest.mark.parametrize("cls", KINDS)
def test_a_good_part_of_the_documents_takes_the_quick_way(cls: type[Object]) -> None:
    documents = [Writer(Random(seed)).document(cls).encode() for seed in range(100)]
    quick = [Codec()._read_at_once(document, cls, None) is not None for document in documents]
    assert 20 < sum(quick) < 80
