"""Random trees of the built-in kinds, as JSON would have them."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st
from protobufwriter import META, SCHEMA

from kregistry.meta.time import MicroTime, Time
from kregistry.server.protobuf.table import Field, Label, builtin_table

INT32 = st.integers(-(2**31), 2**31 - 1)
TEXTS = st.text(st.characters(codec="utf-8"), max_size=8)
JSON = st.recursive(
    st.booleans() | st.integers(-(2**63), 2**63 - 1) | TEXTS,
    lambda items: st.lists(items, max_size=2) | st.dictionaries(TEXTS, items, max_size=2),
    max_leaves=4,
)
MOMENTS = st.datetimes(datetime(1, 1, 1, 0, 0, 1), timezones=st.just(UTC))

_SCALARS: dict[str, st.SearchStrategy[Any]] = {
    "string": TEXTS,
    "bytes": st.binary(max_size=8).map(lambda data: base64.b64encode(data).decode()),
    "bool": st.booleans(),
    "int32": INT32,
    "int64": st.integers(-(2**63), 2**63 - 1),
    "double": st.floats(allow_nan=False, allow_infinity=False),
    "json": JSON,
}
_FORMS: dict[str, st.SearchStrategy[Any]] = {
    f"{META}Time": MOMENTS.map(lambda moment: str(Time.of(moment))),
    f"{META}MicroTime": MOMENTS.map(lambda moment: str(MicroTime.of(moment))),
    "apimachinery.pkg.api.resource.Quantity": st.sampled_from(["0", "1Gi", "500m"]),
    "apimachinery.pkg.util.intstr.IntOrString": INT32 | TEXTS,
}
_DEEP_ENOUGH = 4


@st.composite
def trees(draw: st.DrawFn, name: str, depth: int = 0) -> Any:
    """What messages of that name are in JSON: some of their fields, and some of those of them."""
    if name in _FORMS:
        return draw(_FORMS[name])
    if name.startswith(SCHEMA) and name != SCHEMA:
        either = st.booleans() if name.endswith("OrBool") else trees(SCHEMA, depth)
        return draw(either | trees(SCHEMA, depth))
    message = builtin_table().message(name)
    if name == f"{META}FieldsV1":
        return draw(st.dictionaries(TEXTS, JSON, max_size=2))
    if message.whole is not None:
        return draw(_values(message.whole, depth, empty=True))
    tree: dict[str, Any] = {}
    fields = list(message.fields.values())
    wanted = st.lists(st.sampled_from(fields), unique=True, max_size=5) if fields else st.just([])
    for field in draw(wanted):
        if depth >= _DEEP_ENOUGH and field.is_message:
            continue
        value = draw(_values(field, depth + 1, empty=False))
        tree.update(value) if field.inline else tree.update({field.name: value})
    return tree


def _values(field: Field, depth: int, *, empty: bool) -> st.SearchStrategy[Any]:
    values = trees(field.type, depth) if field.is_message else _SCALARS[field.type]
    least = 0 if empty else 1
    if field.label is Label.LIST:
        return st.lists(values, min_size=least, max_size=2)
    if field.label is Label.MAP:
        return st.dictionaries(TEXTS, values, min_size=least, max_size=2)
    return values.filter(bool) if field.omits_zero else values
