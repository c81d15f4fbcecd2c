"""Every kind that ships survives the codec, whatever stands in its fields."""

from __future__ import annotations

import inspect
from typing import Any

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import kregistry.core.apps_v1
import kregistry.core.coordination_v1
import kregistry.core.policy_v1
import kregistry.core.v1
from kregistry.meta.intstr import IntOrString
from kregistry.meta.object import Object
from kregistry.meta.quantity import Quantity
from kregistry.meta.status import Status
from kregistry.meta.time import MicroTime, Time
from kregistry.runtime import Codec, Unstructured
from kregistry.runtime.shapes import Form, Shape, struct_of

SLOW, FAST = Codec(engine="stdlib"), Codec(engine="orjson")

TEXT = st.text(st.characters(codec="utf-8"), max_size=3)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | TEXT,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXT, inner, max_size=2),
    max_leaves=4,
)
VALUES: dict[type, st.SearchStrategy[Any]] = {
    Time: st.sampled_from([Time("2026-01-31T12:00:00Z"), Time("1970-01-01T00:00:00Z")]),
    MicroTime: st.sampled_from([MicroTime("2026-01-31T12:00:00.000001Z")]),
    Quantity: st.sampled_from(["0", "500m", "1Gi", "1e3", "2M"]).map(Quantity),
    IntOrString: (st.integers(-(2**31), 2**31 - 1) | TEXT).map(IntOrString),
    bytes: st.binary(max_size=4),
}
SCALARS: dict[Form, st.SearchStrategy[Any]] = {
    Form.STR: TEXT,
    Form.INT: st.integers(-(2**63), 2**63 - 1),
    Form.FLOAT: st.floats(allow_nan=False, allow_infinity=False),
    Form.BOOL: st.booleans(),
    Form.ANY: JSON,
}


def kinds() -> list[type[Object]]:
    found: list[type[Object]] = []
    for module in (
        kregistry.core.v1,
        kregistry.core.apps_v1,
        kregistry.core.policy_v1,
        kregistry.core.coordination_v1,
    ):
        for name in dir(module):
            member = getattr(module, name)
            if inspect.isclass(member) and issubclass(member, Object) and member.kind:
                found.append(member)
    return found


KINDS = kinds()


def fill(draw: st.DrawFn, annotation: Any, depth: int) -> Any:
    """An instance in which a few fields are set."""
    struct = struct_of(annotation)
    chosen = [member for member in struct.members if draw(st.integers(0, 2)) == 0]
    values = {each.argument: value_of(draw, each.shape, depth) for each in chosen}
    return struct.cls(**values)


def value_of(draw: st.DrawFn, shape: Shape, depth: int) -> Any:
    if shape.form is Form.VALUE:
        return draw(VALUES[shape.type])
    if shape.form is Form.STRUCT:
        return fill(draw, shape.type, depth - 1) if depth > 0 else struct_of(shape.type).cls()
    if shape.form in (Form.LIST, Form.MAP):
        assert shape.item is not None
        keys = draw(st.lists(TEXT, unique=True, max_size=2 if depth > 0 else 0))
        values = [value_of(draw, shape.item, depth) for _ in keys]
        return (
            shape.container(values)
            if shape.form is Form.LIST
            else dict(zip(keys, values, strict=True))
        )
    return draw(SCALARS[shape.form])


@st.composite
def instances(draw: st.DrawFn, cls: type[Object]) -> Object:
    obj: Object = fill(draw, cls, 4)
    return obj


def test_there_are_kinds() -> None:
    assert {"Pod", "ConfigMap", "Secret", "Service", "Node", "Deployment", "Lease"} <= {
        cls.kind for cls in KINDS
    }


@pytest.mark.parametrize("cls", KINDS, ids=lambda cls: cls.__name__)
@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(data=st.data())
def test_a_kind_survives(cls: type[Object], data: st.DataObject) -> None:
    obj = data.draw(instances(cls))
    written = SLOW.encode(obj)
    assert FAST.encode(obj) == written
    assert SLOW.decode(written, cls) == obj
    assert FAST.decode(written, cls) == obj
    copied = SLOW.copy(obj)
    assert copied == obj
    assert SLOW.encode(copied) == written
    assert SLOW.decode_strict(written, cls, unknown="Strict").obj == obj
    assert SLOW.from_dict(SLOW.to_dict(obj), cls) == obj
    untyped = SLOW.decode(written, Unstructured)
    assert SLOW.encode(untyped) == written


@pytest.mark.parametrize("cls", [*KINDS, Status], ids=lambda cls: cls.__name__)
def test_an_empty_kind_survives(cls: type[Object]) -> None:
    obj = cls()
    written = SLOW.encode(obj)
    assert SLOW.decode(written, cls) == SLOW.copy(obj) == obj
    assert SLOW.to_dict(obj)["kind"] == cls.kind


@pytest.mark.parametrize("cls", KINDS, ids=lambda cls: cls.__name__)
def test_no_field_of_a_kind_needs_cattrs(cls: type[Object]) -> None:
    seen: set[Any] = set()
    waiting: list[Any] = [cls]
    while waiting:
        annotation = waiting.pop()
        if annotation in seen:
            continue
        seen.add(annotation)
        struct = struct_of(annotation)
        for member in struct.members:
            shape: Shape | None = member.shape
            while shape is not None:
                assert shape.form is not Form.FOREIGN, (annotation, member.attribute)
                if shape.form is Form.STRUCT:
                    waiting.append(shape.type)
                shape = shape.item
    assert attrs.has(cls)
