from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import attrs
from hypothesis import given
from hypothesis import strategies as st

from kregistry.core.v1 import Pod
from kregistry.meta.objectmeta import ObjectMeta
from kregistry.meta.quantity import Quantity
from kregistry.meta.time import Time
from kregistry.runtime import Codec

CODEC = Codec()


@attrs.define
class Part:
    name: str = ""
    size: int = 0
    amount: Quantity | None = None
    at: Time | None = None
    extra: dict[str, Any] = attrs.field(factory=dict)
    flags: list[bool] = attrs.field(factory=list)
    weights: dict[str, int] = attrs.field(factory=dict)
    limit: int = 5
    parts: list[Part] = attrs.field(factory=list)
    inner: Part | None = None


@attrs.define
class Checked:
    size: int = attrs.field(default=1, validator=attrs.validators.ge(0))
    tag: str = attrs.field(default="", converter=str.lower)


TEXT = st.text(st.characters(codec="utf-8"), max_size=5)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
PARTS = st.recursive(
    st.builds(
        Part,
        name=TEXT,
        size=st.integers(-(2**63), 2**63 - 1),
        amount=st.none() | st.integers(0, 10**6).map(Quantity),
        at=st.none() | st.sampled_from([Time("2026-01-31T12:00:00Z")]),
        extra=st.dictionaries(TEXT, JSON, max_size=3),
        flags=st.lists(st.booleans(), max_size=2),
        weights=st.dictionaries(TEXT, st.integers(0, 9), max_size=2),
        limit=st.integers(0, 9),
    ),
    lambda inner: st.builds(
        Part, parts=st.lists(inner, max_size=2), inner=st.none() | inner, name=TEXT
    ),
    max_leaves=4,
)


@given(part=PARTS)
def test_generated_code_does_what_plain_cattrs_does(part: Part, plain_converter: Any) -> None:
    tree = CODEC.to_dict(part)
    assert tree == plain_converter.unstructure(part)
    assert CODEC.decode(CODEC.encode(part), Part) == plain_converter.structure(tree, Part) == part


def test_generated_code_does_the_same_to_a_pod(
    plain_converter: Any, pod_document: dict[str, Any]
) -> None:
    pod = CODEC.from_dict(pod_document, Pod)
    untyped = {k: v for k, v in pod_document.items() if k not in ("apiVersion", "kind")}
    assert plain_converter.structure(untyped, Pod) == pod
    tree = CODEC.to_dict(pod)
    assert (tree.pop("apiVersion"), tree.pop("kind")) == ("v1", "Pod")
    assert tree == plain_converter.unstructure(pod)


def test_generated_code_does_the_same_to_metadata_and_checked_classes(
    plain_converter: Any,
) -> None:
    for value in (
        ObjectMeta(name="a", labels={"b": "c"}, finalizers=["x/y"]),
        Checked(size=0, tag="a"),
    ):
        tree = CODEC.to_dict(value)
        assert tree == plain_converter.unstructure(value)
        assert CODEC.from_dict(tree, type(value)) == plain_converter.structure(tree, type(value))


def test_the_converter_of_a_codec_agrees_with_it(pod_document: dict[str, Any]) -> None:
    pod = CODEC.from_dict(pod_document, Pod)
    converter = CODEC.converter
    assert converter.unstructure(pod) == CODEC.to_dict(pod)
    assert converter.structure(CODEC.to_dict(pod), Pod) == pod
    assert converter.unstructure([Quantity("0.5")]) == ["500m"]
    assert converter.structure("500m", Quantity) == Quantity("0.5")


def test_cattrs_is_imported_only_when_needed() -> None:
    script = (
        "import sys\n"
        "from kregistry.core.v1 import Pod\n"
        "from kregistry.runtime import Codec\n"
        "codec = Codec()\n"
        "codec.decode(codec.encode(codec.copy(Pod())), Pod)\n"
        "print('cattrs' in sys.modules, 'orjson' in sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.split() == ["False", "False"]


def test_the_sample_pod_is_of_the_size_that_figures_are_given_for(
    pod_document: dict[str, Any],
) -> None:
    assert 4000 < len(json.dumps(pod_document, separators=(",", ":"))) < 4600
